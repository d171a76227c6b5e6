# The developer interface. `make help` prints it.
PYTHON ?= python3
PY := .venv/bin/python
export PYTHONPATH := $(CURDIR)
# Containers often forbid bytecode; every process would compile all it imports anew, which is most of a start.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run demo panel backup test lint eval bench ingest migrate seed studio lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/run: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@touch $@

.venv/dev: .venv/run requirements-dev.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	@touch $@

run: .venv/run ## install, start the embedded PostgreSQL, migrate, load the demo company, serve on :8000
	$(PY) server.py

demo: .venv/run ## the whole flow in one browser page: client, technician, administrator, colleague (PORT=8000)
	$(PY) -m channels.standin

test: .venv/dev ## install what tests need and run them
	$(PY) -m pytest -n auto $(ARGS)

lint: .venv/dev ## ruff, mypy, layers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

eval: .venv/dev ## ask the golden questions and print the table (BRAIN=llm beside offline; ARGS="--json out.json")
	$(PY) -m evals.run $(if $(BRAIN),--brain $(BRAIN)) $(ARGS)

bench: .venv/dev ## measure, side by side with what you would use instead (ARGS="--json out.json")
	$(PY) -m bench $(ARGS)

panel: .venv/dev ## the office's panel on :8501, over the server of CUADRILLA_PANEL_SERVER
	.venv/bin/streamlit run panel/app.py --server.port 8501 --server.address 127.0.0.1 --browser.gatherUsageStats false --client.toolbarMode minimal

backup: .venv/run ## back the database up (ARGS="--keep 14")
	$(PY) -m db.backup create $(ARGS)

ingest: .venv/run ## read documents: make ingest ARGS="manuals/ --audience client --kind user_manual"
	$(PY) -m ingest $(ARGS)

migrate: .venv/run ## bring the database to the newest schema
	$(PY) -m db.migrate

seed: .venv/run ## load the demo company
	$(PY) -m db.seed

studio: .venv/dev ## LangGraph Studio's server on the same graph
	.venv/bin/langgraph dev --no-browser $(ARGS)

lock: .venv/dev ## compile the lock files from pyproject.toml, newest versions, no index addresses
	.venv/bin/uv pip compile pyproject.toml --extra dev -o requirements-dev.lock $(LOCK) --upgrade
	.venv/bin/uv pip compile pyproject.toml -c requirements-dev.lock -o requirements.lock $(LOCK)
	.venv/bin/uv pip compile pyproject.toml --extra panel -c requirements-dev.lock -o requirements-panel.lock $(LOCK)
LOCK := --generate-hashes --universal --python-version 3.11 --no-header --no-emit-index-url --no-annotate -q

clean: ## forget the environment and the demo's data
	rm -rf .venv .cuadrilla
