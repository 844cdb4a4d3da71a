# Each target does its own set-up. All it needs is Python 3.11 or newer with venv, and a package index.
PYTHON ?= python3
VENV = .venv
BIN := $(VENV)/bin
# For test: pytest's arguments, as in `make test ARGS="-k cancel"`. For lock: uv's, as in `make lock ARGS=--upgrade`.
# For bootstrap, diff and deploy: those of the CDK, as in `make deploy ARGS="--profile work"`.
ARGS ?=
STAGE ?= dev
WORKERS ?= auto
CHILDREN ?= 2
AGAIN ?=
SAMPLE ?=

# What is installed is remembered under a name made from the pins, so that other pins install again and the same never do.
checksum = $(firstword $(shell cksum < $(1)))
LOCAL := $(VENV)/.local-$(call checksum,requirements-local.txt)
DEV := $(VENV)/.dev-$(call checksum,requirements-dev.txt)
NODE := node_modules/.installed-$(call checksum,package-lock.json)
# The console has packages of its own: what building it needs, and, with _CHECK, what checking it needs besides.
CONSOLE_PINS := $(call checksum,console/package-lock.json)
CONSOLE_NODE := console/node_modules/.installed-$(CONSOLE_PINS)
CONSOLE_CHECK := console/node_modules/.checking-$(CONSOLE_PINS)
CONSOLE_SOURCES := $(sort $(shell find console/src console/public -type f ! -name '*.test.ts' ! -name schema.d.ts)) console/index.html console/vite.config.ts
CONSOLE := console/.built-$(CONSOLE_PINS)-$(firstword $(shell cat $(CONSOLE_SOURCES) | cksum))
# Compiling what is never imported would take half of the time.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes

.NOTPARALLEL:
.PHONY: help run demo console screenshot test calls check format bench audit openapi soak faults mutate synth bootstrap diff deploy lock clean

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{ printf "make %-10s %s\n", $$1, $$2 }'

run: $(LOCAL) ## start the service on this machine, and the console with it
	@$(MAKE) --no-print-directory console || echo "The console could not be built: the API runs without it."
	@exec $(BIN)/python -m local

demo: $(LOCAL) $(CONSOLE) ## as run, with a run of every type of node to watch in the console
	@exec $(BIN)/python -m local --demo $(ARGS)

console: $(CONSOLE) ## build the console, which make run serves

screenshot: $(DEV) $(CONSOLE) ## take the pictures of the console in the README, of the run that demo shows
	@$(BIN)/python -m benchmarks.screenshot

test: $(DEV) $(NODE) $(CONSOLE_CHECK) $(CONSOLE) ## run the tests
	@cd console && $(OWN_NODE) npm test --silent
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile $(ARGS)

calls: $(DEV) ## record anew what each role calls: tests/permissions/calls.json
	@rm -rf build/calls
	@CALLS=$(CURDIR)/build/calls $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile tests/e2e tests/integration
	@$(BIN)/python -m tests.permissions build/calls --update

check: $(DEV) $(CONSOLE_CHECK) synth ## lint, formatting, types, and the stack by cdk-nag and cfn-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --configfile pyproject.toml --quiet --recursive app.py functions infra local openapi state_machines
	@cd console && $(OWN_NODE) npm run --silent check
	$(BIN)/cfn-lint

format: $(DEV) ## put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV) $(CONSOLE) ## measure the service on this machine
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(DEV) $(NODE) ## run 10,000 random workflows as dry runs and on two engines, which must agree: for half an hour
	@$(BIN)/python -m tests.reference $(ARGS)

audit: $(DEV) $(NODE) ## ask PyPI and npm for known vulnerabilities of all that is pinned: needs the internet
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements.txt
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements-dev.txt
	@$(OWN_NODE) npm audit
	@cd console && $(OWN_NODE) npm audit

faults: $(DEV) ## hurt every call to AWS in every way, and write what came of it: docs/reliability.md
	@$(BIN)/python -m tests.faults

