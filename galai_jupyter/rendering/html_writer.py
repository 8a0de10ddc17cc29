"""Segments in; HTML out, not yet sanitised.

Whatever MathJax could take for maths is inside a formula, inside a verbatim element that it
skips, or broken up by ``<span>``; so is ``\\ref``, which it replaces anywhere.
"""

from __future__ import annotations

import re
from html import escape

from markdown_it.token import Token as MarkdownToken

from galai_jupyter.rendering import segments as kinds
from galai_jupyter.rendering import styles
from galai_jupyter.rendering.tex import extensions
from galai_jupyter.rendering.writer import Writer
from galai_jupyter.tokens import END_OF_DOCUMENT

VERBATIM = 'class="mathjax_ignore tex2jax_ignore"'
"""Makes MathJax 3 and 2.7 skip an element."""

_GROUP_LENGTH = 10
_LONG_FORMULA = 80
_DELIMITER = re.compile(r"[\\$`]")


def text_html(text: str) -> str:
    """Return `text` escaped, and without anything that MathJax reads."""
    return _DELIMITER.sub(r"<span>\g<0></span>", escape(text))


def badge(text: str, style: str = styles.BADGE) -> str:
    """Return `text` in a small frame."""
    return f'<samp style="{style}">{escape(text)}</samp>'


