"""What happens in; a sentence, a bar and the numbers beside it, in widgets, out."""

from __future__ import annotations

import re
from html import escape

import ipywidgets as widgets

from galai_jupyter.widget_panel.controls import CLOSE_LINES, note

_ERROR = "border-left:3px solid rgba(220,60,60,0.9);padding-left:8px"


class Status:
    """Says what goes on: a sentence, and how far it is.

    Attributes
    ----------
    sentence, numbers, queue : ipywidgets.HTML
        What goes on, its count and speed, and what cells do.
    bar : ipywidgets.FloatProgress
        How far it is, 0 to 1.
    box : ipywidgets.Widget
        All of it.
    """

    def __init__(self) -> None:
        self.sentence = widgets.HTML(layout={"width": "auto"})
        self.sentence.add_class("galai-status")
        self.queue = widgets.HTML(layout={"width": "auto"})
        self.bar = widgets.FloatProgress(
            min=0.0,
            max=1.0,
            tooltip="How far the generation is",
            layout={"width": "auto", "flex": "1 1 120px", "height": "14px"},
        )
        self.numbers = widgets.HTML(layout={"flex": "0 1 auto"})
        row = widgets.Box(
            [self.bar, self.numbers],
            layout={
                "display": "flex",
                "flex_flow": "row wrap",
                "align_items": "center",
                "grid_gap": "0 8px",
            },
        )
        self.box = widgets.VBox([row, self.sentence, self.queue])

    def say(self, sentence: str, *, error: bool = False) -> None:
        """Show a sentence; what stands between backticks is code."""
        style = f"{CLOSE_LINES};{_ERROR if error else ''}"
        role = "alert" if error else "status"
        shown = _html(sentence)
        self.sentence.value = f'<div role="{role}" style="{style}">{shown}</div>'

    def say_of_cells(self, sentence: str) -> None:
        """Show what cells do at the same time; nothing if empty."""
        self.queue.value = note(_html(sentence)) if sentence else ""

    def progress(self, fraction: float, numbers: str) -> None:
        """Show how far the work is, 0 to 1, and its numbers."""
        self.bar.value = min(1.0, fraction)
        self.numbers.value = note(escape(numbers))


def _html(sentence: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence))
