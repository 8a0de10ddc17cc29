"""The panel in JupyterLab in Chromium: sliders, streaming, Stop, saved notebooks, both widths."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbconvert
import nbformat
import pytest

from galai_jupyter.generation import MIME_TYPE, Generation
from galai_jupyter.widget_panel.strategies import STRATEGIES, STRATEGY_OPTIONS
from tests.jupyterlab import NotebookPage

SETUP = """%load_ext galai_jupyter
import json, time
import galai_jupyter as gal
from galai_jupyter.engines.scripted import ScriptedEngine
text = "The area is \\\\(x^2\\\\). " * 80
fast = ScriptedEngine([text])
slow = ScriptedEngine([text], on_token=lambda said: time.sleep(0.01))
gal.get_session().use({engine});"""
PANEL = "gal.panel()"
REQUESTS = "json.dumps([options.to_dict() for _, options in fast.requests])"
BOX = ".galai-panel"

HEARD = f"""(prompt) => {{
  const box = document.querySelector("{BOX}");
  if (box.querySelector(".galai-prompt textarea").value !== prompt) return "lost";
  return box.querySelector(".galai-count").innerText.includes("empty") ? null : "heard";
}}"""

Open = Callable[..., NotebookPage]


@pytest.fixture
def notebook(lab: tuple[Any, str, Path]) -> Iterator[Open]:
    """Open a notebook, run its first two cells, and wait for the panel."""
    browser, address, folder = lab
    context = browser.new_context(viewport={"width": 1200, "height": 1200})

    def open_notebook(*cells: str, engine: str = "slow") -> NotebookPage:
        setup = SETUP.replace("{engine}", engine)
        page = NotebookPage(context.new_page(), address, folder, setup, PANEL, *cells)
        page.page.set_default_timeout(90_000)
        page.run(0), page.run(1)
        page.page.wait_for_selector(f"{BOX} .galai-prompt textarea")
        return page

    yield open_notebook
    context.close()


def css_class(option: str) -> str:
    return f"galai-{option.replace('_', '-')}"


def said(page: NotebookPage, words: str) -> None:
    """Wait until the panel says something."""
    page.page.wait_for_selector(f"{BOX} .galai-status:has-text({json.dumps(words)})")


def write(page: NotebookPage, prompt: str) -> None:
    """Type a prompt, and wait until the kernel has heard it.

    While a page still restores its widgets, ipywidgets can put back what the kernel had before:
    then a person types again.
    """
    state = ""
    while state != "heard":
        page.page.fill(f"{BOX} .galai-prompt textarea", prompt)
        state = page.page.wait_for_function(HEARD, arg=prompt).json_value()


def ask(page: NotebookPage, prompt: str = "Prompt: ") -> None:
    write(page, prompt)
    page.page.click(f"{BOX} button.galai-generate:not([disabled])")


def wait_for_length(page: NotebookPage, length: int) -> int:
    """Wait until the text in the panel has so many characters; return how many it has."""
    found = page.page.wait_for_function(
        f"(least) => {{ const n = document.querySelector('{BOX} .galai-view').innerText.length;"
        " return n >= least ? n : null }",
        arg=length,
    )
    return int(found.json_value())


def stop_a_long_text(page: NotebookPage) -> int:
    """Let a text grow, and stop it; return how many characters it had at least."""
    write(page, "Prompt: ")
    handle = page.page.locator(f"{BOX} .galai-max-new-tokens [role=slider]")
    handle.press("End")
    page.page.wait_for_selector(f"{BOX} .galai-count:has-text('+ 2,047 new of 2,048')")
    handle.press("PageDown")
    ask(page)
    early = wait_for_length(page, 60)
    later = wait_for_length(page, early + 40)
    page.page.click(f"{BOX} button.galai-stop")
    said(page, "Stopped")
    return later


def test_moving_each_slider_changes_the_request(notebook: Open) -> None:
    page = notebook(REQUESTS, engine="fast")
    moved = []
    for strategy in STRATEGIES.values():
        page.page.select_option(f"{BOX} .galai-strategy select", strategy.name)
        for name in STRATEGY_OPTIONS:  # its controls, and no others
            state = "visible" if name in strategy.starts else "hidden"
            page.page.wait_for_selector(f"{BOX} .{css_class(name)}", state=state)
        for name in strategy.starts:
            handle = page.page.locator(f"{BOX} .{css_class(name)} [role=slider]")
            if handle.count():
                # num_beams stays above num_return_sequences, so the other way round is a mistake.
                handle.press("ArrowLeft" if name == "num_return_sequences" else "ArrowRight")
                if name == "num_return_sequences" and strategy.starts[name] == 1:
                    continue
                moved.append((strategy, name))
        ask(page, f"Prompt for {strategy.name}:")
        page.page.wait_for_selector(
            f"{BOX} .galai-history option:has-text('Prompt for {strategy.name}:')", state="attached"
        )
        page.page.wait_for_selector(f"{BOX} button.galai-generate:not([disabled])")
    (output,) = page.run(2)
    asked = json.loads(output["data"]["text/plain"].strip("'"))
    assert len(asked) == len(STRATEGIES)
    options = dict(zip(STRATEGIES, asked, strict=True))
    assert len(moved) >= 10
    for strategy, name in moved:
        asked_for = {"suggestions": "num_return_sequences"}.get(name, name)
        assert options[strategy.name][asked_for] != strategy.starts[name], (strategy.name, name)


def test_text_grows_stops_and_stays(notebook: Open) -> None:
    page = notebook()
    later = stop_a_long_text(page)
    assert wait_for_length(page, later - 40) < 2000
    assert page.page.input_value(f"{BOX} .galai-prompt textarea") == "Prompt: "
    page.page.wait_for_selector(f"{BOX} .galai-view mjx-container")


def test_stop_ends_a_cell_while_it_runs(notebook: Open) -> None:
    page = notebook("%%galactica answer << --max-new-tokens 1800\nFrom a cell:", "answer")
    page.start(2)
    page.wait_for_text(2, 40)
    page.page.click(f"{BOX} button.galai-stop:not([disabled])")
    page.wait_for_kernel("idle")
    (output,) = page.run(3)
    answer = Generation.from_dict(output["data"][MIME_TYPE])
    assert answer.finish_reason == "interrupted" and 0 < answer.new_tokens < 1700


def test_the_panel_queues_behind_a_cell(notebook: Open) -> None:
    page = notebook(
        "%%galactica --max-new-tokens 1800\nFrom a cell:",
        "json.dumps([each.prompt for each in gal.get_session().history])",
    )
    page.start(2)
    page.wait_for_text(2, 40)
    ask(page, "From the panel:")
    said(page, "Waiting for its turn")
    page.command("notebook:interrupt-kernel")
    said(page, "Done")
    (output,) = page.run(3)
    assert json.loads(output["data"]["text/plain"].strip("'")) == [
        "From a cell:",
        "From the panel:",
    ]


def test_a_saved_notebook_keeps_the_result(notebook: Open) -> None:
    page = notebook(engine="fast")
    ask(page, "Saved prompt:")
    said(page, "Done")
    page.page.click(f"{BOX} button.galai-keep-in-notebook")
    said(page, "Kept")
    saved = page.save()
    panel, snapshot, kept = (output.data for output in saved.cells[1].outputs)
    assert "text/html" in panel and "widgets" not in saved.metadata
    assert Generation.from_dict(snapshot[MIME_TYPE]) == Generation.from_dict(kept[MIME_TYPE])
    page.page.reload()
    page.page.wait_for_selector(".jp-Notebook summary:has-text('Saved prompt:')")
    html, _ = nbconvert.HTMLExporter(template_name="lab").from_notebook_node(
        nbformat.read(page.path, as_version=4)
    )
    assert "A panel with sliders and buttons was here" in html
    assert html.count("Saved prompt:") >= 3 and "Last result of the panel" in html


def test_two_views_are_in_step(notebook: Open) -> None:
    page = notebook(PANEL)
    page.run(2)
    boxes = page.page.locator(BOX)
    boxes.nth(1).wait_for()
    boxes.nth(0).locator(".galai-prompt textarea").fill("typed above")
    page.page.wait_for_function(
        f"() => [...document.querySelectorAll('{BOX} .galai-prompt textarea')]"
        ".every((area) => area.value === 'typed above')"
    )
    assert boxes.count() == 2


def test_two_are_compared_side_by_side_and_nothing_sticks_out(notebook: Open) -> None:
    page = notebook(
        "gal.get_session().use(ScriptedEngine(['one two three four', 'one two 3 four']));",
        engine="fast",
    )
    page.run(2)
    page.page.set_viewport_size({"width": 480, "height": 1400})
    page.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    for number in (1, 2):
        ask(page, "A prompt:")
        listed = f"{BOX} .galai-history option:has-text('{number} · greedy')"
        page.page.wait_for_selector(listed, state="attached")
    page.page.click(f"{BOX} button:has-text('History')")
    page.page.select_option(f"{BOX} .galai-history select", index=[0, 1])
    page.page.click(f"{BOX} .galai-view summary:has-text('Where the texts differ')")
    assert page.page.inner_text(f"{BOX} .galai-view del") == "three"
    assert page.page.locator(f"{BOX} .galai-view strong").all_inner_texts() == [
        "1 · greedy",
        "2 · greedy",
    ]
    assert page.page.evaluate(OVERFLOW) == []


def test_python_is_shown_first_and_run_when_somebody_says_so(notebook: Open) -> None:
    page = notebook(
        "work = '\\n```python\\nprint(6 * 7)\\n```\\nResult: 41\\n</work>'\n"
        "gal.get_session().use(ScriptedEngine([work]));",
        engine="fast",
    )
    page.run(2)
    run_it = f"{BOX} button.galai-run-it"
    assert page.page.locator(run_it).is_hidden()
    ask(page, "What is six by seven? <work>")
    page.page.click(f"{BOX} button.galai-run-python:not([disabled])")
    page.page.wait_for_selector(f"{BOX} .galai-run-box :text('It would get 10 s')")
    assert "print(6 * 7)" in page.page.inner_text(f"{BOX} .galai-run-box pre")
    page.page.click(f"{run_it}:not([disabled])")
    said(page, "does not give what the model says")
    printed, claimed = page.page.locator(f"{BOX} .galai-outcome pre").all()
    assert (printed.inner_text(), claimed.inner_text()) == ("42", "41")
    left, right = printed.bounding_box(), claimed.bounding_box()
    assert left["x"] + left["width"] < right["x"], "side by side"
    assert page.page.locator(run_it).is_hidden()


OVERFLOW = f"""() => {{
  const box = document.querySelector('{BOX}');
  const wide = [...box
    .querySelectorAll('button, select, textarea, input, .widget-html, .galai-view p')]
    .filter((node) => node.offsetParent
      && node.getBoundingClientRect().right > box.getBoundingClientRect().right + 1);
  return wide.map((node) => node.outerHTML.slice(0, 80));
}}"""


@pytest.mark.parametrize("width", [480, 1280])
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_sticks_out_at_any_width(notebook: Open, width: int, theme: str) -> None:
    page = notebook(engine="fast")
    page.page.set_viewport_size({"width": width, "height": 1400})
    page.page.evaluate(
        """(theme) => {
          window.jupyterapp.shell.collapseLeft();
          window.jupyterapp.commands.execute("apputils:change-theme", {theme});
        }""",
        theme,
    )
    ask(page)
    said(page, "Done")
    for fold in ("More options", "History", "Model"):
        page.page.click(f"{BOX} button:has-text('{fold}')")
    page.page.wait_for_function(
        f"(width) => document.querySelector('{BOX}').clientWidth < width", arg=width
    )
    if width == 480:
        assert page.page.evaluate(f"document.querySelector('{BOX}').clientWidth") <= 380
    assert page.page.evaluate(OVERFLOW) == []


NAMELESS = f"""() => [...document.querySelectorAll(
    '{BOX} button, {BOX} select, {BOX} textarea, {BOX} input, {BOX} [role=slider]')]
  .filter((node) => !(node.innerText?.trim() || node.title || node.ariaLabel
    || node.labels?.length || node.closest('[title]')?.title
    // A slider's handle has no name of its own in ipywidgets 8: the label in front of it is read.
    || (node.getAttribute('role') === 'slider'
      && node.closest('.widget-slider').querySelector('label').textContent)
  ))
  .map((node) => node.outerHTML.slice(0, 120))"""


def test_every_control_has_a_name_and_can_be_reached(notebook: Open) -> None:
    page = notebook()
    assert page.page.evaluate(NAMELESS) == []
    page.page.focus(f"{BOX} .galai-prompt textarea")
    order = []
    for _ in range(3):
        page.page.keyboard.press("Tab")
        order.append(
            page.page.evaluate(
                "() => (document.activeElement.labels?.[0] ?? document.activeElement)"
                ".textContent.trim()"
            )
        )
    assert order == ["task", "new_doc", "Generate"]
