# Auricle: `make run` sets everything up and starts it, `make test` sets everything up and runs every test.

VENV := .venv
TORCH_VENV := .venv-torch
BIN := $(VENV)/bin
NPM := $(BIN)/python tools/node.py ui
EXTRAS := postgres celery s3 cuda pyannote openai-whisper otel
# Extras that need PyTorch: their locks leave it out, since its build depends on the machine.
TORCH_EXTRAS := pyannote openai-whisper
TORCH ?= torch==2.13.0
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate --upgrade
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --root-user-action=ignore

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup run demo pages ui dev services test test-ui test-torch lint audit format types bench test-images screenshots docs lock clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(VENV)/.base $(VENV)/.pages $(VENV)/.ui ## Prepare .venv with the auricle command in it

run: setup ## Transcribe the bundled recording, then start Auricle on http://127.0.0.1:8000
	@$(BIN)/python tools/demo.py serve

demo: $(VENV)/.base ## Transcribe the bundled recording, or AUDIO=file, and write its exports to out/
	@$(BIN)/python tools/demo.py transcribe $(if $(AUDIO),"$(AUDIO)")

pages: $(VENV)/.pages ## Fetch the pages that show the API

ui: $(VENV)/.ui ## Build the web app

dev: $(VENV)/.base $(VENV)/.pages $(VENV)/.client ## Run a reloading server, and the web app with hot reload on http://127.0.0.1:4200
	@$(BIN)/python tools/dev.py

test-ui: $(VENV)/.client ## Lint the web app and run its unit tests
	@$(NPM) run --silent lint
	@$(NPM) run --silent test

services: ## Install the servers that tests need, where this is Debian and we are root
	@sh tools/test_services.sh

test: services lint types test-ui $(VENV)/.test $(VENV)/.docs $(VENV)/.pages $(VENV)/.ui ## Run every check and every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST)

test-torch: $(TORCH_VENV)/.torch ## Run the tests of the engines that need PyTorch
	@$(TORCH_VENV)/bin/python -m pytest -m torch $(PYTEST)

lint: $(VENV)/.test audit ## Check style, unsafe code, import contracts and known vulnerabilities
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }
	@$(BIN)/lint-imports --no-logo > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

# Not for the programs that make starts: to them AURICLE_ means a setting of the server.
unexport AURICLE_AUDIT
audit: $(VENV)/.test ## Ask whether a pinned version is known to be vulnerable
	@AURICLE_AUDIT=$(AURICLE_AUDIT) $(BIN)/python tools/audit.py

format: $(VENV)/.test $(VENV)/.npm ## Format the code and mend what can be mended
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .
	@$(NPM) run --silent format

types: $(VENV)/.test ## Check the types
	@$(BIN)/mypy --no-error-summary

bench: $(VENV)/.test ## Measure, print the tables, and keep them in benchmarks/README.md
	@$(BIN)/python benchmarks/run.py

test-images: $(VENV)/.base ## Build the image, run the containers, and try to lose a transcript
	@$(BIN)/python tools/test_images.py

screenshots: $(VENV)/.test $(VENV)/.pages $(VENV)/.ui ## Take pictures of every page, or of PAGES="library add", under out/screenshots/
	@$(BIN)/python tools/screenshots.py $(PAGES)

# The notice is about what comes after Material: CONTRIBUTING.md says what we do about it.
docs: $(VENV)/.docs ## Build this documentation as pages, in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "In site/: index.html, or all of it with its search: $(BIN)/python -m http.server -d site"

lock: $(VENV)/.base ## Pin the newest versions that pyproject.toml allows, with hashes
	@$(BIN)/python $(PIP_INSTALL) uv
	@$(COMPILE) pyproject.toml --group build -o requirements/base.txt
	@$(COMPILE) pyproject.toml --group build --group test -c requirements/base.txt -o requirements/test.txt
	@$(COMPILE) --group docs -c requirements/base.txt -c requirements/test.txt -o requirements/docs.txt
	@$(foreach extra,$(EXTRAS),$(COMPILE) pyproject.toml --extra $(extra) -c requirements/base.txt \
		$(if $(filter $(extra),$(TORCH_EXTRAS)),--override requirements/torch-apart.txt) \
		-o requirements/$(extra).txt &&) true

clean: ## Remove what was built
	rm -rf $(VENV) $(TORCH_VENV) ui/node_modules ui/.angular src/auricle/server/static/app out site dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Auricle needs Python 3.11 or newer: on Debian, apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt pyproject.toml src/auricle/__init__.py | $(VENV)/bin/python
	@echo "Installing Auricle into $(VENV) ..."
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/base.txt
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.pages: ui/docs-pages/package-lock.json tools/docs_pages.py $(VENV)/.node
	@echo "Fetching the pages that show the API ..."
	@$(BIN)/python tools/docs_pages.py
	@touch $@

# Angular asks for a newer Node than most systems have.
$(VENV)/.node: requirements/node.txt tools/node.py $(VENV)/.base
	@$(BIN)/python tools/node.py --found 2>/dev/null || $(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/node.txt
	@touch $@

$(VENV)/.npm: ui/package-lock.json $(VENV)/.node
	@echo "Installing what the web app is made of ..."
	@$(NPM) ci --loglevel=error >/dev/null
	@touch $@

# The client of the web app is made from the API itself, so the two cannot drift.
$(VENV)/.client: $(shell find src/auricle -name '*.py') tools/openapi.py $(VENV)/.npm
	@$(BIN)/python tools/openapi.py ui/src/app/api/openapi.json
	@$(NPM) run --silent api >/dev/null
	@touch $@

$(VENV)/.ui: $(shell find ui/src ui/public -type f) ui/angular.json ui/tsconfig.json ui/tsconfig.app.json ui/squeeze.mjs tools/build_ui.py $(VENV)/.client
	@echo "Building the web app ..."
	@$(BIN)/python tools/build_ui.py
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.base
	@echo "Installing what the tests need ..."
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.base
	@echo "Installing what builds the documentation ..."
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/docs.txt
	@touch $@

$(TORCH_VENV)/.torch: requirements/openai-whisper.txt requirements/test.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing PyTorch and the engines that need it into $(TORCH_VENV) ..."
	@$(PYTHON) -m venv $(TORCH_VENV)
	@$(TORCH_VENV)/bin/python $(PIP_INSTALL) --require-hashes -r requirements/test.txt
	@$(TORCH_VENV)/bin/python $(PIP_INSTALL) "$(TORCH)"
	@$(TORCH_VENV)/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --require-hashes -r requirements/openai-whisper.txt
	@$(TORCH_VENV)/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@
