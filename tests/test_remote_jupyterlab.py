"""A server's model in JupyterLab: cells, status, panel and ghost text work as with a local one.

All tests share one page, and none needs another one: each has a server of its own, to which it
connects the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from galai_jupyter import catalog
from galai_jupyter.generation import MIME_TYPE, Generation
from tests.stand_in import Fault, StandIn
from tests.test_labextension_suggestions import LOAD, WritingPage
from tests.test_panel_jupyterlab import BOX, ask, said, write

PROMPT = "The Transformer architecture"
PANEL, CELL = 1, 2
REFUSED = "A server (vLLM) has no contrastive search (penalty_alpha)"


class RemotePage(WritingPage):
    """A notebook with a panel, a cell that is written again and again, and one for Markdown."""

    def put(self, text: str) -> None:
        """Write a text into the cell."""
        self.page.evaluate(
            "([cell, text]) => window.jupyterapp.shell.currentWidget.content.widgets[cell]"
            ".model.sharedModel.setSource(text)",
            [CELL, text],
        )

    def do(self, text: str) -> list[dict[str, Any]]:
        """Run a text in the cell; return its outputs."""
        self.put(text)
        return self.run(CELL)

    def shown(self, text: str) -> str:
        """Run a text; return what its one output says."""
        (output,) = self.do(text)
        said: str = output["data"]["text/plain"]
        return said

    def generation(self, text: str) -> Generation:
        """Run a text; return the record that it leaves, whatever else it says."""
        return Generation.from_dict(self.do(text)[0]["data"][MIME_TYPE])

    def sentence(self, text: str) -> str:
        """Run a text that fails; return the sentence of its last output."""
        *_, output = self.do(text)
        assert output["name"] == "stderr"
        said: str = output["text"]
        return said

    def choose(self, strategy: str) -> None:
        """Choose a strategy in the panel."""
        self.page.select_option(f"{BOX} .galai-strategy select", strategy)

    def result(self) -> str:
        """Return what the panel shows."""
        text: str = self.page.locator(f"{BOX} .galai-view:visible").inner_text()
        return text


@pytest.fixture(scope="module")
def notebook(lab: tuple[Any, str, Path]) -> Iterator[RemotePage]:
    """The page; its panel is open."""
    browser, address, folder = lab
    context = browser.new_context(viewport={"width": 1200, "height": 1300})
    page = RemotePage(context.new_page(), address, folder, LOAD, "%galactica panel", "", "")
    page.page.set_default_timeout(90_000)
    page.run(0), page.run(PANEL)
    page.page.wait_for_selector(f"{BOX} .galai-prompt textarea")
    yield page
    context.close()


@pytest.fixture
def server(notebook: RemotePage) -> Iterator[StandIn]:
    """A server with the bundled model, which the page's kernel is connected to."""
    with StandIn(catalog.checkpoint_path(catalog.DEMO), names=("demo",)) as stand_in:
        connected = notebook.shown(f"%galactica connect {stand_in.url}")
        assert connected.startswith("Connected to demo: ") and stand_in.url in connected
        yield stand_in


def test_cells_work_as_with_a_local_model(notebook: RemotePage, server: StandIn) -> None:
    written = notebook.generation(f"%%galactica --max-new-tokens 12 --min-new-tokens 12\n{PROMPT}")
    assert written.model.device == server.url and written.prompt == PROMPT
    assert written.new_tokens == 12 and written.text
    tokens = notebook.shown("%galactica tokens")
    assert all(f"{score.text.strip()}" in tokens for score in written.sequences[0].tokens)
    cited = notebook.generation(f"%galactica cite --suggestions 2 {PROMPT}")
    assert cited.suggestions and 1 <= len(cited.suggestions.references) <= 2
    scored = notebook.generation(f'%%galactica --continuation " is" --continuation " of"\n{PROMPT}')
    assert [sequence.text for sequence in scored.sequences] == [" is", " of"]
    assert all(sequence.log_probability < 0 for sequence in scored.sequences)
    assert [request["stream"] for request in server.requests if "stream" in request] == [True]
    assert len(server.requests) > 3  # beams ask for each token
    status = notebook.shown("%galactica status").splitlines()
    assert ["server", server.url] in [line.split() for line in status]
    assert not [line for line in status[1:] if len(line.split()) < 2], "rows without a value"


