"""Ghost text in JupyterLab: it appears, is accepted, cycled and typed over, and keeps quiet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.jupyterlab import NotebookPage, jupyterlab

LOAD = "%load_ext galai_jupyter"
SCRIPTED = """
import time
from galai_jupyter import get_session
from galai_jupyter.engines.scripted import ScriptedEngine
said = []
def note(number):
    said.append(number)
    time.sleep({seconds})
engine = ScriptedEngine({texts!r}, on_token=note)
get_session().use(engine);
"""
PAPERS = [
    " First, Ames[END_REF]",
    " Second Paper, Best[END_REF]",
    " Third and Last Paper, Cole[END_REF]",
]
"""The shorter the likelier, for an engine to which all tokens are as likely."""
LONG = ["one more word " * 100]
ASKED = "print(len(engine.requests), len(get_session().history))"
GHOST = ".jp-GhostText[data-provided-by='galai-jupyter']:not([class*='Spacer'])"
READ = f"""() => [...document.querySelectorAll("{GHOST}")]
  .map(ghost => [ghost.textContent, ghost.dataset.galaiNote ?? ""])"""
STREAMING = ".jp-GhostText-streamingIndicator"


class WritingPage(NotebookPage):
    """A notebook whose last cell is being written."""

    def write(self, text: str, *, markdown: bool = True) -> None:
        """Type into the last cell, as Markdown or as code."""
        self.last = self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets.length - 1"
        )
        self.page.evaluate(
            "(cell) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell }",
            self.last,
        )
        if markdown:
            self.page.evaluate(
                "() => window.jupyterapp.commands.execute('notebook:change-cell-to-markdown')"
            )
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:enter-edit-mode')")
        self.page.locator(".jp-mod-active .cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    @property
    def source(self) -> str:
        """The last cell's text."""
        text: str = self.page.evaluate(
            "(cell) => window.jupyterapp.shell.currentWidget.content.widgets[cell]"
            ".model.sharedModel.getSource()",
            self.last,
        )
        return text

    def press(self, keys: str) -> None:
        """Press keys."""
        self.page.keyboard.press(keys)

    def ghost(self, condition: str = "!streaming") -> tuple[str, str]:
        """Wait until the ghost text is as it should be; return it and its note.

        Parameters
        ----------
        condition : str
            JavaScript about ``text``, ``note`` and ``streaming``.
        """
        self.page.wait_for_function(
            f"""() => ({READ})().some(([text, note]) => {{
              const streaming = document.querySelector("{STREAMING}") !== null;
              return {condition};
            }})""",
            timeout=90_000,
        )
        ((text, note),) = self.page.evaluate(READ)
        return text, note

    def wait_for_source(self, text: str) -> None:
        """Wait until the last cell has a text."""
        self.page.wait_for_function(
            "([cell, text]) => window.jupyterapp.shell.currentWidget.content.widgets[cell]"
            ".model.sharedModel.getSource() === text",
            arg=[self.last, text],
            timeout=30_000,
        )

    def wait_for_no_ghost(self) -> None:
        """Wait until nothing is suggested, and Tab is the editor's again."""
        self.page.wait_for_function(
            f"""() => !document.querySelector("{GHOST}")
              && !document.querySelector(".jp-mod-inline-completer-active")""",
            timeout=30_000,
        )

    def printed(self, cell: int) -> str:
        """Run a cell; return what it prints."""
        text: str = self.run(cell)[0]["text"]
        return text


Open = Callable[..., WritingPage]


@pytest.fixture
def notebook(lab: tuple[Any, str, Path]) -> Iterator[Open]:
    """Open a notebook under settings, with some cells of which all but the last have run."""
    browser, address, folder = lab
    context = browser.new_context(viewport={"width": 1200, "height": 900})

    def open_notebook(*cells: str, **settings: Any) -> WritingPage:
        file = folder / ".settings" / "galai-jupyter" / "suggestions.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
        page = WritingPage(context.new_page(), address, folder, *cells, "")
        for number in range(len(cells)):
            page.run(number)
        return page

    yield open_notebook
    context.close()


def scripted(texts: list[str], seconds: float = 0.0) -> str:
    return SCRIPTED.format(texts=texts, seconds=seconds)


def test_a_continuation_of_the_bundled_model_is_accepted_with_tab(notebook: Open) -> None:
    page = notebook(LOAD, "from galai_jupyter import get_session")
    page.write("# Networks\n\nThe Transformer architecture")
    page.press("Alt+/")
    text, _ = page.ghost("text && !streaming")  # the model was loaded for it
    assert page.source == "# Networks\n\nThe Transformer architecture"
    page.press("Tab")
    page.wait_for_source(f"# Networks\n\nThe Transformer architecture{text}")
    page.wait_for_no_ghost()


