# Everything a fresh machine needs is made here: python3 (3.11 to 3.13) with venv, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= auto

.PHONY: run test check bench load faults format lint types layers lock picture clean

run: $(READY)            ## the console on a complete demo shop
	@$(BIN)/kiosk demo

test: $(READY)           ## the tests
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: format lint types layers test   ## what CI runs

bench: $(READY)          ## the budgets beside what was measured, at the console and at a central
	@echo "This takes about 40 minutes; make bench ARGS=--quick takes about 15."
	$(BIN)/python -m benchmarks $(ARGS)
	$(BIN)/python -W ignore -m benchmarks.central $(ARGS)

load: $(READY)           ## what a central carries
	$(BIN)/python -W ignore -m benchmarks.central $(ARGS)

faults: $(READY)         ## orders over a bad line, processes killed, and an audit
	$(BIN)/python -m benchmarks.faults --orders 1000 --consoles 4 $(ARGS)

picture: $(READY)        ## the pictures of the screen in README and docs
	$(BIN)/python -m benchmarks.pictures

format: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

# The lock holds hashes and no registry: pip asks whichever index the machine is set up for.
lock: $(READY)
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	  --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --extra dev \
	  --output-file requirements-dev.txt pyproject.toml

$(READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
