"""A text and the place where its prompt ends in; segments with that place marked out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from galai_jupyter.rendering.segmenter import segment
from galai_jupyter.rendering.segments import Block, Literally, Seam, Segment, Span, Text

_MARKS = re.compile(r"[ \t>]*(?:(?:#{1,6}|[-*+]|\d{1,9}[.)])[ \t]+|\|[ \t]*)*")
_STRUCTURE = re.compile(r"[-=|:*_+> \t]*(?:\n|\Z)")
_BLANK = re.compile(r"[ \t]*(?:\n|\Z)")
_ADDRESS = re.compile(r"(?:\]\(|\]:|<)[^\s<>]*\Z")
_ADDRESS_END = re.compile(r"[^\s)>]*[)>]?")
_INLINE_MARKS = re.compile(r"[ \t]*[*_]*")


def segment_with_prompt(prompt: str, text: str) -> tuple[Segment, ...]:
    """Return the segments of `prompt` and `text` as one text, with a `Seam` between the two."""
    whole = prompt + text
    segments = segment(whole)
    if not prompt or not text.strip():
        return segments
    return tuple(_marked(segments, _place(whole, len(prompt))))


def _place(text: str, offset: int) -> int:
    """Return where a mark can stand without changing the Markdown: before the next words."""
    line_start = text.rfind("\n", 0, offset) + 1
    while offset < len(text):
        line = _STRUCTURE.match(text, line_start) or _BLANK.match(text, offset)
        if not line:
            break
        offset = line_start = line.end()
    offset = max(offset, _end(_MARKS, text, line_start))
    if _ADDRESS.search(text[line_start:offset]):
        offset = _end(_ADDRESS_END, text, offset)
    offset = _end(_INLINE_MARKS, text, offset)
    return offset + 1 if text[offset - 1 : offset] == "\\" else offset


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _marked(segments: Sequence[Segment], offset: int) -> list[Segment]:
    """Return `segments` with a seam at `offset`; what must stay whole has it in front."""
    position = 0
    for index, piece in enumerate(segments):
        length = len(piece.source)
        if position + length <= offset:
            position += length
            continue
        before, after = list(segments[:index]), list(segments[index + 1 :])
        inner = offset - position
        match piece:
            case Text() | Literally() if inner:
                left = replace(piece, source=piece.source[:inner])
                right = replace(piece, source=piece.source[inner:])
                return [*before, left, Seam(), right, *after]
            case Span() | Block() if inner:
                opening = piece.source.index(piece.children[0].source) if piece.children else 0
                children = tuple(_marked(piece.children, max(0, inner - opening)))
                return [*before, replace(piece, children=children), *after]
            case _:
                return [*before, Seam(inside=inner > 0), piece, *after]
    return [*segments, Seam()]


def after_seam(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return what comes after the seam; a `Span` or `Block` around it is kept around the rest."""
    for index, piece in enumerate(segments):
        if isinstance(piece, Seam):
            return tuple(segments[index + 1 :])
        if isinstance(piece, (Span, Block)):
            children = after_seam(piece.children)
            if children != piece.children:
                return (replace(piece, children=children), *segments[index + 1 :])
    return tuple(segments)
