"""The tokens of one sequence in; whether and why it has ended out."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from galai_jupyter.engines.base import ScoredId, Step
from galai_jupyter.generation import FinishReason
from galai_jupyter.tokens import StopStrings


@dataclass(frozen=True)
class Stopping:
    """When a sequence ends.

    Attributes
    ----------
    max_new_tokens : int
        At this length at the latest.
    end_of_document : int
        At this token id.
    stop_strings : StopStrings or None
        At any of these texts.
    min_new_tokens : int
        `end_of_document` is not generated before this many other tokens; stop strings count
        from the first token on.
    """

    max_new_tokens: int
    end_of_document: int
    stop_strings: StopStrings | None = None
    min_new_tokens: int = 0

    def reason(self, ids: Sequence[int]) -> tuple[FinishReason | None, str]:
        """Return why a sequence with these new ids has ended, and the stop string if any."""
        stop = self.stop_strings.found(ids) if self.stop_strings else None
        if stop:
            return "stop_string", stop
        if ids[-1] == self.end_of_document:
            return "end_of_document", ""
        if len(ids) >= self.max_new_tokens:
            return "max_new_tokens", ""
        return None, ""


def say(
    places: Sequence[tuple[int, int]],
    tokens: Sequence[ScoredId],
    said: Mapping[tuple[int, int], list[int]],
    stopping: Stopping,
) -> Generator[Step, None, list[int]]:
    """Append one token to each sequence.

    Parameters
    ----------
    places : sequence of (int, int)
        Prompt and sequence index of each row.
    tokens : sequence of ScoredId
        The new token of each row.
    said : mapping of (int, int) to list of int
        The new ids of each sequence so far; they grow.
    stopping : Stopping
        When a sequence ends.

    Yields
    ------
    Step
        The token of one sequence, and why it has ended if it has.

    Returns
    -------
    list of int
        The rows that go on.
    """
    going_on = []
    for row, (place, token) in enumerate(zip(places, tokens, strict=True)):
        said[place].append(token.id)
        reason, stop = stopping.reason(said[place])
        yield Step(*place, (token,), reason, stop)
        if reason is None:
            going_on.append(row)
    return going_on
