"""Notebooks in, the same with fresh outputs out: ``python examples/execute.py [FILE …]``."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent


def notebooks() -> list[Path]:
    """Return the example notebooks, in their order."""
    return sorted(EXAMPLES.glob("[0-9]*.ipynb"))


def execute(path: Path) -> Any:
    """Return the notebook with the outputs that its cells give in a new kernel.

    Its working directory is a temporary one, times of execution and widget states are left out:
    the file changes only where an output does.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
        ).execute()
    notebook.metadata.language_info = {"name": "python"}
    return notebook


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = "1"
    for each in [Path(name) for name in sys.argv[1:]] or notebooks():
        print(each.name, flush=True)
        nbformat.write(execute(each), each)
