"""A notebook in; the notebook executed in a real kernel, its HTML page and its generations out."""

from __future__ import annotations

from pathlib import Path

from galai_jupyter.errors import GalacticaError
from galai_jupyter.export import export_page
from galai_jupyter.generation import Generation
from galai_jupyter.rendering import generations


def quickstart_path() -> Path:
    """Return the quickstart: in the package when installed, in ``examples`` in a source tree."""
    package = Path(__file__).parent
    packaged = package / "quickstart.ipynb"
    return packaged if packaged.is_file() else package.parent / "examples" / "01-quickstart.ipynb"


def execute_notebook(source: Path, output: Path) -> tuple[Path, Path, list[Generation]]:
    """Run a notebook's cells in a new kernel; write what came of it.

    Parameters
    ----------
    source : pathlib.Path
        The notebook; it is not changed.
    output : pathlib.Path
        The folder for the executed notebook and the page; made if it is not there.

    Returns
    -------
    notebook, page : pathlib.Path
        The files that were written.
    generations : list of Generation
        What the model said, in order.

    Raises
    ------
    GalacticaError
        If nbclient or nbconvert is missing, or a cell fails.
    """
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError as error:
        raise GalacticaError(
            f"{error.name} is missing: pip install 'galai-jupyter[demo]' brings it."
        ) from error
    document = nbformat.read(source, as_version=4)
    output.mkdir(parents=True, exist_ok=True)
    notebook, page = output / source.name, output / source.with_suffix(".html").name
    client = NotebookClient(
        document,
        timeout=600,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(output)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise GalacticaError(f"A cell of {source.name} failed:\n{error}") from error
    finally:  # also of a notebook that failed: what it had is worth looking at
        nbformat.write(document, notebook)
    export_page(notebook, page)
    return notebook, page, generations(notebook)
