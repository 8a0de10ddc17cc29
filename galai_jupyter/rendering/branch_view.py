"""A branch in; the line above its text that says where it leaves another one, out."""

from __future__ import annotations

from galai_jupyter.branches import Branch
from galai_jupyter.rendering import styles
from galai_jupyter.rendering.html_writer import text_html
from galai_jupyter.rendering.markdown_writer import escape_markdown
from galai_jupyter.rendering.token_view import visible_token


def branch_html(branch: Branch | None) -> str:
    """Return the line as HTML, not yet sanitised; ``""`` for a text that is no branch."""
    if branch is None:
        return ""
    place, change = _words(branch)
    words = f"<strong>{text_html(place)}:</strong> {text_html(change)}"
    return f'<p style="{styles.NOTICE}">{words}</p>\n'


def branch_markdown(branch: Branch) -> str:
    """Return the line as Markdown."""
    place, change = _words(branch)
    return f"**{escape_markdown(place)}:** {escape_markdown(change)}"


def branch_plain(branch: Branch | None) -> str:
    """Return the line as plain text, and the empty one below it; ``""`` where there is none."""
    if branch is None:
        return ""
    place, change = _words(branch)
    return f"--- {place}: {change} ---\n"


def _words(branch: Branch) -> tuple[str, str]:
    replaced, chosen = visible_token(branch.replaced), visible_token(branch.chosen)
    return f"Branch at token {branch.place}", f"‘{replaced}’ → ‘{chosen}’"
