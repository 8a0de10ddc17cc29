"""A controller in; a panel that a notebook shows, and what a saved notebook keeps of it, out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
from IPython.core.getipython import get_ipython

from galai_jupyter.display import in_notebook, publish
from galai_jupyter.widget_panel.controller import Controller
from galai_jupyter.widget_panel.snapshot import Place

_WITHOUT_KERNEL = (
    "<p><em>A panel with sliders and buttons was here. Run the cell to have it back; what it said "
    "last stands below.</em></p>"
)


class GalacticaPanel(widgets.VBox):
    """One panel of a session; all of them show the same widgets.

    Closing it leaves the others as they are.

    Parameters
    ----------
    controller : Controller
        Does the work.
    content : ipywidgets.Widget
        What :func:`lay_out` made of the controller's widgets.
    """

    def __init__(self, controller: Controller, content: widgets.Widget) -> None:
        super().__init__([content])
        self._controller = controller
        self.add_class("galai-panel")
        answer_on_any_subshell(self)

    def __repr__(self) -> str:
        return "<GalacticaPanel>"

    def close(self) -> None:
        """Close this panel with all that is its own: nothing of it stays in the kernel."""
        super().close()
        self.layout.close()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        # Not instead of the widget, but for readers that have no widgets.
        return {**super()._repr_mimebundle_(**kwargs), "text/html": _WITHOUT_KERNEL}

    def _ipython_display_(self) -> None:
        """Show the panel, and beside it the output that holds its last result."""
        shell = get_ipython()
        if shell is None or not in_notebook(shell):
            print(repr(self))
            return
        place = Place()
        publish(self._repr_mimebundle_(), f"panel-{place.cell}")
        shown = self._controller.result.shown
        place.begin(shown[-1] if shown else None)
        # A cell that is run again gives up its former outputs.
        self._controller.places.pop(place.cell, None)
        self._controller.places[place.cell] = place


def lay_out(controller: Controller) -> widgets.Widget:
    """Return the controller's widgets, in two columns where there is room, else in one."""
    request = widgets.VBox(
        [
            controller.models.box,
            controller.form.prompt_box,
            controller.count,
            controller.buttons.box,
            controller.status.box,
            controller.form.settings_box,
        ],
        layout=_COLUMN,
    )
    fold = widgets.ToggleButton(
        description="History",
        icon="history",
        tooltip="Show everything that was generated in this session",
        layout={"width": "auto"},
    )

    def show_history(change: Any) -> None:
        controller.history.box.layout.display = None if fold.value else "none"

    fold.observe(show_history, "value")
    show_history(None)
    result = widgets.VBox(
        [
            controller.result.box,
            widgets.Box([controller.run_box.offer, controller.buttons.keep, fold], layout=_WRAPPED),
            controller.run_box.box,
            controller.history.box,
        ],
        layout=_COLUMN,
    )
    box = widgets.Box([request, result], layout=_ROW)
    answer_on_any_subshell(box)
    return box


_WRAPPED = {"display": "flex", "flex_flow": "row wrap"}
_ROW = {"display": "flex", "flex_flow": "row wrap", "grid_gap": "8px 20px"}
_COLUMN = {"flex": "1 1 340px", "min_width": "0", "width": "auto"}


def answer_on_any_subshell(root: widgets.Widget) -> None:
    """Let messages to the widgets be answered where the front-end sends them.

    ipykernel 7.4.0 answers them on the shell that the comm last published from: a button that a
    cell or one of its threads touched would wait for the end of the cell.
    """
    for widget in walk(root):
        if hasattr(widget.comm, "_reply_subshell_for"):
            widget.comm._reply_subshell_for = lambda data, default: default


def walk(root: widgets.Widget) -> Iterator[widgets.Widget]:
    """Yield a widget and all that is in it."""
    yield root
    for child in getattr(root, "children", ()):
        yield from walk(child)
