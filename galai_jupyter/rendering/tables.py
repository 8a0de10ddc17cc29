"""Rows, messages and progress in; small static MIME bundles out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

_CELL = "text-align:left;padding:2px 10px;border-bottom:1px solid rgba(127,127,127,0.4)"


def table_bundle(
    header: Sequence[str], rows: Sequence[Sequence[str]], note: str = ""
) -> dict[str, str]:
    """Return a table as text and as HTML.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequences of str
        The cells; plain text.
    note : str, optional
        A sentence below the table.
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    ]
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in header)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return {
        "text/plain": "\n".join([*lines, *([note] if note else [])]),
        "text/html": (
            f'<table class="tex2jax_ignore mathjax_ignore"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>" + (f"<p>{escape(note)}</p>" if note else "")
        ),
    }


def message_bundle(text: str) -> dict[str, str]:
    """Return a sentence as a bundle; what stands between backticks is code."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return {
        "text/plain": text,
        "text/html": f'<span class="tex2jax_ignore mathjax_ignore">{html}</span>',
    }


def progress_bundle(label: str, fraction: float) -> dict[str, str]:
    """Return a progress bar; `fraction` is what is done, 0 to 1."""
    percent = round(100 * fraction)
    filled = round(20 * fraction)
    return {
        "text/plain": f"{label} {'█' * filled}{'░' * (20 - filled)} {percent}%",
        "text/html": (
            f"<label>{escape(label)} "
            f'<progress value="{percent}" max="100">{percent}%</progress> {percent}%</label>'
        ),
    }
