"""Contrastive search: against transformers 4, a naive reference, and hand-made hidden states."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding import decode
from galai_jupyter.engines.decoding.cache import growing_cache
from galai_jupyter.engines.decoding.contrastive import contrastive_search
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.options import GenerationOptions
from galai_jupyter.tokens import StopStrings, byte_tokenizer
from tests.conftest import make_model
from tests.test_decoding import PROMPTS, rows
from tests.test_decoding_oracle import padded


def search(
    model: Any,
    prompts: list[list[int]],
    *,
    alpha: float = 0.6,
    top_k: int = 4,
    length: int = 12,
    end: int = -1,
    stop: tuple[str, ...] = (),
    asked: Any = None,
    **options: Any,
) -> list[Step]:
    stopping = Stopping(length, end, StopStrings(byte_tokenizer(), stop))
    return list(
        contrastive_search(
            model,
            prompts,
            GenerationOptions(**options),
            stopping,
            1,
            asked or (lambda: False),
            penalty_alpha=alpha,
            top_k=top_k,
        )
    )


@torch.inference_mode()
def naive(model: Any, prompt: list[int], alpha: float, top_k: int, length: int) -> list[int]:
    """The published rule, word for word: everything is computed again for each candidate."""
    ids = list(prompt)
    for _ in range(length):
        chances, candidates = model(torch.tensor([ids])).logits[0, -1].softmax(-1).topk(top_k)
        worths = []
        for chance, candidate in zip(chances, candidates, strict=True):
            states = model.model(torch.tensor([[*ids, int(candidate)]])).last_hidden_state[0]
            cosines = torch.cosine_similarity(states[:-1], states[-1:], dim=-1)
            worths.append((1 - alpha) * chance - alpha * cosines.max())
        ids.append(int(candidates[torch.stack(worths).argmax()]))
    return ids[len(prompt) :]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("alpha", "top_k"), [(0.1, 8), (0.6, 4), (0.9, 2), (1.0, 3)])
def test_it_is_the_published_rule(seed: int, alpha: float, top_k: int) -> None:
    model = make_model(seed)
    found = rows(search(model, PROMPTS, alpha=alpha, top_k=top_k, length=8))
    assert found == [naive(model, prompt, alpha, top_k, 8) for prompt in PROMPTS]


@pytest.mark.parametrize("changes", [{"word_embed_proj_dim": 16}, {"do_layer_norm_before": False}])
def test_other_shapes_of_opt(changes: dict[str, Any]) -> None:
    model = make_model(1, **changes)
    assert rows(search(model, PROMPTS, length=6)) == [naive(model, p, 0.6, 4, 6) for p in PROMPTS]


@pytest.mark.parametrize("options", [{"alpha": 0.0}, {"top_k": 1}])
def test_without_penalty_or_choice_it_is_greedy(options: dict[str, Any]) -> None:
    model = make_model()
    greedy = decode(model, *padded(PROMPTS), max_new_tokens=12)
    found = rows(search(model, PROMPTS, end=2, **options))
    assert [row + [1] * (greedy.shape[1] - len(row)) for row in found] == greedy.tolist()


class HandMade:
    """A decoder and a head with four tokens, whose states are angles in a plane."""

    config = SimpleNamespace()
    angles = torch.tensor([0.0, 90.0, 180.0, 60.0]).deg2rad()
    chances = torch.tensor([0.4, 0.3, 0.2, 0.1])

    def get_input_embeddings(self) -> Any:
        return SimpleNamespace(weight=self.chances)

    def get_output_embeddings(self) -> Any:
        return lambda states: self.chances.log().expand(len(states), -1)

    def get_decoder(self) -> Any:
        def read(input_ids: Tensor, past_key_values: Any, **_: Any) -> Any:
            states = torch.stack([self.angles[input_ids].cos(), self.angles[input_ids].sin()], -1)
            past_key_values.update(states[:, None], states[:, None], 0)
            return SimpleNamespace(last_hidden_state=states)

        return read


def test_four_tokens_by_hand() -> None:
    # After token 0 (angle 0°): 0 is at cosine 1, 1 at 0, 2 at -1, 3 at 0.5. With alpha 0.5 the
    # worths are .2-.5, .15-0, .1+.5 and .05-.25: token 2. Then the greatest cosines are 1, 0, 1
    # and .5: token 1. Then 1, 1, 1 and cos 30° = .87: -.3, -.35, -.4, -.38: token 0.
    found = search(HandMade(), [[0]], alpha=0.5, top_k=4, length=3)
    assert rows(found) == [[2, 1, 0]]
    # Two candidates, 0 and 1: .2-.5 against .15-0, and then .2-.5 against .15-.5.
    assert rows(search(HandMade(), [[0]], alpha=0.5, top_k=2, length=2)) == [[1, 0]]


def test_the_batch_changes_nothing() -> None:
    model = make_model(3)
    alone = [rows(search(model, [prompt]))[0] for prompt in PROMPTS]
    assert rows(search(model, PROMPTS)) == alone


def test_a_finished_sequence_leaves_the_batch() -> None:
    model = make_model(2)
    long = rows(search(model, PROMPTS))
    end = long[1][3]
    expected = [row[: row.index(end) + 1] if end in row else row for row in long]
    assert rows(search(model, PROMPTS, end=end)) == expected


def test_stop_strings_end_each_sequence_on_its_own() -> None:
    model = make_model(2)
    whole = rows(search(model, PROMPTS))
    text = byte_tokenizer().decode(whole[0][:6], skip_special_tokens=False)
    steps = search(model, PROMPTS, stop=(text[-3:],))
    reasons = {step.prompt_index: step.finish_reason for step in steps if step.finish_reason}
    assert reasons[0] == "stop_string"
    for row, other in zip(rows(steps), whole, strict=True):
        assert row == other[: len(row)]


@pytest.mark.parametrize("after", [0, 1, 4])
def test_an_interrupt_keeps_what_there_is(after: int) -> None:
    model = make_model()
    asked = iter([False] * after + [True] * 99)
    steps = search(model, PROMPTS, asked=lambda: next(asked))
    whole = rows(search(model, PROMPTS))
    assert rows(steps) == [row[:after] for row in whole]
    assert [step.finish_reason for step in steps[-3:]] == ["interrupted"] * 3


def test_log_probabilities_are_the_models_own() -> None:
    model = make_model()
    steps = [s for s in search(model, PROMPTS, repetition_penalty=1.5) if s.prompt_index == 1]
    tokens = [token for step in steps for token in step.ids]
    ids = torch.tensor([PROMPTS[1] + [token.id for token in tokens]])
    expected = model(ids).logits.log_softmax(-1)[0, len(PROMPTS[1]) - 1 : -1]
    for token, row in zip(tokens, expected, strict=True):
        assert token.log_probability == pytest.approx(row[token.id].item(), abs=1e-4)
        assert token.alternatives[0][0] == row.argmax().item()
        assert len(token.alternatives) == 5


def test_a_token_is_one_pass_of_its_candidates_over_one_cache() -> None:
    model = make_model()
    seen: list[tuple[int, ...]] = []
    caches = set()

    def note(module: Any, args: Any, kwargs: Any) -> None:
        seen.append(tuple(kwargs["input_ids"].shape))
        caches.add(id(kwargs["past_key_values"]))

    model.get_decoder().register_forward_pre_hook(note, with_kwargs=True)
    search(model, PROMPTS, top_k=4, length=7)
    assert seen == [(3, 5)] + [(3, 4)] * 7
    assert len(caches) == 1


def test_the_cache_grows_in_place() -> None:
    model = make_model()
    places = []

    def note(module: Any, args: Any, kwargs: Any, output: Any) -> None:
        layer = kwargs["past_key_values"].layers[0]
        places.append((layer.keys.data_ptr(), layer.values.data_ptr()))

    model.get_decoder().register_forward_hook(note, with_kwargs=True)
    search(model, PROMPTS, length=40)
    assert len(places) == 41
    assert len(set(places)) == 1


def test_only_the_chosen_candidate_stays_in_the_cache() -> None:
    cache = growing_cache()
    first, tried = torch.rand(2, 3, 5, 4), torch.rand(2, 3, 3, 4)
    cache.update(first, first + 1, 0)
    cache.update(tried, tried + 1, 0)
    layer = cache.layers[0]
    layer.keep(torch.tensor([2, 0]), 3)
    assert cache.get_seq_length() == 6
    assert torch.equal(layer.keys[:, :, :5], first)
    assert torch.equal(layer.keys[:, :, 5], torch.stack([tried[0, :, 2], tried[1, :, 0]]))
    assert torch.equal(layer.values, layer.keys + 1)
    cache.batch_select_indices(torch.tensor([1]))
    keys, _ = cache.update(tried[1:], tried[1:], 0)
    assert torch.equal(keys, torch.cat([first[1:], tried[1:, :, :1], tried[1:]], dim=2))