def test_a_cell_streams_and_an_interrupt_ends_it_on_the_server(
    notebook: RemotePage, server: StandIn
) -> None:
    server.faults = [Fault(after=6, then="hang")]
    notebook.put(f"%%galactica\n{PROMPT}")
    notebook.start(CELL)
    notebook.page.wait_for_selector(
        f".jp-OutputArea-output:has-text('{PROMPT}'):has-text('generating…')"
    )
    assert server.hanging.wait(60)
    notebook.command("notebook:interrupt-kernel")
    assert server.wait_for_cancellations(1) == [6]
    notebook.wait_for_kernel("idle")
    stopped = Generation.from_dict(notebook.outputs(CELL)[0]["data"][MIME_TYPE])
    assert (stopped.finish_reason, stopped.new_tokens) == ("interrupted", 6)


def test_the_panel_generates_and_stops_on_the_server(notebook: RemotePage, server: StandIn) -> None:
    notebook.page.wait_for_selector(f"{BOX} :text('remote engine on {server.url} · ')")
    ask(notebook, PROMPT)
    said(notebook, "Done")
    assert notebook.result().startswith(PROMPT)
    ended = len(server.cancelled)
    server.faults = [Fault(after=7, then="hang")]
    ask(notebook, "# Networks\n\n")
    assert server.hanging.wait(60)
    said(notebook, "Generating")
    notebook.page.click(f"{BOX} button.galai-stop")
    said(notebook, "Stopped: the text so far is kept")
    assert server.wait_for_cancellations(ended + 1)[-1] == 7
    (output,) = notebook.do("import galai_jupyter as gal; gal.get_session().history[-1]")
    stopped = Generation.from_dict(output["data"][MIME_TYPE])
    assert (stopped.finish_reason, stopped.new_tokens) == ("interrupted", 7)
    assert stopped.text.split()[0] in notebook.result()


def test_what_a_server_cannot_do_is_said_before_it_is_asked(
    notebook: RemotePage, server: StandIn
) -> None:
    notebook.choose("greedy")
    ask(notebook, PROMPT)
    said(notebook, "Done")
    before, asked = notebook.result(), len(server.requests)
    notebook.choose("contrastive search")
    notebook.page.wait_for_selector(f"{BOX} .galai-count:has-text('{REFUSED}')")
    notebook.page.click(f"{BOX} button.galai-generate:not([disabled])")
    said(notebook, f"{REFUSED}: drop it, or load the model into the local engine")
    assert notebook.result() == before
    (output,) = notebook.do(f"%%galactica --top-k 4 --penalty-alpha 0.6\n{PROMPT}")
    assert output["text"].startswith(f"UsageError: {REFUSED}")
    assert len(server.requests) == asked
    notebook.choose("greedy")
    notebook.page.wait_for_selector(f"{BOX} .galai-count:has-text('60 new of')")


def test_ghost_text_comes_from_the_server(notebook: RemotePage, server: StandIn) -> None:
    notebook.write(PROMPT)
    notebook.press("Alt+/")
    text, _ = notebook.ghost("text && !streaming")
    assert len(server.requests) == 1
    notebook.press("Tab")
    notebook.wait_for_source(f"{PROMPT}{text}")
    notebook.wait_for_no_ghost()


def test_nothing_is_lost_when_the_server_goes_away(notebook: RemotePage, server: StandIn) -> None:
    server.faults = [Fault(after=5, then="die")]
    (kept, told) = notebook.do(f"%%galactica\n{PROMPT}")
    assert Generation.from_dict(kept["data"][MIME_TYPE]).new_tokens == 5
    assert told["text"].count("\n") == 1 and f"connection to {server.url} was lost" in told["text"]
    write(notebook, "# Networks\n\n")
    server.faults = [Fault(after=5, then="die")]
    notebook.page.click(f"{BOX} button.galai-generate:not([disabled])")
    said(notebook, f"connection to {server.url} was lost; the text so far is kept")
    before = notebook.result()
    assert "5 tokens" in before
    server.close()
    gone = f"{server.url} cannot be reached"
    assert f"UsageError: {gone}" in notebook.sentence(f"%%galactica\n{PROMPT}")
    notebook.page.click(f"{BOX} button.galai-generate:not([disabled])")
    said(notebook, gone)
    assert notebook.result() == before
    assert notebook.page.input_value(f"{BOX} .galai-prompt textarea") == "# Networks\n\n"
    notebook.write("It is written that")
    notebook.press("Alt+/")
    assert gone in notebook.ghost("note && !streaming")[1]
