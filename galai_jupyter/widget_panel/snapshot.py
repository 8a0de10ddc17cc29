"""Generations in; ordinary outputs beside the panel, which a saved notebook keeps, out."""

from __future__ import annotations

from html import escape
from typing import Any
from uuid import uuid4

from IPython.core.getipython import get_ipython

from galai_jupyter import rendering
from galai_jupyter.display import publish
from galai_jupyter.generation import Generation
from galai_jupyter.programs import Execution
from galai_jupyter.rendering.tables import message_bundle
from galai_jupyter.widget_panel.subject import Subject, bundle_of

_NOTHING = "The last result of the panel above will be kept here when the notebook is saved."
_SUMMARY = 80


class Place:
    """The cell that shows a panel: outputs can be added to it later, from any thread.

    Attributes
    ----------
    cell : str
        What tells the cell from others.
    """

    def __init__(self) -> None:
        self._id = uuid4().hex
        self._kernel: Any = getattr(get_ipython(), "kernel", None)
        self._parent: dict[str, Any] = self._kernel.get_parent() if self._kernel else {}
        self.cell = str(self._parent.get("metadata", {}).get("cellId") or self._id)

    def begin(self, generation: Generation | None) -> None:
        """Make the output that holds the last result."""
        publish(_snapshot(generation), self._id)

    def update(self, generation: Generation) -> None:
        """Put another result into it."""
        publish(_snapshot(generation), self._id, update=True)

    def keep(self, subject: Subject | Execution) -> None:
        """Write what is shown as an output of its own that is never changed."""
        bundle = bundle_of(subject)
        kernel = self._kernel
        if kernel is None or not self._parent:
            publish(bundle, uuid4().hex)
            return
        # A message from a button belongs to no cell: this one names the cell that it is for.
        kernel.session.send(
            kernel.iopub_socket,
            "display_data",
            {"data": bundle, "metadata": {}, "transient": {}},
            parent=self._parent,
            ident=f"kernel.{kernel.ident}.display_data".encode(),
        )


def _snapshot(generation: Generation | None) -> dict[str, Any]:
    """Return the bundle of the last result: folded, since the panel above it shows the same."""
    if generation is None:
        return dict(message_bundle(_NOTHING))
    bundle = rendering.generation_bundle(generation)
    if "text/html" in bundle:
        words = " ".join(f"{generation.prompt}▸{generation.text}".split())
        words = words if len(words) <= _SUMMARY else words[: _SUMMARY - 1] + "…"
        bundle["text/html"] = (
            '<details><summary><small class="tex2jax_ignore mathjax_ignore">Last result of the '
            f"panel: {escape(words)}</small></summary>{bundle['text/html']}</details>"
        )
    return bundle
