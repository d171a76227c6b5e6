FROM python:3.11-slim
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
