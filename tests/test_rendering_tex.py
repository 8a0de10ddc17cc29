"""Which formulas are typeset, and how they are prepared."""

from __future__ import annotations

import pytest

from galai_jupyter.rendering.tex import extensions, prepare
from galai_jupyter.rendering.tex_export import for_latex, for_markdown


@pytest.mark.parametrize(
    "tex",
    [
        r"L_{i}^{*} = a_i * b_j",
        r"\begin{pmatrix} a & b \\[2pt] c & d \end{pmatrix}",
        r"\textrm{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right)V",
        r"\sum\limits_{i=1}^n \operatorname*{arg\,max}_\theta f'(x)",
        r"\text{if $x > 0$ or \(y\)}",
        r"{n \choose k} \frac12 \sqrt\alpha \sqrt[3]{x}",
        r"\left\{ x \middle| y \right.",
        r"\begin{array}{c|c} a & b \\ \hline c & d \end{array}",
        "α ≤ ∑",
    ],
)
def test_scientific_formulas_stay_as_they_are(tex: str) -> None:
    assert prepare(tex, display=True) == tex


@pytest.mark.parametrize(
    "tex",
    [
        r"\frac{a}",
        "x^2^3",
        "x_",
        "{a",
        "a}",
        r"\left( a",
        r"\right) a",
        "a & b",
        r"\begin{align} a \end{gather}",
        r"\begin{align} a \end{align} \begin{align} b \end{align}",
        r"\limits_x",
        r"\unknown",
        "#1",
        r"\begin{theorem} a \end{theorem}",
        r"a \tag{1} \tag{2}",
        "x" * 5001,
        "{" * 100 + "}" * 100,
        "",
        "  ",
    ],
)
def test_what_mathjax_would_call_an_error_is_not_typeset(tex: str) -> None:
    assert prepare(tex, display=True) is None


@pytest.mark.parametrize(
    "command",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\url{https://example.org}",
        r"\style{position:fixed}{x}",
        r"\class{a}{x}",
        r"\cssId{a}{x}",
        r"\bbox[red]{x}",
        r"\def\x{1}",
        r"\newcommand{\x}{1}",
        r"\let\frac\href",
        r"\require{html}",
        r"\mmlToken{mi}{x}",
        r"\unicode{x41}",
        r"\text{\href{a}{b}}",
        r"\includegraphics{x}",
        r"\input{x}",
        r"\rule{99em}{99em}",
        r"\raise 99em x",
        r"\llap{x}",
        r"\smash{x}",
        r"\hspace{-99em}",
        r"\\[-99em]",
        r"\Huge x",
        r"\!" * 31,
    ],
)
def test_what_could_do_harm_is_not_typeset(command: str) -> None:
    assert prepare(command, display=True) is None


def test_a_tag_or_a_display_environment_needs_a_line_of_its_own() -> None:
    for tex in (r"a \tag{1}", r"\begin{align} a \end{align}"):
        assert prepare(tex, display=True)
        assert prepare(tex, display=False) is None


@pytest.mark.parametrize(
    ("tex", "prepared"),
    [
        (r"a \label{eq:1} b", "a  b"),
        (r"a = \eqref{eq:1}", r"a = \text{(eq:1)}"),
        (r"\bm{x} \in \R^n", r"\boldsymbol{x} \in \mathbb{R}^n"),
        ("a % comment\n+ b", "a + b"),
        ("50% of x", r"50\% of x"),
        ("x[START_SUP]2[END_SUP]", "x^{2}"),
        (r"\begin{flalign} a \end{flalign}", r"\begin{align} a \end{align}"),
    ],
)
def test_what_mathjax_lacks_is_replaced(tex: str, prepared: str) -> None:
    assert prepare(tex, display=True) == prepared


def test_chemistry_asks_for_its_extension() -> None:
    assert extensions(r"\ce{CO2} + \ce{H2O}") == ["mhchem"]
    assert extensions(r"\frac{a}{b}") == []


@pytest.mark.parametrize(
    ("tex", "markdown"),
    [
        ("\n a\n + b ", "a + b"),
        (
            r"\begin{align*} a &= b \tag{1} \end{align*}",
            r"\begin{aligned} a &= b \qquad(1) \end{aligned}",
        ),
        (r"\begin{equation} a \nonumber \end{equation}", "a"),
        (r"\text{if $x$}", r"\text{if \(x\)}"),
        ("a<b ![x](http://e.org)", "a< b ! [x] (http://e.org)"),
    ],
)
def test_formulas_for_markdown_stand_on_one_line_between_dollars(tex: str, markdown: str) -> None:
    assert for_markdown(tex) == markdown


def test_formulas_in_tables_hold_no_bar() -> None:
    assert for_markdown(r"|a| \|b\|", in_table=True) == r"\vert a\vert \Vert b\Vert"


def test_formulas_for_latex_have_delimiters_unless_they_are_displays() -> None:
    assert for_latex(r"a \lt b", display=False) == r"\(a < b\)"
    assert for_latex("a\n= b", display=True) == r"\[a = b\]"
    align = r"\begin{align} a &= b \end{align}"
    assert for_latex(align, display=True) == f"\n{align}\n"
    assert for_latex("x " + align, display=True) == (r"\[x \begin{aligned} a &= b \end{aligned}\]")
