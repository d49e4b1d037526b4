# Wegennet: every task of a developer and of the delivery organisation's first run. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export UV_PYTHON_DOWNLOADS := never
# Relative: make and pip split a path of a checkout that has a space in it.
TOOLS := .tools
OWN_UV := $(TOOLS)/bin/uv
UV := $(if $(shell command -v uv),uv,$(OWN_UV))
RUN := $(UV) run --no-sync

MUNICIPALITIES ?= 12
ARGS ?=

.PHONY: help up down test test-unit test-full check format generate fsc-conformance bench bench-fsc clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(OWN_UV): toolchain/uv-requirements.txt
	@echo "Fetching uv with pip, into $(TOOLS)"
	@python3 -m pip --version >/dev/null 2>&1 || \
		(apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-pip)
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --upgrade --no-deps \
		--require-hashes --target $(TOOLS) -r $<
	@touch $@

.venv/.synced: pyproject.toml uv.lock | $(filter $(OWN_UV),$(UV))
	@$(UV) sync --frozen --quiet
	@touch $@

up: .venv/.synced ## From nothing to a cluster with all municipalities (needs root); ARGS="--environment NAME"
	@$(RUN) wegennet up --yes $(ARGS)

down: .venv/.synced ## Stop the embedded cluster; nothing of it stays behind but its data
	@$(RUN) wegennet cluster down

.PHONY: postgres
postgres: # The FSC peer's tests start servers of their own
	@compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || \
		(apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends postgresql)

test: .venv/.synced postgres ## All tests, end-to-end on the embedded cluster with MUNICIPALITIES=12 (needs root)
	@$(RUN) wegennet toolchain
	@$(RUN) pytest --municipalities $(MUNICIPALITIES) $(ARGS)

test-unit: .venv/.synced ## The tests that need neither root nor native tools
	@$(RUN) pytest tests/unit $(ARGS)

test-full: .venv/.synced postgres ## The same tests with all 342 municipalities; the result goes to tests/results/full.json
	@$(RUN) wegennet toolchain
	@$(RUN) pytest --municipalities 342 --result tests/results/full.json $(ARGS)

check: .venv/.synced ## Style, types, layers, charts
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(RUN) lint-imports
	@$(RUN) wegennet toolchain
	@eval "$$($(RUN) wegennet toolchain env)" && for chart in charts/*/; do helm lint --quiet "$$chart" --values "$${chart}ci/values.yaml"; done

format: .venv/.synced ## Format the code
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

generate: .venv/.synced ## Write what is generated from models: the CRDs, OpenAPI documents, tables of variables in docs/fsc.md
	@$(RUN) python -m wegennet.operators.api.crds
	@$(RUN) python -m wegennet.fsc.openapi
	@$(RUN) python -m wegennet.fsc.cli.reference docs/fsc.md

fsc-conformance: .venv/.synced postgres ## Try every scenario of FSC's test suite; the outcome goes to docs/fsc-conformance.md
	@$(RUN) pytest tests/integration/fsc/conformance --fsc-conformance docs/fsc-conformance.md $(ARGS)

bench: .venv/.synced ## Benchmarks beside their floors; the result goes to tests/results/bench.json
	@$(RUN) wegennet toolchain
	@PYTHONPATH=tests $(RUN) python -m scale.bench --json tests/results/bench.json $(ARGS)

bench-fsc: .venv/.synced postgres ## Benchmark of the FSC peer beside nginx; the result goes to tests/results/bench-fsc.json
	@PYTHONPATH=tests $(RUN) python -m scale.fsc.bench --json tests/results/bench-fsc.json $(ARGS)

clean: ## Remove the virtual environment and everything built in this folder
	@rm -rf .venv .tools build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
