"""References: opened, extracted, read with their scores, each once."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.generation import GeneratedSequence, Reference
from galai_jupyter.model import Model
from galai_jupyter.options import LoadOptions
from galai_jupyter.references import (
    extract_references_from_text,
    open_reference,
    rank_references,
    read_reference,
    without_repeats,
)
from galai_jupyter.scores import TokenScore
from galai_jupyter.session import get_session


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("The Transformer", "The Transformer [START_REF]"),
        ("The Transformer  ", "The Transformer [START_REF]"),
        ("A formula\n\n", "A formula\n\n[START_REF]"),
        ("", "[START_REF]"),
        ("See [START_REF] ", "See [START_REF]"),
        ("See [START_REF] A, B[END_REF]", "See [START_REF] A, B[END_REF] [START_REF]"),
    ],
)
def test_a_reference_is_opened_once(text: str, opened: str) -> None:
    assert open_reference(text) == opened
    assert open_reference(opened) == opened


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One [START_REF] A, B[END_REF] two [START_REF] C,\nD[END_REF].", ["A, B", "C,\nD"]),
        ("never closed [START_REF] A, B", []),
        ("closed only A, B[END_REF]", []),
        ("[START_REF] lost [START_REF] A, B[END_REF]", ["A, B"]),
        ("[START_REF][END_REF]", [""]),
        ("none", []),
    ],
)
def test_references_are_extracted_from_text(text: str, found: list[str]) -> None:
    assert extract_references_from_text(text) == found


def sequence(text: str, *scores: float) -> GeneratedSequence:
    tokens = tuple(TokenScore(0, "", score) for score in scores)
    return GeneratedSequence(text, tokens, "stop_string")


def test_a_reference_is_read_with_its_scores() -> None:
    reference = read_reference("x [START_REF]", sequence(" A, tale, Name[END_REF]", -1, -3, -2))
    assert (reference.title, reference.author) == ("A, tale", "Name")
    assert reference.log_probability == -6
    assert reference.mean_log_probability == -2
    assert reference.min_log_probability == -3
    assert reference.complete and str(reference) == "A, tale, Name"


@pytest.mark.parametrize(
    ("text", "title", "author", "complete"),
    [
        (" A title[END_REF]", "A title", "", True),
        (" A title, Na", "A title", "Na", False),
        ("[END_REF]", "", "", True),
        ("", "", "", False),
        (" Lost [START_REF] A title, Na[END_REF]", "A title", "Na", True),
    ],
)
def test_odd_references_are_read_too(text: str, title: str, author: str, complete: bool) -> None:
    reference = read_reference("[START_REF]", sequence(text))
    assert (reference.title, reference.author, reference.complete) == (title, author, complete)
    assert reference.log_probability == 0


def test_what_the_prompt_began_belongs_to_the_reference() -> None:
    reference = read_reference("x [START_REF] Attention", sequence(" is All, V[END_REF]", -1))
    assert reference.title == "Attention is All"


def test_repeats_are_dropped_whatever_their_case_and_punctuation() -> None:
    first = Reference("The amyloid hypothesis.", "Selkoe", log_probability=-1)
    again = Reference("The Amyloid Hypothesis", "Selkoe", log_probability=-2)
    other = Reference("The amyloid hypothesis", "Hardy")
    assert without_repeats([first, again, other]) == [first, other]


def test_a_beginning_of_a_complete_reference_is_dropped() -> None:
    whole = Reference("The amyloid hypothesis", "Hardy")
    part = Reference("The amyloid", complete=False)
    lone = Reference("Something else", complete=False)
    assert without_repeats([part, whole, lone]) == [whole, lone]


def test_the_likeliest_reference_is_the_first_and_unfinished_ones_are_last() -> None:
    unlikely, likely = Reference("A", log_probability=-5), Reference("B", log_probability=-1)
    unfinished = Reference("C", log_probability=-0.1, complete=False)
    assert rank_references([unfinished, unlikely, likely]) == [likely, unlikely, unfinished]


def test_suggestions_are_ranked_records_of_distinct_papers() -> None:
    engine = ScriptedEngine([" A long title, Name[END_REF]", " B, Name[END_REF]"])
    found = Model(engine).suggest_references("The paper", suggestions=3)
    assert [str(reference) for reference in found] == ["B, Name", "A long title, Name"]
    tokens = len(" B, Name") + 1
    assert found[0].log_probability == pytest.approx(tokens * math.log(0.5))
    assert found[0].min_log_probability == pytest.approx(math.log(0.5))
    texts, options = engine.requests[0]
    assert texts == ["The paper [START_REF]"]
    assert (options.num_beams, options.stop) == (3, ("[END_REF]",))


def test_a_threshold_abstains() -> None:
    model = Model(ScriptedEngine([" A long title, Name[END_REF]", " B, Name[END_REF]"]))
    sure = 9 * math.log(0.5) - 1e-9
    kept = model.suggest_references("The paper", suggestions=2, threshold=sure)
    assert [reference.title for reference in kept] == ["B"]
    assert model.suggest_references("The paper", threshold=-1) == []


def test_a_threshold_does_not_let_unfinished_references_through() -> None:
    model = Model(ScriptedEngine([" A title that never ends"]))
    assert not model.suggest_references("x", 1, max_new_tokens=5)[0].complete
    assert model.suggest_references("x", 1, max_new_tokens=5, threshold=-100) == []


def test_a_real_model_suggests_distinct_papers_in_order(checkpoint: Path) -> None:
    for name in (str(checkpoint), "demo"):
        model = get_session().load(name, LoadOptions(device="cpu", dtype="float32"))
        found = model.suggest_references("The Transformer", diversity_penalty=0.5)
        assert 1 <= len({str(reference) for reference in found}) == len(found) <= 5
        assert found == rank_references(found)
        for each in found:
            assert each.min_log_probability <= each.mean_log_probability <= 0


def test_references_survive_json() -> None:
    reference = Reference("A title", "Name", math.log(0.5), -0.1, -0.3)
    assert Reference.from_dict(reference.to_dict()) == reference
