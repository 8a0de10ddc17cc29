"""A text becomes a tree of segments."""

from __future__ import annotations

import pytest

from galai_jupyter.rendering.segmenter import segment
from galai_jupyter.rendering.segments import (
    Block,
    CodeBlock,
    CodeSpan,
    Formula,
    Literally,
    RawFormula,
    Segment,
    Sequence,
    Span,
    Text,
    Token,
)


def formulas(text: str) -> list[str]:
    return [piece.tex for piece in segment(text) if isinstance(piece, Formula)]


def code(text: str) -> list[str]:
    return [piece.code for piece in segment(text) if isinstance(piece, (CodeBlock, CodeSpan))]


def kinds(text: str) -> list[type[Segment]]:
    return [type(piece) for piece in segment(text)]


def test_a_text_without_anything_special_is_one_segment() -> None:
    assert segment("Let *x* be.") == (Text("Let *x* be."),)
    assert segment("") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\(a\) $b$ \[c\] $$d$$", ["a", "b", "c", "d"]),
        (r"\begin{align}a\end{align}", [r"\begin{align}a\end{align}"]),
        (r"\[ \text{if \(b\)} \\[2pt] c \]", [r" \text{if \(b\)} \\[2pt] c "]),
        (r"\begin{equation}\begin{split}a\end{split}\end{equation}",
         [r"\begin{equation}\begin{split}a\end{split}\end{equation}"]),
        (r"\( a and \(b\)", ["b"]),
        ("\\[ a\n\nprose\n\n\\[ b \\]", [" b "]),
        ("\\( a\n\n b\\)", []),
        ("> \\[\n> a > b\n> \\]", ["\n a > b\n "]),
        (r"\\(a\\)", []),
        (r"`\(a\)` \(b\)", ["b"]),
        (r"3$\times$3, $n$th, $a$$b$", [r"\times", "n", "a", "b"]),
        (r"$ \alpha $ but $ a $", [r" \alpha "]),
        (r"\displaymath \begin{displaymath}a\end{displaymath}", ["a"]),
    ],
)  # fmt: skip
def test_formulas(text: str, expected: list[str]) -> None:
    assert formulas(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A bat costs $1.10 and a ball costs $0.05 more; the total is $2.25.",
        "Prices of $5-$10, $5/$6, US$5, A$10, ($5)/($6).",
        "It costs $5 million, or 6$ less, and $7 more.",
        "$5 for the hat and the bat, 7$ in all",
        "$5/month vs. $6/month, 5$-10$",
        "$PATH:$HOME and $foo bar baz$",
        r"\$5 and \$6",
    ],
)
def test_prices_and_shell_variables_are_no_formulas(text: str) -> None:
    assert formulas(text) == []
    assert RawFormula not in kinds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`a`", ["a"]),
        ("`` a ` b ``", ["a ` b"]),
        ("`a\n\nb`", []),
        ("`a\n- b`", []),
        (r"\`a`", []),
        ("``quoted'' and ``again''", []),
        ("```python\na\n```", ["a\n"]),
        ("~~~\na\n~~~", ["a\n"]),
        ("Answer: ```python\na\n```", ["a\n"]),
        ("````\n```\n````", ["```\n"]),
        ("1. x\n   ```\n   a\n     b\n   ```", ["a\n  b\n"]),
        ("> ```\n> a\n> ```\n> b", ["a\n"]),
        ("> ```\n> a\n\nb", ["a\n"]),
        ("```python\na", ["a"]),
        ("no fence ```\n\nat all", []),
        ("text ```", []),
        ("<work>```\na\n</work>b", []),
        ("```\n<work>\na\n</work>\n```", ["<work>\na\n</work>\n"]),
        ("```\na\n</s>b", ["a\n"]),
    ],
)
def test_code(text: str, expected: list[str]) -> None:
    assert code(text) == expected


def test_a_code_block_knows_its_language_and_whether_it_ends() -> None:
    block = segment("```python title=x\na\n```")[0]
    assert isinstance(block, CodeBlock)
    assert (block.language, block.closed) == ("python", True)
    open_block = segment("```c++\na")[0]
    assert isinstance(open_block, CodeBlock)
    assert (open_block.language, open_block.closed) == ("c++", False)


def test_references_hold_text_maths_and_scripts_but_no_markdown() -> None:
    text = "[START_REF] A_b *x* $n$ CO[START_SUB]2[END_SUB], Li[END_REF]"
    assert segment(text) == (
        Span(
            "reference",
            (
                Literally(" A_b *x* "),
                Formula("$n$", "n", False),
                Literally(" CO"),
                Span("subscript", (Literally("2"),)),
                Literally(", Li"),
            ),
        ),
    )


def test_work_holds_everything() -> None:
    (block,) = segment("<work>a\n\n```\nb\n```\n[START_REF] c[END_REF]</work>")
    assert isinstance(block, Block)
    assert [type(child) for child in block.children] == [Text, CodeBlock, Text, Span]


def test_sequences_are_verbatim() -> None:
    assert segment(r"[START_SMILES]C\[N+](=O)$[END_SMILES]") == (
        Sequence("SMILES", r"C\[N+](=O)$", closed=True),
    )


def test_an_open_sequence_ends_with_the_word() -> None:
    assert segment("[START_DNA]ACGT and") == (
        Sequence("DNA", "ACGT", closed=False),
        Text(" and"),
    )
    assert segment("[START_DNA][START_AMINO]") == (Token("[START_DNA]"), Token("[START_AMINO]"))


@pytest.mark.parametrize("text", ["</work>", "<work>", "[END_REF]", "[START_REF]", "[IMAGE]"])
def test_a_token_without_partner_stays_a_token(text: str) -> None:
    assert segment(f"a {text} b") == (Text("a "), Token(text), Text(" b"))


def test_a_reference_does_not_reach_over_a_paragraph_or_out_of_work() -> None:
    assert Span not in kinds("[START_REF] a\n\nb[END_REF]")
    assert Span not in kinds("[START_REF] a <work> b[END_REF]")
    assert Block in kinds("[START_REF] a <work> b[END_REF]</work>")


def test_unclosed_maths_keeps_its_letters_and_swallows_nothing() -> None:
    pieces = segment("\\[ a_* **b** `c` \\(d\\)\n\n*e*")
    assert [type(piece) for piece in pieces if not isinstance(piece, (Text, Literally))] == [
        CodeSpan,
        Formula,
    ]
    assert Literally("_") in pieces and Literally("*") in pieces
    assert pieces[-1] == Text("\n\n*e*")


@pytest.mark.parametrize("unit", ["<work>", "[START_REF]", "[START_SUP]", "<fragments>"])
def test_the_tree_stays_shallow(unit: str) -> None:
    closing = unit.replace("START", "END") if "START" in unit else "</" + unit[1:]
    text = unit * 5000 + closing * 5000

    def depth(pieces: tuple[Segment, ...]) -> int:
        children = [depth(p.children) for p in pieces if isinstance(p, (Span, Block))]
        return 1 + max(children, default=0)

    assert depth(segment(text)) < 20
    assert "".join(piece.source for piece in segment(text)) == text
