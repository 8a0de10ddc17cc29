"""The prefix cache: the same tokens with and without it, a bounded memory, nothing stale."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding.prefix_cache import Prefix, PrefixCache, fingerprint
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.tokens import byte_tokenizer
from tests.conftest import make_model

Ids = list[int]

OPTIONS: list[dict[str, Any]] = [
    {},
    {"max_new_tokens": 1},
    {"repetition_penalty": 1.5, "no_repeat_ngram_size": 2},
    {"penalty_alpha": 0.6, "top_k": 4},
    {"top_p": 0.9, "seed": 3},
    {"temperature": 1.5, "seed": 1, "num_return_sequences": 3},
    {"num_beams": 3, "num_return_sequences": 2},
    {"num_beams": 4, "diversity_penalty": 0.5, "num_return_sequences": 4},
]


def engine(model: Any, megabytes: int | None = 10) -> LocalEngine:
    return LocalEngine(model, byte_tokenizer(), prefix_cache=megabytes)


def run(engine: LocalEngine, prompt: Ids, **options: Any) -> list[Step]:
    chosen = GenerationOptions(**({"max_new_tokens": 8} | options)).checked()
    return list(engine.steps([prompt], chosen, lambda: False))


def said(steps: Sequence[Step]) -> Ids:
    """Return the new ids of the first sequence."""
    ids: Ids = []
    for step in steps:
        if step.sequence_index == 0:
            ids = [*([] if step.replaces else ids), *(token.id for token in step.ids)]
    return ids


def assert_same(found: Sequence[Step], expected: Sequence[Step]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (one.sequence_index, one.finish_reason) == (
            other.sequence_index,
            other.finish_reason,
        )
        assert [token.id for token in one.ids] == [token.id for token in other.ids]
        for token, twin in zip(one.ids, other.ids, strict=True):
            assert token.log_probability == pytest.approx(twin.log_probability, abs=1e-5)


def reads(model: Any) -> list[int]:
    """Return a list that notes how many tokens each pass of `model` reads."""
    lengths: list[int] = []

    def note(module: Any, args: Any, kwargs: Any) -> None:
        lengths.append(kwargs["input_ids"].shape[1])

    model.get_decoder().register_forward_pre_hook(note, with_kwargs=True)
    return lengths


PROMPT = list(range(40, 70))


# A request is an edit of the prompt before it (what, where, which new tokens) and options.
edits = st.tuples(
    st.sampled_from(["append", "cut", "insert", "replace", "continue", "again", "new", "score"]),
    st.integers(0, 1000),
    st.lists(st.integers(30, 90), min_size=1, max_size=12),
    st.sampled_from(OPTIONS),
)


def edited(prompt: Ids, last: Ids, kind: str, place: int, new: Ids) -> Ids:
    place = place % len(prompt)
    match kind:
        case "append":
            prompt = prompt + new
        case "cut":
            prompt = prompt[: place + 1]
        case "insert":
            prompt = prompt[:place] + new + prompt[place:]
        case "replace":
            prompt = prompt[:place] + new + prompt[place + len(new) :]
        case "continue":
            prompt = prompt + last
        case "new":
            prompt = new
    return prompt[:80]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.sampled_from([1, 10]), st.lists(edits, min_size=2, max_size=8))
def test_the_cache_changes_nothing(seed: int, megabytes: int, requests: list[Any]) -> None:
    model = make_model(seed)
    with_cache, without = engine(model, megabytes), engine(model, 0)
    prompt, last = PROMPT, [50]
    for kind, place, new, options in requests:
        prompt = edited(prompt, last, kind, place, new)
        if kind == "score":
            for one, other in zip(
                with_cache.score(prompt, new), without.score(prompt, new), strict=True
            ):
                assert one.id == other.id
                assert one.log_probability == pytest.approx(other.log_probability, abs=1e-5)
            continue
        expected = run(without, prompt, **options)
        assert_same(run(with_cache, prompt, **options), expected)
        last = said(expected)
    assert without.prefix_statistics is None


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("before", OPTIONS)
def test_another_strategy_reads_one_token_of_a_known_prompt(
    before: dict[str, Any], options: dict[str, Any]
) -> None:
    model = make_model()
    asked = engine(model)
    run(asked, PROMPT, **before)
    lengths = reads(model)
    found = run(asked, PROMPT, **options)
    assert lengths[0] == 1
    assert_same(found, run(engine(model, 0), PROMPT, **options))


def test_only_what_is_new_is_read() -> None:
    model = make_model()
    asked = engine(model)
    lengths = reads(model)

    def first_read(prompt: Ids, **options: Any) -> int:
        lengths.clear()
        run(asked, prompt, **options)
        return lengths[0]

    assert first_read(PROMPT) == 30
    assert first_read([*PROMPT, 7, 8, 9]) == 3
    assert first_read(PROMPT) == 1
    assert first_read([*PROMPT[:20], 5, *PROMPT[20:]]) == 11
    assert first_read(PROMPT[:10]) == 1
    assert first_read([3, *PROMPT]) == 31


@pytest.mark.parametrize("options", [{}, {"penalty_alpha": 0.6, "top_k": 4}, {"num_beams": 3}])
def test_a_text_goes_on_where_it_stopped(options: dict[str, Any]) -> None:
    model = make_model()
    asked = engine(model)
    text = PROMPT + said(run(asked, PROMPT, **options))
    lengths = reads(model)
    run(asked, text, **options)
    # The last token was never read; beams may have left another text than the winner.
    assert lengths[0] <= (8 if "num_beams" in options else 1)


def test_hidden_states_that_are_missing_are_computed() -> None:
    model = make_model()
    asked = engine(model)
    text = PROMPT + said(run(asked, PROMPT))
    run(asked, text)
    lengths = reads(model)
    contrastive = {"penalty_alpha": 0.6, "top_k": 4}
    found = run(asked, text, **contrastive)
    assert lengths[0] == 8  # those of what was generated without them
    assert_same(found, run(engine(model, 0), text, **contrastive))


def test_an_interrupted_text_is_kept() -> None:
    model = make_model()
    asked = engine(model)
    steps: list[Step] = []
    options = GenerationOptions(max_new_tokens=8)
    steps.extend(asked.steps([PROMPT], options, lambda: len(said(steps)) == 3))
    lengths = reads(model)
    assert_same(run(asked, PROMPT + said(steps)), run(engine(model, 0), PROMPT + said(steps)))
    assert lengths[0] == 1


def test_several_prompts_leave_the_cache_alone() -> None:
    model = make_model()
    asked = engine(model)
    options = GenerationOptions(max_new_tokens=4)
    list(asked.steps([PROMPT, PROMPT[:5]], options, lambda: False))
    assert asked.prefix_statistics is not None
    assert asked.prefix_statistics.entries == asked.prefix_statistics.requests == 0


def test_scoring_reads_the_continuation_only() -> None:
    model = make_model()
    asked = engine(model)
    asked.score(PROMPT, [3, 4, 5])
    lengths = reads(model)
    asked.score(PROMPT, [6, 7, 8])
    run(asked, PROMPT)
    assert lengths[:2] == [3, 1]


def changed_in_place(model: Any) -> None:
    for weight in model.parameters():
        weight.data.mul_(1.1)


def rounded(model: Any) -> None:
    model.bfloat16().float()


def converted(model: Any) -> None:
    model.double()


def adapted(model: Any) -> None:
    layer = model.model.decoder.layers[0]
    layer.fc1 = torch.nn.Linear(layer.fc1.in_features, layer.fc1.out_features)


@pytest.mark.parametrize("change", [changed_in_place, rounded, converted, adapted])
def test_other_weights_know_nothing(change: Any) -> None:
    model = make_model()
    asked = engine(model)
    run(asked, PROMPT)
    change(model)
    lengths = reads(model)
    found = run(asked, PROMPT)
    assert lengths[0] == len(PROMPT)
    assert_same(found, run(engine(model, 0), PROMPT))


def test_another_model_and_another_place_have_another_fingerprint() -> None:
    model = make_model()
    assert fingerprint(model) == fingerprint(model)
    assert fingerprint(make_model()) != fingerprint(model)
    before = fingerprint(model)
    assert fingerprint(model.to("meta")) != before


def text_of(ids: Ids, prompt_length: int | None = None, directions: int | None = None) -> Prefix:
    """Return a text whose keys are its ids; 8 + 4 bytes a token."""
    states = torch.tensor(ids, dtype=torch.float32).view(1, 1, -1, 1)
    known = len(ids) if directions is None else directions
    return Prefix(
        tuple(ids), [(states, -states)], torch.ones(1, known, 1), prompt_length or len(ids)
    )


def cache_with(*texts: Prefix, limit: int = 10_000) -> PrefixCache:
    cache = PrefixCache(limit)
    cache.find("weights", [0], 0)
    for text in texts:
        cache.keep("weights", text)
    return cache


def test_the_longest_beginning_is_found() -> None:
    cache = cache_with(text_of([1, 2, 3]), text_of([1, 2, 4, 5]), text_of([7]))
    found = cache.find("weights", [1, 2, 4, 9], 3)
    assert found is not None
    assert found.ids == (1, 2, 4)
    assert found.layers[0][0].flatten().tolist() == [1, 2, 4]
    assert cache.find("weights", [9], 1) is None
    assert cache.find("weights", [7], 0) is None


def test_the_least_recently_used_text_goes_first() -> None:
    cache = cache_with(text_of([1] * 10), text_of([2] * 10), limit=300)
    assert cache.find("weights", [1] * 10, 9) is not None
    cache.keep("weights", text_of([3] * 10))
    assert [bool(cache.find("weights", [i] * 10, 9)) for i in (1, 2, 3)] == [True, False, True]
    assert cache.statistics.size == 240


def test_what_is_larger_than_the_cache_is_not_kept() -> None:
    cache = cache_with(text_of([1] * 10), limit=130)
    cache.keep("weights", text_of([2] * 20))
    assert cache.statistics.entries == 1


def test_of_texts_that_go_on_from_one_prompt_the_last_is_kept() -> None:
    cache = cache_with(text_of([1, 2, 3], 2), text_of([1, 2, 4, 5], 2))
    assert cache.statistics.entries == 1
    assert cache.statistics.tokens == 4
    cache.keep("weights", text_of([1, 2], 2))  # known already
    assert cache.statistics.tokens == 4


def test_hidden_states_count_when_they_are_needed() -> None:
    cache = cache_with(text_of([1, 2, 3, 4], directions=2))
    found = cache.find("weights", [1, 2, 3, 4, 5], 4, directions=True)
    assert found is not None and found.ids == (1, 2)
    cache.keep("weights", text_of([1, 2, 3, 4]))
    found = cache.find("weights", [1, 2, 3, 4, 5], 4, directions=True)
    assert found is not None and found.ids == (1, 2, 3, 4)


def test_what_is_kept_is_a_copy() -> None:
    text = text_of([1, 2, 3])
    cache = cache_with(text)
    text.layers[0][0].zero_()
    found = cache.find("weights", [1, 2, 3], 3)
    assert found is not None and found.layers[0][0].flatten().tolist() == [1, 2, 3]


def test_what_is_kept_is_never_written_to() -> None:
    asked = engine(make_model())
    run(asked, PROMPT)
    assert asked._prefixes is not None
    (entry,) = asked._prefixes._entries
    before = [(keys.clone(), values.clone()) for keys, values in entry.layers]
    for options in OPTIONS:
        run(asked, PROMPT, **options)
        run(asked, PROMPT[:20], **options)
        run(asked, [*PROMPT, 5, 6], **options)
    for layer, copies in zip(entry.layers, before, strict=True):
        assert all(map(torch.equal, layer, copies))


def test_many_threads_may_ask() -> None:
    cache = cache_with(limit=2_000)
    failures: list[str] = []

    def ask(first: int) -> None:
        for length in range(2, 60):
            ids = [first] * length
            cache.keep("weights", text_of(ids))
            found = cache.find("weights", ids, length)
            if found and set(found.ids) != {first}:
                failures.append(f"{first}: {found.ids}")

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert 0 < cache.statistics.size <= 2_000


def test_the_statistics_tell_what_was_saved() -> None:
    asked = engine(make_model())
    run(asked, PROMPT)
    run(asked, [*PROMPT, 5, 6])
    found = asked.prefix_statistics
    assert found is not None
    assert (found.entries, found.requests, found.hits) == (1, 2, 1)
    assert (found.prompt_tokens, found.reused_tokens) == (62, 30)
    assert found.limit == 10_000_000
    assert found.size == found.tokens * 2 * 2 * 32 * 4 + 32 * 32 * 4


def test_it_is_on_by_default_and_can_be_switched_off(checkpoint: Path) -> None:
    default = LocalEngine.load(str(checkpoint), LoadOptions(device="cpu"))
    assert default.prefix_statistics is not None
    assert 0 < default.prefix_statistics.limit <= 4_000_000_000
    off = LocalEngine.load(str(checkpoint), LoadOptions(device="cpu", prefix_cache=0))
    assert off.prefix_statistics is None


def test_closing_the_engine_forgets() -> None:
    asked = engine(make_model())
    run(asked, PROMPT)
    asked.close()
    assert asked.prefix_statistics is not None
    assert asked.prefix_statistics.entries == 0
