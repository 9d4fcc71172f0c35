check: ## Lint, types, imports, format
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy src tests && .venv/bin/lint-imports
