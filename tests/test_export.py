"""Exported pages: nothing from elsewhere, formulas typeset, faults named."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from galai_jupyter.cli import main
from galai_jupyter.errors import GalacticaError
from galai_jupyter.export import check_page, export_page, widgets_without_fallback
from galai_jupyter.rendering import to_html

GOOD = r"The area is \(\pi r^2\) [START_REF] On circles, Euclid[END_REF]."


def write_notebook(folder: Path, *bundles: dict) -> Path:
    outputs = [nbformat.v4.new_output("display_data", bundle) for bundle in bundles]
    cell = nbformat.v4.new_code_cell("%%galactica\nThe area", outputs=outputs)
    document = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(document, folder / "notebook.ipynb")
    return folder / "notebook.ipynb"


def test_a_page_needs_no_network_and_has_no_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = write_notebook(tmp_path, {"text/html": to_html(GOOD), "text/plain": GOOD})
    assert main(["export", str(notebook), "--check"]) == 0
    page = (tmp_path / "notebook.html").read_text(encoding="utf-8")
    for link in ("cdnjs.cloudflare.com", "unpkg.com", "<script src", "<link"):
        assert link not in page
    assert "0 faults" in capsys.readouterr().out


def test_faults_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = {"text/html": r"<p>[START_REF] raw, \(x</p><p>\(\frac{1}\)</p>"}
    notebook = write_notebook(
        tmp_path, bundle, {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    )
    assert main(["export", str(notebook), "--output", str(tmp_path / "x.html"), "--check"]) == 1
    out = capsys.readouterr().out
    assert "raw token: [START_REF]" in out
    assert "formula: Missing argument" in out
    assert "widget without a fallback: cell 1" in out


def test_what_a_page_asks_for_is_named(tmp_path: Path) -> None:
    bundle = {"text/html": '<img src="http://127.0.0.1:9/pixel.png">'}
    export_page(write_notebook(tmp_path, bundle), tmp_path / "page.html")
    assert check_page(tmp_path / "page.html") == ["needs the network: http://127.0.0.1:9/pixel.png"]


def test_a_widget_gives_way_to_what_stands_beside_it(tmp_path: Path) -> None:
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    notebook = write_notebook(tmp_path, widget | {"text/html": "<b>beside</b>"})
    assert widgets_without_fallback(notebook) == []
    export_page(notebook, tmp_path / "page.html")
    assert "<b>beside</b>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert check_page(tmp_path / "page.html") == []


def test_missing_and_damaged_notebooks_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(GalacticaError, match="There is no notebook"):
        export_page(tmp_path / "nothing.ipynb", tmp_path / "page.html")
    (tmp_path / "bad.ipynb").write_text("{")
    with pytest.raises(GalacticaError, match="save it again"):
        export_page(tmp_path / "bad.ipynb", tmp_path / "page.html")
