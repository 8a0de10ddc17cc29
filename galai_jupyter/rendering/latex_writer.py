"""Segments in; the body of a LaTeX document out (amsmath, amssymb, hyperref)."""

from __future__ import annotations

import re

from markdown_it.token import Token as MarkdownToken

from galai_jupyter.rendering import segments as kinds
from galai_jupyter.rendering.tex_export import for_latex
from galai_jupyter.rendering.tex_vocabulary import EXTENSIONS
from galai_jupyter.rendering.writer import Writer
from galai_jupyter.tokens import END_OF_DOCUMENT

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",
    "]": "{]}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
} | {character: "\\" + character for character in "{}$&#%_"}
_SPECIAL = re.compile("[" + re.escape("".join(_ESCAPES)) + "]")
_SECTIONS = ("section", "subsection", "subsubsection", "paragraph", "subparagraph")
_GROUP_LENGTH = 10


def escape_latex(text: str) -> str:
    """Return LaTeX that shows `text` letter by letter."""
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)


class LatexWriter(Writer):
    """Writes LaTeX; only formulas from the allow-list pass unescaped."""

    def text(self, text: str) -> str:
        return escape_latex(text)

    def formula(self, formula: kinds.Formula) -> str:
        if any(f"\\{name}" in formula.tex for name in EXTENSIONS):
            return self.code_span(formula.source)
        return for_latex(formula.tex, display=formula.display and not self.in_table)

    def code_span(self, code: str) -> str:
        return rf"\texttt{{{escape_latex(' '.join(code.split()))}}}"

    def code_block(self, block: kinds.CodeBlock) -> str:
        code = block.code.replace(r"\end{verbatim}", r"\end {verbatim}").rstrip("\n")
        return f"\n\\begin{{verbatim}}\n{code}\n\\end{{verbatim}}\n\n"

    def sequence(self, sequence: kinds.Sequence) -> str:
        letters = sequence.letters
        groups = [
            escape_latex(letters[start : start + _GROUP_LENGTH])
            for start in range(0, len(letters), _GROUP_LENGTH)
        ]
        closing = self._edge(f"[END_{sequence.kind}]") if sequence.closed else ""
        shown = r"\allowbreak{}".join(groups)
        return f"{self._edge(f'[START_{sequence.kind}]')}\\texttt{{{shown}}}{closing}"

    def token(self, token: kinds.Token) -> str:
        if token.source == END_OF_DOCUMENT:
            return f"{self._edge(token.source)}{self.hr()}"
        return self._edge(token.source)

    def seam(self, seam: kinds.Seam) -> str:
        return r"\(\triangleright\) "

    def span(self, span: kinds.Span, inner: str) -> str:
        opening, closing = (self._edge(token) for token in kinds.SPAN_TOKENS[span.kind])
        if span.kind == "reference":
            cited = rf"\emph{{{inner.strip()}}}"
            return (
                f" ({cited})" if self.special_tokens == "hide" else f"{opening} {cited} {closing}"
            )
        command = "textsuperscript" if span.kind == "superscript" else "textsubscript"
        return rf"\{command}{{{inner}}}"

    def container(self, block: kinds.Block, inner: str) -> str:
        opening, closing = (self._edge(token) for token in kinds.SPAN_TOKENS[block.kind])
        return f"\\begin{{quote}}\n{opening}\n\n{inner}{closing}\n\\end{{quote}}\n\n"

    def _edge(self, token: str) -> str:
        if self.special_tokens == "hide":
            return ""
        shown = escape_latex(token)
        return rf"\texttt{{\small {shown}}}" if self.special_tokens == "badge" else shown

    def link(self, inner: str, address: str, title: str) -> str:
        target = re.sub(r"([%#&_~^\\{}])", r"\\\1", address)
        return rf"\href{{{target}}}{{{inner}}}"

    def hardbreak(self) -> str:
        return "\\\\{}\n"

    def hr(self) -> str:
        return "\n\n\\noindent\\rule{\\linewidth}{0.4pt}\n\n"

    def em(self, inner: str, token: MarkdownToken) -> str:
        return rf"\emph{{{inner}}}"

    def strong(self, inner: str, token: MarkdownToken) -> str:
        return rf"\textbf{{{inner}}}"

    def bare(self, inner: str) -> str:
        return inner + "\n"

    def paragraph(self, inner: str, token: MarkdownToken) -> str:
        return inner + "\n\n"

    def heading(self, inner: str, token: MarkdownToken) -> str:
        command = _SECTIONS[min(int(token.tag[1]), len(_SECTIONS)) - 1]
        return f"\\{command}*{{{' '.join(inner.split())}}}\n\n"

    def blockquote(self, inner: str, token: MarkdownToken) -> str:
        return f"\\begin{{quote}}\n{inner.strip()}\n\\end{{quote}}\n\n"

    def bullet_list(self, inner: str, token: MarkdownToken) -> str:
        return f"\\begin{{itemize}}\n{inner}\\end{{itemize}}\n\n"

    def ordered_list(self, inner: str, token: MarkdownToken) -> str:
        return f"\\begin{{enumerate}}\n{inner}\\end{{enumerate}}\n\n"

    def list_item(self, inner: str, token: MarkdownToken) -> str:
        number = f"[{token.info}{token.markup}]" if token.info else ""
        return f"\\item{number} {inner.strip()}\n"

    def table(self, inner: str, token: MarkdownToken) -> str:
        columns = max(row.count(" & ") + 1 for row in inner.split("\n"))
        return f"\\begin{{tabular}}{{{'l' * columns}}}\n{inner}\\end{{tabular}}\n\n"

    def thead(self, inner: str, token: MarkdownToken) -> str:
        return f"{inner}\\hline\n"

    def tbody(self, inner: str, token: MarkdownToken) -> str:
        return inner

    def tr(self, inner: str, token: MarkdownToken) -> str:
        return inner.removesuffix(" & ") + " \\\\\n"

    def th(self, inner: str, token: MarkdownToken) -> str:
        return f"\\textbf{{{inner}}} & "

    def td(self, inner: str, token: MarkdownToken) -> str:
        return f"{inner} & "
