"""The language of ``%%galactica`` cells in JupyterLab: highlighted, checked and completed live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from galai_jupyter.completion import complete
from galai_jupyter.tokens import SPECIAL_TOKENS
from tests.jupyterlab import NotebookPage, jupyterlab

LOAD = "%load_ext galai_jupyter"
BUSY = "import time\nprint('busy', flush=True)\nwhile True: time.sleep(0.05)"
PYTHON = "def f(x):\n    return x  # why"
EDITOR = "window.jupyterapp.shell.currentWidget.content.widgets[cell].editor.editor"
COMMS = """() => {
  window.comms = 0;
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  kernel.anyMessage.connect((_, { msg: { header, content } }) => {
    window.comms += header.msg_type === "comm_open" && content.target_name === "galai_jupyter";
  });
}"""

Open = Callable[..., NotebookPage]


@pytest.fixture
def notebook(lab: tuple[Any, str, Path]) -> Iterator[Open]:
    """Open a notebook with some cells in a browser context of its own."""
    browser, address, folder = lab
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    yield lambda *cells: NotebookPage(context.new_page(), address, folder, *cells)
    context.close()


def language(page: NotebookPage, cell: int) -> str | None:
    """Return the name of the language that a cell's editor shows."""
    found: str | None = page.page.evaluate(f"(cell) => {EDITOR}.contentDOM.dataset.language", cell)
    return found


def wait_for_language(page: NotebookPage, cell: int, name: str) -> None:
    page.page.wait_for_function(
        f"([cell, name]) => {EDITOR}.contentDOM.dataset.language === name", arg=[cell, name]
    )


def texts(page: NotebookPage, selector: str) -> list[str]:
    """Return the texts of what a selector finds."""
    found: list[str] = page.page.eval_on_selector_all(
        selector, "(found) => found.map((each) => each.textContent)"
    )
    return found


def place_cursor(page: NotebookPage, cell: int, position: int) -> None:
    page.page.evaluate(
        f"""([cell, anchor]) => {{
          window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
          window.jupyterapp.shell.currentWidget.content.mode = "edit";
          const view = {EDITOR};
          view.dispatch({{ selection: {{ anchor }} }});
          view.focus();
        }}""",
        [cell, position],
    )


def source(page: NotebookPage, cell: int) -> str:
    found: str = page.page.evaluate(f"(cell) => {EDITOR}.state.doc.toString()", cell)
    return found


def wait_for_problems(page: NotebookPage, *expected: str) -> None:
    page.page.wait_for_function(
        """(expected) => {
          const found = [...document.querySelectorAll(".galai-problem")];
          return JSON.stringify(found.map((each) => each.textContent)) === JSON.stringify(expected);
        }""",
        arg=[*expected],
    )


def completions(page: NotebookPage) -> list[str]:
    """Press Tab; return what is offered, in JupyterLab's own order."""
    page.page.keyboard.press("Tab")
    page.page.wait_for_selector(".jp-Completer:not(.lm-mod-hidden) .jp-Completer-item")
    return texts(page, ".jp-Completer:not(.lm-mod-hidden) .jp-Completer-match")


def test_a_cell_is_highlighted_while_its_first_line_says_so(notebook: Open) -> None:
    page = notebook("The [START_REF] x[END_REF] \\(y\\)", PYTHON, "a = %galactica The [START_REF]")
    for cell in range(3):
        wait_for_language(page, cell, "python")
    place_cursor(page, 0, 0)
    page.page.keyboard.type("%%galactica")
    wait_for_language(page, 0, "python")  # the line goes on
    page.page.keyboard.press("Enter")
    wait_for_language(page, 0, "galactica")
    assert texts(page, ".galai-token") == ["[START_REF]", "[END_REF]"]
    assert texts(page, ".galai-maths")
    assert [language(page, cell) for cell in (1, 2)] == ["python", "python"]
    place_cursor(page, 0, 0)
    page.page.keyboard.press("Delete")
    wait_for_language(page, 0, "python")
    assert texts(page, ".galai-token") == []


