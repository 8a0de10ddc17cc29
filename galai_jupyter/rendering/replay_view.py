"""A replay in; one line if it agrees, and a static view of the differences if not, out."""

from __future__ import annotations

from html import escape
from typing import Any

from galai_jupyter.generation import MIME_TYPE
from galai_jupyter.rendering import styles
from galai_jupyter.rendering.differences import Change, changes
from galai_jupyter.rendering.front_ends import typesets_html
from galai_jupyter.rendering.html_writer import VERBATIM
from galai_jupyter.rendering.markdown_writer import MarkdownWriter
from galai_jupyter.rendering.sanitise import sanitise
from galai_jupyter.rendering.segments import CodeBlock
from galai_jupyter.rendering.words import words_html, words_markdown
from galai_jupyter.replay import Replay

_LEGEND = "Struck out: recorded. Underlined: now. Everything else is the same."


def replay_bundle(replay: Replay, *, html: bool | None = None) -> dict[str, Any]:
    """Return the MIME bundle of a replay; nothing in it needs a kernel.

    A text that differs is new, so its record is part of the bundle.

    Parameters
    ----------
    replay : Replay
        A record and its repetition.
    html : bool, optional
        Whether to include ``text/html``; left out where Markdown is shown in its place.
    """
    told = [words for words in (replay.summary, replay.changes) if words]
    differing = [changes(then.text, now.text) for then, now in replay.differing]
    lines = [_lines(change) for change in differing]
    blocks = [
        MarkdownWriter().code_block(CodeBlock(text, text, "diff", True)).strip() for text in lines
    ]
    bundle: dict[str, Any] = {"text/plain": "\n".join([*told, *lines])}
    if html if html is not None else typesets_html():
        bundle["text/html"] = _html(told, differing)
    bundle["text/markdown"] = "\n\n".join([*map(words_markdown, told), *blocks]) + "\n"
    if not replay.identical:
        bundle[MIME_TYPE] = replay.repeated.to_dict()
    return bundle


def _html(told: list[str], differing: list[list[Change]]) -> str:
    paragraphs = "".join(f"<p>{words_html(words)}</p>" for words in told)
    texts = "".join(map(_differences, differing))
    legend = f"<p><small>{_LEGEND}</small></p>" if differing else ""
    return sanitise(f"<div>{paragraphs}{texts}{legend}</div>")


def differences_html(before: str, after: str) -> str:
    """Return two texts as one, sanitised: what only the first has is struck out."""
    return sanitise(_differences(changes(before, after)))


def _differences(stretches: list[Change]) -> str:
    marked = "".join(map(_marked, stretches))
    return f'<div {VERBATIM} style="{styles.DIFFERENCES}">{marked}</div>'


def _marked(change: Change) -> str:
    if change.is_common:
        return _verbatim(change.before)
    removed = f'<del style="{styles.REMOVED}">{_verbatim(change.before)}</del>'
    added = f'<ins style="{styles.ADDED}">{_verbatim(change.after)}</ins>'
    return (removed if change.before else "") + (added if change.after else "")


def _verbatim(text: str) -> str:
    """Return a text with its lines; `<pre>` would break them inside of words on some pages."""
    return escape(text).replace("\n", "<br>")


def _lines(stretches: list[Change]) -> str:
    """Return stretches as lines that begin with a space, a minus or a plus, as diff has them."""
    lines: list[str] = []
    for change in stretches:
        if change.is_common:
            lines += [f"  {line}" for line in change.before.split("\n")]
        else:
            lines += [f"- {line}" for line in change.before.split("\n") if change.before]
            lines += [f"+ {line}" for line in change.after.split("\n") if change.after]
    return "\n".join(lines)
