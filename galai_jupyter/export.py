"""A saved notebook in; one HTML page that needs no network, and a list of its faults, out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from galai_jupyter.errors import GalacticaError

_PACKAGE = Path(__file__).parent
_WIDGET = "application/vnd.jupyter.widget-view+json"
_FAULTS = r"""(specialTokens) => {
  const faults = [];
  for (const node of document.querySelectorAll("mjx-merror, [data-mjx-error]"))
    faults.push("formula: " + (node.getAttribute("data-mjx-error") || node.textContent));
  const skipped = "code, pre, samp, script, style, mjx-container, .mathjax_ignore, .tex2jax_ignore";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent;
    if (walker.currentNode.parentElement.closest(skipped)) continue;
    for (const token of specialTokens)
      if (text.includes(token)) faults.push("raw token: " + token + " in " + text.trim());
    const left = text.match(/\\\(.*?\\\)|\\\[.*?\\\]|\\begin\{\w+\*?\}/s);
    if (left) faults.push("formula left as text: " + left[0]);
  }
  return faults;
}"""


def export_page(notebook: Path, page: Path) -> None:
    """Write a notebook as one HTML file with styles and MathJax inside.

    Parameters
    ----------
    notebook : pathlib.Path
        A saved notebook.
    page : pathlib.Path
        The file to write.

    Raises
    ------
    GalacticaError
        If nbconvert is missing or the notebook cannot be read.
    """
    try:
        from nbconvert import HTMLExporter
    except ImportError as error:
        raise GalacticaError(
            f"{error.name} is missing: pip install 'galai-jupyter[demo]' brings it."
        ) from error
    document = _read(notebook)
    document.metadata.pop("widgets", None)
    for cell in document.cells:
        for output in cell.get("outputs", ()):
            # A widget without a kernel shows nothing, so what stands beside it is shown.
            if len(output.get("data", {})) > 1:
                output["data"].pop(_WIDGET, None)
    exporter = HTMLExporter(
        template_name="standalone",
        extra_template_basedirs=[str(_PACKAGE / "templates")],
        embed_images=True,
    )
    script = (_PACKAGE / "assets" / "mathjax" / "tex-svg-full.js").read_text(encoding="utf-8")
    resources = {
        "metadata": {"name": notebook.stem, "path": str(notebook.parent)},
        # As part of a page, the script must not hold what ends a script element.
        "mathjax_script": script.replace("</script", "<\\/script"),
    }
    body, _ = exporter.from_notebook_node(document, resources=resources)
    page.write_text(body, encoding="utf-8")


def widgets_without_fallback(notebook: Path) -> list[str]:
    """Return a line for each output that is nothing but a widget."""
    return [
        f"widget without a fallback: cell {number}"
        for number, cell in enumerate(_read(notebook).cells, 1)
        for output in cell.get("outputs", ())
        if _WIDGET in output.get("data", {}) and "text/html" not in output["data"]
    ]


def check_page(page: Path) -> list[str]:
    """Open a page in a headless browser; return a line for each fault that a reader would see.

    Parameters
    ----------
    page : pathlib.Path
        A page that :func:`export_page` wrote.

    Raises
    ------
    GalacticaError
        If Playwright or a browser is missing.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise GalacticaError(
            "--check needs Playwright: pip install 'galai-jupyter[check]' brings it."
        ) from error
    from galai_jupyter.tokens import SPECIAL_TOKENS

    requests: list[str] = []
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                chromium_sandbox=not _is_root(),
                args=["--disable-gpu"],
            )
        except Error as error:
            raise GalacticaError(
                "--check needs Chromium: install it, or run `playwright install chromium`."
            ) from error
        try:
            tab: Any = browser.new_page(offline=True)  # what a page asks for is noted, not sent
            tab.on("request", lambda request: requests.append(request.url))
            tab.goto(page.resolve().as_uri())
            tab.evaluate("() => window.MathJax.startup.promise")
            faults: list[str] = tab.evaluate(_FAULTS, list(SPECIAL_TOKENS))
        finally:
            browser.close()
    elsewhere = [url for url in requests if not url.startswith(("file:", "data:", "blob:"))]
    return [*faults, *(f"needs the network: {url}" for url in elsewhere)]


def _is_root() -> bool:
    """Return whether Chromium would refuse to start its sandbox."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _read(notebook: Path) -> Any:
    import nbformat

    try:
        return nbformat.read(notebook, as_version=4)
    except FileNotFoundError as error:
        raise GalacticaError(f"There is no notebook {notebook}: give the path of one.") from error
    except Exception as error:  # nbformat raises its own, json's, and unicode errors
        raise GalacticaError(
            f"{notebook} is not a notebook that can be read ({type(error).__name__}): save it "
            "again in Jupyter."
        ) from error
