"""The panel with older kernels than the newest: what it can do while a cell runs differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from galai_jupyter.generation import MIME_TYPE, Generation
from tests.jupyterlab import NotebookPage
from tests.releases import KERNELS, offer_kernel
from tests.test_panel_jupyterlab import (
    BOX,
    PANEL,
    SETUP,
    ask,
    said,
    stop_a_long_text,
    wait_for_length,
)

VERSION = "import ipykernel; ipykernel.__version__"
Open = Callable[..., NotebookPage]


@pytest.fixture
def notebook(lab: tuple[Any, str, Path]) -> Iterator[Open]:
    """Open a notebook with an older kernel, check that it is one, and show the panel."""
    browser, address, folder = lab
    context = browser.new_context(viewport={"width": 1200, "height": 1200})

    def open_notebook(kernel: str, *cells: str) -> NotebookPage:
        offer_kernel(kernel, folder / ".data")
        setup = SETUP.replace("{engine}", "slow")
        sources = (setup, PANEL, VERSION, *cells)
        page = NotebookPage(context.new_page(), address, folder, *sources, kernel=kernel)
        page.page.set_default_timeout(90_000)
        page.run(0), page.run(1)
        (version,) = page.run(2)
        assert version["data"]["text/plain"].startswith(f"'{kernel.removeprefix('ipykernel-')}.")
        page.page.wait_for_selector(f"{BOX} .galai-prompt textarea")
        return page

    yield open_notebook
    context.close()


@pytest.mark.parametrize("kernel", KERNELS)
def test_text_grows_stops_and_goes_on(notebook: Open, kernel: str) -> None:
    page = notebook(kernel)
    later = stop_a_long_text(page)
    page.page.click(f"{BOX} button:has-text('Continue'):not([disabled])")
    wait_for_length(page, later + 40)
    page.page.click(f"{BOX} button.galai-stop")
    said(page, "Stopped")


def test_stop_ends_a_cell_while_it_runs(notebook: Open) -> None:
    page = notebook(
        "ipykernel-7.3", "%%galactica answer << --max-new-tokens 1800\nFrom a cell:", "answer"
    )
    page.start(3)
    page.wait_for_text(3, 40)
    page.page.click(f"{BOX} button.galai-stop:not([disabled])")
    page.wait_for_kernel("idle")
    (output,) = page.run(4)
    answer = Generation.from_dict(output["data"][MIME_TYPE])
    assert answer.finish_reason == "interrupted" and 0 < answer.new_tokens < 1700


def test_without_subshells_the_cell_comes_first_and_nothing_is_lost(notebook: Open) -> None:
    page = notebook("ipykernel-6", "%%galactica --max-new-tokens 300\nFrom a cell:")
    page.start(3)
    page.wait_for_text(3, 40)
    ask(page, "From the panel:")
    page.page.wait_for_selector(
        f"{BOX} .galai-history option:has-text('From the panel:')", state="attached"
    )
    assert page.page.input_value(f"{BOX} .galai-prompt textarea") == "From the panel:"
    history = page.page.locator(f"{BOX} .galai-history option").all_inner_texts()
    assert ["panel" in line for line in history] == [True, False], history
