"""The log-probabilities of a reference in; how far to believe it, as a number and a word, out.

A language model names papers that do not exist as fluently as those that do, but it is less sure
of them. A logistic function of the mean and the minimum of the tokens' log-probabilities (Platt
1999) turns this into a probability. The mean is free of the title's length; the minimum tells of
the one place where the model had to choose. ``training/calibrate.py`` fits the coefficients and
writes them to ``calibration.json``; for models that are not in it cautious ones are used.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CALIBRATION_FILE = Path(__file__).parent / "calibration.json"
"""Model → the fields of its `Calibration`, and how they were found."""

LIKELY = 0.75
"""From this probability on a reference is called likely."""

INVENTED = 0.4
"""Below this one it is called probably invented."""


@dataclass(frozen=True)
class Calibration:
    """Coefficients of a logistic function: ``1 / (1 + exp(-(bias + mean·m + minimum·n)))``.

    Attributes
    ----------
    bias : float
        The constant.
    mean, minimum : float
        What a unit (one nat) of the mean `m` and the minimum `n` of the log-probabilities counts.
    """

    bias: float
    mean: float
    minimum: float

    def probability(self, mean_log_probability: float, min_log_probability: float) -> float:
        """Return the estimated probability that a reference is the right one, and exists."""
        value = self.bias + self.mean * mean_log_probability + self.minimum * min_log_probability
        return 0.5 * (1 + math.tanh(value / 2))  # the logistic function, without overflow


CAUTIOUS = Calibration(bias=2.0, mean=4.0, minimum=1.5)
"""For models that were not calibrated: likely only where hardly a token was in doubt."""


def find_calibration(model: str) -> Calibration | None:
    """Return what was fitted for the model called `model`, if anything was."""
    found = _calibrations().get(model)
    return Calibration(found["bias"], found["mean"], found["minimum"]) if found else None


def label(probability: float, *, exists: bool = False) -> str:
    """Return a probability as ``"likely"``, ``"uncertain"`` or ``"probably invented"``.

    A paper that `exists`, since somebody's library has it, is ``"unlikely"`` at worst.
    """
    if probability >= LIKELY:
        return "likely"
    if probability >= INVENTED:
        return "uncertain"
    return "unlikely" if exists else "probably invented"


@cache
def _calibrations() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))
    return found
