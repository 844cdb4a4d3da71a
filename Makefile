# Each target does its own set-up. All it needs is Python 3.11 or newer with venv, and a package index.
PYTHON ?= python3
VENV = .venv
BIN := $(VENV)/bin
# For test: pytest's arguments, as in `make test ARGS="-k cancel"`. For lock: uv's, as in `make lock ARGS=--upgrade`.
# For bootstrap, diff and deploy: those of the CDK, as in `make deploy ARGS="--profile work"`.
ARGS ?=
STAGE ?= dev
WORKERS ?= auto

# What is installed is remembered under a name made from the pins, so that other pins install again and the same never do.
checksum = $(firstword $(shell cksum < $(1)))
LOCAL := $(VENV)/.local-$(call checksum,requirements-local.txt)
DEV := $(VENV)/.dev-$(call checksum,requirements-dev.txt)
NODE := node_modules/.installed-$(call checksum,package-lock.json)
# Compiling what is never imported would take half of the time.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes

.NOTPARALLEL:
.PHONY: help run test calls check format bench openapi synth bootstrap diff deploy lock clean

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{ printf "make %-9s %s\n", $$1, $$2 }'

run: $(LOCAL) ## start the service on this machine
	@exec $(BIN)/python -m local

test: $(DEV) ## run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile $(ARGS)

calls: $(DEV) ## record anew what each role calls: tests/permissions/calls.json
	@rm -rf build/calls
	@CALLS=$(CURDIR)/build/calls $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile tests/e2e tests/integration
	@$(BIN)/python -m tests.permissions build/calls --update

check: $(DEV) synth ## lint, formatting, types, and the stack by cdk-nag and cfn-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint

format: $(DEV) ## put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV) ## measure the service on this machine
	@$(BIN)/python -m benchmarks $(ARGS)

openapi: $(DEV) ## write functions/routes/openapi.json, with its examples
	@$(BIN)/python -m openapi

# Node and the CDK's command line are the project's own, whatever else is installed.
OWN_NODE := PATH="$(abspath $(BIN)):$$PATH"
CDK := $(OWN_NODE) node_modules/.bin/cdk --app "$(BIN)/python app.py"
synth: $(DEV) $(NODE) ## make the templates of every stage, in cdk.out
	@rm -rf cdk.out
	@$(CDK) synth --quiet --no-notices

bootstrap: $(DEV) $(NODE) ## give the CDK its bucket and roles, once for each account and region
	@$(CDK) bootstrap -c stage=$(STAGE) $(ARGS)

diff: $(DEV) $(NODE) ## show what a deployment would change: STAGE=dev
	@$(CDK) diff -c stage=$(STAGE) $(ARGS)

deploy: $(DEV) $(NODE) ## deploy a stage: STAGE=dev
	@$(CDK) deploy -c stage=$(STAGE) $(ARGS)

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"
lock: $(DEV) ## pin the requirements anew, with the hashes for every platform
	$(COMPILE) $(ARGS) requirements.in -o requirements.txt
	$(COMPILE) $(ARGS) requirements-local.in -o requirements-local.txt
	$(COMPILE) $(ARGS) requirements-dev.in -o requirements-dev.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) node_modules build cdk.out .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(LOCAL): $(BIN)/python
	@echo "Installing what runs locally into $(VENV) (only now, about 20 seconds) ..."
	@rm -f $(VENV)/.local-* $(VENV)/.dev-*
	@$(INSTALL) -r requirements-local.txt
	@touch $@

# These pins contain the local ones, so run needs no set-up after them.
$(DEV): $(BIN)/python
	@echo "Installing what the tests need into $(VENV) (only now, about a minute) ..."
	@rm -f $(VENV)/.local-* $(VENV)/.dev-*
	@$(INSTALL) -r requirements-dev.txt
	@touch $@ $(LOCAL)

$(NODE): $(DEV)
	@echo "Installing the CDK's command line into node_modules (only now, about 10 seconds) ..."
	@$(OWN_NODE) npm ci --no-progress --silent
	@touch $@
