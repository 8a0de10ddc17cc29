r"""A stretch of text without code in; its formulas, and what only looks like one, out.

Delimiters are ``\(…\)``, ``\[…\]``, ``$…$``, ``$$…$$`` and bare ``\begin{align}…\end{align}``.
Braces are counted, so that ``\text{if \(x\)}`` may stand inside a formula; ``\\[2pt]`` is no
delimiter; two dollar prices are no formula.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from galai_jupyter.rendering.code_finder import BOUNDARY
from galai_jupyter.rendering.segments import Formula, Literally, RawFormula, Segment, Text
from galai_jupyter.rendering.tex import prepare
from galai_jupyter.rendering.tex_vocabulary import ENVIRONMENT_ALIASES, ENVIRONMENTS
from galai_jupyter.tokens import SPECIAL_TOKEN_PATTERN

_LEXEME = re.compile(
    r"(?=[\\${}\n])(?:"  # makes the search three times as fast
    r"(?P<begin>\\begin\{(?P<name>[A-Za-z]+\*?)\})|(?P<end>\\end\{(?P<ended>[A-Za-z]+\*?)\})"
    rf"|(?P<delimiter>\\[()\[\]])|(?P<escape>\\[^\n])|(?P<dollar>\$)|(?P<brace>[{{}}])"
    rf"|(?P<boundary>{BOUNDARY.pattern}))"
)
_CLOSING = {"\\(": "\\)", "\\[": "\\]"}
_DISPLAY_ONLY = {"displaymath": True, "math": False}
_ENVIRONMENT_NAMES = {*ENVIRONMENTS, *ENVIRONMENT_ALIASES, *_DISPLAY_ONLY}

_MARKUP = re.compile(r"\\[A-Za-z]|[\^_]")
_COMMAND = re.compile(r"\\[A-Za-z]+(?:\s*\{[^{}]*\})?")
_PROSE = re.compile(r"[A-Za-z]{2,}[,;.]?\s+[A-Za-z]{2,}")
_WORD = re.compile(r"[A-Za-z]{3,}")
_DANGLING = "-–—/(,;:"
_TEX_CHARACTER = re.compile(
    rf"(?P<token>{SPECIAL_TOKEN_PATTERN.pattern})|\\[A-Za-z]+|\\.|[_\[\]!~]|(?<!\*)\*(?!\*)"
    r"|^[ \t]*[-+=#>|]",
    re.MULTILINE,
)


def split_maths(text: str) -> list[Segment]:
    """Return `text` as `Text`, `Formula`, `RawFormula` and `Literally`, in order."""
    if "$" not in text and "\\" not in text:
        return [Text(text)] if text else []
    return list(_Finder(text).segments())


class _Finder:
    """Finds the partner of every delimiter first, then takes the outermost pairs."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.items = list(_LEXEME.finditer(text))
        self.kinds = [item.lastgroup or "" for item in self.items]
        self.partners: dict[int, int] = {}
        self.boundaries: list[int] = []
        self.depths: list[int] = []
        self.dollars: dict[int, list[int]] = {}
        self.doubles: list[int] = []
        self.literal_until = 0
        self._pair()

    def _pair(self) -> None:
        depth = 0
        opened: dict[str, dict[int, int]] = {"\\(": {}, "\\[": {}}
        environments: dict[str, list[int]] = {}
        for index, item in enumerate(self.items):
            match item.lastgroup:
                case "brace":
                    if item[0] == "}":
                        for openings in opened.values():
                            openings.pop(depth, None)
                    depth += 1 if item[0] == "{" else -1
                case "begin":
                    environments.setdefault(item["name"], []).append(index)
                case "end":
                    if environments.get(item["ended"]):
                        self.partners[environments[item["ended"]].pop()] = index
                case "delimiter":
                    if item[0] in opened:
                        opened[item[0]][depth] = index
                    else:
                        openings = opened["\\(" if item[0] == "\\)" else "\\["]
                        # Without an opening at this depth, a formula with a brace too many.
                        opening = openings.pop(depth, None)
                        if opening is None and openings:
                            opening = openings.popitem()[1]
                        if opening is not None:
                            self.partners[opening] = index
                case "boundary":
                    opened["\\("].clear()
                    self.boundaries.append(item.start())
                case "dollar":
                    self.dollars.setdefault(depth, []).append(index)
                    new_pair = self.doubles[-1:] != [index - 2]
                    if index and new_pair and self._is_double(index - 1):
                        self.doubles.append(index - 1)
            self.depths.append(depth)

    def _is_double(self, index: int) -> bool:
        if index + 1 >= len(self.items):
            return False
        left, right = self.items[index], self.items[index + 1]
        return left[0] == right[0] == "$" and left.end() == right.start()

    def segments(self) -> Iterator[Segment]:
        """Yield the segments in order."""
        position = index = 0
        while index < len(self.items):
            item = self.items[index]
            found = self._at(index)
            if found is None:
                index += 1
                continue
            segment, index, until = found
            yield from self._plain(position, item.start())
            yield segment
            self.literal_until = max(self.literal_until, until)
            position = item.start() + len(segment.source)
        yield from self._plain(position, len(self.text))

    def _at(self, index: int) -> tuple[Segment, int, int] | None:
        """Return what item `index` begins, the next item, and up to where it makes text literal."""
        item = self.items[index]
        match item.lastgroup:
            case "begin" if item["name"] in _ENVIRONMENT_NAMES:
                return self._delimited(index)
            case "delimiter" if item[0] in _CLOSING:
                return self._delimited(index)
            case "delimiter":
                return Literally(item[0]), index + 1, 0
            case "dollar":
                return self._display_dollars(index) or self._inline_dollars(index)
        return None

    def _delimited(self, index: int) -> tuple[Segment, int, int]:
        item = self.items[index]
        partner = self.partners.get(index)
        if partner is not None:
            closing = self.items[partner]
            source = self.text[item.start() : closing.end()]
            inner = self.text[item.end() : closing.start()]
            name = item["name"]
            display = item[0] != "\\(" and _DISPLAY_ONLY.get(name or "", True)
            tex = source if name and name not in _DISPLAY_ONLY else inner
            formula = _formula(source, tex, display)
            if isinstance(formula, Formula) or not self._crossed(item.end(), closing.start()):
                return formula, partner + 1, 0
        return Literally(item[0]), index + 1, self._open_until(item.end(), item[0] == "\\(")

    def _display_dollars(self, index: int) -> tuple[Segment, int, int] | None:
        if not self._is_double(index):
            return None
        start = self.items[index].start()
        place = bisect_left(self.doubles, index + 2)
        if place < len(self.doubles):
            closing = self.doubles[place]
            end = self.items[closing].start()
            inner = self.text[start + 2 : end]
            left = start + 2 + len(inner) - len(inner.lstrip())
            if inner.strip() and not self._crossed(left, left + len(inner.strip())):
                return _formula(f"$${inner}$$", inner, True), closing + 2, 0
        return Literally("$$"), index + 2, self._open_until(start + 2, False)

    def _inline_dollars(self, index: int) -> tuple[Segment, int, int]:
        start = self.items[index].start()
        candidates = self.dollars[self.depths[index]]
        place = bisect_right(candidates, index)
        if place < len(candidates):
            end = self.items[candidates[place]].start()
            if not self._crossed(start + 1, end) and _is_inline(self.text, start, end):
                source = self.text[start : end + 1]
                return _formula(source, source[1:-1], False), candidates[place] + 1, 0
        until = self._open_until(start + 1, True)
        rest = self.text[start + 1 : until]
        truncated = until == len(self.text) and rest[:1].strip() and re.search(r"\\[A-Za-z]", rest)
        return Literally("$"), index + 1, until if truncated and "$" not in rest else 0

    def _crossed(self, start: int, end: int) -> bool:
        """Whether a paragraph ends between two places."""
        return bisect_left(self.boundaries, start) != bisect_left(self.boundaries, end)

    def _open_until(self, start: int, one_line: bool) -> int:
        """Return where the text that follows an unclosed delimiter is Markdown again."""
        if one_line:
            end = self.text.find("\n", start)
            return len(self.text) if end < 0 else end
        place = bisect_left(self.boundaries, start)
        return self.boundaries[place] if place < len(self.boundaries) else len(self.text)

    def _plain(self, start: int, end: int) -> Iterator[Segment]:
        """Yield the text between two formulas; after an unclosed delimiter TeX is literal."""
        literal_end = min(end, self.literal_until)
        position = start
        if literal_end > start:
            for match in _TEX_CHARACTER.finditer(self.text, start, literal_end):
                if match["token"]:
                    continue
                if match.start() > position:
                    yield Text(self.text[position : match.start()])
                yield Literally(match[0])
                position = match.end()
        if end > position:
            yield Text(self.text[position:end])


def _formula(source: str, tex: str, display: bool) -> Formula | RawFormula:
    if "\n" in tex and all(line.lstrip(" \t").startswith(">") for line in tex.split("\n")[1:]):
        tex = re.sub(r"\n[ \t]*>", "\n", tex)  # a formula in a quotation
    prepared = prepare(tex, display=display)
    return RawFormula(source) if prepared is None else Formula(source, prepared, display)


def _is_inline(text: str, start: int, end: int) -> bool:
    """Whether the dollars at two places enclose maths: no prices, no variables of a shell."""
    content = text[start + 1 : end]
    if not content.strip():
        return False
    before, after = text[start - 1 : start], text[end + 1 : end + 2]
    markup = _MARKUP.search(content)
    amount = content[0].isdigit()
    spaced = content[0].isspace()
    if spaced != content[-1].isspace() or (spaced and not markup):
        return False
    if (amount or not markup) and _PROSE.search(_COMMAND.sub(" ", content)):
        return False
    if amount and not markup and _WORD.search(content):
        return False
    if markup:
        return True
    if after.isdigit() or (before.isalnum() and (amount or content[0] in _DANGLING)):
        return False
    return not (content[-1] in _DANGLING and (amount or after.isalnum()))
