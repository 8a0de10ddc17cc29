"""A text in; where its fenced code blocks and code spans are, out.

CommonMark's rules, with three differences that generated text asks for: a fence may open in the
middle of a line (``Answer: ```python``), an open fence ends before a ``</work>`` or ``</s>``
that belongs to the text around it, and TeX's quotation marks are not code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

CONTAINER = re.compile(r"[ \t]*(?:(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]*)*")
"""What may stand before a block in its first line: spaces, quotation and list markers."""

BOUNDARY = re.compile(r"\n[ \t>]*(?:\n|#{1,6}[ \t])")
"""Ends a paragraph, for code spans and formulas."""

_OPENING = re.compile(r"`{3,}|^[ \t>]*(~{3,})", re.MULTILINE)
_INFO = {"`": re.compile(r"[^`\n]*(?=\n|\Z)"), "~": re.compile(r"[^\n]*")}
_WORD = re.compile(r"[ \t]*[\w+#.-]*[ \t]*(?=\n|\Z)")
_CLOSING = re.compile(
    r"^[ \t>]*(`{3,}|~{3,})[ \t]*(?=$|</work>|</s>)",
    re.MULTILINE,
)
_END = re.compile(r"<work>|</work>|</s>")
_TICKS = re.compile(r"`+")
_SPAN_BOUNDARY = re.compile(r"\n[ \t>]*(?:\n|#{1,6}[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t]|\|)")


@dataclass(frozen=True)
class FoundCode:
    """A piece of code.

    Attributes
    ----------
    start, end : int
        Where it is, fences or backticks included.
    code : str
        The code itself.
    language : str
        What the opening fence names.
    block, closed : bool
        Whether it is a block, and whether it has an end.
    """

    start: int
    end: int
    code: str
    language: str = ""
    block: bool = False
    closed: bool = True


def find_code(text: str) -> list[FoundCode]:
    """Return all code of `text` in order."""
    if "`" not in text and "~~~" not in text:
        return []
    blocks = list(_blocks(text))
    gaps = zip(
        [0, *(block.end for block in blocks)],
        [*(block.start for block in blocks), len(text)],
        strict=True,
    )
    spans = [span for start, end in gaps for span in _spans(text, start, end)]
    return sorted(blocks + spans, key=lambda found: found.start)


def _blocks(text: str) -> Iterator[FoundCode]:
    closings = [(m.start(), m.start(1), m[1]) for m in _CLOSING.finditer(text)]
    longest = _longest_from(closings)
    starts = [start for start, _, _ in closings]
    ends = [(m.start(), m[0]) for m in _END.finditer(text)]
    end_starts = [start for start, _ in ends]
    position = 0
    while opening := _OPENING.search(text, position):
        fence = opening[1] or opening[0]
        start = opening.end() - len(fence)
        position = opening.end()
        line_start = text.rfind("\n", 0, start) + 1
        container = CONTAINER.match(text, line_start, start)
        own_line = container is not None and container.end() == start
        info = (_INFO[fence[0]] if own_line else _WORD).match(text, opening.end())
        if not info:
            continue
        body = info.end() + 1
        closing = None
        index = bisect_right(starts, body - 1)
        while closing is None and longest[index] >= len(fence):
            if closings[index][2].startswith(fence):
                closing = closings[index]
            index += 1
        stop = closing[0] if closing else len(text)
        outer = _outer_end(ends, bisect_right(end_starts, body - 1), stop)
        if outer is not None:
            closing, stop = None, outer
        prefix = text[line_start:start] if own_line else ""
        if ">" in prefix:
            leaving = re.compile(r"^(?![ \t]*>)", re.MULTILINE).search(text, body, stop)
            if leaving and body < leaving.start() < stop:
                closing, stop = None, leaving.start()
        if closing is None and not own_line and not info[0].strip():
            continue
        if closing is None and not text[body:stop].strip():
            continue
        end = closing[1] + len(closing[2]) if closing else stop
        code = _without_prefix(text[body:stop], prefix)
        if closing is None and end == len(text):
            code = _without_half_a_fence(code, fence)
        language = info[0].strip().partition(" ")[0]
        yield FoundCode(start, end, code, language, block=True, closed=closing is not None)
        position = end


def _longest_from(closings: list[tuple[int, int, str]]) -> list[int]:
    """Return, for each closing fence, the longest from there on."""
    longest = [0] * (len(closings) + 1)
    for index in range(len(closings) - 1, -1, -1):
        longest[index] = max(len(closings[index][2]), longest[index + 1])
    return longest


def _outer_end(ends: list[tuple[int, str]], index: int, stop: int) -> int | None:
    """Return where the text around a fence ends before `stop`, if it does."""
    depth = 0
    while index < len(ends) and ends[index][0] < stop:
        start, token = ends[index]
        depth += 1 if token == "<work>" else -1
        if token == "</s>" or depth < 0:
            return start
        index += 1
    return None


def _without_half_a_fence(code: str, fence: str) -> str:
    """Drop the backticks with which the closing fence begins: the text stopped within it."""
    body, newline, last = code.rpartition("\n")
    begun = newline and last.strip() and fence.startswith(last.strip())
    return body + newline if begun else code


def _without_prefix(code: str, prefix: str) -> str:
    """Take quotation marks and indentation, as before the opening fence, off every line."""
    quotes = prefix.count(">")
    indent = len(prefix.rpartition(">")[2])
    if quotes and indent and prefix.rpartition(">")[2][0] == " ":
        indent -= 1
    if not quotes and not indent:
        return code
    quote = r"(?:[ \t]{0,3}> ?)" if quotes else ""
    pattern = rf"^{quote}{{0,{quotes}}}[ \t]{{0,{indent}}}" if quotes else rf"^[ \t]{{0,{indent}}}"
    return re.sub(pattern, "", code, flags=re.MULTILINE)


def _spans(text: str, start: int, end: int) -> Iterator[FoundCode]:
    runs = [(m.start(), m.end()) for m in _TICKS.finditer(text, start, end)]
    if not runs:
        return
    by_length: dict[int, list[int]] = {}
    for left, right in runs:
        by_length.setdefault(right - left, []).append(left)
    boundaries = [m.start() for m in _SPAN_BOUNDARY.finditer(text, start, end)]
    position = start
    for left, right in runs:
        if left < position:
            continue
        opening = left + (1 if _escaped(text, left, start) else 0)
        length = right - opening
        same = by_length.get(length, [])
        index = bisect_right(same, left)
        if length == 0 or index == len(same):
            continue
        closing = same[index]
        if bisect_right(boundaries, opening) != bisect_right(boundaries, closing):
            continue
        code = text[right:closing]
        if length == 2 and "''" in code:  # TeX's ``quotation marks''
            continue
        position = closing + length
        yield FoundCode(opening, position, _stripped(code))


def _escaped(text: str, index: int, start: int) -> bool:
    backslashes = index
    while backslashes > start and text[backslashes - 1] == "\\":
        backslashes -= 1
    return (index - backslashes) % 2 == 1


def _stripped(code: str) -> str:
    code = code.replace("\n", " ")
    if len(code) > 2 and code[0] == code[-1] == " " and code.strip():
        return code[1:-1]
    return code
