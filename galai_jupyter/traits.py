"""The table of options in; traitlets for ``%config`` out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import traitlets

from galai_jupyter.options import OPTIONS, Option


def option_traits(groups: Collection[str]) -> dict[str, Any]:
    """Return a configurable trait for each option of some groups, by Python name."""
    return {
        name: _trait(option).tag(config=True)
        for name, option in OPTIONS.items()
        if option.group in groups
    }


def _trait(option: Option) -> Any:
    common: dict[str, Any] = {"default_value": option.default, "help": option.help}
    if option.repeated:
        return traitlets.List(traitlets.Unicode(), list(option.default), help=option.help)
    common["allow_none"] = option.default is None
    if option.type in (int, float):
        kind = traitlets.Int if option.type is int else traitlets.Float
        return kind(min=option.minimum, max=option.maximum, **common)
    if option.choices:
        return traitlets.Enum(option.choices, **common)
    return traitlets.Bool(**common) if option.type is bool else traitlets.Unicode(**common)
