"""What passes took and which guesses were right in; how many tokens to draft next out."""

from __future__ import annotations

from collections import deque
from statistics import median

_SHARE = 0.01
"""The part of the time that may be lost with drafts."""

_MOST_LOST = 3
"""So many of the dearest passes, at most, are paid for by what drafts have won before."""

_MEMORY = 0.95
"""What a guess weighs after one more guess."""

_RECENT = 16
"""Passes of each length whose median counts as its time: a busy machine has outliers."""


class DraftPolicy:
    """Drafts while that is faster than going on token by token, by all that was measured.

    A draft of ``n`` tokens of which each is right with probability ``p`` is worth ``1 + p + … +
    p**n`` tokens (Leviathan et al. 2023, arXiv 2211.17192) and costs a longer pass. The
    probability is a running rate over all guesses: those that were not drafted are compared with
    what was generated, too, which costs nothing. The costs are times of passes. Until a length
    was tried it is taken to lie between one token's cost and that of all tokens apart: at the
    geometric mean.

    The account of time won and lost is kept, and a draft is made only if it could fail wholly
    without more than 1% of all the time being lost; only the first draft of a length, whose cost
    is unknown, may exceed that.

    Parameters
    ----------
    longest : int
        Draft so many tokens at most.
    """

    def __init__(self, longest: int) -> None:
        # With the token before them, drafts fill 4, 8, 16, … rows, which suits matrix kernels.
        ladder = (2**power - 1 for power in range(2, longest.bit_length() + 1))
        self._lengths = [*(length for length in ladder if length < longest), longest]
        self._times: dict[int, deque[float]] = {
            length: deque(maxlen=_RECENT) for length in (0, *self._lengths)
        }
        self._right = self._guesses = 0.0
        self._won = 0.0

    def begin(self, seconds: float) -> None:
        """Note what reading the prompt took."""
        self._won += _SHARE * seconds

    def learn(self, drafted: int, right: int, wrong: int, seconds: float) -> None:
        """Note a pass.

        Parameters
        ----------
        drafted : int
            Tokens that were drafted for it.
        right, wrong : int
            Guesses, drafted or not, that turned out so.
        seconds : float
            What it took, all in all.
        """
        for guess in [1] * right + [0] * wrong:
            self._right = _MEMORY * self._right + guess
            self._guesses = _MEMORY * self._guesses + 1
        self._times[drafted].append(seconds)
        cost = median(self._times[drafted])
        self._won += _SHARE * cost
        if drafted:
            self._won += (1 + right) * median(self._times[0]) - cost
            self._won = min(self._won, _MOST_LOST * cost)

    def length(self, most: int) -> int:
        """Return how many tokens, up to `most`, to draft for the next pass; 0 for none."""
        if not self._times[0]:
            return 0
        chance = self._right / (self._guesses + 1)
        plain = cost = median(self._times[0])
        rows, best, speed = 1, 0, 1 / plain
        for length in self._lengths:
            if length > most:
                break
            times = self._times[length]
            cost = median(times) if times else cost * ((1 + length) / rows) ** 0.5
            rows = 1 + length
            expected = sum(chance**place for place in range(rows))
            affordable = self._won >= (cost - plain if times else 0)
            if affordable and expected / cost > speed:
                best, speed = length, expected / cost
            if not times:
                break
        return best
