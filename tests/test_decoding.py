"""Decoding strategies: against transformers' own results, and against hand-made distributions."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding.batch import CachedBatch, score
from galai_jupyter.engines.decoding.beam import beam_search
from galai_jupyter.engines.decoding.processors import sampling_warpers
from galai_jupyter.engines.decoding.sampling import sample
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.options import GenerationOptions
from galai_jupyter.tokens import StopStrings, byte_tokenizer
from tests.conftest import make_model

PROMPTS = [[40, 41, 42, 43, 44], [50, 51], [60, 61, 62]]


def decode(
    model: Any,
    prompts: list[list[int]],
    *,
    end: int = 2,
    stop: tuple[str, ...] = (),
    **options: Any,
) -> list[Step]:
    chosen = GenerationOptions(**options).checked()
    stopping = Stopping(chosen.max_new_tokens, end, StopStrings(byte_tokenizer(), stop))
    strategy = beam_search if chosen.num_beams > 1 else sample
    return list(strategy(model, prompts, chosen, stopping, 1, lambda: False))


def rows(steps: list[Step]) -> list[list[int]]:
    said: dict[tuple[int, int], list[int]] = {}
    for step in steps:
        place = (step.prompt_index, step.sequence_index)
        if step.replaces:
            said[place] = []
        said.setdefault(place, []).extend(token.id for token in step.ids)
    return [said[place] for place in sorted(said)]


@pytest.mark.parametrize("beams", [1, 2, 5])
@pytest.mark.parametrize("seed", range(4))
def test_greedy_and_beam_search_are_those_of_transformers_5(beams: int, seed: int) -> None:
    model = make_model(seed)
    found = rows(
        decode(model, PROMPTS, num_beams=beams, num_return_sequences=beams, max_new_tokens=12)
    )
    for index, prompt in enumerate(PROMPTS):
        expected = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            num_beams=beams,
            num_return_sequences=beams,
            max_new_tokens=12,
            do_sample=False,
        )[:, len(prompt) :].tolist()
        for row, other in zip(found[index * beams : (index + 1) * beams], expected, strict=True):
            assert row + [1] * (len(other) - len(row)) == other


def test_penalties_are_those_of_transformers() -> None:
    model = make_model()
    options = {"repetition_penalty": 1.8, "no_repeat_ngram_size": 2}
    expected = model.generate(
        torch.tensor([PROMPTS[0]]),
        attention_mask=torch.ones(1, 5, dtype=torch.long),
        max_new_tokens=12,
        do_sample=False,
        **options,
    )[0, 5:].tolist()
    assert rows(decode(model, PROMPTS[:1], max_new_tokens=12, **options)) == [expected]


def test_sampling_depends_on_the_seed_and_not_on_the_batch() -> None:
    model = make_model()
    options = {"top_p": 0.95, "max_new_tokens": 10}
    alone = rows(decode(model, PROMPTS[1:2], seed=7, **options))
    together = rows(decode(model, PROMPTS, seed=7, **options))
    assert together[1] == alone[0]
    assert rows(decode(model, PROMPTS[1:2], seed=8, **options)) != alone


def test_several_samples_differ() -> None:
    found = rows(
        decode(
            make_model(),
            PROMPTS[:1],
            temperature=2.0,
            seed=1,
            num_return_sequences=4,
            max_new_tokens=10,
        )
    )
    assert len({tuple(row) for row in found}) > 1


def test_a_finished_sequence_leaves_the_batch() -> None:
    model = make_model()
    long = rows(decode(model, PROMPTS, end=-1, max_new_tokens=12))
    end = long[1][3]
    short = rows(decode(model, PROMPTS, end=end, max_new_tokens=12))
    assert short[1] == long[1][: long[1].index(end) + 1]
    for row, other in zip(short, long, strict=True):
        assert row == (other[: other.index(end) + 1] if end in other else other)


def test_padding_changes_nothing() -> None:
    model = make_model()
    alone = [rows(decode(model, [prompt], max_new_tokens=10))[0] for prompt in PROMPTS]
    assert rows(decode(model, PROMPTS, max_new_tokens=10)) == alone


def test_beam_search_reports_the_best_so_far() -> None:
    steps = decode(make_model(), PROMPTS[:1], num_beams=3, max_new_tokens=6)
    running = [step for step in steps if step.finish_reason is None]
    assert [len(step.ids) for step in running] == list(range(1, 6))
    assert all(step.replaces for step in steps)


@pytest.mark.parametrize("beams", [1, 3])
def test_log_probabilities_are_the_models_own(beams: int) -> None:
    model = make_model()
    prompt = PROMPTS[0]
    last = decode(model, [prompt], num_beams=beams, max_new_tokens=6)
    tokens = last[-1].ids if beams > 1 else tuple(token for step in last for token in step.ids)
    ids = torch.tensor([prompt + [token.id for token in tokens]])
    expected = model(ids).logits.float().log_softmax(-1)[0, len(prompt) - 1 : -1]
    for token, row in zip(tokens, expected, strict=True):
        assert token.log_probability == pytest.approx(row[token.id].item(), abs=1e-4)
        assert token.alternatives[0][0] == row.argmax().item()


def test_scores_are_gathered_by_hand() -> None:
    chances = torch.tensor([[0.5, 0.25, 0.125, 0.125], [0.1, 0.2, 0.3, 0.4]]).log()
    first, second = score(chances, torch.tensor([1, 3]))
    assert (first.id, second.id) == (1, 3)
    assert first.log_probability == pytest.approx(math.log(0.25))
    assert [token_id for token_id, _ in first.alternatives[:2]] == [0, 1]
    assert second.alternatives[0] == (3, pytest.approx(math.log(0.4)))


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"top_k": 2}, [0, 1]),
        ({"top_p": 0.5}, [0]),
        ({"top_p": 0.6}, [0, 1]),
        ({"top_p": 1.0}, [0, 1, 2, 3]),
        ({"temperature": 0.5}, [0, 1, 2, 3]),
    ],
)
def test_warpers_keep_the_right_tokens(options: dict, kept: list[int]) -> None:
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    warped: Tensor = sampling_warpers(GenerationOptions(**options))(None, logits).softmax(-1)
    assert [index for index, chance in enumerate(warped[0].tolist()) if chance > 0] == kept


def test_temperature_sharpens() -> None:
    logits = torch.tensor([[0.8, 0.2]]).log()
    warped = sampling_warpers(GenerationOptions(temperature=0.5))(None, logits).softmax(-1)
    assert warped[0, 0].item() == pytest.approx(0.64 / 0.68)


def test_rows_can_be_reordered_in_mid_flight() -> None:
    model = make_model()
    batch = CachedBatch(model, PROMPTS, 1)
    batch.prefill()
    batch.select(torch.tensor([2, 0]))
    found = batch.advance(torch.tensor([70, 71]))
    for row, (prompt, token) in enumerate([(PROMPTS[2], 70), (PROMPTS[0], 71)]):
        expected = model(torch.tensor([[*prompt, token]])).logits[0, -1]
        assert torch.allclose(found[row], expected, atol=1e-4)


def test_stop_strings_end_each_sequence_on_its_own() -> None:
    model = make_model()
    whole = rows(decode(model, PROMPTS, end=-1, max_new_tokens=12))
    text = byte_tokenizer().decode(whole[0][:6], skip_special_tokens=False)
    steps = decode(model, PROMPTS, end=-1, stop=(text[-3:],), max_new_tokens=12)
    reasons = {step.prompt_index: step.finish_reason for step in steps if step.finish_reason}
    assert reasons[0] == "stop_string"
    assert set(reasons) == {0, 1, 2}
