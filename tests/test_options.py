"""The table of options: ranges, conflicts, spelling, records."""

import dataclasses
import json

import pytest

from galai_jupyter.errors import OptionError
from galai_jupyter.options import (
    OPTIONS,
    CiteOptions,
    CompareOptions,
    ConnectOptions,
    DisplayOptions,
    GenerationOptions,
    LoadOptions,
    PromptOptions,
    ReplayOptions,
    RunOptions,
    build_options,
    find_option,
)


def test_every_option_is_one_row_and_one_field() -> None:
    records = (
        GenerationOptions,
        PromptOptions,
        CiteOptions,
        DisplayOptions,
        LoadOptions,
        CompareOptions,
        ReplayOptions,
        RunOptions,
        ConnectOptions,
    )
    names = [entry.name for record in records for entry in dataclasses.fields(record)]
    assert sorted(names) == sorted(OPTIONS)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_has_a_flag_a_type_and_a_sentence(name: str) -> None:
    option = OPTIONS[name]
    assert option.flag == "--" + name.replace("_", "-")
    assert option.type in (int, float, str, bool)
    assert option.help.endswith(".")
    option.check(option.default)


@pytest.mark.parametrize(
    ("options", "strategy"),
    [
        ({}, "greedy"),
        ({"top_p": 0.7}, "nucleus sampling"),
        ({"top_k": 10}, "top-k sampling"),
        ({"temperature": 0.5}, "sampling"),
        ({"num_beams": 5}, "beam search"),
        ({"num_beams": 5, "diversity_penalty": 0.5}, "diverse beam search"),
        ({"penalty_alpha": 0.6, "top_k": 4}, "contrastive search"),
    ],
)
def test_options_choose_the_strategy(options: dict, strategy: str) -> None:
    assert GenerationOptions(**options).checked().strategy == strategy


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"top_p": 1.5}, "top_p"),
        ({"top_p": 0.0}, "top_p"),
        ({"top_p": float("nan")}, "top_p"),
        ({"top_k": 0}, "top_k"),
        ({"top_k": 2.5}, "top_k"),
        ({"max_new_tokens": 0}, "max_new_tokens"),
        ({"max_new_tokens": 2048}, "max_new_tokens"),
        ({"max_new_tokens": True}, "max_new_tokens"),
        ({"temperature": 0.0}, "temperature"),
        ({"num_beams": 5, "top_k": 3}, "top_k"),
        ({"num_beams": 2, "num_return_sequences": 3}, "num_beams"),
        ({"num_return_sequences": 3}, "num_return_sequences"),
        ({"stop": ("",)}, "stop"),
        ({"stop": "text"}, "stop"),
        ({"seed": -1}, "seed"),
        ({"penalty_alpha": 0.6}, "top_k"),
        ({"penalty_alpha": 1.6, "top_k": 4}, "penalty_alpha"),
        ({"penalty_alpha": 0.6, "top_k": 4, "num_beams": 2}, "num_beams"),
        ({"penalty_alpha": 0.6, "top_k": 4, "top_p": 0.5}, "top_p"),
        ({"penalty_alpha": 0.6, "top_k": 4, "num_return_sequences": 2}, "num_return_sequences"),
        ({"diversity_penalty": 0.5}, "num_beams"),
        ({"num_beams": 4, "num_beam_groups": 3, "diversity_penalty": 0.5}, "num_beam_groups"),
        ({"num_beams": 4, "num_beam_groups": 2}, "diversity_penalty"),
        ({"min_new_tokens": 9, "max_new_tokens": 5}, "min_new_tokens"),
    ],
)
def test_bad_values_are_refused_by_name(options: dict, named: str) -> None:
    with pytest.raises(OptionError, match=named):
        GenerationOptions(**options).checked()


def test_options_are_found_by_name_and_flag() -> None:
    for spelling in ("top_p", "top-p", "--top-p", "--top_p"):
        assert find_option(spelling) is OPTIONS["top_p"]
    with pytest.raises(OptionError, match="'--top-p'"):
        find_option("--topp")


def test_values_are_parsed_and_checked() -> None:
    assert OPTIONS["top_p"].parse("0.7") == 0.7
    assert OPTIONS["top_k"].parse("4") == 4
    for name, text in (("top_k", "4.5"), ("top_p", "much"), ("special_tokens", "neon")):
        with pytest.raises(OptionError, match=name.replace("_", ".")):
            OPTIONS[name].parse(text)


def test_records_take_what_is_theirs() -> None:
    values = {"top_p": 0.5, "task": "cite", "special_tokens": "hide", "dtype": "float32"}
    assert build_options(GenerationOptions, values) == GenerationOptions(top_p=0.5)
    assert build_options(PromptOptions, values).task == "cite"
    assert build_options(DisplayOptions, values).special_tokens == "hide"
    assert build_options(LoadOptions, values).dtype == "float32"


def test_options_survive_json() -> None:
    options = GenerationOptions(top_p=0.5, stop=("a", "b"), seed=3)
    assert GenerationOptions.from_dict(json.loads(json.dumps(options.to_dict()))) == options
    assert GenerationOptions().to_dict() == {}


@pytest.mark.parametrize(
    ("given", "decoding"),
    [
        ({}, {"num_return_sequences": 3, "num_beams": 3}),
        ({"num_beams": 8}, {"num_return_sequences": 3, "num_beams": 8}),
        ({"num_beams": 2}, {"num_return_sequences": 3, "num_beams": 3}),
        ({"top_p": 0.9}, {"num_return_sequences": 3}),
    ],
)
def test_suggestions_are_beams_unless_they_are_drawn(given: dict, decoding: dict) -> None:
    assert CiteOptions(suggestions=3).decoding(given) == decoding
    GenerationOptions(**(given | decoding)).checked()


def test_a_range_may_have_one_end_only() -> None:
    assert OPTIONS["threshold"].range == "at most 0"
    assert OPTIONS["seed"].range == "at least 0"
    with pytest.raises(OptionError, match=r"at most 0, not 0\.5"):
        OPTIONS["threshold"].parse("0.5")
