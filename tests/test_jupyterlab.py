"""JupyterLab in Chromium: type a cell, watch text grow, interrupt it, see it kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from galai_jupyter.generation import MIME_TYPE, Generation
from tests.jupyterlab import NotebookPage

SCRIPTED = """
import time
from galai_jupyter import get_session
from galai_jupyter.engines.scripted import ScriptedEngine
slow = ScriptedEngine(["The area is \\\\(x^2\\\\). " * 80], on_token=lambda said: time.sleep(0.01))
get_session().use(slow);
"""
LOAD = "%load_ext galai_jupyter"

Open = Callable[..., NotebookPage]


@pytest.fixture
def notebook(lab: tuple[Any, str, Path]) -> Iterator[Open]:
    """Open a notebook with some cells in a browser context of its own."""
    browser, address, folder = lab
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    yield lambda *cells: NotebookPage(context.new_page(), address, folder, *cells)
    context.close()


def test_text_grows_is_interrupted_and_kept(notebook: Open) -> None:
    page = notebook(
        LOAD, SCRIPTED, "%%galactica answer << --max-new-tokens 1800\nPrompt:", "answer"
    )
    page.run(0), page.run(1)
    page.start(2)
    early = page.wait_for_text(2, 30)
    later = page.wait_for_text(2, 150)
    assert later.startswith("Prompt:The area is")
    assert len(early) < len(later)
    assert page.page.evaluate("() => document.querySelectorAll('.jp-OutputArea-output').length")
    page.command("notebook:interrupt-kernel")
    page.wait_for_kernel("idle")
    outputs = page.outputs(2)
    shown = [output for output in outputs if output["output_type"] == "display_data"]
    assert len(shown) == 1
    generation = Generation.from_dict(shown[0]["data"][MIME_TYPE])
    assert generation.finish_reason == "interrupted"
    assert 100 < len(generation.text) < 1700
    errors = [output for output in outputs if output["output_type"] == "error"]
    assert [error["ename"] for error in errors] == ["Interrupted"]
    assert "Traceback" not in page.page.inner_text(".jp-Notebook")
    (again,) = page.run(3)
    assert Generation.from_dict(again["data"][MIME_TYPE]).text == generation.text


def test_formulas_are_typeset_and_the_notebook_survives(notebook: Open) -> None:
    page = notebook(LOAD, SCRIPTED, "%%galactica --max-new-tokens 30\nPrompt: ")
    page.run(0), page.run(1), page.run(2)
    page.page.wait_for_selector(".jp-OutputArea-output mjx-container")
    saved = page.save()
    (output,) = saved.cells[2].outputs
    assert set(output.data) == {"text/plain", "text/html", "text/markdown", MIME_TYPE}
    assert "<script" not in output.data["text/html"]
    assert "widgets" not in saved.metadata


def test_the_bundled_model_answers(notebook: Open) -> None:
    page = notebook(
        LOAD, "%%galactica --max-new-tokens 12\nThe Transformer architecture [START_REF]"
    )
    page.run(0)
    notice, result = (output["data"] for output in page.run(1))
    assert "bundled demo model" in notice["text/plain"]
    generation = Generation.from_dict(result[MIME_TYPE])
    assert generation.model.name == "demo"
    assert generation.new_tokens > 0
    text = page.page.inner_text(".jp-Notebook")
    assert "[START_REF]" in text and "demo" in text


def test_a_mistake_is_one_sentence(notebook: Open) -> None:
    page = notebook(LOAD, "%%galactica --topp 0.7\nx")
    page.run(0)
    (output,) = page.run(1)
    assert output["output_type"] == "stream"
    assert output["text"].startswith(
        "UsageError: There is no option --topp. Did you mean '--top-p'"
    )


WATCH = r"""() => {
  window.frames = [];
  const look = () => {
    const output = document.querySelector(".jp-OutputArea-output");
    if (output) {
      const raw = output.textContent.match(/\\\(.*?\\\)|\\\[.*?\\\]/gs) ?? [];
      window.frames.push([raw.length, output.querySelectorAll("mjx-container").length]);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def late(route: Any) -> None:
    """Let a request pass after half a second, as over a slow network."""
    time.sleep(0.5)
    route.continue_()


def test_formulas_never_flicker_while_text_grows(notebook: Open) -> None:
    page = notebook(LOAD, SCRIPTED, "%%galactica --max-new-tokens 300\nPrompt:")
    page.page.route("**/*.js*", late)  # what was not loaded with the notebook comes late
    page.run(0), page.run(1)
    page.page.evaluate(WATCH)
    page.run(2)
    frames: list[list[int]] = page.page.evaluate("() => window.frames")
    typeset = [count for _, count in frames]
    assert typeset == sorted(typeset)  # what has been typeset stays so
    assert typeset[-1] >= 10
    assert not [raw for raw, _ in frames if raw]  # and a closed formula is never seen as text
