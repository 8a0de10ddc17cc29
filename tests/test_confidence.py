"""From log-probabilities to a probability and a word."""

from __future__ import annotations

import json
import math

import pytest

from galai_jupyter import confidence
from galai_jupyter.confidence import CALIBRATION_FILE, CAUTIOUS, Calibration, find_calibration


def test_the_probability_is_a_logistic_function_of_mean_and_minimum() -> None:
    calibration = Calibration(bias=1.0, mean=2.0, minimum=0.5)
    value = 1.0 + 2.0 * -0.25 + 0.5 * -3.0
    assert calibration.probability(-0.25, -3.0) == pytest.approx(1 / (1 + math.exp(-value)))
    assert calibration.probability(-1e9, -1e9) == 0.0


@pytest.mark.parametrize(
    ("probability", "words"),
    [(1, "likely"), (0.75, "likely"), (0.74, "uncertain"), (0.4, "uncertain"), (0, None)],
)
def test_a_probability_has_a_label(probability: float, words: str | None) -> None:
    assert confidence.label(probability) == (words or "probably invented")
    assert confidence.label(probability, exists=True) == (words or "unlikely")


def test_without_a_calibration_only_the_surest_is_likely() -> None:
    assert find_calibration("a model that nobody calibrated") is None
    assert confidence.label(CAUTIOUS.probability(0, 0)) == "likely"
    assert confidence.label(CAUTIOUS.probability(-0.1, -0.7)) == "uncertain"
    assert confidence.label(CAUTIOUS.probability(-0.5, -2)) == "probably invented"


def test_what_was_calibrated_is_found_and_never_trusts_the_less_likely_more() -> None:
    known = json.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))
    assert "demo" in known
    for name in known:
        calibration = find_calibration(name)
        assert calibration and min(calibration.mean, calibration.minimum) >= 0
