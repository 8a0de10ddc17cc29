"""The extension in JupyterLab 4.4, the oldest that it is made for: one look at each part of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.jupyterlab import OLDER_LAB, jupyterlab
from tests.test_labextension_suggestions import WritingPage

PACKAGE = Path(__file__).parents[1] / "labextension" / "package.json"
CELL = "%%galactica --max-new-tokens 4\nThe {{x}} paper [START_REF]"
SETUP = """%load_ext galai_jupyter
from galai_jupyter import get_session
from galai_jupyter.engines.scripted import ScriptedEngine
get_session().use(ScriptedEngine([" goes on as it began"])); x = "first" """


def test_each_part_works(lab: tuple[Any, str, Path], tmp_path: Path) -> None:
    with jupyterlab(tmp_path, OLDER_LAB) as address:
        context = lab[0].new_context(viewport={"width": 1500, "height": 1000})
        context.set_default_timeout(60_000)
        page = WritingPage(context.new_page(), address, tmp_path, SETUP, CELL, "", app=OLDER_LAB)
        browser = page.page
        version = browser.evaluate("() => window.jupyterapp.version")
        assert version.startswith("4.4.")

        page.run(0)
        browser.wait_for_selector(".cm-content .galai-token:has-text('[START_REF]')")
        page.run(1)
        browser.click(".galai-generation .galai-tokens")
        browser.wait_for_selector(".galai-generation .galai-token")

        page.write("The model")
        page.press("Alt+/")
        text, _ = page.ghost()
        assert text == " goes on as it began"
        page.press("Tab")
        assert page.source == "The model goes on as it began"

        browser.click(".jp-NotebookPanel-toolbar [data-command='galai:panel']")
        prompt = browser.locator(".galai-SidePanel .galai-prompt textarea")
        prompt.fill("From the side bar")
        prompt.press("Control+Enter")
        browser.wait_for_selector(".galai-SidePanel .galai-status:has-text('Done')")
        context.close()


def test_it_asks_for_no_later_release() -> None:
    """Unless told so, the builder asks for the release that it was built with."""
    package = json.loads(PACKAGE.read_text())
    core = {n: v for n, v in package["dependencies"].items() if n.startswith("@jupyterlab/")}
    shared = package["jupyterlab"]["sharedPackages"]
    assert core["@jupyterlab/application"] == "^4.4.0"
    assert {name: shared[name]["requiredVersion"] for name in core} == core
