"""Segments in; markdown-it tokens out, in which everything but Markdown is a placeholder.

CommonMark decides about the structure and never sees a formula, code or special token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, code, list_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token as MarkdownToken

from galai_jupyter.rendering.code_finder import CONTAINER
from galai_jupyter.rendering.segments import Block, CodeBlock, Seam, Segment, Text, Token
from galai_jupyter.tokens import END_OF_DOCUMENT

_START, _BLOCK_START, _END = "\ue000", "\ue001", "\ue002"
_PLACEHOLDER = re.compile(f"[{_START}{_BLOCK_START}]([0-9]+){_END}")
_BLOCK_PLACEHOLDER = re.compile(f"[ \\t]*({_BLOCK_START}[0-9]+{_END})\\s*")
_ENCODED = re.compile("%EE%80%8[01]([0-9]+)%EE%80%82")
_RESERVED = dict.fromkeys([0, *range(0xE000, 0xE010)], "\ufffd")
_NEXT_ITEM = re.compile(r"\n[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_EMPTY_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])?[ \t]*")
_HEAD = 200
_MAX_CONTAINERS = 20
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)

BlockRule = Callable[[StateBlock, int, int, bool], bool]
InlineRule = Callable[[StateInline, bool], bool]


def clean_text(text: str) -> str:
    """Return `text` with Unix line ends and without the characters that placeholders use."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_RESERVED)


def is_block(segment: Segment) -> bool:
    """Whether `segment` stands on lines of its own."""
    if isinstance(segment, Token):
        return segment.source == END_OF_DOCUMENT
    return isinstance(segment, (CodeBlock, Block))


@dataclass(frozen=True)
class ParsedMarkdown:
    """Tokens of markdown-it and the segments that their placeholders stand for."""

    tokens: list[MarkdownToken]
    segments: list[Segment]

    def parts(self, text: str) -> list[str | Segment]:
        """Return `text` as plain text and segments, in order."""
        if _END not in text:
            return [text]
        pieces = _PLACEHOLDER.split(text)
        return [
            self.segments[int(piece)] if index % 2 else piece
            for index, piece in enumerate(pieces)
            if piece
        ]

    def only_block(self, text: str) -> bool:
        """Whether `text` is one placeholder of a block segment."""
        return _BLOCK_START in text and _BLOCK_PLACEHOLDER.fullmatch(text) is not None

    def restored(self, text: str) -> str:
        """Return `text` as it was generated."""
        return _PLACEHOLDER.sub(lambda match: self.segments[int(match[1])].source, text)

    def restored_link(self, address: str) -> str:
        """Return a link's address, percent-encoded, as it was generated."""
        return _ENCODED.sub(lambda m: quote(self.segments[int(m[1])].source, safe=""), address)

    def has_seam(self, text: str) -> bool:
        """Whether the continuation begins inside `text` or a link's address."""
        indices = _PLACEHOLDER.findall(text) + _ENCODED.findall(text)
        return any(isinstance(self.segments[int(index)], Seam) for index in indices)


def parse(segments: Iterable[Segment]) -> ParsedMarkdown:
    """Return the Markdown structure of `segments`."""
    source, placed = _with_placeholders(segments)
    return ParsedMarkdown(_engine().parse(source), placed)


def _with_placeholders(segments: Iterable[Segment]) -> tuple[str, list[Segment]]:
    """Return Markdown with placeholders, and what they stand for."""
    placed: list[Segment] = []
    source = _Source()
    for segment in segments:
        if isinstance(segment, Text):
            source.text(segment.source)
            continue
        block = is_block(segment)
        placeholder = f"{_BLOCK_START if block else _START}{len(placed)}{_END}"
        placed.append(segment)
        if block:
            source.block(placeholder)
        else:
            source.inline(placeholder)
    return "".join(source.out), placed


