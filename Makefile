# Two commands do everything: `make digest` reads a day of papers, `make test` runs every test.
PYTHON ?= python3
VENV   ?= .venv
DAY    ?= 2025-02-26
SITE   ?= site
PYTEST ?= -n auto --dist loadfile --no-loadscope-reorder
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help digest test test-times model-servers families fuzz lint site docs-site pictures schemas results documents clean

help:  ## show this
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

digest: $(VENV)/.installed  ## read a day's papers in English and Korean: DAY=2025-02-26, today, yesterday
	@if [ "$(DAY)" != 2025-02-26 ]; then $(BIN)/assay collect "$(DAY)"; fi
	@$(BIN)/assay digest "$(DAY)" --lang en --lang ko

test: $(VENV)/.installed-dev  ## run every test; PYTEST=... gives pytest other arguments
	@./tests/browser.sh
	$(BIN)/pytest $(PYTEST)

test-times: $(VENV)/.installed-dev  ## run every test, and print the seconds of each paper's and of the rest
	@status=0; $(BIN)/pytest $(PYTEST) --junitxml=.pytest_cache/times.xml || status=$$?; \
	$(BIN)/python -m tests.times .pytest_cache/times.xml; exit $$status

model-servers: $(VENV)/bin/python  ## install two real model servers, for the tests that are skipped without them
	$(BIN)/python -m venv $(VENV)/model-servers
	$(VENV)/model-servers/bin/python -m pip install --quiet --requirement tests/writing/servers.txt

families: $(VENV)/.installed-dev  ## try on a hundred families of models what `make test` tries on a sample of them
	$(BIN)/pytest -m families $(PYTEST)

fuzz: $(VENV)/.installed-dev  ## seek new examples against the tests of properties; each run tries others
	$(BIN)/pytest -m hypothesis --hypothesis-profile=fuzz $(PYTEST)

lint: $(VENV)/.installed-dev  ## style, types, import directions
	$(BIN)/ruff check src tests benchmarks docs/pages.py
	$(BIN)/ruff format --check src tests benchmarks docs/pages.py
	$(BIN)/mypy
	$(BIN)/lint-imports

site: $(VENV)/.installed  ## build the web site into SITE=site
	$(BIN)/assay site build "$(SITE)"

docs-site: $(VENV)/.installed-docs  ## build the documentation as a site into docs-site; any web server shows it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

pictures: $(VENV)/.installed-dev  ## take the README's pictures of the site from a real browser into docs/pictures
	$(BIN)/python benchmarks/pictures.py docs/pictures

schemas: $(VENV)/.installed  ## write the JSON Schemas of every --json output into docs/schemas
	$(BIN)/python -m assay.cli.schemas docs/schemas

results: $(VENV)/.installed-dev  ## measure every claim anew, write src/assay/results, and the documents
	$(BIN)/assay run --all
	$(BIN)/assay results --export src/assay/results
	$(BIN)/python -m assay.cli.documents

documents: $(VENV)/.installed-dev  ## judge the committed measurements anew, and put them into README and docs/results
	$(BIN)/python -m assay.cli.documents

clean:  ## remove the environment and what was built
	rm -rf $(VENV) site docs-site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Assay needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev,run,agents,evaluation,embeddings,postgres,ray,web,mcp,docs]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-docs

$(VENV)/.installed-docs: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[docs]'
	@touch $@ $(VENV)/.installed