class HtmlWriter(Writer):
    """Writes HTML that reads well without any style.

    Parameters
    ----------
    special_tokens : str
        ``"badge"``, ``"plain"`` or ``"hide"``.
    streaming : bool
        Whether the text still grows: an open fence is then shown with its backticks.
    """

    def __init__(self, special_tokens: str = "badge", *, streaming: bool = False) -> None:
        super().__init__(special_tokens)
        self.streaming = streaming

    def text(self, text: str) -> str:
        return text_html(text)

    def formula(self, formula: kinds.Formula) -> str:
        require = "".join(f"\\require{{{name}}}" for name in extensions(formula.tex))
        left, right = ("\\[", "\\]") if formula.display else ("\\(", "\\)")
        if self.in_table:
            style = styles.TABLE_FORMULA
        elif formula.display:
            style = styles.DISPLAY
        else:
            style = styles.LONG_FORMULA if len(formula.tex) > _LONG_FORMULA else ""
        attribute = f' style="{style}"' if style else ""
        tex = escape(left + require + formula.tex + right, quote=False)
        return f'<span class="galai-math"{attribute}>{tex}</span>'

    def code_span(self, code: str) -> str:
        return f'<code {VERBATIM} style="{styles.CODE}">{escape(code)}</code>'

    def code_block(self, block: kinds.CodeBlock) -> str:
        code = block.source if self.streaming and not block.closed else block.code
        return (
            f'<pre {VERBATIM} style="{styles.CODE_BLOCK}"><code {VERBATIM}>'
            f"{escape(code)}</code></pre>\n"
        )

    def sequence(self, sequence: kinds.Sequence) -> str:
        groups = [
            escape(sequence.letters[start : start + _GROUP_LENGTH])
            for start in range(0, len(sequence.letters), _GROUP_LENGTH)
        ]
        if sequence.kind in ("DNA", "AMINO") and len(groups) > 1:
            groups = [f'<span style="{styles.GROUP}">{group}</span>' for group in groups]
        closing = self._edge(f"[END_{sequence.kind}]") if sequence.closed else ""
        opening = self._edge(f"[START_{sequence.kind}]")
        return f"{opening}<code {VERBATIM}>{'<wbr>'.join(groups)}</code>{closing}"

    def token(self, token: kinds.Token) -> str:
        if token.source == END_OF_DOCUMENT:
            edge = self._edge(token.source)
            return f"<p>{edge}</p><hr>\n" if edge else "<hr>\n"
        if token.source == "[IMAGE]" and self.special_tokens == "badge":
            return badge(token.source, styles.IMAGE)
        return self._edge(token.source)

    def seam(self, seam: kinds.Seam) -> str:
        where = "inside what follows" if seam.inside else "here"
        return (
            f'<span title="The prompt ends {where}; the rest is generated." '
            f'style="{styles.SEAM}">▸</span>'
        )

    def span(self, span: kinds.Span, inner: str) -> str:
        opening, closing = kinds.SPAN_TOKENS[span.kind]
        if span.kind == "reference":
            if self.special_tokens == "hide":
                return f" (<cite>{inner.strip()}</cite>)"
            return f"{self._edge(opening)}<cite>{inner}</cite>{self._edge(closing)}"
        tag = "sup" if span.kind == "superscript" else "sub"
        if self.special_tokens == "plain":
            return f"{opening}<{tag}>{inner}</{tag}>{closing}"
        title = f' title="{opening}…{closing}"' if self.special_tokens == "badge" else ""
        return f"<{tag}{title}>{inner}</{tag}>"

    def container(self, block: kinds.Block, inner: str) -> str:
        opening, closing = kinds.SPAN_TOKENS[block.kind]
        name = "working" if block.kind == "work" else "fragments"
        return (
            f'<details open style="{styles.WORK}">'
            f"<summary>{self._edge(opening)} {name}</summary>\n"
            f"{inner}{self._edge(closing)}</details>\n"
        )

    def _edge(self, token: str) -> str:
        if self.special_tokens == "hide":
            return ""
        return badge(token) if self.special_tokens == "badge" else text_html(token)

    def link(self, inner: str, address: str, title: str) -> str:
        attribute = f' title="{escape(title)}"' if title else ""
        return f'<a href="{escape(address)}"{attribute}>{inner}</a>'

    def hardbreak(self) -> str:
        return "<br>\n"

    def hr(self) -> str:
        return "<hr>\n"

    def em(self, inner: str, token: MarkdownToken) -> str:
        return f"<em>{inner}</em>"

    def strong(self, inner: str, token: MarkdownToken) -> str:
        return f"<strong>{inner}</strong>"

    def paragraph(self, inner: str, token: MarkdownToken) -> str:
        return f"<p>{inner}</p>\n"

    def heading(self, inner: str, token: MarkdownToken) -> str:
        return f"<{token.tag}>{inner}</{token.tag}>\n"

    def blockquote(self, inner: str, token: MarkdownToken) -> str:
        return f'<blockquote style="{styles.QUOTE}">\n{inner}</blockquote>\n'

    def bullet_list(self, inner: str, token: MarkdownToken) -> str:
        return f"<ul>\n{inner}</ul>\n"

    def ordered_list(self, inner: str, token: MarkdownToken) -> str:
        start = token.attrs.get("start")
        attribute = f' start="{start}"' if start is not None else ""
        return f"<ol{attribute}>\n{inner}</ol>\n"

    def list_item(self, inner: str, token: MarkdownToken) -> str:
        return f"<li>{inner}</li>\n"

    def table(self, inner: str, token: MarkdownToken) -> str:
        return (
            f'<div style="{styles.TABLE_FRAME}"><table style="{styles.TABLE}">\n{inner}'
            "</table></div>\n"
        )

    def thead(self, inner: str, token: MarkdownToken) -> str:
        return f"<thead>\n{inner}</thead>\n"

    def tbody(self, inner: str, token: MarkdownToken) -> str:
        return f"<tbody>\n{inner}</tbody>\n"

    def tr(self, inner: str, token: MarkdownToken) -> str:
        return f"<tr>{inner}</tr>\n"

    def th(self, inner: str, token: MarkdownToken) -> str:
        return self._cell("th", inner, token)

    def td(self, inner: str, token: MarkdownToken) -> str:
        return self._cell("td", inner, token)

    def _cell(self, tag: str, inner: str, token: MarkdownToken) -> str:
        align = str(token.attrs.get("style", "text-align:left"))
        return f'<{tag} style="{styles.CELL};{align}">{inner}</{tag}>'
