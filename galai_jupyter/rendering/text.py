"""A generated text in; the text as HTML, Markdown, LaTeX or plain text out."""

from __future__ import annotations

from collections.abc import Sequence

from galai_jupyter.rendering import styles
from galai_jupyter.rendering.html_writer import HtmlWriter
from galai_jupyter.rendering.latex_writer import LatexWriter
from galai_jupyter.rendering.markdown_engine import clean_text
from galai_jupyter.rendering.markdown_writer import MarkdownWriter
from galai_jupyter.rendering.plain_writer import write_plain
from galai_jupyter.rendering.sanitise import is_harmless_markdown, sanitise
from galai_jupyter.rendering.seam import after_seam, segment_with_prompt
from galai_jupyter.rendering.segments import CodeBlock, Segment


def _segments(prompt: str, text: str) -> tuple[Segment, ...]:
    return segment_with_prompt(clean_text(prompt), clean_text(text))


def html_fragment(
    text: str, *, special_tokens: str = "badge", prompt: str = "", streaming: bool = False
) -> str:
    """Return what :func:`to_html` returns, not yet sanitised."""
    writer = HtmlWriter(special_tokens, streaming=streaming)
    inner = writer.write(_segments(prompt, text))
    return f'<div class="galai-text" style="{styles.ROOT}">\n{inner}</div>'


def to_html(text: str, *, special_tokens: str = "badge", prompt: str = "") -> str:
    r"""Return `text` as sanitised HTML; formulas are left to MathJax as ``\(…\)`` and ``\[…\]``.

    Parameters
    ----------
    text : str
        What was generated, special tokens included.
    special_tokens : str
        ``"badge"`` frames special tokens, ``"plain"`` shows them as they are, ``"hide"`` leaves
        them out.
    prompt : str
        What the text continues. Both are read as one text, and a mark shows where it begins.

    Examples
    --------
    >>> print(to_html("Let *x* be 1."))
    <div class="galai-text" style="overflow-wrap:break-word">
    <p>Let <em>x</em> be 1.</p>
    </div>
    """
    return sanitise(html_fragment(text, special_tokens=special_tokens, prompt=prompt))


def to_markdown(text: str, *, special_tokens: str = "badge", prompt: str = "") -> str:
    """Return `text` as Markdown with ``$`` and ``$$`` maths only; see :func:`to_html`.

    Raw HTML, images and unsafe links of the generated text are shown as text.
    """
    return _markdown(_segments(prompt, text), special_tokens)


def _markdown(segments: Sequence[Segment], special_tokens: str) -> str:
    writer = MarkdownWriter(special_tokens)
    markdown = writer.write(segments)
    if not is_harmless_markdown(markdown):
        plain = write_plain(segments, hide=special_tokens == "hide")
        markdown = writer.code_block(CodeBlock(plain, plain, "", True))
    return markdown.strip("\n") + "\n"


def to_latex(text: str, *, special_tokens: str = "badge", prompt: str = "") -> str:
    """Return `text` as the body of a LaTeX document; see :func:`to_html`."""
    return LatexWriter(special_tokens).write(_segments(prompt, text)).strip("\n") + "\n"


def to_plain(text: str, *, special_tokens: str = "badge", prompt: str = "") -> str:
    """Return `prompt` and `text` as they are, special tokens only left out with ``"hide"``."""
    return write_plain(_segments(prompt, text), hide=special_tokens == "hide")


def continuation_html(prompt: str, text: str, *, special_tokens: str = "badge") -> str:
    """Return `text` alone as HTML, not yet sanitised, although `prompt` may have begun it.

    A formula or block that `prompt` opened is shown from its beginning.
    """
    segments = after_seam(_segments(prompt, text))
    inner = HtmlWriter(special_tokens).write(segments)
    return f'<div class="galai-text" style="{styles.ROOT}">\n{inner}</div>'


def continuation_markdown(prompt: str, text: str, *, special_tokens: str = "badge") -> str:
    """Return `text` alone as Markdown, although `prompt` may have begun it."""
    return _markdown(after_seam(_segments(prompt, text)), special_tokens)
