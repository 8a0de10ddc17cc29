"""How likely texts are: a table of scores and a token view with log-probabilities."""

from __future__ import annotations

import math

from galai_jupyter.generation import GeneratedSequence, Generation, ModelDescription
from galai_jupyter.rendering import generation_bundle
from galai_jupyter.rendering.token_view import nats
from galai_jupyter.scores import TokenScore

TOKENS = (TokenScore(5, " a|", math.log(0.5)), TokenScore(6, "`<b>`", math.log(0.125)))
WRITTEN = Generation(
    "x", (GeneratedSequence(" a|`<b>`", TOKENS, "max_new_tokens"),), model=ModelDescription("mini")
)
GIVEN = Generation(
    "x:",
    (
        GeneratedSequence(" a|`<b>`", TOKENS, "given"),
        GeneratedSequence(" a|", TOKENS[:1], "given"),
    ),
    model=ModelDescription("mini"),
    seconds=1.0,
)


def test_scores_are_shown_when_asked() -> None:
    plain, html = (
        generation_bundle(WRITTEN, html=True)[kind] for kind in ("text/plain", "text/html")
    )
    assert "perplexity" not in plain + html
    bundle = generation_bundle(WRITTEN, html=True, scores=True)
    assert bundle["text/plain"].split("\n")[2:] == [
        "   text     tokens  perplexity  sum    mean   minimum",
        "1  a|`<b>`  2       4           -2.77  -1.39  -2.08",
        "",
        "   -0.69   50.0 %  ▁a|",
        "   -2.08   12.5 %  `<b>`",
    ]
    for kind in ("text/html", "text/markdown"):
        for shown in ("perplexity", "-2.77", "-1.39", "-2.08", "-0.69"):
            assert shown in bundle[kind].replace("\\-", "-")
        assert "<b>" not in bundle[kind].replace("`` `<b>` ``", "").replace("`<b>`", "")


def test_the_token_view_has_log_probabilities() -> None:
    html = generation_bundle(WRITTEN, html=True, scores=True)["text/html"]
    assert '>▁a|<sub style="font-size:75%">-0.69</sub></span>' in html
    assert "natural" in html


def test_a_given_text_always_shows_its_scores_and_that_it_was_given() -> None:
    bundle = generation_bundle(GIVEN, html=True)
    for kind in ("text/plain", "text/html", "text/markdown"):
        assert "perplexity" in bundle[kind] and "2 of 2" in bundle[kind]
    footer = bundle["text/html"].split("<footer")[1]
    assert "mini" in footer and "greedy" not in footer and "tokens/s" not in footer
    assert "given, not generated" in bundle["text/html"]


def test_a_text_without_tokens_has_scores_too() -> None:
    empty = Generation("x", (GeneratedSequence("", (), "interrupted"),))
    bundle = generation_bundle(empty, html=True, scores=True)
    assert bundle["text/plain"].split("\n")[3].split() == ["1", "0", "1", "0.00", "0.00", "0.00"]


def test_near_certainty_has_no_sign() -> None:
    assert (nats(-0.001), nats(-0.006), nats(-10.004)) == ("0.00", "-0.01", "-10.00")
