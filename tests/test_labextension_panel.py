"""The side panel in JupyterLab and Notebook 7: it opens, follows, recovers, and hears its keys."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_core.paths import jupyter_path

from tests.jupyterlab import NotebookPage, jupyterlab

ROOT = Path(__file__).resolve().parents[1]
LOAD = "%load_ext galai_jupyter"
SCRIPTED = """import time
import ipywidgets
import galai_jupyter as gal
from galai_jupyter.engines.scripted import ScriptedEngine
slow = ScriptedEngine(["word " * 800], on_token=lambda said: time.sleep(0.01))
gal.get_session().use(slow);"""
BLOCK = """import importlib.abc, sys
class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "galai_jupyter":
            raise ModuleNotFoundError("No module named 'galai_jupyter'", name=name)
sys.meta_path.insert(0, Blocker())"""
UNBLOCK = "del sys.meta_path[0]"
WAIT = """from pathlib import Path
print("waits", flush=True)
while not Path("go-on").exists(): time.sleep(0.01)"""
PANELS = """from galai_jupyter.widget_panel.view import GalacticaPanel
every = ipywidgets.widgets.widget._instances.values()
(sum(isinstance(each, GalacticaPanel) for each in every), len(every))"""

SIDE = ".galai-SidePanel"
NOTICE = f"{SIDE} .galai-SidePanel-notice"
PROMPT = ".galai-prompt textarea"

Open = Callable[..., NotebookPage]


@pytest.fixture
def notebook(lab: tuple[Any, str, Path]) -> Iterator[Open]:
    """Open a notebook with some cells in a browser context of its own."""
    browser, address, folder = lab
    (folder / "go-on").unlink(missing_ok=True)
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(60_000)
    yield lambda *cells: NotebookPage(context.new_page(), address, folder, *cells)
    context.close()


def said(page: NotebookPage, words: str) -> None:
    """Wait until the side panel says something in place of its widgets."""
    page.page.wait_for_selector(f"{NOTICE}:visible:has-text({json.dumps(words)})")


def press(page: NotebookPage, label: str) -> None:
    page.page.click(f"{NOTICE} button:has-text({json.dumps(label)})")


def opened(page: NotebookPage) -> Any:
    """Wait until the side panel shows its widgets; return their prompt."""
    prompt = page.page.locator(f"{SIDE} {PROMPT}")
    prompt.wait_for(state="visible")
    return prompt


def toggle(page: NotebookPage) -> None:
    page.command("galai:panel")


def hidden(page: NotebookPage) -> None:
    page.page.wait_for_selector(SIDE, state="hidden")


def value(page: NotebookPage, cell: int) -> Any:
    """Run a cell; return what its value says."""
    return eval(page.run(cell)[-1]["data"]["text/plain"])


# A kernel without galai_jupyter


def test_it_loads_on_a_click_and_leaves_no_trace(notebook: Open) -> None:
    page = notebook("1 + 1")
    toggle(page)
    said(page, "galai_jupyter is not loaded in this kernel.")
    press(page, "Load galai_jupyter")
    opened(page)
    page.run(0)
    assert page.execution_count(0) == 1
    assert [cell.source for cell in page.save().cells] == ["1 + 1"]


def test_it_says_what_to_install(notebook: Open) -> None:
    page = notebook(BLOCK, UNBLOCK)
    page.run(0)
    toggle(page)
    press(page, "Load galai_jupyter")
    said(page, "is not installed where this kernel runs")
    assert page.page.inner_text(f"{NOTICE} code") == "pip install galai-jupyter"
    page.run(1)
    press(page, "Load galai_jupyter")
    opened(page)


def test_a_cell_that_loads_it_opens_the_panel(notebook: Open) -> None:
    page = notebook(LOAD, "%unload_ext galai_jupyter")
    toggle(page)
    said(page, "is not loaded")
    page.run(0)
    opened(page)
    page.run(1)
    said(page, "is not loaded")
    page.run(0)
    opened(page)


def test_another_version_is_told_what_to_upgrade(notebook: Open) -> None:
    page = notebook(LOAD, "import galai_jupyter.comm as c; c.PROTOCOL = 2", "c.PROTOCOL = 1")
    page.run(0), page.run(1)
    toggle(page)
    said(page, "upgrade galai-jupyter where JupyterLab runs, and reload the page.")
    page.run(2)
    press(page, "Try again")
    opened(page)


# A kernel that is busy, restarts, dies, is shut down


def test_it_opens_while_a_cell_runs(notebook: Open, lab: tuple[Any, str, Path]) -> None:
    page = notebook(LOAD, SCRIPTED, WAIT)
    page.run(0), page.run(1)
    page.start(2)
    page.wait_for_output(2)
    toggle(page)
    opened(page).fill("typed while a cell runs")
    page.page.wait_for_selector(f"{SIDE} .galai-count:has-text('+ 60 new of')")
    assert page.execution_count(2) is None
    (lab[2] / "go-on").touch()
    page.wait_for_kernel("idle")
    assert opened(page).input_value() == "typed while a cell runs"


RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()"
SHUT_DOWN = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"


def test_a_restart_is_said_and_mended(notebook: Open) -> None:
    page = notebook(LOAD)
    page.run(0)
    toggle(page)
    opened(page)
    page.page.evaluate(RESTART)
    said(page, "The kernel was restarted, and galai_jupyter is not loaded in it any more.")
    press(page, "Load galai_jupyter")
    opened(page)


def test_a_kernel_that_is_killed_is_said_and_mended(notebook: Open) -> None:
    page = notebook(LOAD, "import os; os.getpid()")
    page.run(0)
    process = value(page, 1)
    toggle(page)
    opened(page)
    os.kill(process, signal.SIGKILL)
    page.page.click(".jp-Dialog:has-text('appears to have died') button.jp-mod-accept")
    said(page, "The kernel was restarted")
    press(page, "Load galai_jupyter")
    opened(page)


def test_no_kernel_is_said_and_mended(notebook: Open) -> None:
    page = notebook(LOAD)
    page.run(0)
    toggle(page)
    opened(page)
    page.page.evaluate(SHUT_DOWN)
    said(page, "This notebook has no kernel")
    page.page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.sessionContext.changeKernel("
        "{ name: 'python3' }) }"
    )
    said(page, "galai_jupyter is not loaded in this kernel.")
    press(page, "Load galai_jupyter")
    opened(page)


# Notebooks and pages that come and go


def test_it_follows_the_current_notebook(notebook: Open, lab: tuple[Any, str, Path]) -> None:
    page = notebook(LOAD)
    page.run(0)
    toggle(page)
    opened(page).fill("of the first kernel")
    (lab[2] / "second.ipynb").write_text(page.path.read_text(encoding="utf-8"))
    go = "(path) => { window.jupyterapp.commands.execute('docmanager:open', { path }) }"
    page.page.evaluate(go, "second.ipynb")
    said(page, "galai_jupyter is not loaded in this kernel.")
    press(page, "Load galai_jupyter")
    assert opened(page).input_value() == ""
    page.page.evaluate(go, page.path.name)
    page.page.wait_for_function(
        f"() => document.querySelector('{SIDE} {PROMPT}')?.value === 'of the first kernel'"
    )
    page.page.evaluate(
        "() => { for (const each of [...window.jupyterapp.shell.widgets('main')]) each.dispose() }"
    )
    said(page, "Open a notebook")


def test_hiding_it_leaves_nothing_in_the_kernel(notebook: Open) -> None:
    page = notebook(LOAD, SCRIPTED, PANELS)
    page.run(0), page.run(1)
    seen = []
    for _ in range(3):
        toggle(page)
        opened(page)
        toggle(page)
        hidden(page)
        # The kernel hears of it in a thread of its own, which a cell may overtake.
        seen.append(next(found for _ in range(20) if (found := value(page, 2))[0] == 0))
    _, widgets = seen[0]
    assert widgets > 100
    assert seen == [seen[0]] * 3


def test_reloads_restore_it_and_do_not_pile_up(notebook: Open) -> None:
    page = notebook(LOAD, SCRIPTED, PANELS)
    page.run(0), page.run(1)
    toggle(page)
    opened(page).fill("typed before")
    page.save()
    address = page.page.url.replace("?reset", "")
    for _ in range(3):
        page.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        page.page.goto(address)
        assert opened(page).input_value() == "typed before"
    page.wait_for_kernel("idle")
    panels, _ = value(page, 2)
    assert panels <= 2  # this page's, and that of the page before


# Keys and names

STATE = """() => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  return [notebook.mode, notebook.widgets.map(cell => cell.model.executionCount)];
}"""
SHOWN = """([root, least]) =>
  document.querySelector(`${root} .galai-view`)?.innerText.length >= least"""


@pytest.mark.parametrize("root", [SIDE, ".jp-OutputArea .galai-panel"])
def test_keys_generate_and_stop(notebook: Open, root: str) -> None:
    page = notebook(LOAD, SCRIPTED, "gal.panel()", "slow.requests[-1][0]")
    for cell in range(3):
        page.run(cell)
    if root == SIDE:
        toggle(page)
    prompt = page.page.locator(f"{root} {PROMPT}")
    prompt.click()
    before = page.page.evaluate(STATE)
    page.page.keyboard.type("Typed at once:")
    page.page.keyboard.press("Control+Enter")
    page.page.wait_for_function(SHOWN, arg=[root, 60])
    page.page.keyboard.press("Escape")
    page.page.wait_for_selector(f"{root} .galai-status:has-text('Stopped')")
    assert page.page.evaluate(STATE) == before
    assert prompt.input_value() == "Typed at once:"
    assert "Typed at once:" in page.run(3)[-1]["data"]["text/plain"]


def test_slider_handles_have_names(notebook: Open) -> None:
    page = notebook(LOAD, SCRIPTED, "gal.panel()")
    for cell in range(3):
        page.run(cell)
    toggle(page)
    opened(page)
    for root in (SIDE, ".jp-OutputArea .galai-panel"):
        page.page.wait_for_selector(f"{root} [role=slider][aria-label=max_new_tokens]")
        assert page.page.locator(f"{root} .galai-top-p [role=slider]").get_attribute(
            "aria-label"
        ) == ("top_p")
        assert page.page.locator(f"{root} [role=slider]:not([aria-label])").count() == 0


# Where it is found


def test_launcher_palette_menu_and_toolbar_open_it(notebook: Open) -> None:
    page = notebook("1")
    shown = page.page.locator(SIDE)
    button = page.page.locator(".jp-NotebookPanel-toolbar [data-command='galai:panel']")
    button.click()
    shown.wait_for(state="visible")
    button.click()
    shown.wait_for(state="hidden")
    page.page.click(".lm-MenuBar-itemLabel:text-is('View')")
    page.page.click(".lm-Menu-itemLabel:text-is('Galactica Panel')")
    shown.wait_for(state="visible")
    page.page.keyboard.press("Control+Alt+g")
    shown.wait_for(state="hidden")
    page.command("apputils:activate-command-palette")
    page.page.fill(".lm-CommandPalette-input", "Galactica Panel")
    page.page.keyboard.press("Enter")
    shown.wait_for(state="visible")
    toggle(page)
    shown.wait_for(state="hidden")
    page.command("launcher:create")
    page.page.click(".jp-LauncherCard:has-text('Galactica Panel')")
    shown.wait_for(state="visible")


def shortcuts(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield key, selector and command of each shortcut that the schemas in a folder declare."""
    for path in folder.rglob("*.json"):
        for each in json.loads(path.read_text(encoding="utf-8")).get("jupyter.lab.shortcuts", []):
            yield " ".join(each["keys"]), each["selector"], each["command"]


