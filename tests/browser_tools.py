"""Nothing in; a browser, a web server and MathJax, for tests that look at what a reader sees."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BUILD = Path(__file__).resolve().parents[1] / "build"
MATHJAX_VERSIONS = {"mathjax2": "2.7.9", "mathjax3": "3.2.2"}

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a Playwright browser: the system's Chromium where there is one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=_ARGUMENTS
        )
        try:
            yield browser
        finally:
            browser.close()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve `folder` on 127.0.0.1; yield the address, without a slash at its end."""
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def install_mathjax(name: str) -> Path:
    """Return the folder of a MathJax release below ``build/``, installed with npm if missing."""
    folder = BUILD / name / "node_modules" / "mathjax"
    if not (folder / "package.json").is_file():
        package = f"mathjax@{MATHJAX_VERSIONS[name]}"
        command = ["npm", "install", "--prefix", str(BUILD / name), "--no-audit", "--no-fund"]
        subprocess.run([*command, package], check=True, capture_output=True)
    return folder


_CONFIGURATION = {
    "mathjax2": """
<script type="text/x-mathjax-config">
MathJax.Hub.Config({
  TeX: {equationNumbers: {autoNumber: "AMS", useLabelIds: true}},
  tex2jax: {
    inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]],
    displayMath: [["$$", "$$"], ["\\\\[", "\\\\]"]],
    processEscapes: true,
    processEnvironments: true
  },
  messageStyle: "none",
  CommonHTML: {linebreaks: {automatic: true}}
});
MathJax.Hub.Queue(function () { window.typeset = true; });
</script>
<script src="/mathjax2/node_modules/mathjax/MathJax.js?config=TeX-AMS_CHTML-full"></script>
""",
    "mathjax3": """
<script>
window.MathJax = {
  tex: {
    inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]],
    displayMath: [["$$", "$$"], ["\\\\[", "\\\\]"]],
    processEscapes: true,
    processEnvironments: true
  },
  startup: {
    pageReady: () => MathJax.startup.defaultPageReady().then(() => { window.typeset = true; })
  }
};
</script>
<script src="/mathjax3/node_modules/mathjax/es5/tex-mml-chtml.js"></script>
""",
}
"""nbconvert's and nbviewer's settings (no Safe extension), and JupyterLab's."""


def typeset_page(name: str, body: str) -> str:
    """Return a page around `body` that MathJax typesets; ``window.typeset`` tells when it has."""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        f"{_CONFIGURATION[name]}</head><body>{body}</body></html>"
    )


@contextmanager
def typeset(browser: Any, name: str, body: str, **context: Any) -> Iterator[Any]:
    """Yield a Playwright page with `body`, typeset; it has no network.

    ``page.requests_elsewhere`` lists what the page asked of other hosts, ``page.dialogs`` what it
    said.
    """
    install_mathjax(name)
    with serve(BUILD) as address:
        browser_context = browser.new_context(**context)
        try:
            page = browser_context.new_page()
            page.requests_elsewhere, page.dialogs = [], []

            def route(route: Any) -> None:
                url = route.request.url
                if url == f"{address}/page.html":
                    route.fulfill(body=typeset_page(name, body), content_type="text/html")
                elif url.startswith(address):
                    route.continue_()
                else:
                    page.requests_elsewhere.append(url)
                    route.abort()

            def refuse(dialog: Any) -> None:
                page.dialogs.append(dialog.message)
                dialog.dismiss()

            page.route("**/*", route)
            page.on("dialog", refuse)
            page.goto(f"{address}/page.html")
            page.wait_for_function("window.typeset === true", timeout=120_000)
            yield page
        finally:
            browser_context.close()


_READ = r"""
() => {
  const fold = tex => tex.replace(/\\require\{[a-z]+\}/g, "").replace(/\s+/g, " ").trim();
  const formulas = section => {
    if (MathJax.version[0] === "2")
      return MathJax.Hub.getAllJax(section).map(jax => ({
        tex: fold(jax.originalText),
        display: /mode=display/.test(jax.SourceElement().type),
      }));
    return MathJax.startup.document.getMathItemsWithin(section).map(item => ({
      tex: fold(item.math),
      display: item.display,
    }));
  };
  const errors = section =>
    [...section.querySelectorAll(
      "merror, mjx-merror, .mjx-merror, .mjx-noError, .MathJax_Error"
    )].map(node => node.textContent).concat(
      [...section.querySelectorAll("mjx-container *, .mjx-chtml *")]
        .filter(node => node.style && node.style.color === "red")
        .map(node => "undefined " + node.textContent));
  const results = {};
  for (const section of document.querySelectorAll("section[data-case]")) {
    const rendered = formulas(section);
    const wrong = errors(section);
    const counts = {};
    for (const selector of JSON.parse(section.dataset.selectors))
      counts[selector] = section.querySelectorAll(selector).length;
    const overflow = section.scrollWidth > section.clientWidth;
    for (const node of section.querySelectorAll(
        "mjx-container, .MathJax_Preview, .mjx-chtml, .MJXc-display, script"))
      node.style.display = "none";
    results[section.dataset.case] = {
      math: rendered, errors: wrong, counts, overflow, text: section.innerText,
    };
  }
  return {results, xss: window.__xss === undefined ? null : window.__xss};
}
"""


def read_sections(page: Any) -> dict[str, Any]:
    """Return what a reader sees in each ``<section data-case>``, and whether a script ran.

    A section's ``data-selectors`` is a JSON list of the selectors to count.
    """
    result: dict[str, Any] = page.evaluate(_READ)
    return result
