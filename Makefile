# Each target first prepares what it needs. What is ready is left alone, so repeating is cheap.

.DEFAULT_GOAL := help
.PHONY: help demo run test check coverage test-postgres test-oldest test-newest soak mutants bench load docs screenshots
.PHONY: lint fix lock clean

# `make demo PYTHON=/path/to/python3.13` chooses another Python.
PREPARE := tools/prepare
BIN := .venv/bin

# Keep compiled modules, also where this variable is set: the tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' \
		| while IFS='|' read -r name text; do printf '  make %-13s  %s\n' "$$name" "$$text"; done

demo: ## Serve the site with a demo event of real photos; Ctrl-C ends it
	@$(PREPARE) runtime assets photos models
	@exec $(BIN)/picprocure demo $(ARGS)

run: ## Serve the site with your own data, kept in var/; ARGS='--port 8080'
	@$(PREPARE) runtime assets models
	@exec $(BIN)/picprocure up $(ARGS)

test: ## Run all tests, in a real browser too; ARGS='-k upload' chooses some
	@$(PREPARE) dev assets azurite photos test-models
	@browser=$$($(PREPARE) browser) && PICPROCURE_BROWSER="$$browser" $(BIN)/pytest -n auto --durations=20 --durations-min=1 $(ARGS)

check: lint ## Check what is quick, in 90 seconds: style, types and most of the tests
	@$(PREPARE) dev assets photos
	@$(BIN)/pytest -n logical -q -m quick $(ARGS)

coverage: ## Measure which branches the tests take; the pages are in var/coverage/html
	@$(PREPARE) dev assets azurite photos test-models
	@browser=$$($(PREPARE) browser) && PICPROCURE_BROWSER="$$browser" \
		$(BIN)/pytest -n logical -q --cov --cov-report=term --cov-report=html $(ARGS)

test-postgres: ## Run the tests that depend on the database on a real PostgreSQL
	@$(PREPARE) dev assets
	@$(BIN)/python tools/postgres.py $(ARGS)

test-oldest: ## Run the quick tests with the oldest dependencies that pyproject.toml allows
	@$(PREPARE) dev assets photos
	@$(BIN)/python tools/bounds.py oldest $(ARGS)

test-newest: ## The same with the newest ones
	@$(PREPARE) dev assets photos
	@$(BIN)/python tools/bounds.py newest $(ARGS)

soak: ## Run the tests that take minutes: kills, stops, slow clients
	@$(PREPARE) dev assets azurite photos test-models
	@browser=$$($(PREPARE) browser) && PICPROCURE_BROWSER="$$browser" $(BIN)/pytest -n 0 -m soak $(ARGS)

mutants: ## Look for changes in code that decides who gets a photo, which no test notices
	@$(PREPARE) mutation assets
	@$(BIN)/python tools/mutants.py $(ARGS)

bench: ## Measure speed and deliveries, in ten minutes; ARGS=--full takes two hours
	@$(PREPARE) dev assets
	@$(PREPARE) test-models
	@$(BIN)/python benchmarks $(ARGS)

load: ## Let 200 guests look at an event while photos are analyzed; ARGS=--postgres
	@$(PREPARE) load assets test-models
	@$(BIN)/python benchmarks/load.py $(ARGS)

docs: ## Build the documentation into build/docs, with all internal links checked
	@$(PREPARE) dev
	@$(BIN)/python -m sphinx -q -W --keep-going -d build/docs-cache docs build/docs
	@echo "Open build/docs/index.html"

screenshots: ## Take the pictures of the documentation again
	@$(PREPARE) dev assets
	@browser=$$($(PREPARE) browser) && PICPROCURE_BROWSER="$$browser" $(BIN)/pytest -n 0 -m screenshots $(ARGS)

lint: ## Check style, types, templates, migrations, layers and words
	@$(PREPARE) dev assets
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/djlint --lint --quiet src
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/lint-imports
	$(BIN)/python tools/prose.py

fix: ## Repair what ruff can repair: style, imports, formatting
	@$(PREPARE) dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## Renew the locks after a change of dependencies; ARGS=--upgrade takes new versions
	@$(PREPARE) dev
	@$(BIN)/python tools/lock.py $(ARGS)

clean: ## Remove what make installed or cached; the site's data in var/ stay
	rm -rf .venv .venv-oldest .venv-newest node_modules build src/*.egg-info .coverage
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests tools benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +
