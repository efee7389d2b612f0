# make replicate   all studies on simulated cohorts, the claim ledger, runs/report.html
# make test        everything that is tested
# make lab         JupyterLab
# make install     only the environment, in .venv

PROFILE ?= teach
STUDIES ?=
SEEDS ?= 0
JOBS ?= 1
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# Two tests at a time, each on one core: as fast as any other division, and the numbers do not depend on it.
PYTEST := PATH="$(abspath $(BIN)):$$PATH" OMP_NUM_THREADS=1 $(BIN)/python -m pytest

.PHONY: install install-test replicate test test-fast lint lab pair report badges constraints clean

install: $(VENV)/.installed

install-test: $(VENV)/.installed-test

# The first Python of at least 3.11 that runs and can make environments.
$(BIN)/python:
	@for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) with $$($$python --version)"; exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "neolab: found no Python of at least 3.11 with venv, expected one on the path" >&2; exit 2

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing neolab and what it needs (a few minutes, once)"
	@$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt $(VENV)/.installed
	@echo "installing what the tests need"
	@$(PIP_INSTALL) --editable '.[test]'
	@touch $@

replicate: install
	@$(BIN)/neolab replicate $(STUDIES) --profile $(PROFILE) --seeds $(SEEDS) --jobs $(JOBS)

report: install
	@$(BIN)/neolab report

lab: install
	@$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/$(firstword $(wildcard notebooks/*.ipynb) notebooks)

lint: install-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

# Fast parts first: style, unit tests, slow tests, notebooks at smoke, pairs, and the browser.
test: lint
	@$(PYTEST) -n 2 --dist worksteal

test-fast: lint
	@$(PYTEST) -n 2 -m "not slow and not notebook and not browser"

# make pair             writes each .ipynb from its .py and keeps outputs whose code is unchanged
# make pair EXECUTE=1   executes the notebooks whose outputs come from other code, at the profile teach
# make pair EXECUTE=all executes every notebook, after a change of the package that moves their numbers
pair: install
	@$(BIN)/python -m neolab.run.pairing $(if $(EXECUTE),--execute $(if $(filter all,$(EXECUTE)),all,stale))

# make badges REPO=owner/name   puts launch badges for that repository into the README
badges: install
	@$(BIN)/python -m neolab.run.badges "$(REPO)"

# After a change of the dependencies in pyproject.toml, once the tests have passed.
constraints: install-test
	@$(BIN)/python tools/pin.py > constraints.txt.new && mv constraints.txt.new constraints.txt
	@$(BIN)/python tools/conda.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
