"""Decodings in short form: what they stand for, and what is said about mistakes."""

from __future__ import annotations

import pytest

from galai_jupyter.errors import OptionError
from galai_jupyter.options import OPTIONS, GenerationOptions
from galai_jupyter.strategies import STRATEGIES, STRATEGY_OPTIONS, parse_decodings


@pytest.mark.parametrize(
    ("label", "options"),
    [
        ("greedy", {}),
        ("nucleus:0.9", {"top_p": 0.9}),
        ("top-k:40", {"top_k": 40}),
        ("top_k:40", {"top_k": 40}),
        ("sampling", {"temperature": 1.0}),
        ("sampling:0.7", {"temperature": 0.7}),
        ("contrastive", {"penalty_alpha": 0.6, "top_k": 4}),
        ("contrastive:0.5", {"penalty_alpha": 0.5, "top_k": 4}),
        ("contrastive:0.5:8", {"penalty_alpha": 0.5, "top_k": 8}),
        ("beam:5", {"num_beams": 5}),
        ("diverse:4", {"num_beams": 4, "diversity_penalty": 0.5}),
        ("diverse:4:1.5", {"num_beams": 4, "diversity_penalty": 1.5}),
        ("Greedy", {}),
    ],
)
def test_a_short_form_stands_for_options(label: str, options: dict[str, float]) -> None:
    (decoding,) = parse_decodings(label)
    assert decoding.label == label
    assert decoding.options == GenerationOptions(**options)


def test_names_and_terms_are_those_of_the_option_table() -> None:
    for name, strategy in STRATEGIES.items():
        assert strategy.term.startswith(name)
        assert {*strategy.needed, *strategy.defaults} <= set(STRATEGY_OPTIONS) <= set(OPTIONS)
    assert STRATEGIES["contrastive"].usage == "contrastive[:penalty_alpha[:top_k]]"
    assert STRATEGIES["diverse"].usage == "diverse:num_beams[:diversity_penalty]"


def test_decodings_share_all_but_the_strategy() -> None:
    common = GenerationOptions(max_new_tokens=7, stop=("x",), seed=3, top_p=0.5, num_beams=2)
    first, second = parse_decodings(" greedy , nucleus:0.9 ,", common)
    assert first.options == GenerationOptions(max_new_tokens=7, stop=("x",), seed=3)
    assert second.options == GenerationOptions(max_new_tokens=7, stop=("x",), seed=3, top_p=0.9)
    assert parse_decodings(["greedy", "nucleus:0.9"], common) == (first, second)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "for example greedy,beam:5"),
        (" , ", "for example greedy,beam:5"),
        ("greedy,beem:5", r"no decoding 'beem'\. Did you mean 'beam'\?"),
        ("contrastiv", "'contrastive'"),
        ("nothing-like-it", "There are greedy, nucleus"),
        ("beam", "beam:num_beams"),
        ("beam:", "beam:num_beams"),
        ("beam:5:3", "beam:num_beams"),
        ("greedy:1", "must be written greedy"),
        ("beam:five", "whole number"),
        ("beam:1", "raise num_beams"),
        ("diverse:3:0", "raise diversity_penalty"),
        ("nucleus:2", "0 to 1"),
        ("nucleus:0", "above 0"),
    ],
)
def test_mistakes_are_one_sentence(text: str, message: str) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        parse_decodings(text)
    assert "\n" not in str(caught.value)
