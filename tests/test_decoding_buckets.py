"""Lists of prompts: batches of similar lengths, the same texts, in order."""

from __future__ import annotations

import random
from typing import Any

import pytest

from galai_jupyter.engines.decoding.buckets import buckets
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.engines.decoding.strategy import continue_prompts
from galai_jupyter.options import GenerationOptions
from tests.conftest import make_model
from tests.test_decoding import rows

PLENTY = 10**9


def lengths_of(found: list[list[int]], lengths: list[int]) -> list[list[int]]:
    return [[lengths[index] for index in bucket] for bucket in found]


def test_similar_lengths_share_a_batch() -> None:
    lengths = [10, 400, 11, 390, 12]
    found = buckets(lengths, new_tokens=4, width=1, room=PLENTY, step_cost=8)
    assert lengths_of(found, lengths) == [[400, 390], [12, 11, 10]]


def test_short_prompts_are_padded_rather_than_run_apart() -> None:
    lengths = [3, 9, 5]
    assert buckets(lengths, new_tokens=60, width=1, room=PLENTY, step_cost=8) == [[1, 2, 0]]


def test_equal_prompts_keep_their_order() -> None:
    assert buckets([5] * 4, new_tokens=1, width=1, room=PLENTY, step_cost=8) == [[0, 1, 2, 3]]


@pytest.mark.parametrize("width", [1, 5, 64, 100])
def test_a_batch_has_a_bounded_number_of_rows(width: int) -> None:
    found = buckets([7] * 200, new_tokens=60, width=width, room=PLENTY, step_cost=8)
    assert max(map(len, found)) == max(1, 64 // width)
    assert sorted(index for bucket in found for index in bucket) == list(range(200))


def test_a_batch_fits_into_memory_unless_it_is_one_prompt() -> None:
    lengths = [100, 90, 80, 3, 2, 1]
    found = buckets(lengths, new_tokens=10, width=2, room=100, step_cost=8)
    assert lengths_of(found, lengths) == [[100], [90], [80], [3, 2, 1]]


def test_the_division_is_the_cheapest() -> None:
    """Against all divisions of a sorted list, tried one by one."""
    rng = random.Random(0)
    for _ in range(40):
        lengths = sorted((rng.randint(1, 60) for _ in range(7)), reverse=True)

        def cost(parts: list[list[int]]) -> int:
            return sum(len(part) * part[0] + 3 * 8 for part in parts)

        best = min(
            cost([lengths[a:b] for a, b in zip([0, *cuts], [*cuts, 7], strict=True)])
            for cuts in (
                [place for place in range(1, 7) if mask >> place & 1] for mask in range(0, 128, 2)
            )
        )
        found = buckets(lengths, new_tokens=3, width=1, room=PLENTY, step_cost=8)
        assert cost(lengths_of(found, lengths)) == best


RANDOM = random.Random(1)
PROMPTS = [[RANDOM.randint(30, 90) for _ in range(RANDOM.randint(1, 60))] for _ in range(9)]


def run(model: Any, prompts: list[list[int]], asked: Any = None, **options: Any) -> list[Any]:
    chosen = GenerationOptions(max_new_tokens=6, **options).checked()
    return list(
        continue_prompts(model, prompts, chosen, Stopping(6, 2), 1, asked or (lambda: False))
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"top_p": 0.9, "seed": 1, "num_return_sequences": 2},
        {"penalty_alpha": 0.6, "top_k": 3},
        {"num_beams": 3, "num_return_sequences": 2},
        {"num_beams": 2, "diversity_penalty": 0.5},
    ],
)
def test_a_list_says_what_its_prompts_say_alone(options: dict[str, Any]) -> None:
    model = make_model()
    batches: list[tuple[int, ...]] = []
    hook = model.get_decoder().register_forward_pre_hook(
        lambda module, args, kwargs: batches.append(tuple(kwargs["input_ids"].shape)),
        with_kwargs=True,
    )
    found = rows(run(model, PROMPTS, **options))
    hook.remove()
    assert len([shape for shape in batches if shape[1] > 5]) > 1
    assert found == [row for prompt in PROMPTS for row in rows(run(model, [prompt], **options))]


@pytest.mark.parametrize("options", [{}, {"num_beams": 2}, {"penalty_alpha": 0.6, "top_k": 3}])
def test_an_interrupt_ends_the_batches_that_have_not_begun(options: dict[str, Any]) -> None:
    model = make_model()
    steps: list[Any] = []
    chosen = GenerationOptions(max_new_tokens=6, **options).checked()
    stop = Stopping(6, -1)

    def first_batch_is_done() -> bool:
        return any(step.finish_reason for step in steps)

    for step in continue_prompts(model, PROMPTS, chosen, stop, 1, first_batch_is_done):
        steps.append(step)
    reasons = {step.prompt_index: step.finish_reason for step in steps if step.finish_reason}
    assert sorted(reasons) == list(range(len(PROMPTS)))
    assert set(reasons.values()) == {"max_new_tokens", "interrupted"}
