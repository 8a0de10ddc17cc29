"""A saved notebook in; the generations that it holds out. Needs neither model nor kernel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from galai_jupyter.comparison import COMPARISON_MIME_TYPE, Comparison
from galai_jupyter.errors import GalacticaError
from galai_jupyter.generation import MIME_TYPE, Generation


def generations(path: str | PathLike[str], cell: int | None = None) -> list[Generation]:
    """Return the generations in the outputs of a notebook, in order, those compared included.

    Parameters
    ----------
    path : str or path-like
        An ``.ipynb`` file.
    cell : int, optional
        The number in a cell's brackets, to read only that one.

    Raises
    ------
    GalacticaError
        If the file is not there, is not a notebook, or holds a record that cannot be read.
    """
    try:
        notebook = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise GalacticaError(
            f"There is no notebook {path} that can be read: check the path."
        ) from error
    except ValueError as error:
        raise GalacticaError(f"{path} is not a notebook: it is not valid JSON.") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise GalacticaError(f"{path} is not a notebook of format 4: it has no list of cells.")
    cells = [
        each for each in notebook["cells"] if cell is None or each.get("execution_count") == cell
    ]
    if not cells and cell is not None:
        raise GalacticaError(f"{path} has no cell [{cell}]: give the number in a cell's brackets.")
    try:
        return list(_generations(cells))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise GalacticaError(
            f"{path} holds a generation that cannot be read ({error}): run its cell again."
        ) from error


def _generations(cells: list[dict[str, Any]]) -> Iterator[Generation]:
    for cell in cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if MIME_TYPE in data:
                yield Generation.from_dict(_parsed(data[MIME_TYPE]))
            if COMPARISON_MIME_TYPE in data:
                yield from Comparison.from_dict(_parsed(data[COMPARISON_MIME_TYPE])).generations


def _parsed(record: Any) -> Any:
    return json.loads(record) if isinstance(record, str) else record