def test_shortcuts_collide_with_none_of_jupyterlab() -> None:
    ours = list(shortcuts(ROOT / "labextension" / "schema"))
    assert ours and max(Counter((keys, place) for keys, place, _ in ours).values()) == 1
    (schemas,) = (path for each in jupyter_path("lab", "schemas") if (path := Path(each)).is_dir())
    theirs = {keys: command for keys, _, command in shortcuts(schemas)}
    assert len(theirs) > 100
    assert {keys: theirs[keys] for keys, _, _ in ours if keys in theirs} == {}


# Notebook 7


def test_notebook_7_has_it_too(lab: tuple[Any, str, Path], tmp_path: Path) -> None:
    with jupyterlab(tmp_path, "notebook") as address:
        context = lab[0].new_context(viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(60_000)
        page = NotebookPage(context.new_page(), address, tmp_path, LOAD, "1", app="notebook")
        page.page.click(".jp-NotebookPanel-toolbar [data-command='galai:panel']")
        said(page, "is not loaded")
        page.run(0)
        prompt = opened(page)
        prompt.fill("The Transformer")
        prompt.press("Control+Enter")
        page.page.wait_for_selector(f"{SIDE} .galai-status:has-text('Done')")
        page.page.wait_for_selector(f"{SIDE} [role=slider][aria-label=max_new_tokens]")
        page.page.reload()
        assert opened(page).input_value() == "The Transformer"
        toggle(page)
        hidden(page)
        context.close()
