"""Every token in a box of its own."""

from __future__ import annotations

import math

import pytest

from galai_jupyter.generation import GeneratedSequence, Generation
from galai_jupyter.rendering import prompt_tokens_bundle, tokens_bundle, tokens_html
from galai_jupyter.rendering.token_view import visible_token
from galai_jupyter.scores import TokenAlternative, TokenScore

SURE = TokenScore(10, " the", math.log(0.9), (TokenAlternative(11, " <b>", math.log(0.05)),))
UNSURE = TokenScore(12, "\n", math.log(0.1))


@pytest.mark.parametrize(
    ("text", "shown"),
    [(" a b", "▁a▁b"), ("\n", "\\n"), ("\t\r", "\\t\\r"), ("", "…"), ("\x07", "\\u0007")],
)
def test_nothing_is_invisible(text: str, shown: str) -> None:
    assert visible_token(text) == shown


def test_a_token_shows_its_probability_as_a_number_and_as_a_shade() -> None:
    html = tokens_html([SURE, UNSURE])
    assert '>▁the<sub style="font-size:75%">90</sub></span>' in html
    assert '>\\n<sub style="font-size:75%">10</sub></span><br>' in html
    assert "rgba(127, 127, 127, 0.04)" in html or "rgba(127,127,127,0.04)" in html
    assert html.count("0.4") >= 1


def test_alternatives_are_in_the_tooltip() -> None:
    assert 'title="90.0 %, log-probability -0.11, id 10\n▁<b>  5.0 %"' in tokens_html(
        [SURE]
    ).replace("&lt;", "<").replace("&gt;", ">")


def test_mathjax_leaves_tokens_alone() -> None:
    html = tokens_html([TokenScore(1, "$x$", -1.0)], legend=False)
    assert html.startswith('<div class="galai-tokens mathjax_ignore tex2jax_ignore"')
    assert "Small numbers" in tokens_html([SURE])


def test_all_sequences_of_a_generation_are_shown() -> None:
    sequences = (
        GeneratedSequence(" the", (SURE,), "max_new_tokens"),
        GeneratedSequence("\n", (UNSURE,), "max_new_tokens"),
    )
    bundle = tokens_bundle(Generation("a", sequences))
    assert list(bundle) == ["text/plain", "text/html"]
    assert bundle["text/plain"].split("\n") == [
        "--- 1 of 2 ---",
        "  90.0 %  ▁the",
        "--- 2 of 2 ---",
        "  10.0 %  \\n",
    ]
    assert "2 of 2" in bundle["text/html"]


def test_a_prompt_shows_ids_budget_and_what_was_normalised() -> None:
    bundle = prompt_tokens_bundle(
        [(7, "ﬁ"), (9, " x")], normalised=[("ﬁ", "fi")], budget=100, max_new_tokens=60
    )
    assert bundle["text/plain"].split("\n") == [
        "2 tokens of 100; with max_new_tokens=60, 38 are left.",
        "NFKC normalisation changed 'ﬁ' → 'fi'.",
        "     7  ﬁ",
        "     9  ▁x",
    ]
    assert 'title="id 9"' in bundle["text/html"]


def test_a_prompt_that_is_too_long_says_what_will_happen() -> None:
    text = prompt_tokens_bundle([(7, "a")] * 50, budget=100)["text/plain"]
    assert text.startswith(
        "50 tokens of 100; with max_new_tokens=60, 10 are too many: "
        "they will be cut from the left end of the prompt."
    )
