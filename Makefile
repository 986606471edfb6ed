# Run `make` to see the targets. Paths are relative, so a checkout may lie in a folder with spaces.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Recipes share one environment and one data home: run them one after another.
.NOTPARALLEL:

BIN := .venv/bin
# Set PYTHON=/path/to/python3.12 to choose the interpreter; otherwise the newest suitable one is taken.
PYTHON ?=
# Test processes. Each builds its own warehouse: about 1 GB of memory.
JOBS ?= 2
# Further options: make test ARGS='-k landing -x', make bench ARGS='--years 3'
ARGS ?=

# Nothing phones home.
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export MARIMO_SKIP_UPDATE_CHECK := 1

.PHONY: help setup run test lint format bench bench-feeds bench-places bench-links bench-checks bench-site dev notebook lock clean

help: ## show this list
	@echo 'คลังข้อมูลกองทุนชุมชนรายตำบล · Tambon warehouse'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## make the Python environment in .venv (done once, and again when requirements.lock changes)
	@:

.venv/.ready: requirements.lock pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh '$(PYTHON)'
	@touch $@

run: setup ## fill an empty inbox with the synthetic sample, run the nightly job, print a summary
	@$(BIN)/tambon sample --if-empty
	@$(BIN)/tambon refresh

test: setup ## run every test
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

lint: setup ## style, types, SQL, contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models
	$(BIN)/tambon feeds check

format: setup ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## measure the national sample against one SQL script and a pandas script
	$(BIN)/python benchmarks/run.py $(ARGS)
	$(BIN)/python benchmarks/all_feeds.py

bench-feeds: setup ## the refresh of every feed at national size, by stage
	$(BIN)/python benchmarks/all_feeds.py $(ARGS)

bench-places: setup ## how right places are, on the sample's truth and on real names
	$(BIN)/python benchmarks/places.py $(ARGS)

bench-links: setup ## precision and recall of the links between agencies' lists, at national size
	$(BIN)/python benchmarks/links.py $(ARGS)

bench-site: setup ## the pages of a national release: writing them, and opening each kind on a desktop and a slow phone
	$(BIN)/python benchmarks/site_pages.py $(ARGS)

bench-checks: setup ## precision and recall of the checks by check and kind, and what they cost, at national size
	$(BIN)/python benchmarks/checks.py $(ARGS)

dev: setup ## Dagster's pages on this machine only (port 3000): assets, checks, schedule, sensor
	@DAGSTER_HOME="$$($(BIN)/python -c 'from ingest.home import Home; from orchestration.run import prepare_dagster_home; \
	print(prepare_dagster_home(Home.locate()).resolve())')" && export DAGSTER_HOME && \
	  exec $(BIN)/dagster dev --host 127.0.0.1 --port 3000

notebook: setup ## open the worked notebooks on the published release
	$(BIN)/marimo edit notebooks

lock: setup ## resolve pyproject.toml anew into requirements.lock (exact versions, hashes, no addresses)
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --upgrade --quiet \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	  --output-file requirements.lock

clean: ## remove caches and build output; data and .venv stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis dist dbt_project/target dbt_project/logs
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
