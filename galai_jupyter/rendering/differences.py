"""Two texts in; what they have in common and where they differ out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
_LEAST_COMMON = 4
"""Fewer common words between two changes are taken for coincidence."""

_MOST_PAIRS = 1_000_000
"""Above so many pairs of words, what lies between the first and the last change is one change:
texts that repeat themselves would take minutes."""


@dataclass(frozen=True)
class Change:
    """A stretch of two texts: the same in both, or not.

    Attributes
    ----------
    before, after : str
        The stretch in the first and in the second text.
    """

    before: str
    after: str

    @property
    def is_common(self) -> bool:
        """Whether nothing has changed here."""
        return self.before == self.after


def changes(before: str, after: str) -> list[Change]:
    """Return the stretches of two texts, word by word; common and changed ones take turns.

    Texts that part for good still share a word here and there, which would tear the changes into
    shreds: such words are counted as changed.
    """
    first, second = _PIECE.findall(before), _PIECE.findall(after)
    start = _common_length(first, second)
    end = _common_length(first[start:][::-1], second[start:][::-1])
    last_first, last_second = len(first) - end, len(second) - end
    found = [
        Change("".join(first[:start]), "".join(second[:start])),
        *_middle(first[start:last_first], second[start:last_second]),
        Change("".join(first[last_first:]), "".join(second[last_second:])),
    ]
    return [change for change in found if change.before or change.after]


def _common_length(first: Sequence[str], second: Sequence[str]) -> int:
    pairs = zip(first, second, strict=False)
    shorter = min(len(first), len(second))
    return next((index for index, (one, other) in enumerate(pairs) if one != other), shorter)


def _middle(first: Sequence[str], second: Sequence[str]) -> list[Change]:
    """Return the stretches of texts that begin and end with a change."""
    if len(first) * len(second) > _MOST_PAIRS:
        return [Change("".join(first), "".join(second))]
    found: list[Change] = []
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        change = Change("".join(first[i:j]), "".join(second[k:m]))
        words = sum(not piece.isspace() for piece in first[i:j])
        common = kind == "equal" and words >= _LEAST_COMMON
        if not common and found and not found[-1].is_common:
            found[-1] = Change(found[-1].before + change.before, found[-1].after + change.after)
        else:
            found.append(change)
    return found
