"""Markdown for front-ends that choose it, and for pandoc."""

from __future__ import annotations

import pytest

from galai_jupyter.rendering import to_markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        (r"Let \(x\) and \[ y \] be.", "Let $x$ and \n$$y$$\n be."),
        ("$5 and $x$", r"<span>\$</span>5 and $x$"),
        (r"3$\times$3", r"3$\times$<span></span>3"),
        (r"\begin{align}a&=b\end{align}", r"$$\begin{aligned}a&=b\end{aligned}$$"),
        (r"| a |" + "\n|---|\n" + r"| \(|x|\) |", "| a |\n| --- |\n| $\\vert x\\vert$ |"),
        (r"`\(x\)`", r"`\(x\)`"),
        ("`` a`b ``", "``a`b``"),
        ("Answer: ```python\nx\n```", "Answer:\n\n```python\nx\n```"),
        ("# A\n\n- *b*\n- **c**\n\n1. d", "# A\n\n- *b*\n- **c**\n\n1. d"),
        ("- a\n\n  b\n- c", "- a\n\n  b\n\n- c"),
        ("> a\n> b", "> a\n> b"),
        ("a  \nb", "a\\\nb"),
        ("[a](https://e.org/x_y)", "[a](https://e.org/x_y)"),
        ("a[START_REF] T_i *t*, A[END_REF]",
         "a<samp>[START_REF]</samp> *T_i \\*t\\*, A* <samp>[END_REF]</samp>"),
        ("10[START_SUP]-3[END_SUP]", "10$^{-3}$"),
        ("[START_DNA]ACGT[END_DNA]", "`[START_DNA]ACGT[END_DNA]`"),
        ("<work>a</work>", "> <samp>&lt;work&gt;</samp>\n>\n> a\n>\n> <samp>&lt;/work&gt;</samp>"),
    ],
)  # fmt: skip
def test_markdown(text: str, markdown: str) -> None:
    assert to_markdown(text) == markdown + "\n"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y&gt;"),
        ("![a](https://e.org/i.png)", "\\![a&#93;(https://e.org/i.png)"),
        ("[a](javascript:b)", "[a&#93;(javascript:b)"),
        ("[a]: javascript:b", "[a&#93;: javascript:b"),
        (r"\(a ![x](http://e.org/p.png)\)", "$a ! [x] (http://e.org/p.png)$"),
        ("!<http://e.org>", "\\![http://e.org](http://e.org)"),
        ("&lt;b&gt;", "&lt;b&gt;"),
        ("#include\n+ a\n1986\\. b", "\\#include\n\n+ a\n  1986\\. b"),
        (r"\ref{a} \(", r"<span>&#92;</span>ref\{a} <span>&#92;</span>("),
        ("a ` b", "a &#96; b"),
    ],
)
def test_text_that_is_no_markup_stays_text(text: str, markdown: str) -> None:
    assert to_markdown(text) == markdown + "\n"


def test_hidden_tokens_leave_readable_text() -> None:
    assert to_markdown("a[START_REF] B[END_REF]</s>c", special_tokens="hide") == (
        "a (*B*)\n\n---\n\nc\n"
    )
