# make demo   run the quickstart on the bundled model, in a real kernel
# make test   everything that must hold: lint, types, tests (installs Chromium if it is missing)
# make test-vllm  the remote engine against a real vLLM on the CPU (installs about 4 GB)
# make examples  run the example notebooks and save their outputs
# make pictures  film the README's animation in JupyterLab
# make docs   the documentation, as a site in build/site (make docs-serve shows it as you write)
# make dist   build sdist and wheel into dist/, with the JupyterLab extension in them
# make dist-check  install what make dist built into an empty environment without node, and run it
# make lab    open JupyterLab on the examples

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := SKIP_JUPYTER_BUILDER=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

NPM := PATH="$(abspath $(BIN)):$$PATH" npm --no-fund --no-audit --loglevel=error
NODE_STAMP := labextension/node_modules/.stamp
EXTENSION := galai_jupyter/labextension/package.json
SOURCES := $(shell find labextension/src labextension/style labextension/schema -type f) \
	$(wildcard labextension/*.json labextension/*.config.js)

.PHONY: demo test test-vllm extension extension-test lint types tests docs docs-serve \
	examples pictures lab tools format clean dist dist-check

demo: $(VENV)/demo.stamp
	$(BIN)/galai-jupyter demo --output build

test: lint types extension-test tests

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

# Two processes at a time: browser tests spend their time waiting.
tests: $(VENV)/dev.stamp tools $(EXTENSION)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

# The JupyterLab extension, which lies in labextension/ and is seen by this environment's Jupyter.
extension: $(EXTENSION)

extension-test: $(EXTENSION)
	cd labextension && $(NPM) run lint && $(NPM) test

$(NODE_STAMP): labextension/package-lock.json
	cd labextension && $(NPM) ci
	@touch $@

$(EXTENSION): $(SOURCES) $(NODE_STAMP) | $(VENV)/dev.stamp
	cd labextension && $(NPM) run build
	$(BIN)/jupyter-builder develop --overwrite .
	@touch $@

# The extension first: the build takes what is there.
dist: $(EXTENSION)
	rm -rf dist
	$(BIN)/python -m build

test-vllm: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m vllm -s tests/test_vllm.py

# Reference pages are written from the package's tables, and committed.
docs: $(VENV)/dev.stamp
	$(BIN)/python docs/generate.py
	$(BIN)/properdocs build --strict

docs-serve: $(VENV)/dev.stamp
	$(BIN)/properdocs serve

lab: $(VENV)/dev.stamp $(EXTENSION)
	$(BIN)/jupyter lab examples

pictures: $(VENV)/dev.stamp tools $(EXTENSION)
	$(BIN)/python -m docs.pictures

examples: $(VENV)/dev.stamp
	$(BIN)/python examples/execute.py

dist-check: dist
	$(BIN)/python -m tests.check_dist dist

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Browser tests drive Chromium; LaTeX export needs pandoc.
tools: $(VENV)/dev.stamp
	$(BIN)/python -m tests.install_tools

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) torch
	$(INSTALL) -e ".[check,demo]"
	@touch $@

$(VENV)/dev.stamp: $(VENV)/demo.stamp
	$(INSTALL) -e ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) build dist galai_jupyter/labextension labextension/lib labextension/node_modules .mypy_cache .pytest_cache .ruff_cache
