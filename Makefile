# Everything a person runs here. Each target sets up what it needs; `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python

# Which majors need not be warned of: Node 20 still works.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export CDK_DISABLE_CLI_TELEMETRY := true
# Without compiled files, each process that imports the CDK compiles it again, for ten seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(VENV)/.installed node_modules/.installed build/layer.sha256 ## make .venv, node_modules and the Lambda layer

$(VENV)/.installed: requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or later."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed, but $(PYTHON) is $$($(PYTHON) -V 2>&1): make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@awk '/^[^ ]/ {is_uv = /^uv==/} is_uv' requirements.txt > $(VENV)/uv.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@$(PY) -m uv pip install --quiet --python $(PY) --require-hashes -r requirements.txt
	@ln -sf ../../tgs $(BIN)/tgs
	@touch $@

node_modules/.installed: package.json package-lock.json
	@command -v node >/dev/null && command -v npm >/dev/null || \
	  { echo "Node is missing: the CDK needs Node 20 or later, with npm (https://nodejs.org)."; exit 1; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' || \
	  { echo "Node 20 or later is needed, but this is $$(node --version)."; exit 1; }
	@echo "setting up node_modules"
	@npm ci --silent --no-progress
	@touch $@

build/layer.sha256: requirements-lambda.txt tools/layer.py $(VENV)/.installed
	@$(PY) -m tools.layer
	@touch $@

.PHONY: layer
layer: build/layer.sha256 ## build the Lambda layer (arm64, Python 3.13, without Docker)

.PHONY: demo
demo: setup ## a synced day on this machine: deploys to a local AWS and runs; ARGS=--keep leaves it running
	@./tgs demo $(ARGS)

.PHONY: run
run: setup ## the state machine on this machine, with your own Toggl and GitLab: a dry run; ARGS=--apply posts (./tgs apply)
	@./tgs apply $(if $(filter --apply,$(ARGS)),$(filter-out --apply,$(ARGS)),--dry-run $(ARGS))

.PHONY: explain
explain: $(VENV)/.installed ## why a description goes where it does: ARGS='"Fix login (#12)"', or days: ARGS='--days yesterday'
	@./tgs explain $(ARGS)

.PHONY: cost
cost: setup ## what a month costs on AWS: ARGS="--runs 30 --entries 20"
	@./tgs cost $(ARGS)

.PHONY: quick
quick: lint types ## after each change: lint, types and all tests that neither deploy nor synthesise; ARGS as for test
	@$(PY) -m pytest --quick $(ARGS)

.PHONY: test
test: setup ## every test; ARGS='tests/functions -k since' for some of them
	@$(PY) -m pytest $(ARGS)

.PHONY: check
check: lint types definition ## lint, types, the security rules that a synth is held against, the state machine's definition

.PHONY: lint
lint: setup ## ruff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: setup ## mypy
	@$(BIN)/mypy

.PHONY: definition
definition: setup ## synthesise, by the security rules, and lint the state machine's definition
	@$(PY) -m tools.definition

.PHONY: mutants
mutants: $(VENV)/.installed ## change the core in a thousand small ways: which would no test notice? (docs/mutants.md)
	@$(BIN)/mutmut run
	@$(BIN)/mutmut results

.PHONY: chaos
chaos: setup ## thousands of seeded runs in which everything fails: nothing lost, double, misplaced (docs/chaos.md); ARGS='--core 100'
	@$(PY) -m tests.chaos.command $(if $(ARGS),$(ARGS),--core 5000 --workflow 300)

.PHONY: bench
bench: setup ## measure this checkout on this machine (docs/performance.md); ARGS='core starts --rounds 3' for some of it
	@$(PY) -m bench $(ARGS)

.PHONY: tables
tables: setup ## write the tables of docs/ that come from the code
	@$(PY) -m tools.tables

.PHONY: lock
lock: $(VENV)/.installed ## pin and hash the requirements again
	@$(PY) -m uv pip compile --quiet --no-header --no-annotate --generate-hashes --universal --python-version 3.11 \
	  --no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	@$(PY) -m uv pip compile --quiet --no-header --no-annotate --generate-hashes --python-version 3.13 \
	  --python-platform aarch64-manylinux2014 --only-binary :all: --no-emit-index-url --no-emit-find-links \
	  requirements-lambda.in -o requirements-lambda.txt

.PHONY: clean
clean: ## remove what was built and installed
	@rm -rf $(VENV) node_modules build cdk.out .local mutants
