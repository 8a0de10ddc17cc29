"""A saved notebook wherever it is read: no kernel, trusted or not, exported or typeset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

import galai_jupyter
from galai_jupyter.generation import GeneratedSequence, Generation, ModelDescription
from galai_jupyter.rendering import generation_bundle
from tests.browser_tools import chromium
from tests.jupyterlab import jupyterlab

TEXT = r""" Attention is All you Need, Vaswani[END_REF] computes

\[ \mathrm{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right) V \]

for \(n_1 * n_2\) **pairs**; it costs $5, not $6.

<work>
Let \(x=2\).
</work>

```python
price = "$5 \\(not maths\\)"
```

| a | b |
|---|---|
| \(|x|\) | [START_SMILES]C\[N+](=O)[O-][END_SMILES] |

<script>window.__hostile = 1</script> <img src=x onerror="window.__hostile=1">
[link](javascript:window.__hostile=1)"""
FORMULAS = 4


@pytest.fixture(scope="module")
def generation() -> Generation:
    return Generation(
        prompt="The Transformer [START_REF]",
        sequences=(GeneratedSequence(TEXT, (), "max_new_tokens"),),
        model=ModelDescription("demo"),
    )


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory, generation: Generation) -> Path:
    """A saved notebook with one generation, as another person would receive it."""
    bundle = generation_bundle(generation, html=True)
    cell = nbformat.v4.new_code_cell(
        "%%galactica\nThe Transformer [START_REF]",
        outputs=[nbformat.v4.new_output("display_data", bundle)],
        execution_count=1,
    )
    path = tmp_path_factory.mktemp("saved") / "saved.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def convert(notebook: Path, kind: str) -> str:
    from nbconvert import get_exporter

    body, _ = get_exporter(kind)().from_filename(str(notebook))
    return body


def test_the_record_is_read_back(notebook: Path, generation: Generation) -> None:
    assert galai_jupyter.generations(notebook) == [generation]


def test_nbconvert_html_shows_the_html(notebook: Path) -> None:
    page = convert(notebook, "html")
    for expected in ("galai-math", "<cite", "<details open", "n_1 * n_2"):
        assert expected in page
    output = page.split('class="jp-OutputArea-child"', 1)[1]
    for hostile in ("<script", "<img", "<iframe", 'href="javascript'):
        assert hostile not in output


def test_nbconvert_markdown_keeps_text_and_formulas(notebook: Path) -> None:
    page = convert(notebook, "markdown")
    assert "The Transformer" in page and "Attention is All you Need, Vaswani" in page


def test_nbconvert_latex_typesets_what_is_maths_and_nothing_else(notebook: Path) -> None:
    page = " ".join(convert(notebook, "latex").split())
    assert r"\mathrm{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right) V" in page
    assert r"n_1 * n_2" in page
    assert r"costs {\$}5, not {\$}6" in page
    assert "vnd.galai" not in page


@pytest.fixture(scope="module")
def server(notebook: Path) -> Iterator[tuple[Any, str]]:
    with jupyterlab(notebook.parent) as address, chromium() as browser:
        yield browser, address


def look(browser: Any, url: str, *, trust: bool = False) -> dict[str, Any]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".jp-OutputArea-output mjx-container", timeout=90_000)
    if trust:
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:trust') }")
        page.click(".jp-Dialog .jp-mod-accept", timeout=20_000)
        page.wait_for_selector(".jp-OutputArea-output mjx-container")
    page.wait_for_function(
        f"() => document.querySelectorAll('.jp-OutputArea-output mjx-container').length "
        f">= {FORMULAS}"
    )
    seen: dict[str, Any] = page.evaluate(
        """() => {
          const output = document.querySelector('.jp-OutputArea-output');
          const count = (selector) => output.querySelectorAll(selector).length;
          return {
            formulas: count('mjx-container'), errors: count('mjx-merror'), cites: count('cite'),
            details: count('details[open]'), fences: count('pre'), tables: count('table'),
            scripts: count('script, iframe, img, form, [onerror]'),
            links: count('a[href^="javascript"]'), hostile: window.__hostile ?? 0,
            text: output.innerText,
          };
        }"""
    )
    context.close()
    return seen


@pytest.mark.parametrize(
    ("path", "trust"),
    [("lab/tree/saved.ipynb?reset", False), ("lab/tree/saved.ipynb?reset", True),
     ("notebooks/saved.ipynb", False)],
    ids=["jupyterlab-untrusted", "jupyterlab-trusted", "notebook7"],
)  # fmt: skip
def test_jupyter_shows_it_without_a_kernel(server: tuple[Any, str], path: str, trust: bool) -> None:
    browser, address = server
    seen = look(browser, f"{address}/{path}", trust=trust)
    text = seen.pop("text")
    assert seen == {
        "formulas": FORMULAS, "errors": 0, "cites": 1, "details": 1, "fences": 1, "tables": 1,
        "scripts": 0, "links": 0, "hostile": 0,
    }  # fmt: skip
    assert "it costs $5, not $6" in text
    assert "[START_REF]" in text and "<work>" in text
    assert r"C\[N+](=O)[O-]" in text
