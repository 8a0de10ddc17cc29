"""Segments in; Markdown out that VS Code, Colab, pandoc and JupyterLab read the same way.

Written anew from the parsed structure, so that nothing of the generated text is markup unless
it was understood as such: no raw HTML, no images, no links but safe ones. Maths is in ``$`` and
``$$`` only.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from markdown_it.token import Token as MarkdownToken

from galai_jupyter.rendering import segments as kinds
from galai_jupyter.rendering.tex_export import for_markdown
from galai_jupyter.rendering.writer import Writer
from galai_jupyter.tokens import END_OF_DOCUMENT

SEAM = "$\\triangleright$ "

_FORMULA_END = "\ue008"  # pandoc wants no digit right after a closing dollar
_CODE_END = "\ue00a"  # nor may another code span follow
_SPECIAL = re.compile(
    r"\\(?=[()\[\]{}$]|begin|end|ref|eqref|\Z)|&(?=[#\w]|\Z)|\](?=[(\[:{]|\Z)|!(?=\[|\Z)|[\\`*_<>$~^|{]"
)
_INTRAWORD = re.compile(r"(?<=[A-Za-z0-9])\\_(?=[A-Za-z0-9])")
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "]": "&#93;",
    "`": "&#96;",
    "$": "<span>\\$</span>",
}
_LINE_START = re.compile(r"^([ \t]*)([-+=#:]|\d{1,9}(?=[.)]))", re.MULTILINE)
_SIMPLE_SCRIPT = re.compile(r"[\w+\-,.=() ]+")
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")


def escape_markdown(text: str) -> str:
    """Return Markdown that shows `text` letter by letter."""

    def escaped(match: re.Match[str]) -> str:
        character = match[0]
        if character == "\\":
            return (
                "\\\\"
                if match.end() < len(text)
                and text[match.end()].isalpha()
                and (not text.startswith(("begin", "end", "ref", "eqref"), match.end()))
                else "<span>&#92;</span>"
            )
        return _ENTITIES.get(character, "\\" + character)

    return _INTRAWORD.sub("_", _SPECIAL.sub(escaped, text))


class MarkdownWriter(Writer):
    """Writes CommonMark with tables and dollar maths; blocks end in a blank line."""

    def text(self, text: str) -> str:
        return escape_markdown(text)

    def formula(self, formula: kinds.Formula) -> str:
        tex = for_markdown(formula.tex, in_table=self.in_table)
        if not formula.display:
            return f"${tex}${_FORMULA_END}"
        return f"$\\displaystyle {tex}${_FORMULA_END}" if self.in_table else f"\n$${tex}$$\n"

    def code_span(self, code: str) -> str:
        code = " ".join(code.split("\n"))
        if self.in_table:
            code = code.replace("|", "\\|")
        fence = "`" * (_longest_run(code) + 1)
        padding = " " if code[:1] in ("`", " ", "") or code[-1:] in ("`", " ") else ""
        return f"{fence}{padding}{code}{padding}{fence}{_CODE_END}"

    def code_block(self, block: kinds.CodeBlock) -> str:
        fence = "`" * max(3, _longest_run(block.code) + 1)
        language = block.language if _LANGUAGE.fullmatch(block.language) else ""
        newline = "" if block.code.endswith("\n") else "\n"
        return f"{fence}{language}\n{block.code}{newline}{fence}\n\n"

    def sequence(self, sequence: kinds.Sequence) -> str:
        if self.special_tokens == "hide":
            return self.code_span(sequence.letters)
        return self.code_span(sequence.source)

    def token(self, token: kinds.Token) -> str:
        edge = self._edge(token.source)
        if token.source == END_OF_DOCUMENT:
            return f"{edge}\n\n---\n\n" if edge else "---\n\n"
        return edge

    def seam(self, seam: kinds.Seam) -> str:
        return SEAM

    def span(self, span: kinds.Span, inner: str) -> str:
        opening, closing = (self._edge(token) for token in kinds.SPAN_TOKENS[span.kind])
        if span.kind == "reference":
            quoted = f"*{inner.strip()}*" if inner.strip() else ""
            if self.special_tokens == "hide":
                return f" ({quoted})"
            return f"{opening} {quoted} {closing}"
        raw = "".join(child.source for child in span.children)
        if _SIMPLE_SCRIPT.fullmatch(raw):
            mark = "^" if span.kind == "superscript" else "_"
            raw = raw.replace("_", "\\_")
            return f"${mark}{{{raw}}}${_FORMULA_END}"
        tag = "sup" if span.kind == "superscript" else "sub"
        return f"<{tag}>{' '.join(inner.split())}</{tag}>"  # alone on its line it begins a block

    def container(self, block: kinds.Block, inner: str) -> str:
        opening, closing = (self._edge(token) for token in kinds.SPAN_TOKENS[block.kind])
        parts = [part for part in (opening, inner.strip("\n"), closing) if part]
        return _prefixed("\n\n".join(parts), "> ") + "\n\n"

    def _edge(self, token: str) -> str:
        if self.special_tokens == "hide":
            return ""
        shown = token.replace("<", "&lt;").replace(">", "&gt;")
        return (
            f"<samp>{shown}</samp>"
            if self.special_tokens == "badge"
            else (shown.replace("]", "&#93;"))
        )

    def link(self, inner: str, address: str, title: str) -> str:
        target = quote(address, safe="%/:?#@!$&'*+,;=~-._")
        return f"[{inner}]({target})"

    def hardbreak(self) -> str:
        return "\\\n"

    def hr(self) -> str:
        return "---\n\n"

    def em(self, inner: str, token: MarkdownToken) -> str:
        return f"*{inner}*"

    def strong(self, inner: str, token: MarkdownToken) -> str:
        return f"**{inner}**"

    def bare(self, inner: str) -> str:
        return self._lines(inner) + "\n"

    def paragraph(self, inner: str, token: MarkdownToken) -> str:
        lines = self._lines(inner)
        return f"{lines}\n\n" if lines.strip() else ""

    def _lines(self, inner: str) -> str:
        """Finish a paragraph's text: nothing at a line's start makes it another block."""
        inner = _finished(inner)
        inner = re.sub(r"\n{2,}", "\n", inner.strip("\n"))
        return _LINE_START.sub(_escaped_start, inner)

    def heading(self, inner: str, token: MarkdownToken) -> str:
        line = " ".join(self._lines(inner).split("\n"))
        return f"{'#' * int(token.tag[1])} {line}\n\n"

    def blockquote(self, inner: str, token: MarkdownToken) -> str:
        return _prefixed(inner.strip("\n"), "> ") + "\n\n"

    def bullet_list(self, inner: str, token: MarkdownToken) -> str:
        return inner.rstrip("\n") + "\n\n"

    ordered_list = bullet_list

    def list_item(self, inner: str, token: MarkdownToken) -> str:
        marker = f"{token.info}{token.markup} "
        first, *others = inner.strip("\n").split("\n")
        indented = [(" " * len(marker) + line).rstrip() for line in others]
        loose = "\n\n" if inner.endswith("\n\n") else "\n"
        return "\n".join([marker + first, *indented]) + loose

    def table(self, inner: str, token: MarkdownToken) -> str:
        return inner + "\n"

    def thead(self, inner: str, token: MarkdownToken) -> str:
        columns = inner.count("\ue009")
        return inner.replace("\ue009", "") + "|" + " --- |" * columns + "\n"

    def tbody(self, inner: str, token: MarkdownToken) -> str:
        return inner.replace("\ue009", "")

    def tr(self, inner: str, token: MarkdownToken) -> str:
        return f"|{inner}\n"

    def th(self, inner: str, token: MarkdownToken) -> str:
        cell = _finished(inner).replace("\n", " ").strip()
        return f" {cell} |\ue009"

    td = th


def _finished(inner: str) -> str:
    """Keep formulas from digits behind them and code spans from each other."""
    inner = re.sub(rf"{_FORMULA_END}(?=\d)|{_CODE_END}(?=`)", "<span></span>", inner)
    return re.sub(f"[{_FORMULA_END}{_CODE_END}]", "", inner)


def _escaped_start(match: re.Match[str]) -> str:
    if match[2].isdigit():
        return f"{match[1]}{match[2]}\\"
    return f"{match[1]}\\{match[2]}"


def _prefixed(text: str, prefix: str) -> str:
    return "\n".join((prefix + line).rstrip() for line in text.split("\n"))


def _longest_run(code: str) -> int:
    return max((len(run) for run in re.findall(r"`+", code)), default=0)
