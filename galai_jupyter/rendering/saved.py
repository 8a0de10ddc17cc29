"""A saved notebook in; the generations that it holds out. Needs neither model nor kernel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from galai_jupyter.errors import GalacticaError
from galai_jupyter.generation import MIME_TYPE, Generation


def generations(path: str | PathLike[str]) -> list[Generation]:
    """Return the generations in the outputs of a notebook, in order.

    Parameters
    ----------
    path : str or path-like
        An ``.ipynb`` file.

    Raises
    ------
    GalacticaError
        If the file is not a notebook.
    """
    try:
        notebook = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise GalacticaError(f"{path} is not a notebook: it is not valid JSON.") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise GalacticaError(f"{path} is not a notebook of format 4: it has no list of cells.")
    return [Generation.from_dict(record) for record in _records(notebook["cells"])]


def _records(cells: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for cell in cells:
        for output in cell.get("outputs", ()):
            record = output.get("data", {}).get(MIME_TYPE)
            if record is not None:
                yield json.loads(record) if isinstance(record, str) else record
