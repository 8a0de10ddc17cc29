"""What a branch is: where a text leaves the one that it was made from, in and out of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Branch:
    """Where a text leaves another one, and with which words.

    Attributes
    ----------
    place : int
        Number of the token that was replaced, from 1.
    replaced, chosen : str
        What stood there, and what stands there now.
    given : int
        Tokens at the beginning of the text that were not generated: those before that place and
        what was chosen.
    """

    place: int
    replaced: str
    chosen: str
    given: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the branch of :meth:`to_dict`."""
        return cls(**values)
