"""A text in; its segment tree out: code first, then special tokens, then maths.

Linear in the length of the text: every pass looks at each delimiter a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from galai_jupyter.rendering.code_finder import BOUNDARY, FoundCode, find_code
from galai_jupyter.rendering.maths_finder import split_maths
from galai_jupyter.rendering.segments import (
    SPAN_TOKENS,
    Block,
    CodeBlock,
    CodeSpan,
    Literally,
    Segment,
    Sequence,
    Span,
    Text,
    Token,
)
from galai_jupyter.tokens import SPECIAL_TOKEN_PATTERN

_MAX_OPEN = 12
_OPENING = {opening: kind for kind, (opening, _) in SPAN_TOKENS.items()}
_CLOSING = {closing: kind for kind, (_, closing) in SPAN_TOKENS.items()}
_SCRIPT = re.compile(r"\[(?:START|END)_SU[PB]\]")
_SEQUENCE_START = re.compile(r"\[START_(DNA|AMINO|SMILES|I_SMILES)\]")
_WORD = re.compile(r"\S*")


def segment(text: str) -> tuple[Segment, ...]:
    """Return the segments of `text`; their sources, joined, are `text`."""
    tree = _Tree()
    for piece in _flat(text):
        tree.add(piece)
    return tuple(tree.segments)


def _flat(text: str) -> Iterator[Segment]:
    position = 0
    for code in find_code(text):
        yield from _outside_code(text[position : code.start])
        yield _code_segment(code, text[code.start : code.end])
        position = code.end
    yield from _outside_code(text[position:])


def _code_segment(code: FoundCode, source: str) -> Segment:
    if code.block:
        return CodeBlock(source, code.code, code.language, code.closed)
    return CodeSpan(source, code.code)


def _outside_code(text: str) -> Iterator[Segment]:
    """Yield special tokens and sequences, and what stands between them, maths found."""
    tokens = list(SPECIAL_TOKEN_PATTERN.finditer(text))
    position = 0
    for index, token in enumerate(tokens):
        if token.start() < position or _SCRIPT.match(token[0]):
            continue
        yield from _with_scripts(text[position : token.start()])
        position = token.end()
        if start := _SEQUENCE_START.match(token[0]):
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            limit = following.start() if following else len(text)
            if following and following[0] == f"[END_{start[1]}]":
                yield Sequence(start[1], text[position:limit], closed=True)
                position = following.end()
                continue
            word = _WORD.match(text, position, limit)
            if word and word[0]:
                yield Sequence(start[1], word[0], closed=False)
                position = word.end()
                continue
        yield Token(token[0])
    yield from _with_scripts(text[position:])


def _with_scripts(text: str) -> Iterator[Segment]:
    """Yield the maths of `text`, and its super- and subscript tokens outside maths."""
    for piece in split_maths(text):
        if not isinstance(piece, Text) or "[" not in piece.source:
            yield piece
            continue
        position = 0
        for token in _SCRIPT.finditer(piece.source):
            if token.start() > position:
                yield Text(piece.source[position : token.start()])
            yield Token(token[0])
            position = token.end()
        if position < len(piece.source):
            yield Text(piece.source[position:])


class _Tree:
    """Joins opening and closing tokens as they come; what has no partner stays a `Token`."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._open: list[tuple[str, int]] = []

    def add(self, piece: Segment) -> None:
        if isinstance(piece, Token) and piece.source in _OPENING:
            kind = _OPENING[piece.source]
            if kind in ("work", "fragments"):
                self._forget_spans()
            self._open.append((kind, len(self.segments)))
            del self._open[:-_MAX_OPEN]
        elif isinstance(piece, Token) and piece.source in _CLOSING:
            if self._close(_CLOSING[piece.source]):
                return
        elif isinstance(piece, CodeBlock) or (
            isinstance(piece, Text) and "\n" in piece.source and BOUNDARY.search(piece.source)
        ):
            self._forget_spans()
        self.segments.append(piece)

    def _close(self, kind: str) -> bool:
        for place in range(len(self._open) - 1, -1, -1):
            opened, index = self._open[place]
            if opened == kind:
                children = tuple(self.segments[index + 1 :])
                del self.segments[index:], self._open[place:]
                self.segments.append(_enclose(kind, children))
                return True
            if opened in ("work", "fragments") and kind not in ("work", "fragments"):
                return False
        return False

    def _forget_spans(self) -> None:
        """Give up on references and scripts that a paragraph's end leaves open."""
        while self._open and self._open[-1][0] not in ("work", "fragments"):
            self._open.pop()


def _enclose(kind: str, children: tuple[Segment, ...]) -> Segment:
    plain = tuple(Literally(c.source) if isinstance(c, Text) else c for c in children)
    match kind:
        case "work":
            return Block("work", children)
        case "fragments":
            return Block("fragments", children)
        case "reference":
            return Span("reference", plain)
        case "superscript":
            return Span("superscript", plain)
    return Span("subscript", plain)
