"""Segments in; a text in some output language out: the traversal that all writers share.

A writer says what each construct looks like around its finished content; the traversal keeps
track of nesting. Methods are named after markdown-it's tokens.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from markdown_it.token import Token as MarkdownToken

from galai_jupyter.rendering import segments as kinds
from galai_jupyter.rendering.markdown_engine import ParsedMarkdown, parse


class Writer(ABC):
    """Writes segments.

    Parameters
    ----------
    special_tokens : str
        ``"badge"``, ``"plain"`` or ``"hide"``.
    """

    def __init__(self, special_tokens: str = "badge") -> None:
        self.special_tokens = special_tokens
        self.in_table = False
        self.in_work = False

    def write(self, segments: Iterable[kinds.Segment]) -> str:
        """Return `segments` as blocks."""
        parsed = parse(segments)
        return self._traverse(parsed, parsed.tokens)

    def _traverse(self, parsed: ParsedMarkdown, tokens: list[MarkdownToken]) -> str:
        out: list[str] = []
        outer: list[tuple[MarkdownToken, list[str]]] = []
        for index, token in enumerate(tokens):
            if token.nesting == 0:
                if token.type == "text":
                    out.append(self._text(parsed, token.content))
                elif token.type == "inline":
                    out.append(self._traverse(parsed, token.children or []))
                else:
                    out.append(self._leaf(parsed, token))
            elif token.nesting == 1:
                outer.append((token, out))
                out = []
                if token.type == "table_open":
                    self.in_table = True
            else:
                inner = "".join(out)
                opened, out = outer.pop()
                kind = token.type
                if kind == "paragraph_close" and parsed.only_block(tokens[index - 1].content):
                    out.append(inner)
                elif opened.hidden:
                    out.append(self.bare(inner))
                elif kind == "link_close":
                    out.append(self._link(parsed, opened, inner))
                else:
                    out.append(getattr(self, kind[:-6])(inner, opened))
                if kind == "table_close":
                    self.in_table = False
        return "".join(out)

    def _text(self, parsed: ParsedMarkdown, content: str) -> str:
        parts = parsed.parts(content)
        return "".join(
            [self.text(part) if isinstance(part, str) else self.segment(part) for part in parts]
        )

    def _link(self, parsed: ParsedMarkdown, token: MarkdownToken, inner: str) -> str:
        address = str(token.attrs["href"])
        if not address:  # one that is not safe
            return self.text("[") + inner + self.text("]()")
        title = parsed.restored(str(token.attrs.get("title", "")))
        seam = self.seam(kinds.Seam(inside=True)) if parsed.has_seam(address) else ""
        return seam + self.link(inner, parsed.restored_link(address), title)

    def _leaf(self, parsed: ParsedMarkdown, token: MarkdownToken) -> str:
        match token.type:
            case "code_block":
                mark = ""
                if parsed.has_seam(token.content):
                    mark = self.paragraph(self.seam(kinds.Seam(inside=True)), token)
                code = parsed.restored(token.content)
                return mark + self.code_block(kinds.CodeBlock(code, code, "", True))
            case "image":
                address = parsed.restored_link(str(token.attrs["src"]))
                return self.text(f"![{parsed.restored(token.content)}]({address})")
            case "softbreak":
                # In a working each line is a step.
                return self.hardbreak() if self.in_work else "\n"
            case "hardbreak":
                return self.hardbreak()
            case "hr":
                return self.hr()
        return self.text(parsed.restored(token.content))

    def segment(self, segment: kinds.Segment) -> str:
        """Return one segment."""
        match segment:
            case kinds.Text() | kinds.Literally():
                return self.text(segment.source)
            case kinds.Formula():
                return self.formula(segment)
            case kinds.RawFormula():
                return self.code_span(segment.source)
            case kinds.CodeSpan():
                return self.code_span(segment.code)
            case kinds.CodeBlock():
                return self.code_block(segment)
            case kinds.Sequence():
                return self.sequence(segment)
            case kinds.Token():
                return self.token(segment)
            case kinds.Seam():
                return self.seam(segment)
            case kinds.Span():
                return self.span(segment, "".join(map(self.segment, segment.children)))
            case kinds.Block():
                outside = self.in_table, self.in_work
                self.in_table, self.in_work = False, segment.kind == "work"
                inner = self.write(segment.children)
                self.in_table, self.in_work = outside
                return self.container(segment, inner)

    def bare(self, inner: str) -> str:
        """Return a paragraph of a tight list."""
        return inner

    @abstractmethod
    def text(self, text: str) -> str: ...
    @abstractmethod
    def formula(self, formula: kinds.Formula) -> str: ...
    @abstractmethod
    def code_span(self, code: str) -> str: ...
    @abstractmethod
    def code_block(self, block: kinds.CodeBlock) -> str: ...
    @abstractmethod
    def sequence(self, sequence: kinds.Sequence) -> str: ...
    @abstractmethod
    def token(self, token: kinds.Token) -> str: ...
    @abstractmethod
    def seam(self, seam: kinds.Seam) -> str: ...
    @abstractmethod
    def span(self, span: kinds.Span, inner: str) -> str: ...
    @abstractmethod
    def container(self, block: kinds.Block, inner: str) -> str: ...
    @abstractmethod
    def link(self, inner: str, address: str, title: str) -> str: ...
    @abstractmethod
    def hardbreak(self) -> str: ...
    @abstractmethod
    def hr(self) -> str: ...
    @abstractmethod
    def em(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def strong(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def paragraph(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def heading(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def blockquote(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def bullet_list(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def ordered_list(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def list_item(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def table(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def thead(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def tbody(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def tr(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def th(self, inner: str, token: MarkdownToken) -> str: ...
    @abstractmethod
    def td(self, inner: str, token: MarkdownToken) -> str: ...