class _Source:
    """Markdown under construction, in which blocks are paragraphs of their own.

    A block that begins in a list item or quotation stays in it: its lines repeat the marks.
    """

    def __init__(self) -> None:
        self.out: list[str] = []
        self.head = ""  # how the current line begins
        self.above = ""  # the line above
        self.pending = ""  # what parts a block from what follows on its line

    def text(self, source: str) -> None:
        if self.pending:
            source = source.lstrip(" \t")
            if not (self.pending.strip("\n") and _NEXT_ITEM.match(source)):
                self._end_block()
            self.pending = ""
        self.out.append(source)
        lines = source.rsplit("\n", 2)
        if len(lines) > 1:
            self.above = lines[1] if len(lines) > 2 else self.head + lines[0]
            self.head = ""
        self.head = (self.head + lines[-1][:_HEAD])[:_HEAD]

    def inline(self, placeholder: str) -> None:
        if self.pending:
            self._end_block()
        self.out.append(placeholder)
        self.head = (self.head + placeholder)[:_HEAD]

    def block(self, placeholder: str) -> None:
        if self.pending:
            self._end_block()
        match = CONTAINER.match(self.head)
        container = match[0] if match else ""
        continued = re.sub(r"[^>\s]", " ", container)
        if container != self.head:
            self.out.append(f"\n{continued.rstrip()}\n{continued}")
        elif continued == container and not _EMPTY_ITEM.fullmatch(self.above):
            self.out.append(f"\n{continued}")
        self.out.append(placeholder)
        self.pending = f"\n{continued.rstrip()}\n{continued}"

    def _end_block(self) -> None:
        self.out.append(self.pending)
        self.above, self.head = "", self.pending.rpartition("\n")[2]
        self.pending = ""


class _Engine(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        return _SAFE_LINK.match(url) is not None

    def normalizeLink(self, url: str) -> str:
        if _PLACEHOLDER.search(url):
            return quote(url, safe="/:?#@!$&'()*+,;=%-._~")
        return super().normalizeLink(url)


def _up_to_depth(rule: BlockRule) -> BlockRule:
    """Let `rule` leave deeper containers to be text; markdown-it would drop what they hold."""

    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < _MAX_CONTAINERS and rule(state, start, end, silent)

    return limited


def _code(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take indented lines for code unless they begin with a formula, block and so on."""
    first = state.bMarks[start] + state.tShift[start]
    return not state.src.startswith((_START, _BLOCK_START), first) and code(
        state, start, end, silent
    )


def _split_at_blocks(state: StateCore) -> None:
    """Let every block placeholder be a paragraph of its own.

    It is one already, unless its line continues a paragraph in spite of its indentation.
    """
    if _BLOCK_START not in state.src:
        return
    tokens: list[MarkdownToken] = []
    for token in state.tokens:
        if token.type not in ("paragraph_close", "heading_close") or (
            _BLOCK_START not in tokens[-1].content
        ):
            tokens.append(token)
            continue
        opening, inline = tokens[-2:]
        del tokens[-2:]
        for index, piece in enumerate(_BLOCK_PLACEHOLDER.split(inline.content)):
            content = piece.strip()
            if not content:
                continue
            if index:
                opening = MarkdownToken(
                    "paragraph_open", "p", 1, block=True, level=opening.level, hidden=opening.hidden
                )
                token = replace(opening, type="paragraph_close", nesting=-1)
            tokens += [opening, replace(inline, content=content, children=[]), token]
    state.tokens = tokens


@lru_cache(maxsize=16)
def _last_address(source: str) -> int:
    return source.rfind("](")


def _if_possible(rule: InlineRule) -> InlineRule:
    """Spare `rule`, which is slow, brackets that no address and no definition can follow."""

    def spared(state: StateInline, silent: bool) -> bool:
        possible = "references" in state.env or _last_address(state.src) >= state.pos
        return possible and rule(state, silent)

    return spared


def spare_links(engine: MarkdownIt) -> None:
    """Keep `engine` fast on thousands of brackets."""
    engine.inline.ruler.at("link", _if_possible(link))
    engine.inline.ruler.at("image", _if_possible(image))


@cache
def _engine() -> MarkdownIt:
    engine = _Engine("commonmark", {"html": False, "maxNesting": 24})
    engine.enable("table")
    spare_links(engine)
    engine.disable(["html_block", "html_inline", "fence", "backticks"])
    rules = engine.block.ruler
    paragraph = ["paragraph", "reference", "blockquote"]
    rules.at("blockquote", _up_to_depth(blockquote), {"alt": [*paragraph, "list"]})
    rules.at("list", _up_to_depth(list_block), {"alt": paragraph})
    rules.at("code", _code)
    engine.core.ruler.after("block", "galai_blocks", _split_at_blocks)
    return engine
