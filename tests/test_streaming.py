"""The stream of one request: texts, cuts, stop strings, interrupts, failures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import (
    EngineError,
    InsufficientMemoryError,
    OptionError,
    PromptError,
)
from galai_jupyter.generation import Generation
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.streaming import GenerationStream


def start(
    text: str = "Prompt",
    says: str = " A café, 😀[END_REF] and more",
    *,
    prompt: Prompt | None = None,
    on_token: Callable[[int], None] | None = None,
    context_size: int = 2048,
    **options: object,
) -> GenerationStream:
    engine = ScriptedEngine([says], on_token=on_token, context_size=context_size)
    return GenerationStream(
        engine, [prompt or Prompt(text)], GenerationOptions(**options).checked()
    )


def fail_at(count: int, error: BaseException) -> Callable[[int], None]:
    def on_token(said: int) -> None:
        if said == count:
            raise error

    return on_token


def test_events_add_up_to_the_generation() -> None:
    stream = start()
    events = list(stream)
    generation = events[-1].generation
    assert generation is stream.generations[0]
    assert "".join(event.text for event in events) == generation.text
    assert generation.text == " A café, 😀[END_REF] and more"
    assert sum((event.tokens for event in events), ()) == generation.tokens
    assert generation.finish_reason == "end_of_document"
    assert all("\N{REPLACEMENT CHARACTER}" not in event.text for event in events)


def test_the_record_holds_what_a_view_needs() -> None:
    generation = start(max_new_tokens=4).drain()[0]
    assert generation.prompt == "Prompt"
    assert generation.prompt_tokens == 6
    assert generation.new_tokens == 4
    assert generation.model.engine == "scripted"
    assert generation.seconds >= generation.first_token_seconds > 0
    assert generation.created.endswith("+00:00")
    assert {"python", "torch", "transformers"} <= set(generation.versions)


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        ("[END_REF]", " A café, 😀[END_REF]"),  # a special token closes what the prompt opened
        (" and", " A café, 😀[END_REF]"),
        ("é, ", " A caf"),
    ],
)
def test_text_ends_before_the_stop_string(stop: str, text: str) -> None:
    stream = start(stop=(stop,))
    shown = ""
    for event in stream:
        shown += event.text
        assert text.startswith(shown)  # nothing is shown that is taken back later
    assert stream.generations[0].text == text == shown
    assert stream.generations[0].finish_reason == "stop_string"


def test_what_only_looked_like_a_stop_string_appears_later() -> None:
    stream = start(says="a\n\nb\n\nQuestion: c", stop=("\n\nQuestion:",))
    assert stream.drain()[0].text == "a\n\nb"


def test_long_prompts_are_cut_on_the_left_with_a_notice() -> None:
    prompt = Prompt("0123456789" * 5, new_doc=True)
    stream = start(prompt=prompt, context_size=40, max_new_tokens=9)
    generation = stream.drain()[0]
    assert generation.truncated_tokens == 20
    assert generation.prompt_tokens == 31  # </s> and the last thirty
    assert generation.notices == ("cut 20 tokens from the left end of the prompt",)
    assert stream._engine.requests[0][0] == ["</s>" + "0123456789" * 3]
    assert generation.prompt == prompt.text


def test_cutting_can_be_refused() -> None:
    with pytest.raises(PromptError, match=r"50 tokens and 31 fit"):
        start(prompt=Prompt("0" * 50, truncate=False), context_size=40, max_new_tokens=9)


def test_impossible_requests_are_refused_at_once() -> None:
    with pytest.raises(OptionError, match="at most 39"):
        start(context_size=40, max_new_tokens=40)
    with pytest.raises(PromptError, match="empty"):
        start("")
    assert start(prompt=Prompt("", new_doc=True)).drain()[0].prompt_tokens == 1


def test_an_interrupt_from_elsewhere_keeps_the_text() -> None:
    stream = start()
    for _ in range(3):
        next(stream)
    stream.interrupt()
    generation = stream.drain()[0]
    assert (generation.text, generation.finish_reason) == (" A ", "interrupted")


def test_leaving_a_stream_keeps_the_text() -> None:
    with start() as stream:
        next(stream), next(stream)
    assert (stream.generations[0].text, stream.generations[0].finish_reason) == (
        " A",
        "interrupted",
    )


def test_a_keyboard_interrupt_inside_the_engine_keeps_the_text() -> None:
    stream = start(on_token=fail_at(2, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        stream.drain()
    assert (stream.generations[0].text, stream.generations[0].finish_reason) == (
        " A",
        "interrupted",
    )


def test_a_failing_engine_keeps_the_text_and_explains_itself() -> None:
    stream = start(on_token=fail_at(2, RuntimeError("the cable is loose\nand so on")))
    finished: list[Generation] = []
    with pytest.raises(EngineError, match="the cable is loose") as caught:
        finished.extend(event.generation for event in stream if event.generation)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert (finished[0].text, finished[0].finish_reason) == (" A", "error")
    assert "cable" in finished[0].error


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")]
)
def test_running_out_of_memory_says_what_to_do(error: Exception) -> None:
    with pytest.raises(InsufficientMemoryError, match="fewer beams"):
        start(on_token=fail_at(2, error)).drain()


def test_hooks_are_called_once_and_only_for_streams_that_began() -> None:
    calls: list[str] = []
    engine = ScriptedEngine(["abc"])

    def make() -> GenerationStream:
        return GenerationStream(
            engine,
            [Prompt("x")],
            GenerationOptions(),
            on_start=lambda stream: calls.append("start"),
            on_finish=lambda stream: calls.append("finish"),
        )

    make().close()
    assert calls == []
    make().drain()
    assert calls == ["start", "finish"]
    stream = make()
    next(stream)
    stream.close()
    stream.close()
    assert calls == ["start", "finish"] * 2


def test_lists_of_prompts_come_back_in_order() -> None:
    engine = ScriptedEngine(lambda prompt: prompt.upper())
    stream = GenerationStream(engine, [Prompt("a"), Prompt("b")], GenerationOptions())
    assert [generation.text for generation in stream.drain()] == ["A", "B"]
