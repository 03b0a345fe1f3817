# `make demo` and `make test` do all set-up themselves; they need Python 3.11+, git and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# Every command here is many processes: each would compile all sources anew where the shell asks for no bytecode.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test eval bench audit lint format requirements clean
.DEFAULT_GOAL := help

help:  ## what there is to do
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

demo: $(READY)  ## the whole stack with a scripted lead; ARGS=--exit stops after the story
	@$(BIN)/python -m deployments.local --demo $(ARGS)

test: $(READY)  ## all tests, on an embedded Postgres and a real Prefect server
	@$(BIN)/python -m pytest -n 4 --dist loadgroup --no-loadscope-reorder $(ARGS)

.PHONY: doctor
doctor: $(READY)  ## checks the configuration it finds and says how to mend it; ARGS="--only store,graph --json"
	@$(BIN)/python -m deployments.doctor $(ARGS)

.PHONY: screenshots
screenshots: $(READY)  ## the pictures in docs/images, from a story played in a real browser (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

eval: $(READY)  ## measures each joint of the assistant; ARGS="--model --judge MODEL --only NAME --leads DIR --check FILE"
	@$(BIN)/python -m tests.evals $(ARGS)

bench: $(READY)  ## every budget, measured beside the usual way; ARGS="--only webhook warm --json FILE --png FILE"
	@$(BIN)/python -m tests.benchmarks $(ARGS)

.PHONY: chaos
chaos: $(READY)  ## hundreds of faults while leads talk, then everybody is counted; ARGS="--seed S --faults N --minutes M --leads L"
	@$(BIN)/python -m tests.chaos $(ARGS)

.PHONY: month
month: $(READY)  ## a month of leads on one virtual clock, recounted; ARGS="--seed S --leads N --days D"
	@$(BIN)/python -m tests.month $(ARGS)

audit: $(READY)  ## what is known of the pinned versions (asks OSV), beside tests/known_vulnerabilities.toml
	@$(BIN)/python -m tests.audit; code=$$?; [ $$code -eq 2 ] && exit 0 || exit $$code

lint: $(READY)  ## style, formatting, who may know whom, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

format: $(READY)  ## mends what lint can mend by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

requirements:  ## pins the ranges of pyproject.toml anew
	@$(BIN)/pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--no-header --extra dev --extra pictures --extra png --output-file requirements.txt pyproject.toml

clean:  ## removes the environment and all local data
	rm -rf $(VENV) .local

# A stamp, so that set-up happens once, and again when the pins change. An interpreter too old is said so at once.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || { echo "setting up $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "installing pinned dependencies (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(READY)
