"""The example notebooks: they run, their saved outputs are those of today, and need no kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from examples.execute import execute, notebooks


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def shapes(notebook: Any) -> list[list[Any]]:
    """Return, for each code cell, what kinds of outputs it has."""
    return [
        [sorted(output.get("data", {"text/plain": ""})) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_an_example_runs_and_gives_the_kinds_of_outputs_that_were_saved(path: Path) -> None:
    saved = nbformat.read(path, as_version=4)
    executed = execute(path)
    assert any(shapes(saved)), "save the outputs with `make examples`"
    assert shapes(executed) == shapes(saved)


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_a_saved_example_is_valid_and_names_no_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    first = notebook.cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    text = json.dumps(notebook)
    assert not [word for word in ("/home/", "/root/", "/tmp/", "Traceback") if word in text]


def test_the_examples_are_numbered_from_one() -> None:
    numbers = [int(path.name[:2]) for path in notebooks()]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 14
