"""Segments in; plain text out: as generated, with or without special tokens."""

from __future__ import annotations

from collections.abc import Iterable

from galai_jupyter.rendering.segments import Block, Segment, Sequence, Span, Token
from galai_jupyter.tokens import unmark_scripts


def write_plain(segments: Iterable[Segment], *, hide: bool) -> str:
    """Return the sources of `segments`; with `hide`, special tokens leave readable text behind.

    Parameters
    ----------
    segments : iterable of Segment
        A segment tree.
    hide : bool
        Leave special tokens out: references in parentheses, scripts as Unicode where it has them.
    """
    return "".join(_hidden(segment) if hide else segment.source for segment in segments)


def _hidden(segment: Segment) -> str:
    match segment:
        case Token():
            return ""
        case Sequence():
            return segment.letters
        case Span(kind="reference"):
            return f" ({write_plain(segment.children, hide=True).strip()})"
        case Span():
            inner = write_plain(segment.children, hide=True)
            kind = "SUP" if segment.kind == "superscript" else "SUB"
            marked = f"[START_{kind}]{inner}[END_{kind}]"
            unicode = unmark_scripts(marked)
            mark = "^" if kind == "SUP" else "_"
            return f"{mark}{{{inner}}}" if unicode == marked else unicode
        case Block():
            return write_plain(segment.children, hide=True)
    return segment.source
