"""Tokens with a running score in, ranked sequences as steps out: what beams are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from galai_jupyter.engines.base import ScoredId, Step
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.generation import FinishReason

IMPOSSIBLE = -1.0e9
"""Score of a beam that only fills a place."""

RULED_OUT = IMPOSSIBLE / 2
"""At this score or below, a candidate continues such a beam, or a constraint excludes it."""


@dataclass(frozen=True)
class Hypothesis:
    """A sequence in the making or finished, with its score."""

    tokens: tuple[ScoredId, ...] = ()
    score: float = 0.0
    finish_reason: FinishReason | None = None
    stop_string: str = ""

    def extended(self, token: ScoredId, score: float, stopping: Stopping) -> Hypothesis:
        """Return the hypothesis with one more token and the score that it has then."""
        tokens = (*self.tokens, token)
        reason, stop = stopping.reason([each.id for each in tokens])
        return Hypothesis(tokens, score, reason, stop)

    def averaged(self, reason: FinishReason | None = None) -> Hypothesis:
        """Return the hypothesis with its score divided by its length (length penalty 1)."""
        length = max(len(self.tokens), 1)
        return replace(self, score=self.score / length, finish_reason=self.finish_reason or reason)


def best_of(finished: Iterable[Hypothesis], running: Iterable[Hypothesis]) -> Hypothesis:
    """Return the hypothesis that would win if the search ended now."""
    return max([*finished, *(each.averaged() for each in running)], key=lambda each: each.score)


def results(prompt_index: int, ranked: Iterable[Hypothesis]) -> Iterator[Step]:
    """Yield finished sequences, best first."""
    for index, hypothesis in enumerate(ranked):
        yield Step(
            prompt_index,
            index,
            hypothesis.tokens,
            hypothesis.finish_reason,
            hypothesis.stop_string,
            replaces=True,
        )
