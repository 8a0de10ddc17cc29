"""A transformers model and prompts in, scored token ids out: the decoding strategies.

The names are imported when they are first used: what ends a text is needed without torch, too.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from galai_jupyter.engines.decoding.batch import score_continuation
    from galai_jupyter.engines.decoding.decode import decode
    from galai_jupyter.engines.decoding.strategy import continue_prompts

_MODULES = {"continue_prompts": "strategy", "decode": "decode", "score_continuation": "batch"}

__all__ = ["continue_prompts", "decode", "score_continuation"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value  # also over the submodule of the same name
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
