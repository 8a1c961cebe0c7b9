# Candor's commands. `make run` and `make test` need only Python 3.11 with venv, and make; the rest is installed for you.
.DEFAULT_GOAL := help
# numpy's linear algebra in one thread: on a busy machine its threads wait for each other far longer than they work
export OPENBLAS_NUM_THREADS ?= 1
# what was compiled once is kept: else each of the many processes that tests and servers start compiles it for seconds
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test fast fmt lint types migration demo bench validate lock vendor clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Start Candor with its demonstration network; the address is printed
	@.ci/environment
	@.venv/bin/candor run

test: ## Prove everything: lint, types, imports, all tests on SQLite and on PostgreSQL, with a browser
	@.ci/test

fast: ## The quick part of it: lint, pure tests, tests on SQLite without a browser
	@.ci/test fast

fmt: ## Format the code
	@.ci/environment test
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format .

lint: ## Check style, format and which way imports go
	@.ci/environment test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports --no-logo

types: ## Check the types, strictly
	@.ci/environment test
	@.venv/bin/mypy

migration: ## Write the next migration from the models: make migration name=add_lot_grade
	@test -n "$(name)" || { echo 'Say what changes: make migration name=add_lot_grade'; exit 2; }
	@.ci/environment test
	@.venv/bin/candor migration "$(name)"

demo: ## Make the demonstration network anew, from nothing
	@.ci/environment
	@.venv/bin/candor demo --fresh

bench: ## Measure: pages, trail, statistics (see bench/)
	@.ci/environment test
	@.venv/bin/python -m bench

validate: ## Measure what the survey's figures give away, with 2,000 invented worlds; writes docs/validation/
	@.ci/environment test
	@.venv/bin/python -m validation

lock: ## Renew requirements.lock and requirements-dev.lock from pyproject.toml
	@.ci/lock

vendor: ## Fetch the front end's foreign files anew (needs npm)
	@.ci/environment
	@.venv/bin/python .ci/vendor.py

clean: ## Remove the environment and everything tools left; records in var/ stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
