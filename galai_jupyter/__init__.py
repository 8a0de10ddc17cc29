"""Galactica language models in a notebook: ``%load_ext galai_jupyter``, then ``%%galactica``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_PUBLIC = {
    "Comparison": "comparison",
    "Generation": "generation",
    "GenerationOptions": "options",
    "Model": "model",
    "ModelInfo": "catalog",
    "Prompt": "prompts",
    "Reference": "generation",
    "Replay": "replay",
    "Session": "session",
    "connect": "connecting",
    "display_latex": "rendering",
    "display_markdown": "rendering",
    "escape_custom_split_sequence": "tokens",
    "extract_references_from_text": "references",
    "generations": "rendering",
    "get_session": "session",
    "load_model": "loading",
    "panel": "widget_panel",
}
"""Public names and the modules they come from; they are imported when they are first used."""

__all__ = [*sorted(_PUBLIC), "__version__"]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(importlib.import_module(f"galai_jupyter.{_PUBLIC[name]}"), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("galai-jupyter")
    raise AttributeError(f"module 'galai_jupyter' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; called by ``%load_ext galai_jupyter``."""
    from galai_jupyter.magic import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again; called by ``%unload_ext galai_jupyter``."""
    from galai_jupyter.magic import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab's tools where the built extension lies."""
    return [{"src": "labextension", "dest": "galai-jupyter"}]
