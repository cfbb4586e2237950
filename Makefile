# make run: everything runs, on the embedded database. make test: every test. make help: the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_WORKERS ?= 4

.PHONY: help run demo test check format lock bench bench-scale bench-pacing bench-export \
  bench-cases bench-console bench-broadcasts bench-sending campaign-kills clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/.run ## Start Loa Bản: web chat, staff page, sender, clock
	@exec $(BIN)/python -m bot run

demo: $(VENV)/.run ## Watch made-up villagers ask, complain and get a notice on every channel, emulated
	@exec $(BIN)/python -m tests.demo

test: $(VENV)/.dev ## Run every test, in TEST_WORKERS processes (many tests only wait)
	$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --dist worksteal

check: $(VENV)/.dev ## Format and lint, types, and the content check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m content check --no-calendar

format: $(VENV)/.dev ## Put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Measure the answering engine beside its peers
	$(BIN)/python -m tests.benchmarks.matching.run

bench-scale: $(VENV)/.dev ## Measure how it grows: a thousand and ten thousand made-up cards
	$(BIN)/python -m tests.benchmarks.matching.scale

bench-pacing: $(VENV)/.dev ## Measure how fast messages go out, beside other senders
	$(BIN)/python -m tests.benchmarks.pacing.run

bench-export: $(VENV)/.dev ## Measure the export of a hundred thousand cases
	$(BIN)/python -m tests.benchmarks.exports.run

bench-cases: $(VENV)/.dev ## Measure the console's list of a hundred thousand cases
	$(BIN)/python -m tests.benchmarks.cases.run

bench-console: $(VENV)/.dev ## Measure every page of the console over 100,000 cases, a million messages
	$(BIN)/python -m tests.benchmarks.console.run

bench-broadcasts: $(VENV)/.dev ## Measure a notice to a million made-up people: its rows, its account
	$(BIN)/python -m tests.benchmarks.broadcasts.run

bench-sending: $(VENV)/.dev ## Measure how many messages a second one process sends, beside libraries
	$(BIN)/python -m tests.benchmarks.ceiling.run

campaign-kills: $(VENV)/.dev ## End sender and clock a hundred times by kill -9 on each database
	$(BIN)/python -m tests.faults.kills

lock: $(VENV)/.dev ## Choose versions anew from pyproject.toml, with hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-header --no-annotate -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-header --no-annotate -o requirements-dev.lock

clean: ## Remove the environment; data in var/ stay
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Loa Bản needs Python 3.11 or newer: make run PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp for each set of packages: installed again only when its lock file changes.
$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	@echo 'Installing packages (the first time takes some minutes)…'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/bin/python
	@echo 'Installing packages (the first time takes some minutes)…'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.run
