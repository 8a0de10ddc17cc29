"""The records: texts, properties, JSON."""

import json

import pytest

from galai_jupyter.generation import (
    GeneratedSequence,
    Generation,
    ModelDescription,
)
from galai_jupyter.options import GenerationOptions
from galai_jupyter.scores import TokenAlternative, TokenScore


@pytest.fixture
def generation() -> Generation:
    tokens = (
        TokenScore(24, " Is", -0.25, (TokenAlternative(24, " Is", -0.25),)),
        TokenScore(2, "</s>", -0.5),
    )
    return Generation(
        prompt="What",
        sequences=(GeneratedSequence(" Is", tokens, "end_of_document"),),
        options=GenerationOptions(top_p=0.7, stop=("x",), seed=1),
        model=ModelDescription("mini", dtype="float32"),
        new_doc=True,
        seconds=0.5,
        notices=("cut",),
        versions={"python": "3.11"},
    )


def test_the_first_sequence_speaks_for_the_generation(generation: Generation) -> None:
    assert str(generation) == generation.text == " Is"
    assert generation.full_text == "What Is"
    assert generation.finish_reason == "end_of_document"
    assert generation.new_tokens == 2
    assert generation.tokens_per_second == 4.0
    assert generation.sequences[0].log_probability == -0.75


def test_records_survive_json(generation: Generation) -> None:
    assert Generation.from_dict(json.loads(json.dumps(generation.to_dict()))) == generation


def test_a_model_is_described_with_its_licence() -> None:
    description = ModelDescription("mini", "", "local", "float32", "cpu", 125_000_000, "CC BY-NC")
    assert str(description) == ("mini: 125.0 M parameters as float32 on cpu. Licence: CC BY-NC.")


def test_other_formats_are_refused(generation: Generation) -> None:
    with pytest.raises(ValueError, match="format 9"):
        Generation.from_dict(generation.to_dict() | {"format": 9})


def test_repr_is_one_short_line(generation: Generation) -> None:
    assert repr(generation) == "<Generation ' Is': nucleus sampling, 2 tokens, end_of_document>"
