# NoLine: `make demo` shows the product, `make test` proves it. Both set themselves up; they need Python >= 3.11 with
# venv, and nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
BASE := .venv/.stamp-base
DEV := .venv/.stamp-dev
ORACLES := .venv/.stamp-oracles
PROCESSES ?= 2
INSTALLED := pyproject.toml constraints.txt setup.py $(wildcard src/noline/stores/walks/c/*)

.PHONY: help setup demo test test-long bench lint format docs constraints tools clean

help:  ## What can be made.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(BIN)/python:
	@python=$$(.ci/find-python); \
	echo "Making .venv with $$python"; \
	"$$python" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'

$(BASE): $(INSTALLED) | $(BIN)/python
	@echo "Installing what NoLine needs (a minute or two, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV): $(INSTALLED) | $(BIN)/python
	@echo "Installing what NoLine and its tests need, ClickHouse and Spark among it (1.5 GB, some minutes, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . --group dev
	@touch $(BASE) $@

$(ORACLES): $(DEV)
	@echo "Installing the engine that benches compare with (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group oracles
	@touch $@

setup: $(DEV)  ## Make .venv with .venv/bin/noline and everything the tests need.

demo: $(BASE)  ## Build the demo company and serve it; ARGS="--size small --no-open" and the like are passed on.
	@$(BIN)/noline demo $(ARGS)

tools: $(DEV)
	@.ci/test-tools

test: $(DEV) tools lint  ## Lint, types, contracts and every test that takes minutes.
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal $(ARGS)

test-long: $(ORACLES) tools lint  ## The same with the runs that take an hour, and with others' engines as witnesses.
	@NOLINE_LONG=1 $(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal $(ARGS)

lint: $(DEV)  ## Style, format, types, and who may import whom.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/pyrefly check --progress-bar no
	@$(BIN)/lint-imports --no-logo

format: $(DEV)  ## Let ruff put the code in shape.
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

bench: $(DEV)  ## Measure this machine; ARGS names one bench (default: intake).
	@$(BIN)/noline bench $(or $(ARGS),intake)

docs: $(DEV)  ## Build the documentation site into site/.
	@$(BIN)/zensical build --clean

constraints:  ## Take the newest versions; run the tests afterwards.
	@{ head -1 constraints.txt; uv pip compile pyproject.toml --group dev --group oracles --all-extras --universal --upgrade \
		--python-version 3.11 --no-annotate --no-header --no-emit-index-url --quiet; } > constraints.new
	@mv constraints.new constraints.txt

clean:  ## Remove what was made here, the demo company excepted.
	@rm -rf .venv build dist site src/*.egg-info tests/sdks/node/node_modules .pytest_cache .ruff_cache .hypothesis
