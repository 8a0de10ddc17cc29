# make demo   run the quickstart on the bundled model, in a real kernel
# make test   everything that must hold: lint, types, tests (installs Chromium if it is missing)
# make test-vllm  the remote engine against a real vLLM on the CPU (installs about 4 GB)
# make lab    open JupyterLab on the examples

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test test-vllm lint types tests lab tools format clean

demo: $(VENV)/demo.stamp
	$(BIN)/galai-jupyter demo --output build

test: lint types tests

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

tests: $(VENV)/dev.stamp tools
	$(BIN)/python -m pytest

test-vllm: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m vllm -s tests/test_vllm.py

lab: $(VENV)/demo.stamp
	$(BIN)/jupyter lab examples

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
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
