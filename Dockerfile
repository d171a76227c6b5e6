FROM python:3.11-slim AS house
RUN useradd --create-home cuadrilla
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN mkdir -p /data && chown cuadrilla /data
USER cuadrilla
ENV CUADRILLA_HOME=/data PYTHONUNBUFFERED=1
EXPOSE 8000
CMD ["python", "server.py"]

# The office's panel: what Streamlit brings stays out of the house's own image.
FROM house AS panel
USER root
RUN pip install --no-cache-dir --require-hashes -r requirements-panel.lock
USER cuadrilla
EXPOSE 8501

FROM house
