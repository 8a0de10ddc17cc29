"""The growing output: how often it is drawn, how much it sends, what it ends as."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from galai_jupyter import display
from galai_jupyter.display import Display, GrowingOutput, StreamDisplay
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.generation import MIME_TYPE
from galai_jupyter.options import DisplayOptions, GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.scores import TokenScore
from galai_jupyter.streaming import GenerationStream

NOTEBOOK: Any = SimpleNamespace(kernel=object())
TEXT = (
    "The area is \\(\\pi r^2\\) [START_REF] On circles, Euclid[END_REF].\n\n"
    "* a list\n\n```python\nx = 1\n```\n\n"
)


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(display, "time", clock)
    return clock


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], str, bool]]:
    """What was published: bundles, display ids, and whether they were updates."""
    messages: list[tuple[dict[str, Any], str, bool]] = []

    def publish(bundle: dict[str, Any], display_id: str, *, update: bool = False) -> None:
        messages.append((bundle, display_id, update))

    monkeypatch.setattr(display, "publish", publish)
    return messages


def run(text: str, clock: Clock, seconds_per_token: float, shown: StreamDisplay) -> None:
    engine = ScriptedEngine([text])
    stream = GenerationStream(engine, [Prompt("Prompt")], GenerationOptions(max_new_tokens=2000))
    for event in stream:
        clock.now += seconds_per_token
        shown.take(event)
    shown.finish(stream.generations[0])


def test_it_is_drawn_at_most_ten_times_a_second(clock: Clock, sent: list) -> None:
    run(
        "word " * 200,
        clock,
        0.01,
        StreamDisplay(NOTEBOOK, "Prompt", GenerationOptions(), DisplayOptions()),
    )
    assert 50 <= len(sent) <= 102  # ten seconds, and the final form
    assert [update for _, _, update in sent] == [False] + [True] * (len(sent) - 1)
    assert len({display_id for _, display_id, _ in sent}) == 1
    assert MIME_TYPE in sent[-1][0] and MIME_TYPE not in sent[0][0]


def test_a_slow_first_drawing_does_not_delay_the_second(clock: Clock, sent: list) -> None:
    """It may have to import what draws; later ones take as long as the text is long."""
    output = GrowingOutput()

    def draw(seconds: float) -> dict[str, Any]:
        clock.now += seconds
        return {"text/plain": "text"}

    output.update(1, lambda: draw(1.0))
    clock.now += 0.1
    output.update(2, lambda: draw(1.0))
    assert len(sent) == 2
    clock.now += 10
    output.update(3, lambda: draw(1.0))
    assert len(sent) == 2, "drawing takes a small share of the time"


@pytest.mark.parametrize("seconds_per_token", [0.01, 0.05, 1.0])
def test_two_thousand_tokens_send_less_than_two_megabytes(
    clock: Clock, sent: list, seconds_per_token: float
) -> None:
    text = (TEXT * 40)[:1990]
    run(
        text,
        clock,
        seconds_per_token,
        StreamDisplay(NOTEBOOK, "Prompt", GenerationOptions(), DisplayOptions()),
    )
    assert len(sent) > 20
    assert sum(len(json.dumps(bundle)) for bundle, _, _ in sent) < 2e6


def test_beams_replace_what_was_shown(clock: Clock, sent: list) -> None:
    shown = StreamDisplay(NOTEBOOK, "", GenerationOptions(num_beams=2), DisplayOptions())
    token = (TokenScore(30, "x", 0.0),)
    for text in ("first", "second thought"):
        clock.now += 1
        shown.take(display.StreamEvent(text=text, tokens=token, replaces=True))
    assert "second thought" in sent[-1][0]["text/plain"]
    assert "first" not in sent[-1][0]["text/plain"]


def test_progress_waits_before_it_flickers(clock: Clock, sent: list) -> None:
    progress = Display(NOTEBOOK)
    for moment in range(20):
        clock.now = moment / 20
        progress.progress("Loading", moment / 20)
    assert 1 <= len(sent) <= 7
    assert "Loading" in sent[0][0]["text/plain"]
    progress.show({"text/plain": "Loaded"})
    assert sent[-1][2]  # in place of the bar
