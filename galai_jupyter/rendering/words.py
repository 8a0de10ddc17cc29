"""Our own words in, code between backticks; HTML or Markdown out."""

from __future__ import annotations

import re

from galai_jupyter.rendering.html_writer import text_html
from galai_jupyter.rendering.markdown_writer import escape_markdown

_CODE = re.compile(r"`([^`]+)`")


def words_html(words: str) -> str:
    """Return words as HTML, not yet sanitised."""
    pieces = _CODE.split(words)
    return "".join(
        f"<code>{text_html(piece)}</code>" if index % 2 else text_html(piece)
        for index, piece in enumerate(pieces)
    )


def words_markdown(words: str) -> str:
    """Return words as Markdown, on one line."""
    pieces = _CODE.split(" ".join(words.split()))
    return "".join(
        f"`{piece}`" if index % 2 else escape_markdown(piece) for index, piece in enumerate(pieces)
    )
