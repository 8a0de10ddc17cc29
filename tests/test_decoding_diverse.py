"""Diverse beam search: against a naive reference and hand-made distributions."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding.beam import beam_search
from galai_jupyter.engines.decoding.diverse_beam import diverse_beam_search
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.options import GenerationOptions
from galai_jupyter.tokens import StopStrings, byte_tokenizer
from tests.conftest import make_model
from tests.test_decoding import PROMPTS, rows


def search(
    model: Any,
    prompts: list[list[int]],
    *,
    beams: int = 3,
    groups: int | None = None,
    penalty: float = 0.5,
    count: int | None = None,
    length: int = 12,
    end: int = -1,
    padding: int = 1,
    stop: tuple[str, ...] = (),
    asked: Any = None,
    **options: Any,
) -> list[Step]:
    return list(
        diverse_beam_search(
            model,
            prompts,
            GenerationOptions(num_beams=beams, num_return_sequences=count or beams, **options),
            Stopping(length, end, StopStrings(byte_tokenizer(), stop)),
            padding,
            asked or (lambda: False),
            num_beam_groups=groups or beams,
            diversity_penalty=penalty,
        )
    )


@torch.inference_mode()
def naive(
    model: Any, prompt: list[int], beams: int, penalty: float, length: int, end: int = -1
) -> list[list[int]]:
    """Groups of one beam: greedy search in turns, each token dearer for those who come later."""
    new: list[list[int]] = [[] for _ in range(beams)]
    scores = [0.0] * beams
    for _ in range(length):
        said: list[int] = []
        for beam, ids in enumerate(new):
            if ids[-1:] == [end]:
                said.append(1)
                continue
            chances = model(torch.tensor([prompt + ids])).logits[0, -1].log_softmax(-1)
            for token in said:
                chances[token] -= penalty
            best, second = chances.topk(2).indices.tolist()
            scores[beam] += float(chances[best])
            ids.append(best)
            # What would go on after the end of the text counts in this place once more.
            said.append(second if best == end else best)
    return [new[beam] for beam in sorted(range(beams), key=lambda b: -scores[b] / len(new[b]))]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("beams", "penalty"), [(2, 0.1), (3, 0.9), (5, 2.0)])
def test_it_is_greedy_search_in_turns(seed: int, beams: int, penalty: float) -> None:
    model = make_model(seed)
    found = rows(search(model, PROMPTS, beams=beams, penalty=penalty, length=6))
    assert found == [row for p in PROMPTS for row in naive(model, p, beams, penalty, 6)]
    end = found[-1][2]
    found = rows(search(model, PROMPTS, beams=beams, penalty=penalty, length=6, end=end))
    assert found == [row for p in PROMPTS for row in naive(model, p, beams, penalty, 6, end)]


@pytest.mark.parametrize("seed", range(3))
def test_one_group_is_beam_search(seed: int) -> None:
    model = make_model(seed)
    options = GenerationOptions(num_beams=3, num_return_sequences=3)
    beams = beam_search(model, PROMPTS, options, Stopping(8, -1), 1, lambda: False)
    assert rows(search(model, PROMPTS, groups=1, length=8)) == rows(list(beams))


class HandMade:
    """Four tokens whose chances depend on the last token only; token 3 ends a text."""

    config = SimpleNamespace()
    chances = torch.tensor(
        [
            [0.50, 0.30, 0.15, 0.05],
            [0.10, 0.20, 0.60, 0.10],
            [0.05, 0.05, 0.10, 0.80],
            [0.25, 0.25, 0.25, 0.25],
        ]
    )

    def get_input_embeddings(self) -> Any:
        return SimpleNamespace(weight=self.chances)

    def get_output_embeddings(self) -> Any:
        return lambda states: self.chances[states[:, 0].long()].log()

    def get_decoder(self) -> Any:
        def read(input_ids: Tensor, past_key_values: Any, **_: Any) -> Any:
            states = input_ids[:, :, None].float()
            past_key_values.update(states[:, None], states[:, None], 0)
            return SimpleNamespace(last_hidden_state=states)

        return read


def test_four_tokens_by_hand() -> None:
    # From token 0, group 1 says 0 (.5). For group 2, with a penalty of ln 4, 0 is worth .125:
    # it says 1 (.3). Then group 1 says 0 again, and group 2 says 2 (.6). Then group 1 says 0, and
    # group 2 ends with 3 (.8). The means are ln .5 and ln (.3 × .6 × .8) / 3 = ln .524.
    steps = search(HandMade(), [[0]], beams=2, penalty=math.log(4), length=3, end=3, padding=0)
    last = steps[-2:]
    assert rows(steps) == [[1, 2, 3], [0, 0, 0]]
    assert [step.finish_reason for step in last] == ["end_of_document", "max_new_tokens"]
    chances = [math.exp(token.log_probability) for token in last[0].ids]
    assert chances == pytest.approx([0.3, 0.6, 0.8])
    # A dear enough repetition is avoided, a cheap one is not.
    cheap = search(HandMade(), [[0]], beams=2, penalty=0.1, length=3, end=3, padding=1)
    assert rows(cheap) == [[0, 0, 0], [0, 0, 0]]


def test_penalties_stay_in_the_score() -> None:
    # Group 2 says 1 when 0 costs it more than ln (5/3); what it says itself costs nothing, so a
    # text that repeats the other group's, at a price of .4 nats a token, is ranked behind it.
    steps = search(HandMade(), [[0]], beams=2, penalty=0.4, length=2, end=3, padding=1)
    assert rows(steps) == [[0, 0], [0, 0]]
    assert [step.sequence_index for step in steps[-2:]] == [0, 1]


def test_the_batch_changes_nothing() -> None:
    model = make_model(3)
    alone = [row for prompt in PROMPTS for row in rows(search(model, [prompt]))]
    assert rows(search(model, PROMPTS)) == alone


def passes(model: Any) -> list[tuple[int, ...]]:
    """Return a list that takes the shape of the ids of each forward pass."""
    shapes: list[tuple[int, ...]] = []
    model.get_decoder().register_forward_pre_hook(
        lambda module, args, kwargs: shapes.append(tuple(kwargs["input_ids"].shape)),
        with_kwargs=True,
    )
    return shapes


def test_groups_that_have_ended_cost_nothing_more() -> None:
    model = make_model()
    end = rows(search(model, PROMPTS, beams=4))[0][4]
    shapes = passes(model)
    steps = search(model, PROMPTS, beams=4, end=end)
    lengths = [len(step.ids) for step in steps if step.finish_reason]
    assert len(set(lengths)) > 2
    # The first token of a group comes from the prompt; each later one costs one row of one pass.
    assert shapes[0] == (3, 5)
    assert shapes[1:] == [(sum(length > n for length in lengths), 1) for n in range(1, 12)]


def test_a_token_is_one_pass_of_all_groups() -> None:
    model = make_model()
    shapes = passes(model)
    search(model, PROMPTS, beams=3, length=5)
    assert shapes == [(3, 5)] + [(9, 1)] * 4


def test_the_best_so_far_is_shown() -> None:
    steps = search(make_model(), PROMPTS[:1], length=6)
    running = [step for step in steps if step.finish_reason is None]
    assert [len(step.ids) for step in running] == list(range(1, 6))
    assert all(step.replaces for step in steps)
    assert all(step.sequence_index == 0 for step in running)


def test_stop_strings_end_a_group() -> None:
    model = make_model(2)
    whole = rows(search(model, PROMPTS))
    text = byte_tokenizer().decode(whole[0][:6], skip_special_tokens=False)
    steps = search(model, PROMPTS, stop=(text[-3:],))
    stopped = [step for step in steps if step.finish_reason == "stop_string"]
    assert stopped
    assert all(step.stop_string == text[-3:] for step in stopped)
    assert len([step for step in steps if step.finish_reason]) == 9


@pytest.mark.parametrize("after", [0, 1, 4])
def test_an_interrupt_keeps_what_there_is(after: int) -> None:
    asked = iter([False] * after + [True] * 99)
    steps = search(make_model(), PROMPTS, asked=lambda: next(asked))
    last = [step for step in steps if step.finish_reason]
    assert [step.finish_reason for step in last] == ["interrupted"] * 9
    assert {len(step.ids) for step in last} == {after}


def test_log_probabilities_are_the_models_own() -> None:
    model = make_model()
    for step in search(model, PROMPTS, length=6, penalty=2.0, repetition_penalty=1.5)[-9:]:
        prompt = PROMPTS[step.prompt_index]
        ids = torch.tensor([prompt + [token.id for token in step.ids]])
        expected = model(ids).logits.log_softmax(-1)[0, len(prompt) - 1 : -1]
        for token, row in zip(step.ids, expected, strict=True):
            assert token.log_probability == pytest.approx(row[token.id].item(), abs=1e-4)
            assert token.alternatives[0][0] == row.argmax().item()
