"""The command line: doctor, demo, versions, mistakes."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

import galai_jupyter
from galai_jupyter import catalog
from galai_jupyter.cli import main
from galai_jupyter.quickstart import quickstart_path


def test_doctor_reports_what_is_here_and_what_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for expected in ("python 3.", "torch ", "memory free", "device auto is", "download cache"):
        assert expected in out
    for name in catalog.names():
        assert f"{name}: " in out


def test_doctor_says_how_to_get_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("galai_jupyter.cli._version", lambda package: "")
    main(["doctor"])
    out = capsys.readouterr().out
    assert "torch MISSING: pip install it" in out
    assert "pip install 'galai-jupyter[demo]'" in out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == galai_jupyter.__version__


def test_demo_executes_a_notebook_and_tells_what_was_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = ["%load_ext galai_jupyter", "%%galactica --max-new-tokens 4\nThe prompt"]
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    nbformat.write(document, tmp_path / "small.ipynb")
    output = tmp_path / "build"
    assert main(["demo", "--notebook", str(tmp_path / "small.ipynb"), "--output", str(output)]) == 0
    out = capsys.readouterr().out
    assert "The prompt⟫" in out and "1 generations" in out
    assert "The prompt" in (output / "small.html").read_text(encoding="utf-8")
    executed = nbformat.read(output / "small.ipynb", as_version=4)
    assert executed.cells[1].outputs
    assert "widgets" not in executed.metadata


def test_a_failing_cell_is_told_and_what_there_was_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)\n1/0")])
    nbformat.write(document, tmp_path / "bad.ipynb")
    output = tmp_path / "build"
    assert main(["demo", "--notebook", str(tmp_path / "bad.ipynb"), "--output", str(output)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert nbformat.read(output / "bad.ipynb", as_version=4).cells[0].outputs
    assert main(["demo", "--notebook", str(tmp_path / "none.ipynb")]) == 1


def test_the_quickstart_is_a_valid_notebook_without_widgets() -> None:
    document = nbformat.read(quickstart_path(), as_version=4)
    nbformat.validate(document)
    assert "widgets" not in document.metadata
