"""Prompt and continuation are one text, and are told apart."""

from __future__ import annotations

import pytest

from galai_jupyter.options import PromptOptions
from galai_jupyter.prompts import TASKS, build_prompt
from galai_jupyter.rendering import to_html, to_latex, to_markdown
from galai_jupyter.rendering.seam import after_seam, segment_with_prompt
from galai_jupyter.rendering.segments import Block, Formula, Literally, Seam, Span, Text


def html_without_seam(text: str, prompt: str) -> str:
    """Return the HTML with the mark, and a paragraph of its own, taken out."""
    html = to_html(text, prompt=prompt)
    start = html.index('<span title="The prompt ends')
    end = html.index("▸</span>") + len("▸</span>")
    return same(html[:start] + html[end:]).replace("<p></p>", "")


def same(html: str) -> str:
    """Return HTML without white space."""
    return "".join(html.split())


CONTINUATIONS = {
    "cite": (" Attention is All you Need, Vaswani[END_REF] is *good*.", "<cite>"),
    "reason": ("\nWe add \\(2+2\\).\n\n```python\nx = 4\n```\n</work>\n\nAnswer: 4", "<details"),
    "answer": (" It is \\(4\\).\n\n- a\n- b", "<ul>"),
    "article": (" Denoising is **hard**.\n\n## Methods\n\nb", "<h2>Methods</h2>"),
    "lecture": ("# First part\n\nb", "<h1>First part</h1>"),
    "paper": ("Authors: A\n\n# Abstract\n\nb", "<h1>Abstract</h1>"),
    "review": ("\nWe review.\n\n# 1. Introduction", "<h1>1. Introduction</h1>"),
    "formula": ("\n\\zeta(s) = \\sum_n n^{-s}\n\\]\n\nwhere *s* is complex.", "galai-math"),
    "summarise": (" It *works*.", "<em>works</em>"),
    "entities": ("A, B, and $x_1$.", "galai-math"),
    "molecule": ("C[N+](C)(C)CC(=O)[O-][END_SMILES]\n\n# A", "<h1>A</h1>"),
    "isomeric-molecule": ("C(C)(=O)C\\*C*[END_I_SMILES]", "[END_I_SMILES]"),
    "describe-molecule": (" acetone:\n\n* a", "<ul>"),
    "protein-keywords": ("\n\n- a\n- b", "<ul>"),
    "translate": (" ```python\ndef f(x):\n    return x\n```", "<pre"),
    "instruct": ("\n1. a\n2. b", "<ol>"),
    "instruct-scientist": ("\n$$E = mc^2$$ [START_REF] A, B[END_REF]", "<cite>"),
    "instruct-code": ("\nx = 1\n```\nDone.", "<pre"),
}


@pytest.mark.parametrize("task", TASKS)
def test_every_template_is_continued_as_one_text(task: str) -> None:
    prompt = build_prompt("The Riemann zeta function", PromptOptions(task=task)).text
    text, expected = CONTINUATIONS[task]
    html = html_without_seam(text, prompt)
    assert html == same(to_html(prompt + text))
    assert same(expected) in html


def test_the_mark_stands_before_the_first_generated_word() -> None:
    segments = segment_with_prompt("A is", " b.")
    assert segments == (Text("A is "), Seam(), Text("b."))


def test_without_a_prompt_or_a_continuation_there_is_no_mark() -> None:
    for prompt, text in (("", "a"), ("a", ""), ("a", "\n ")):
        assert Seam() not in segment_with_prompt(prompt, text)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a\n\n", "# b"),
        ("a\n\n", "- b\n- c"),
        ("a\n\n", "1. b"),
        ("a\n\n", "> b"),
        ("| a |\n", "|---|\n| b |"),
        ("| a |\n|---|\n", "| b |"),
        ("| a |\n|---|", "\n| b |"),
        ("a\n", "---\n\nb"),
        ("a\n", "===\n\nb"),
        ("a\n\n", "```py\nb\n```"),
        ("*", "*b** c"),
        ("**b", "** c"),
        ("a\\", "*b*"),
        ("[a](https://", "e.org) b"),
        ("<https://e.", "org> b"),
        ("| a |\n|-", "--|\n| b |"),
        ("a\n-", "--\nb"),
        ("    a", "bc\n"),
        ("# ", "a"),
        ("-", " a"),
    ],
)
def test_the_mark_changes_nothing_else(prompt: str, text: str) -> None:
    assert html_without_seam(text, prompt) == same(to_html(prompt + text))


def test_inside_a_formula_or_code_the_mark_stands_in_front() -> None:
    segments = segment_with_prompt("so \\[ a = ", "b \\]")
    assert segments == (
        Text("so "),
        Seam(inside=True),
        Formula("\\[ a = b \\]", " a = b ", True),
    )
    assert "The prompt ends inside what follows" in to_html("b\n```", prompt="```\na")


def test_the_mark_goes_into_references_and_work() -> None:
    (reference,) = segment_with_prompt("[START_REF]", " A[END_REF]")
    assert reference == Span("reference", (Literally(" "), Seam(), Literally("A")))
    (work,) = segment_with_prompt("<work>", "a</work>")
    assert work == Block("work", (Seam(), Text("a")))


def test_the_mark_in_other_formats() -> None:
    assert to_markdown(" b", prompt="a") == "a $\\triangleright$ b\n"
    assert to_latex(" b", prompt="a") == "a \\(\\triangleright\\) b\n"


def test_the_continuation_alone_keeps_what_the_prompt_opened() -> None:
    assert after_seam(segment_with_prompt("a\n\\[", "b\\] c")) == (
        Formula("\\[b\\]", "b", True),
        Text(" c"),
    )
    assert after_seam(segment_with_prompt("a <work>b", " c</work>")) == (
        Block("work", (Text("c"),)),
    )
