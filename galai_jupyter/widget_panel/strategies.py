"""No input; the strategies that the panel offers, the options that each has, and presets, out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from galai_jupyter.citing import CITE


@dataclass(frozen=True)
class Strategy:
    """A way of decoding.

    Attributes
    ----------
    name : str
        As `GenerationOptions.strategy` says it, where that knows it.
    help : str
        What it does.
    starts : mapping of str to object
        The options that it has, and the values that they begin with.
    task : str or None
        The task that it is for.
    """

    name: str
    help: str
    starts: Mapping[str, Any] = field(default_factory=dict)
    task: str | None = None


STRATEGIES: Mapping[str, Strategy] = {
    strategy.name: strategy
    for strategy in (
        Strategy("greedy", "Always the likeliest token: the same text every time."),
        Strategy(
            "nucleus sampling",
            "Draw among the likeliest tokens that together reach top_p.",
            {"top_p": 0.9, "temperature": 1.0, "num_return_sequences": 1, "seed": None},
        ),
        Strategy(
            "top-k sampling",
            "Draw among the top_k likeliest tokens.",
            {"top_k": 40, "temperature": 1.0, "num_return_sequences": 1, "seed": None},
        ),
        Strategy(
            "contrastive search",
            "Likely tokens that do not repeat what was said: good for long texts.",
            {"penalty_alpha": 0.6, "top_k": 4},
        ),
        Strategy(
            "beam search",
            "Follow several texts at once and keep the likeliest.",
            {"num_beams": 5, "num_return_sequences": 1},
        ),
        Strategy(
            "diverse beam search",
            "Beam search whose beams must differ.",
            {
                "num_beams": 4,
                "diversity_penalty": 1.0,
                "num_beam_groups": None,
                "num_return_sequences": 4,
            },
        ),
        Strategy(
            "cite",
            "Suggest papers for the end of the text, with the model's confidence.",
            {
                "suggestions": 5,
                "threshold": None,
                "diversity_penalty": 0.0,
                "continuation": (),
            },
            task=CITE,
        ),
    )
}
"""The strategies by name; the first is the default."""

WITH_CITING = ("library", "constrain")
"""Options that all strategies have, but which matter most to who cites."""

STRATEGY_OPTIONS = frozenset(name for each in STRATEGIES.values() for name in each.starts)
"""Options that some strategies have and others do not."""


@dataclass(frozen=True)
class Preset:
    """Settings under one name.

    Attributes
    ----------
    name, help : str
        What it is called, and what it is for.
    strategy : str
        One of `STRATEGIES`.
    values : mapping of str to object
        Options that differ from the strategy's starts.
    task : str or None
        A task, whose own settings come with it.
    """

    name: str
    help: str
    strategy: str
    values: Mapping[str, Any] = field(default_factory=dict)
    task: str | None = None


PRESETS = (
    Preset("precise", "The likeliest text: facts, formulas, references.", "greedy"),
    Preset(
        "balanced",
        "A little chance: fluent texts that stay on the subject.",
        "nucleus sampling",
        {"top_p": 0.9, "temperature": 0.7},
    ),
    Preset(
        "creative",
        "More chance: ideas, at the price of more nonsense.",
        "nucleus sampling",
        {"top_p": 0.95, "temperature": 1.2},
    ),
    Preset(
        "literature review",
        "A long abstract of a review with the title that you write.",
        "contrastive search",
        task="review",
    ),
)
