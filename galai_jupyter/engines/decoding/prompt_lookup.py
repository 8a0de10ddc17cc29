"""The tokens of a text in; a guess at how it goes on, from where it said the same before, out."""

from __future__ import annotations

from collections.abc import Iterable

_SIZES = (3, 2)
"""Lengths of the endings that are looked up; the longest that is found counts."""


class PromptLookup:
    """Finds what followed the last time that a text had its present ending.

    Prompt lookup decoding (Saxena 2023, https://github.com/apoorvumang/prompt-lookup-decoding),
    with an index, so that a token costs the same in texts of any length.

    Parameters
    ----------
    ids : iterable of int
        The beginning of the text.

    Examples
    --------
    >>> PromptLookup([1, 2, 3, 4, 1, 2]).draft(3)
    [3, 4, 1]
    """

    def __init__(self, ids: Iterable[int]) -> None:
        self._ids: list[int] = []
        self._ends: dict[tuple[int, ...], int] = {}
        self._match: int | None = None
        for token in ids:
            self.append(token)

    def append(self, token: int) -> None:
        """Let the text go on with `token`."""
        self._ids.append(token)
        self._match = None
        for size in _SIZES:
            if len(self._ids) < size:
                continue
            ending = tuple(self._ids[-size:])
            if self._match is None:
                self._match = self._ends.get(ending)
            self._ends[ending] = len(self._ids)

    def draft(self, count: int) -> list[int]:
        """Return the `count` tokens that followed; nothing if the ending is new.

        What reaches the end of the text repeats from there: a loop goes on as a loop.
        """
        if self._match is None:
            return []
        period = len(self._ids) - self._match
        return [self._ids[self._match + place % period] for place in range(count)]
