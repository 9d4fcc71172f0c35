# `make` alone lists what there is. Everything runs in .venv, made from the lock files; nothing else is installed,
# except by `make test`, which also installs the services it tests with (scripts/services).
SHELL := /bin/sh
.SUFFIXES:
.DEFAULT_GOAL := help
# Without its bytecode every process that a test starts would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

python := .venv/bin/python
pip := $(python) -m pip install -qq --disable-pip-version-check --no-input
install_orderwire := $(pip) --no-deps --no-build-isolation --editable .
typed := src tests scripts $(if $(wildcard benchmarks/*.py),benchmarks)

# Files of tests side by side, one more than there are cores: many wait. Those that start processes first: they take longest.
side_by_side := -n 3 --dist loadfile --no-loadscope-reorder

help: ## Show this list
	@awk 'BEGIN {FS = ":[^#]*## "} /^[a-z]+:[^#]*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: .venv/.runtime ## Show the main job end to end on this machine: orders in, stock checked, sales orders made, answers out
	@$(python) -m orderwire demo $(ARGS)

up: .venv/.runtime ## Run Orderwire in one process on SQLite, without a broker
	@$(python) -m orderwire up $(ARGS)

test: .venv/.dev ## Install what the tests need, then run every check and test
	@scripts/services
	@$(MAKE) --no-print-directory check
	@$(python) -m pytest -q -m "not slow" $(side_by_side) $(ARGS)

coverage: .venv/.dev ## Run the same tests and say which lines none of them reached
	@scripts/services
	@$(python) -m pytest -q -m "not slow" --cov --cov-report=term:skip-covered $(ARGS)

check: .venv/.dev ## Lint, format, types, import directions, generated documents
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy --no-error-summary $(typed)
	@mkdir -p build
	@.venv/bin/lint-imports --no-logo >build/imports.txt || { cat build/imports.txt; exit 1; }
	@$(python) -m scripts.generate_docs --check
	@echo "check: all good"

bench: .venv/.dev ## Measure ours and the peers on the same work; ONLY=edi|nav|cxml|queue|console for one group
	@$(python) -m benchmarks $(if $(ONLY),--only $(ONLY))

chaos: .venv/.dev ## Break brokers, database, NAV, workers and networks under load, and count the orders; MINUTES=n SEED=n
	@scripts/services
	@PYTHONPATH=tests$(if $(PYTHONPATH),:$(PYTHONPATH)) $(python) -m chaos \
		$(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(ARGS)

soak: .venv/.dev ## Run the slow tests of the suite at full length
	@scripts/services
	@$(python) -m pytest -q -m slow $(ARGS)

docs: .venv/.dev ## Write docs/reference anew from the code
	@$(python) -m scripts.generate_docs

lock: ## Write the lock files anew from pyproject.toml
	@scripts/lock

clean: ## Remove what make made: .venv, build and caches; data in var/ stays
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*

.venv/.made:
	@.venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Making .venv"; found=$$(scripts/find-python) && "$$found" -m venv --clear .venv; }
	@mkdir -p build
	@touch $@

.venv/.runtime: .venv/.made requirements.lock pyproject.toml
	@echo "Installing Orderwire"
	@$(pip) --require-hashes --requirement requirements.lock
	@$(install_orderwire)
	@touch $@

.venv/.dev: .venv/.made requirements-dev.lock pyproject.toml
	@echo "Installing Orderwire and the tools that check it"
	@$(pip) --require-hashes --requirement requirements-dev.lock
	@$(install_orderwire)
	@mkdir -p build
	@touch .venv/.runtime $@ # it holds all that the runtime needs

.PHONY: help demo up test coverage check bench chaos soak docs lock clean
