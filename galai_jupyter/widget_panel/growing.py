"""Stream events in; the text that grows, its count and its speed, out."""

from __future__ import annotations

import time

from galai_jupyter import rendering
from galai_jupyter.generation import Generation, StreamEvent
from galai_jupyter.widget_panel.request import Request

UPDATE_INTERVAL = 0.1
"""Seconds between two drawings of a growing text, at least."""

_WORKING_SHARE = 0.1
"""Share of the time that drawing may take."""


class GrowingText:
    """The first sequence of a running generation, its count and its speed.

    Attributes
    ----------
    request : Request
        What was asked for.
    text : str
        The first sequence so far.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.text = ""
        self._counts: dict[int, int] = {}
        self._first = self._last = self._next = 0.0

    @property
    def tokens(self) -> int:
        """Tokens of all sequences so far."""
        return sum(self._counts.values())

    @property
    def share(self) -> float:
        """How far it is, 0 to 1, if no sequence ends early."""
        options = self.request.options
        return self.tokens / (options.max_new_tokens * options.num_return_sequences)

    def take(self, event: StreamEvent) -> bool:
        """Add an event; return whether it is time to draw."""
        if event.generation:
            return False
        self._last = time.perf_counter()
        self._first = self._first or self._last
        index, count = event.sequence_index, len(event.tokens)
        self._counts[index] = count if event.replaces else self._counts.get(index, 0) + count
        if index == 0:
            self.text = event.text if event.replaces else self.text + event.text
        return self._last >= self._next

    def html(self) -> str:
        """Return the text as HTML, and wait the longer for the next time the longer it took."""
        began = time.perf_counter()
        bundle = rendering.streaming_bundle(
            self.request.prompt.text,
            self.text,
            special_tokens=self.request.display.special_tokens,
            html=True,
        )
        now = time.perf_counter()
        self._next = now + max(UPDATE_INTERVAL, (now - began) / _WORKING_SHARE)
        return str(bundle["text/html"])

    def numbers(self, started: float) -> str:
        """Return count, speed and time to the first token in words, counted from `started`."""
        return _numbers(self.tokens, self._last - started, self._first - started)


def numbers(generation: Generation) -> str:
    """Return a generation's count, speed and time to the first token in words."""
    return _numbers(generation.new_tokens, generation.seconds, generation.first_token_seconds)


def _numbers(tokens: int, seconds: float, first: float) -> str:
    words = [f"{tokens:,} token{'' if tokens == 1 else 's'}"]
    if tokens and seconds:
        words += [f"{tokens / seconds:.1f} tokens/s", f"the first after {first:.2f} s"]
    return " · ".join(words)
