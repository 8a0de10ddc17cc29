"""How likely a model finds a given text: token by token, and as a whole."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

import galai_jupyter as gal
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import EngineError, PromptError
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.prompts import Prompt
from galai_jupyter.scores import ContinuationScore, TokenScore
from galai_jupyter.scoring import score_given
from galai_jupyter.session import get_session


def scripted(context_size: int = 2048) -> Model:
    return Model(ScriptedEngine([""], context_size=context_size))


def test_sum_mean_minimum_and_perplexity() -> None:
    tokens = tuple(TokenScore(0, "", math.log(p)) for p in (0.5, 0.25, 0.5, 0.25))
    score = ContinuationScore("a", "b", tokens)
    assert score.log_probability == pytest.approx(math.log(1 / 64))
    assert score.mean_log_probability == pytest.approx(math.log(1 / 64) / 4)
    assert score.min_log_probability == pytest.approx(math.log(0.25))
    assert score.perplexity == pytest.approx(math.sqrt(8))


def test_every_token_of_the_continuation_is_scored() -> None:
    score = scripted().score("1 + 1 = ", "2²")
    assert [token.text for token in score.tokens] == ["2", "[START_SUP]", "2", "[END_SUP]"]
    assert score.perplexity == pytest.approx(2.0)
    assert (score.prompt, score.continuation, score.truncated_tokens) == ("1 + 1 = ", "2²", 0)


def test_a_sequence_that_the_prompt_opened_splits_into_characters() -> None:
    model = gal.load_model("demo", num_gpus=0)
    score = model.score("[START_SMILES]CC", "CCCO[END_SMILES]")
    assert [token.text for token in score.tokens] == [*"CCCO", "[END_SMILES]"]


def test_scores_are_those_of_transformers(checkpoint: Path) -> None:
    model = gal.load_model(str(checkpoint), num_gpus=0)
    score = model.score("The Transformer", " architecture")
    whole = model._tokenize(["The Transformer architecture"])
    with torch.inference_mode():
        log_probabilities = model.model(whole).logits.log_softmax(-1)[0]
    start = len("The Transformer")
    expected = [
        log_probabilities[place - 1, token].item()
        for place, token in enumerate(whole[0].tolist())
        if place >= start
    ]
    assert [t.log_probability for t in score.tokens] == pytest.approx(expected, abs=1e-5)
    assert all(len(token.alternatives) == 5 for token in score.tokens)


def test_a_continuation_alone_begins_a_document() -> None:
    assert scripted().score("", "abc").new_doc
    assert not scripted().score("x", "abc").new_doc


def test_a_long_prompt_is_cut_on_the_left_and_a_long_continuation_refused() -> None:
    assert scripted(20).score("p" * 30, "abcde").truncated_tokens == 15
    with pytest.raises(PromptError, match=r"20 tokens .* score a shorter text"):
        scripted(20).score("x", "a" * 20)


def test_an_empty_continuation_is_refused() -> None:
    with pytest.raises(PromptError, match="continuation is empty"):
        scripted().score("x", "")


def test_an_unloaded_model_scores_nothing() -> None:
    model = get_session().use(ScriptedEngine([""]))
    get_session().unload()
    with pytest.raises(EngineError, match="unloaded"):
        model.score("x", "y")


def test_scores_survive_json() -> None:
    score = scripted().score("x", "yz")
    again = ContinuationScore.from_dict(json.loads(json.dumps(score.to_dict())))
    assert again.continuation == "yz"
    assert again.perplexity == pytest.approx(score.perplexity, abs=1e-3)
    assert [token.text for token in again.tokens] == ["y", "z"]
    assert "perplexity 2" in repr(again)


def test_a_record_of_given_continuations() -> None:
    record = score_given(ScriptedEngine([""], context_size=12), Prompt("p" * 9), ["ab", "cde"])
    assert [sequence.text for sequence in record.sequences] == ["ab", "cde"]
    assert [sequence.log_probability for sequence in record.sequences] == pytest.approx(
        [2 * math.log(0.5), 3 * math.log(0.5)]
    )
    assert {sequence.finish_reason for sequence in record.sequences} == {"given"}
    assert record.notices == ()
    assert (record.model.name, record.prompt_tokens) == ("scripted", 9)
    assert record.created and record.versions["python"]
    assert Generation.from_dict(json.loads(json.dumps(record.to_dict()))).text == "ab"


def test_a_prompt_that_does_not_fit_is_cut_and_says_so() -> None:
    record = score_given(ScriptedEngine([""], context_size=8), Prompt("p" * 9), ["ab", "cde"])
    assert record.truncated_tokens == 4 and "cut 4 tokens" in record.notices[0]


@pytest.mark.parametrize(
    ("prompt", "continuation", "warned"),
    [
        ("Answer:", "Yes", True),
        ("Answer:", " Yes", False),
        ("See [START_REF]", "Attention", True),
        ("x = ", "2", False),
        ("[START_SMILES]", "CC", False),
    ],
)
def test_a_forgotten_space_is_mentioned(prompt: str, continuation: str, warned: bool) -> None:
    record = score_given(ScriptedEngine([""]), Prompt(prompt), [continuation])
    assert bool(record.notices) == warned
