"""Options of a request for references in; what is decoded for them out, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from galai_jupyter.errors import OptionError
from galai_jupyter.options import OPTIONS, CiteOptions, GenerationOptions, build_options
from galai_jupyter.prompts import find_task

CITE = "cite"
"""The task of suggesting references."""


def citing_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a request for references, as many sequences as suggestions.

    Parameters
    ----------
    values : mapping
        What a person chose, by the options' names.

    Raises
    ------
    OptionError
        If several suggestions are wanted of a strategy that finds one.
    """
    values = dict(values)
    if "num_return_sequences" in values:
        values = {"suggestions": values["num_return_sequences"], **values}
    if values.get("penalty_alpha") is not None:
        if values.get("suggestions", 1) > 1:
            raise OptionError(
                "penalty_alpha is contrastive search, which finds one reference: drop it, or "
                "--suggestions."
            )
        return values
    return values | build_options(CiteOptions, values).decoding(values)


def citing_values(options: GenerationOptions, threshold: float | None = None) -> dict[str, Any]:
    """Return what to choose for a request for references to be decoded with `options`.

    Parameters
    ----------
    options : GenerationOptions
        As :func:`citing_options` decided them.
    threshold : float, optional
        The least log-probability of a suggestion.
    """
    values = options.to_dict()
    if options.stop == find_task(CITE).defaults["stop"]:
        del values["stop"]
    number = values.pop("num_return_sequences", 1)
    if options.penalty_alpha is None and number != OPTIONS["suggestions"].default:
        values["suggestions"] = number
    if options.num_beams <= number:
        values.pop("num_beams", None)
    if threshold is not None:
        values["threshold"] = threshold
    return values