# Goes on where it was interrupted. mutmut itself ends well whatever survived.
mutate: $(DEV) ## change the code in every small way, and expect a test to fail: SAMPLE=3000 tries so many; AGAIN=1 survivors anew, for longer
	@$(BIN)/python -m tests.mutation --prepare $(if $(AGAIN),--again)
	@SAMPLE=$(SAMPLE) MUTANT_SECONDS=$(if $(AGAIN),60,10) nice $(BIN)/mutmut run --max-children $(CHILDREN)
	@SAMPLE=$(SAMPLE) $(BIN)/python -m tests.mutation
	@$(BIN)/python -m tests.faults.protections

openapi: $(DEV) ## write functions/routes/openapi.json, with its examples
	@$(BIN)/python -m openapi

# Node and the CDK's command line are the project's own, whatever else is installed.
OWN_NODE := PATH="$(abspath $(BIN)):$$PATH"
CDK := $(OWN_NODE) node_modules/.bin/cdk --app "$(BIN)/python app.py"
synth: $(DEV) $(NODE) $(CONSOLE) ## make the templates of every stage, in cdk.out
	@rm -rf cdk.out
	@$(CDK) synth --quiet --no-notices

bootstrap: $(DEV) $(NODE) $(CONSOLE) ## give the CDK its bucket and roles, once for each account and region
	@$(CDK) bootstrap -c stage=$(STAGE) $(ARGS)

diff: $(DEV) $(NODE) $(CONSOLE) ## show what a deployment would change: STAGE=dev
	@$(CDK) diff --all -c stage=$(STAGE) $(ARGS)

deploy: $(DEV) $(NODE) $(CONSOLE) ## deploy a stage: STAGE=dev
	@$(CDK) deploy --all -c stage=$(STAGE) $(ARGS)

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"
lock: $(DEV) ## pin the requirements anew, with the hashes for every platform
	$(COMPILE) $(ARGS) requirements-pip.in -o requirements-pip.txt
	$(COMPILE) $(ARGS) requirements.in -o requirements.txt
	$(COMPILE) $(ARGS) requirements-local.in -o requirements-local.txt
	$(COMPILE) $(ARGS) requirements-dev.in -o requirements-dev.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) node_modules console/dist console/.built-* console/node_modules console/src/api/schema.d.ts build cdk.out mutants .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $(VENV) && $(INSTALL) -r requirements-pip.txt || { rm -rf $(VENV); exit 1; }

$(LOCAL): $(BIN)/python
	@echo "Installing what runs locally into $(VENV) (only now, about 10 seconds) ..."
	@rm -f $(VENV)/.local-* $(VENV)/.dev-*
	@$(INSTALL) -r requirements-local.txt
	@touch $@

# These pins contain the local ones, so run needs no set-up after them.
$(DEV): $(BIN)/python
	@echo "Installing what the tests need into $(VENV) (only now, about half a minute) ..."
	@rm -f $(VENV)/.local-* $(VENV)/.dev-*
	@$(INSTALL) -r requirements-dev.txt
	@touch $@ $(LOCAL)

$(NODE): $(DEV)
	@echo "Installing the CDK's command line into node_modules (only now, about 10 seconds) ..."
	@$(OWN_NODE) npm ci --no-progress --silent
	@touch $@

# Their names say what they hold, so that a newer file which they came after does not make them anew.
$(CONSOLE_NODE): | $(LOCAL)
	@echo "Installing what builds the console into console/node_modules (only now, about 10 seconds) ..."
	@cd console && $(OWN_NODE) npm ci --omit=dev --no-progress --silent
	@touch $@

$(CONSOLE_CHECK): | $(DEV)
	@echo "Installing what checks the console into console/node_modules (only now, about 10 seconds) ..."
	@cd console && $(OWN_NODE) npm ci --no-progress --silent
	@touch $@ $(CONSOLE_NODE)

$(CONSOLE): | $(CONSOLE_NODE)
	@echo "Building the console ..."
	@rm -f console/.built-*
	@cd console && $(OWN_NODE) npm run --silent build -- --logLevel error
	@touch $@