def test_nothing_is_left_behind(notebook: Open) -> None:
    page = notebook("%%galactica\nif x:", PYTHON)
    wait_for_language(page, 0, "galactica")
    place_cursor(page, 0, len("%%galactica\nif x:"))
    page.page.keyboard.press("Control+/")  # prompts have no comments
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("y")
    assert source(page, 0) == "%%galactica\nif x:\ny"
    place_cursor(page, 0, 0)
    for _ in "%%galactica\n":
        page.page.keyboard.press("Delete")
    wait_for_language(page, 0, "python")
    place_cursor(page, 0, len("if x:"))
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("y")
    page.page.keyboard.press("Control+/")
    assert source(page, 0) == "if x:\n    # y\ny"
    page.page.wait_for_selector(".jp-Cell:first-child .cm-content[data-language=python]")


def test_text_cells_and_files_stay_as_they_are(notebook: Open, lab: tuple[Any, str, Path]) -> None:
    page = notebook("%%galactica\nThe [START_REF]")
    wait_for_language(page, 0, "galactica")
    page.command("notebook:change-cell-to-markdown")
    page.page.wait_for_selector(".jp-MarkdownCell")
    assert texts(page, ".galai-token") == []
    _, _, folder = lab
    (folder / "prompt.py").write_text("%%galactica\nThe [START_REF]")
    page.page.evaluate(
        "() => window.jupyterapp.commands.execute('docmanager:open', {path: 'prompt.py'})"
    )
    page.page.wait_for_selector(".jp-FileEditor .cm-content[data-language=python]")
    assert texts(page, ".galai-token") == []


def test_all_special_tokens_of_the_kernel_are_highlighted(notebook: Open) -> None:
    page = notebook("%%galactica\n" + "\n".join(SPECIAL_TOKENS))
    wait_for_language(page, 0, "galactica")
    page.page.wait_for_selector(".galai-token")
    assert texts(page, ".galai-token") == [*SPECIAL_TOKENS]
    shown = page.page.eval_on_selector(".galai-token", "(token) => getComputedStyle(token).display")
    assert shown == "inline"  # and no button, as in the token view


def test_mistakes_are_underlined_and_explained(notebook: Open) -> None:
    page = notebook(LOAD, "%%galactica --topp 0.7\nA[END_REF] and [START_REF]")
    wait_for_problems(page, "[END_REF]")  # the kernel has not said which options there are
    page.run(0)
    wait_for_problems(page, "--topp", "[END_REF]")
    page.page.hover(".galai-problem")
    page.page.wait_for_selector(".galai-hint")
    (hint,) = texts(page, ".galai-hint")
    assert hint.startswith("There is no option --topp. Did you mean --top-p")
    place_cursor(page, 1, len("%%galactica --top"))
    page.page.keyboard.type("-")
    wait_for_problems(page, "[END_REF]")
    place_cursor(page, 1, 0)
    page.page.keyboard.press("Delete")
    wait_for_problems(page)


def test_only_kernels_with_galactica_cells_are_asked_and_not_more_than_needed(
    notebook: Open,
) -> None:
    page = notebook("1", "2", LOAD)
    page.page.evaluate(COMMS)
    asked = "() => window.comms"
    page.run(0)
    assert page.page.evaluate(asked) == 0
    place_cursor(page, 1, 0)
    page.page.keyboard.type("%%galactica --topp 3\n[END_REF]")
    page.page.wait_for_function("() => window.comms === 1")
    page.page.keyboard.type("[END_DNA]")
    wait_for_problems(page, "[END_REF]", "[END_DNA]")
    assert page.page.evaluate(asked) == 1  # no cell has run since
    page.run(2)
    wait_for_problems(page, "--topp", "[END_REF]", "[END_DNA]")
    assert page.page.evaluate(asked) == 2


def test_checks_and_highlighting_can_be_switched_off(notebook: Open) -> None:
    page = notebook("%%galactica\nA[END_REF]")
    wait_for_problems(page, "[END_REF]")
    set_settings(page, {"checks": False, "highlighting": False})
    wait_for_problems(page)
    wait_for_language(page, 0, "python")
    set_settings(page, {})
    wait_for_language(page, 0, "galactica")


