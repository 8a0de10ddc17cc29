"""README and docs in; their code blocks, and the world that these take for granted, out."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from galai_jupyter import catalog
from galai_jupyter.catalog import ModelInfo

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted(
        path
        for path in (ROOT / "docs").rglob("*.md")
        if path.relative_to(ROOT).parts[:2] != ("docs", "reference")
    ),
]
"""What people wrote; the pages in ``docs/reference`` are generated."""

SERVER = "http://server:8000"
"""The server of all examples."""

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
_NEEDS = re.compile(r'title="(Needs [^"]+)"')

LIBRARY = r"""
@inproceedings{vaswani2017,
  title = {Attention is All you Need},
  author = {Vaswani, Ashish and Shazeer, Noam},
  year = {2017},
}

@inproceedings{devlin2019,
  title = {{BERT}: Pre-training of Deep Bidirectional Transformers for Language Understanding},
  author = {Devlin, Jacob and Chang, Ming-Wei},
  year = {2019},
}
"""


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Attributes
    ----------
    page : pathlib.Path
        Where it stands.
    language : str
        The first word behind the fence.
    text : str
        What is in it, without the indentation of the fence.
    needs : str
        What this machine lacks to run it, as readers see it above the block; mostly ``""``.
    """

    page: Path
    language: str
    text: str
    needs: str = ""


def blocks(page: Path) -> Iterator[Block]:
    """Yield the code blocks of a page in their order."""
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        needs = _NEEDS.search(match["info"])
        text = textwrap.dedent(match["text"]) if match["indent"] else match["text"]
        yield Block(page, match["language"], text, needs[1] if needs else "")


def cells(page: Path) -> list[Block]:
    """Return the blocks of a page that go into a notebook's cells."""
    return [block for block in blocks(page) if block.language in ("python", "ipython")]


def fill_hub_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the hub's cache hold the bundled model in place of each one in the catalog."""
    bundled = catalog.checkpoint_path(catalog.DEMO)
    commit = "0" * 40
    for name in catalog.names():
        hub_id = ModelInfo.by_name(name).hub_id
        if hub_id:
            repository = folder / f"models--{hub_id.replace('/', '--')}"
            (repository / "snapshots").mkdir(parents=True)
            (repository / "snapshots" / commit).symlink_to(bundled)
            (repository / "refs").mkdir()
            (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))


def write_notebook(path: Path) -> None:
    """Write a saved notebook with two texts of the bundled model, in the cells [1] and [2]."""
    import nbformat

    from galai_jupyter.options import GenerationOptions
    from galai_jupyter.rendering import generation_bundle
    from galai_jupyter.session import get_session

    document = nbformat.v4.new_notebook()
    for number, prompt in enumerate(("The Transformer", "Gravity is"), 1):
        generation = get_session().generate(prompt, GenerationOptions(max_new_tokens=4))
        cell = nbformat.v4.new_code_cell(f"%galactica {prompt}", execution_count=number)
        bundle: dict[str, Any] = generation_bundle(generation)
        cell.outputs = [nbformat.v4.new_output("display_data", bundle)]
        document.cells.append(cell)
    nbformat.write(document, path)
