"""Decodings in short form, ``greedy,beam:5,nucleus:0.9``, in; generation options out.

A decoding is the name of a strategy and the values of its options, separated by colons. Names and
options are those of the option table.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from galai_jupyter.errors import OptionError, did_you_mean
from galai_jupyter.options import OPTIONS, GenerationOptions, find_option


@dataclass(frozen=True)
class Strategy:
    """One row of the table.

    Attributes
    ----------
    name : str
        How a decoding begins.
    term : str
        What `GenerationOptions.strategy` calls it.
    needed : tuple of str
        Options whose values must follow, in this order.
    defaults : mapping of str to object
        Options whose values may follow those, in this order, and what they are otherwise.
    """

    name: str
    term: str
    needed: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def usage(self) -> str:
        """How it is written, optional values in brackets."""
        optional = "".join(f"[:{name}" for name in self.defaults) + "]" * len(self.defaults)
        return ":".join((self.name, *self.needed)) + optional


STRATEGIES: Mapping[str, Strategy] = types.MappingProxyType(
    {
        strategy.name: strategy
        for strategy in (
            Strategy("greedy", "greedy"),
            Strategy("nucleus", "nucleus sampling", ("top_p",)),
            Strategy("top-k", "top-k sampling", ("top_k",)),
            Strategy("sampling", "sampling", (), {"temperature": 1.0}),
            Strategy("contrastive", "contrastive search", (), {"penalty_alpha": 0.6, "top_k": 4}),
            Strategy("beam", "beam search", ("num_beams",)),
            Strategy("diverse", "diverse beam search", ("num_beams",), {"diversity_penalty": 0.5}),
        )
    }
)
"""All strategies by name. Su et al. 2022 use contrastive search with 0.6 and 4."""

STRATEGY_OPTIONS = (
    *("top_p", "top_k", "temperature", "penalty_alpha", "num_beams", "diversity_penalty"),
    *("num_beam_groups", "num_return_sequences"),
)
"""The options that a decoding sets; all others are common to those that are compared."""


@dataclass(frozen=True)
class Decoding:
    """One of the ways in which a prompt is to be decoded.

    Attributes
    ----------
    label : str
        Its short form.
    options : GenerationOptions
        Checked.
    """

    label: str
    options: GenerationOptions


def parse_decodings(
    text: str | Sequence[str], common: GenerationOptions | None = None
) -> tuple[Decoding, ...]:
    """Return the decodings that a list such as ``greedy,beam:5,contrastive`` stands for.

    Parameters
    ----------
    text : str or sequence of str
        Short forms, separated by commas.
    common : GenerationOptions, optional
        What they have in common: its length, stop strings, seed, penalties. What it says about
        the strategy is left out.

    Raises
    ------
    OptionError
        If the list is empty, a name is unknown, or a value is missing, wrong or too much.
    """
    words = text.split(",") if isinstance(text, str) else list(text)
    labels = [word.strip() for word in words if word.strip()]
    if not labels:
        raise OptionError(
            "compare needs decodings, separated by commas: for example greedy,beam:5,nucleus:0.9."
        )
    plain = {name: OPTIONS[name].default for name in STRATEGY_OPTIONS}
    common = replace(common or GenerationOptions(), **plain)
    return tuple(Decoding(label, _options(label, common)) for label in labels)


def _options(label: str, common: GenerationOptions) -> GenerationOptions:
    name, *values = label.split(":")
    strategy = STRATEGIES.get(name.lower().replace("_", "-"))
    if strategy is None:
        hint = did_you_mean(name.lower(), STRATEGIES) or f" There are {', '.join(STRATEGIES)}."
        raise OptionError(f"There is no decoding {name!r}.{hint}")
    names = (*strategy.needed, *strategy.defaults)
    if not len(strategy.needed) <= len(values) <= len(names) or "" in values:
        raise OptionError(f"{label!r} must be written {strategy.usage}: put the values behind it.")
    given = {
        option: find_option(option).parse(value)
        for option, value in zip(names, values, strict=False)
    }
    options = replace(common, **{**strategy.defaults, **given}).checked()
    if options.strategy != strategy.term:
        raise OptionError(
            f"{label!r} is {options.strategy}, not {strategy.term}: raise {names[-1]}."
        )
    return options
