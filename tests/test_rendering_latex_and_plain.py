"""LaTeX for documents, and plain text."""

from __future__ import annotations

import pytest

from galai_jupyter.rendering import to_latex, to_plain


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        (r"Let $x$ and \[ y \] be 5% & $5.", r"Let \(x\) and \[y\] be 5\% \& \$5."),
        ("# A\n\n*b* **c**", "\\section*{A}\n\n\\emph{b} \\textbf{c}"),
        ("`a_b`", r"\texttt{a\_b}"),
        ("```\na_b\n```", "\\begin{verbatim}\na_b\n\\end{verbatim}"),
        ("```\n\\end{verbatim}\\input{x}\n```",
         "\\begin{verbatim}\n\\end {verbatim}\\input{x}\n\\end{verbatim}"),
        (r"\input{x} \write18{rm}",
         r"\textbackslash{}input\{x\} \textbackslash{}write18\{rm\}"),
        ("- a\n- b", "\\begin{itemize}\n\\item a\n\\item b\n\\end{itemize}"),
        ("2. a", "\\begin{enumerate}\n\\item[2.] a\n\\end{enumerate}"),
        ("|a|b|\n|-|-|\n|c|d|",
         "\\begin{tabular}{ll}\n\\textbf{a} & \\textbf{b} \\\\\n\\hline\nc & d \\\\\n"
         "\\end{tabular}"),
        ("[a](https://e.org/x#y)", r"\href{https://e.org/x\#y}{a}"),
        ("H[START_SUB]2[END_SUB]O", r"H\textsubscript{2}O"),
        (r"\(\ce{H2O}\)", r"\texttt{\textbackslash{}(\textbackslash{}ce\{H2O\}\textbackslash{})}"),
    ],
)  # fmt: skip
def test_latex(text: str, latex: str) -> None:
    assert to_latex(text) == latex + "\n"


def test_hidden_tokens_in_latex() -> None:
    assert to_latex("a[START_REF] B[END_REF]", special_tokens="hide") == "a (\\emph{B})\n"


def test_plain_text_is_the_text() -> None:
    text = "# *A*\n\n\\[x\\] [START_REF] B[END_REF]</s>"
    assert to_plain(text) == text
    assert to_plain(" b", prompt="a") == "a b"


def test_plain_text_without_special_tokens() -> None:
    text = (
        "a[START_REF] B, C[END_REF] x[START_SUP]25[END_SUP] y[START_SUB]ij[END_SUB] "
        "[START_DNA]AC[END_DNA]<work>d</work></s>"
    )
    assert to_plain(text, special_tokens="hide") == "a (B, C) x²⁵ y_{ij} ACd"
