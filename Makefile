# Wegennet: every task of a developer and of the delivery organisation's first run. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
export UV_PYTHON_DOWNLOADS := never
TOOLS := $(CURDIR)/.tools
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)
RUN := $(UV) run --no-sync

MUNICIPALITIES ?= 12
ARGS ?=

.PHONY: help up down test test-unit test-full check format generate bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(TOOLS)/bin/uv:
	@echo "Fetching uv $(UV_VERSION) with pip, into .tools"
	@python3 -m pip --version >/dev/null 2>&1 || (apt-get update -q && apt-get install -qy python3-pip)
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target $(TOOLS) uv==$(UV_VERSION)

.venv/.synced: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --frozen --quiet
	@touch $@

up: .venv/.synced ## From nothing to a cluster with all municipalities (needs root); ARGS="--environment NAME"
	@$(RUN) wegennet up --yes $(ARGS)

down: .venv/.synced ## Stop the embedded cluster; nothing of it stays behind but its data
	@$(RUN) wegennet cluster down

test: .venv/.synced ## All tests, end-to-end on the embedded cluster with MUNICIPALITIES=12 (needs root)
	@$(RUN) wegennet toolchain
	@$(RUN) pytest --municipalities $(MUNICIPALITIES) $(ARGS)

test-unit: .venv/.synced ## The tests that need neither root nor native tools
	@$(RUN) pytest tests/unit $(ARGS)

test-full: .venv/.synced ## The same tests with all 342 municipalities; the result goes to tests/results/full.json
	@$(RUN) wegennet toolchain
	@$(RUN) pytest --municipalities 342 --result tests/results/full.json $(ARGS)

check: .venv/.synced ## Style, types, layers, charts, generated files
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(RUN) lint-imports
	@$(RUN) wegennet toolchain
	@eval "$$($(RUN) wegennet toolchain env)" && for chart in charts/*/; do helm lint --quiet $$chart --values $$chart/ci/values.yaml; done
	@$(MAKE) --no-print-directory generate
	@git diff --exit-code --stat -- operators/api/crds || (echo "Generated files are stale: commit what 'make generate' wrote" && exit 1)

format: .venv/.synced ## Format the code
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

generate: .venv/.synced ## Write what is generated: the CRDs from their models
	@$(RUN) python -m wegennet.operators.api.crds

bench: .venv/.synced ## Benchmarks beside their floors; the result goes to tests/results/bench.json
	@$(RUN) wegennet toolchain
	@PYTHONPATH=tests $(RUN) python -m scale.bench --json tests/results/bench.json $(ARGS)

clean: ## Remove the virtual environment and everything built in this folder
	@rm -rf .venv .tools build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
