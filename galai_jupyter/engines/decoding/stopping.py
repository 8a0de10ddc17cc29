"""The tokens of one sequence in; whether and why it has ended out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    stop_strings : StopStrings
        At any of these texts.
    """

    max_new_tokens: int
    end_of_document: int
    stop_strings: StopStrings

    def reason(self, ids: Sequence[int]) -> tuple[FinishReason | None, str]:
        """Return why a sequence with these new ids has ended, and the stop string if any."""
        stop = self.stop_strings.found(ids)
        if stop:
            return "stop_string", stop
        if ids[-1] == self.end_of_document:
            return "end_of_document", ""
        if len(ids) >= self.max_new_tokens:
            return "max_new_tokens", ""
        return None, ""