def set_settings(page: NotebookPage, values: dict[str, bool]) -> None:
    """Change the extension's settings as the settings editor does."""
    page.page.evaluate(
        """async (values) => {
          const plugins = window.jupyterapp.pluginRegistry._plugins;
          const registry = plugins.get("@jupyterlab/apputils-extension:settings").service;
          await registry.upload("galai-jupyter:language", JSON.stringify(values));
        }""",
        values,
    )


def test_completion_does_not_wait_for_the_kernel(notebook: Open) -> None:
    page = notebook(LOAD, "%%galactica --task re", BUSY)
    page.run(0)
    page.start(2)
    page.wait_for_output(2)
    place_cursor(page, 1, len("%%galactica --task re"))
    assert completions(page) == ["reason", "review"]
    page.page.keyboard.press("Enter")
    assert source(page, 1) == "%%galactica --task reason"
    page.page.keyboard.type("\nThe [START_S")
    assert sorted(completions(page)) == ["[START_SMILES]", "[START_SUB]", "[START_SUP]"]
    page.page.keyboard.press("Escape")
    page.page.keyboard.type(" </w")
    assert completions(page) == ["</work>"]
    page.page.keyboard.press("Enter")
    assert source(page, 1).endswith(" </work>")
    page.command("notebook:interrupt-kernel")
    page.wait_for_kernel("idle")


CASES = [
    "%%galactica ",
    "%%galactica --",
    "%%galactica --no-",
    "%%galactica --task ",
    "%%galactica --special-tokens ",
    "%%galactica --compare greedy,",
    "%%galactica --dtype ",
    "%galactica load ",
    "%galactica load demo --",
    "%galactica replay --",
    "%galactica connect http://x --",
    "x = %galactica c",
    "%galactica cite --",
    "%%galactica\nx [",
    "%%galactica\nx </",
    "%%galactica\nx 😀 [START_S",
    "%%galactica\nx",
]


def test_completion_offers_what_the_kernel_does_and_nothing_twice(notebook: Open) -> None:
    page = notebook(LOAD, "%%galactica --topp 1", *CASES)
    page.run(0)
    page.page.wait_for_selector(".galai-problem:has-text('--topp')")  # the connection is there
    for cell, text in enumerate(CASES, 2):
        lines = text.split("\n")
        _, expected = complete(text, len(lines) - 1, len(lines[-1]))
        place_cursor(page, cell, len(text.encode("utf-16-le")) // 2)
        if not expected:
            continue
        found = completions(page)
        assert len(found) == len(set(found)), text
        # JupyterLab itself adds the other words of a Python cell.
        own = found if text.startswith("%%") else [each for each in found if each in expected]
        assert sorted(own) == sorted(expected), text
        page.page.keyboard.press("Escape")
        page.page.wait_for_selector(".jp-Completer", state="hidden")


# Notebook 7

CODE = """%%galactica
Here is `{{code}}`:

```python
x = "[START_DNA]ACGT[END_DNA]"  # {{comment}} and \\(no formula\\)
```
"""


def test_notebook_7_has_it_too(lab: tuple[Any, str, Path], tmp_path: Path) -> None:
    with jupyterlab(tmp_path, "notebook") as address:
        context = lab[0].new_context(viewport={"width": 1200, "height": 900})
        cells = [LOAD, CODE, "%%galactica --topp 1\nA", PYTHON]
        page = NotebookPage(context.new_page(), address, tmp_path, *cells, app="notebook")
        wait_for_language(page, 1, "galactica")
        wait_for_language(page, 3, "python")
        page.page.wait_for_selector(".galai-token")
        assert texts(page, ".galai-token") == ["[START_DNA]", "[END_DNA]"]
        assert texts(page, ".galai-sequence") == ["ACGT"]
        assert "".join(texts(page, ".galai-expression")) == "{{code}}{{comment}}"
        assert texts(page, ".galai-maths") == []
        page.run(0)
        wait_for_problems(page, "--topp")
        place_cursor(page, 1, len(CODE))
        page.page.keyboard.type("</w")
        assert completions(page) == ["</work>"]
        context.close()