@pytest.mark.parametrize(
    ("format", "typed", "written"),
    [
        ("plain", "See [START_REF]", "See Second Paper, Best"),
        ("latex", "See [START_REF]", r"See \cite{best-second-paper}"),
        ("pandoc", "See [@", "See [@best-second-paper]"),
        (
            "link",
            "See",
            "See [Second Paper, Best]"
            "(https://scholar.google.com/scholar?q=Second%20Paper%2C%20Best)",
        ),
    ],
)
def test_citations_have_confidence_cycle_and_are_written_as_set(
    notebook: Open, format: str, typed: str, written: str
) -> None:
    page = notebook(LOAD, scripted(PAPERS), format=format, leastConfidence=0)
    page.write(typed)
    page.press("Alt+." if typed == "See" else "Alt+/")
    first, note = page.ghost("!streaming && text")
    assert re.fullmatch(r"probably invented, \d+ % \(not calibrated\)  1/3", note)
    page.press("Alt+]")
    second, _ = page.ghost("note.endsWith('2/3')")
    assert first != second and page.source == typed
    page.press("Tab")
    page.wait_for_source(written)
    page.wait_for_no_ghost()
    page.page.keyboard.type(" and")
    page.wait_for_source(f"{written} and")  # the cursor stands behind it


def test_a_paper_of_ones_library_has_its_key(notebook: Open, tmp_path: Path) -> None:
    library = tmp_path / "refs.bib"
    library.write_text("@misc{mine,\n title={First},\n author={Ames, A.}\n}\n")
    page = notebook(LOAD, scripted(PAPERS), format="latex", library=str(library))
    page.write("See ")
    page.press("Alt+.")
    _, note = page.ghost("!streaming && text")
    assert note.startswith("in refs.bib · unlikely")  # the others are left out
    page.press("Tab")
    page.wait_for_source(r"See \cite{mine}")


def test_it_says_that_it_is_sure_of_none(notebook: Open) -> None:
    page = notebook(LOAD, scripted(PAPERS))
    page.write("See [START_REF]")
    page.press("Alt+/")
    assert page.ghost("!streaming") == ("", "No paper that I am sure of.")
    page.press("Tab")
    page.wait_for_no_ghost()
    assert page.source == "See [START_REF]"


def test_typing_on_cancels_it_in_the_kernel_too(notebook: Open) -> None:
    page = notebook(LOAD, scripted(LONG, 0.02), "print(len(said))", maxNewTokens=500)
    page.write("Count")
    page.press("Alt+/")
    page.ghost("text.length > 3")
    page.page.keyboard.type("#")
    page.wait_for_no_ghost()
    said = page.printed(2)
    assert 3 < int(said) < 500
    assert page.printed(2) == said  # nothing went on meanwhile
    assert page.source == "Count#"


def test_typing_along_keeps_what_there_is(notebook: Open) -> None:
    page = notebook(LOAD, scripted([" is a network."]))
    page.write("It")
    page.press("Alt+/")
    page.ghost("!streaming && text")
    page.page.keyboard.type(" is")
    assert page.ghost("text.length < 12")[0] == " a network."
    page.press("Tab")
    page.wait_for_source("It is a network.")


def test_nothing_runs_or_waits_while_a_cell_generates(notebook: Open) -> None:
    page = notebook(LOAD, scripted(LONG, 0.02), ASKED)
    page.write("%%galactica --max-new-tokens 600\nCount", markdown=False)
    page.command("notebook:run-cell-and-insert-below")
    page.wait_for_text(3, 20)
    page.write("The")
    page.press("Alt+/")
    text, _ = page.ghost("note.includes('generating')")
    assert not text
    page.wait_for_kernel("idle")
    assert page.printed(2) == "1 1\n"


def test_typing_alone_asks_for_nothing(notebook: Open) -> None:
    page = notebook(LOAD, scripted(PAPERS), ASKED)
    page.write("See this [START_REF]")
    page.press("Alt+/")
    page.ghost("!streaming")
    assert page.printed(2) == "1 0\n"  # what was asked for on demand, and not in the history


def test_both_can_be_switched_on(notebook: Open) -> None:
    page = notebook(LOAD, scripted([" A, B[END_REF]"]), citeAfterMark=True, leastConfidence=0)
    page.write("See [START_REF]")
    assert page.ghost("!streaming && text")[0] == "A, B"
    page = notebook(LOAD, scripted([" is a network."]), automatic=True)
    page.write("It")
    assert page.ghost("!streaming && text")[0] == " is a network."


def test_a_prompt_goes_on_in_galacticas_own_form(notebook: Open) -> None:
    page = notebook(LOAD, scripted(PAPERS), format="link", leastConfidence=0)
    page.write("%%galactica\nSee [START_REF]", markdown=False)
    page.press("Alt+/")
    page.ghost("!streaming && text")
    page.press("Tab")
    page.wait_for_source("%%galactica\nSee [START_REF] First, Ames[END_REF]")


def test_a_kernel_without_the_extension_is_named(notebook: Open) -> None:
    page = notebook("1")
    page.write("The")
    page.press("Alt+/")
    assert "%load_ext galai_jupyter" in page.ghost("!streaming")[1]
    page.write("x = 1", markdown=False)


# Notebook 7


def test_notebook_7_has_it_too(lab: tuple[Any, str, Path], tmp_path: Path) -> None:
    with jupyterlab(tmp_path, "notebook") as address:
        context = lab[0].new_context(viewport={"width": 1200, "height": 900})
        cells = [LOAD, scripted([" is a network."]), ""]
        page = WritingPage(context.new_page(), address, tmp_path, *cells, app="notebook")
        page.run(0)
        page.run(1)
        page.write("It")
        page.press("Alt+/")
        assert page.ghost("!streaming && text") == (" is a network.", "")
        page.press("Tab")
        page.wait_for_source("It is a network.")
        page.wait_for_no_ghost()
        context.close()
