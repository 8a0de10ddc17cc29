"""The contract that every engine keeps, run for the scripted, the local and the remote engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from galai_jupyter.engines.base import Engine, Step
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.options import GenerationOptions
from galai_jupyter.tokens import END_OF_DOCUMENT, decode, encode, special_id
from tests.stand_in import StandIn


@contextmanager
def scripted(checkpoint: Path) -> Iterator[Engine]:
    yield ScriptedEngine([" Attention is All you Need, Vaswani[END_REF] and more"])


@contextmanager
def local(checkpoint: Path) -> Iterator[Engine]:
    from galai_jupyter.engines.local import LocalEngine
    from galai_jupyter.options import LoadOptions

    yield LocalEngine.load(str(checkpoint), LoadOptions(device="cpu", dtype="float32"))


@contextmanager
def remote(checkpoint: Path) -> Iterator[Engine]:
    from galai_jupyter.engines.remote import RemoteEngine

    with StandIn(checkpoint) as server, closing(RemoteEngine.connect(server.url)) as engine:
        yield engine


@pytest.fixture(params=[scripted, local, remote], ids=["scripted", "local", "remote"])
def engine(request: pytest.FixtureRequest, checkpoint: Path) -> Iterator[Engine]:
    make: Callable[[Path], AbstractContextManager[Engine]] = request.param
    with make(checkpoint) as made:
        yield made


def run(engine: Engine, *texts: str, **options: object) -> list[Step]:
    prompts = [encode(engine.tokenizer, text) for text in texts]
    return list(engine.steps(prompts, GenerationOptions(**options).checked(), lambda: False))


def ids_of(steps: list[Step], prompt: int = 0, sequence: int = 0) -> list[int]:
    said: list[int] = []
    for step in steps:
        if (step.prompt_index, step.sequence_index) == (prompt, sequence):
            said = [] if step.replaces else said
            said += [token.id for token in step.ids]
    return said


def endings(steps: list[Step]) -> list[tuple[int, int, str]]:
    return sorted(
        (step.prompt_index, step.sequence_index, step.finish_reason)
        for step in steps
        if step.finish_reason
    )


def test_it_describes_itself(engine: Engine) -> None:
    assert engine.description.name
    assert engine.description.engine in ("scripted", "local", "remote")
    assert engine.context_size > 0


def test_a_sequence_ends_at_max_new_tokens(engine: Engine) -> None:
    steps = run(engine, "The Transformer", max_new_tokens=5)
    assert len(ids_of(steps)) == 5
    assert endings(steps) == [(0, 0, "max_new_tokens")]


def test_greedy_search_repeats_itself(engine: Engine) -> None:
    first, second = (run(engine, "The Transformer", max_new_tokens=8) for _ in range(2))
    assert ids_of(first) == ids_of(second)


def test_every_token_is_scored(engine: Engine) -> None:
    for step in run(engine, "The Transformer", max_new_tokens=5):
        for token in step.ids:
            assert token.log_probability <= 0
            values = [value for _, value in token.alternatives]
            assert values == sorted(values, reverse=True)
            assert values[0] >= token.log_probability - 1e-6


def test_a_stop_string_ends_a_sequence(engine: Engine) -> None:
    whole = decode(engine.tokenizer, ids_of(run(engine, "The", max_new_tokens=12)))
    steps = run(engine, "The", max_new_tokens=12, stop=("never said", whole[2:5]))
    assert endings(steps) == [(0, 0, "stop_string")]
    assert steps[-1].stop_string == whole[2:5]
    assert whole[2:5] in decode(engine.tokenizer, ids_of(steps))


def test_a_continuation_is_scored_as_when_it_was_generated(engine: Engine) -> None:
    prompt = encode(engine.tokenizer, "The Transformer")
    steps = run(engine, "The Transformer", max_new_tokens=6)
    said = [token for step in steps for token in step.ids]
    scored = engine.score(prompt, [token.id for token in said])
    assert [token.id for token in scored] == [token.id for token in said]
    for token, before in zip(scored, said, strict=True):
        assert token.log_probability == pytest.approx(before.log_probability, abs=1e-4)
        assert token.alternatives[0][1] == pytest.approx(before.alternatives[0][1], abs=1e-4)


def test_any_continuation_can_be_scored(engine: Engine) -> None:
    ids = encode(engine.tokenizer, "xyz</s>")
    for length in (1, len(ids)):
        scored = engine.score(ids[:2], ids[:length])
        assert [token.id for token in scored] == ids[:length]
        assert all(token.log_probability < 0 for token in scored)


def test_prompts_are_answered_one_by_one_in_a_list(engine: Engine) -> None:
    steps = run(engine, "A", "A much longer prompt than that", max_new_tokens=4)
    assert endings(steps) == [(0, 0, "max_new_tokens"), (1, 0, "max_new_tokens")]


def test_several_sequences_are_several(engine: Engine) -> None:
    steps = run(engine, "A", max_new_tokens=4, num_return_sequences=3, top_p=1.0, seed=1)
    assert [ending[:2] for ending in endings(steps)] == [(0, 0), (0, 1), (0, 2)]


def test_an_interrupt_ends_everything_within_a_token(engine: Engine) -> None:
    prompts = [encode(engine.tokenizer, "A")]
    options = GenerationOptions(max_new_tokens=50).checked()
    steps: list[Step] = []
    steps.extend(engine.steps(prompts, options, lambda: len(ids_of(steps)) >= 3))
    assert len(ids_of(steps)) == 3
    assert steps[-1].finish_reason == "interrupted"


def test_an_interrupt_before_the_first_token_says_nothing(engine: Engine) -> None:
    for options in (GenerationOptions(), GenerationOptions(num_beams=2)):
        steps = list(engine.steps([encode(engine.tokenizer, "A")], options, lambda: True))
        assert ids_of(steps) == []
        assert [step.finish_reason for step in steps] == ["interrupted"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stop": ("e",)},
        {"num_beams": 3, "num_return_sequences": 2},
        {"num_beams": 3, "stop": ("e", "a")},
        {"num_beams": 2, "min_new_tokens": 10},
        {"repetition_penalty": 1.5},
    ],
    ids=str,
)
def test_a_server_says_what_the_local_engine_says(
    checkpoint: Path, options: dict[str, object]
) -> None:
    with local(checkpoint) as ours, remote(checkpoint) as theirs:
        texts = ("The Transformer", "[START_DNA]GATTACA")
        here, there = (
            run(engine, *texts, max_new_tokens=12, **options) for engine in (ours, theirs)
        )
    assert endings(there) == endings(here)
    for prompt, sequence, _ in endings(here):
        assert ids_of(there, prompt, sequence) == ids_of(here, prompt, sequence)


def test_the_scripted_engine_ends_its_document() -> None:
    engine = ScriptedEngine(lambda prompt: prompt.upper())
    steps = run(engine, "abc", max_new_tokens=60)
    assert decode(engine.tokenizer, ids_of(steps)) == "ABC" + END_OF_DOCUMENT
    assert ids_of(steps)[-1] == special_id(engine.tokenizer, END_OF_DOCUMENT)
    assert endings(steps) == [(0, 0, "end_of_document")]


def test_the_scripted_engine_remembers_what_it_was_asked() -> None:
    engine = ScriptedEngine(["one", "two"])
    run(engine, "a")
    run(engine, "b", top_k=3, seed=0)
    assert [texts for texts, _ in engine.requests] == [["a"], ["b"]]
    assert engine.requests[1][1].top_k == 3
