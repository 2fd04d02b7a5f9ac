PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev

.PHONY: demo test lint bench serve docs clean

demo: $(STAMP)        ## train, stream real listings through the intake, open the console (ONCE=1: stop after the report)
	$(BIN)/mimawari demo $(if $(ONCE),--once)

# Many tests wait for servers and browsers: one more of them than there are cores.
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# Many processes start: what they import is compiled once.
test: export PYTHONDONTWRITEBYTECODE =
test: $(DEV)          ## the whole suite, on SQLite and PostgreSQL, with a browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile
	$(BIN)/python -m tests.on_postgres

lint: $(DEV)          ## formatting, lint, types, layer contracts
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(DEV)         ## run every bench, write bench/results/*.json, print one table
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python -m bench

serve: $(STAMP)       ## serve from ./var with the settings of the environment
	$(BIN)/mimawari serve

docs: $(DEV)          ## rewrite the tables of docs/{benchmarks,detectors,experiments}.md and docs/schemas, compile the console's texts (needs gettext)
	$(BIN)/python -m scripts.benchmarks_page
	$(BIN)/python scripts/detectors_page.py
	$(BIN)/python scripts/experiments_page.py
	$(BIN)/python scripts/event_schemas.py
	find src -name django.po -execdir msgfmt --check-format -o django.mo django.po \;

$(STAMP): pyproject.toml
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(DEV): $(STAMP)
	$(BIN)/python -m pip install --quiet --group dev
	command -v chromium >/dev/null || ./.ci/install-browser
	touch $@

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
