"""What a person looks at, finished or growing, in; its views, drawn in widgets, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from html import escape
from typing import Any

import ipywidgets as widgets

from galai_jupyter import rendering
from galai_jupyter.generation import Generation
from galai_jupyter.options import DisplayOptions
from galai_jupyter.rendering.html_writer import VERBATIM
from galai_jupyter.widget_panel.cited import references_html
from galai_jupyter.widget_panel.code import Code
from galai_jupyter.widget_panel.controls import block, note, set_visible
from galai_jupyter.widget_panel.growing import GrowingText
from galai_jupyter.widget_panel.subject import Subject, generations_of, rendered_html

_PRE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;user-select:{select};margin:0 0 8px;"
    "padding:8px;border:1px solid rgba(127,127,127,0.35);border-radius:4px;line-height:1.4"
)
_COLUMNS = "display:flex;flex-wrap:wrap;gap:16px"
_COLUMN = "flex:1 1 260px;min-width:0"

View = Callable[[Subject], str]


class Result:
    """What came of a request, in the view that is chosen.

    Parameters
    ----------
    drawing : context manager
        The lock that whoever draws holds: the worker and the kernel both do.
    codes : callable
        Returns the cells and calls that ask for the same as a subject.

    Attributes
    ----------
    subject : Generation, Comparison, Replay or None
        What is looked at now.
    chooser : ipywidgets.ToggleButtons
        The names of the views.
    bodies : mapping of str to ipywidgets.Widget
        Each view's widget, by the view's name; those that are not chosen are hidden.
    box : ipywidgets.Widget
        All of it.
    """

    def __init__(
        self, drawing: AbstractContextManager[Any], codes: Callable[[Subject], list[Code]]
    ) -> None:
        self.subject: Subject | None = None
        self._drawing, self._codes = drawing, codes
        self._display = DisplayOptions()
        self._growing: GrowingText | None = None
        self._views: Mapping[str, View] = {
            "rendered": lambda subject: rendered_html(subject, self._display),
            "tokens": _of_each(_tokens),
            "raw": _of_each(_raw),
            "references": _of_each(references_html),
            "as code": self._as_code,
        }
        self.chooser = widgets.ToggleButtons(
            options=list(self._views),
            tooltips=[
                "Formatted, with formulas",
                "Each token with its probability",
                "The text as the model wrote it",
                "The papers that are cited, with the model's confidence, and their BibTeX",
                "The cell and the Python call that ask for the same",
            ],
            style={"button_width": "auto"},
        )
        self.bodies: Mapping[str, widgets.Widget] = {
            name: (widgets.HTMLMath if name == "rendered" else widgets.HTML)(
                layout={"width": "auto"}
            )
            for name in self._views
        }
        for name, body in self.bodies.items():
            body.add_class("galai-view")
            set_visible(body, name == self.chooser.value)
        self.chooser.observe(lambda change: self.redraw(), "value")
        self.box = widgets.VBox([self.chooser, *self.bodies.values()], layout={"width": "auto"})

    @property
    def shown(self) -> tuple[Generation, ...]:
        """The generations that are looked at."""
        return generations_of(self.subject)

    def begin(self, growing: GrowingText) -> None:
        """Get ready for a text that grows; what was shown stays until it does."""
        with self._drawing:
            self._growing = growing

    def draw(self, growing: GrowingText) -> None:
        """Draw a text that grows, unless a person looks at something else by now."""
        with self._drawing:
            if growing is not self._growing:
                return
            if self.chooser.value == "raw":
                self.bodies["raw"].value = _pre(growing.request.prompt.text + growing.text)
                return
            self.bodies["rendered"].value = block(growing.html())
            if self.chooser.value != "rendered":
                set_visible(self.bodies[self.chooser.value], False)
                set_visible(self.bodies["rendered"], True)

    def end(self, growing: GrowingText) -> None:
        """Go back to what was shown before a text that came to nothing."""
        with self._drawing:
            if growing is self._growing:
                self.show(self.subject)

    def show(self, subject: Subject | None) -> None:
        """Show something that is finished; nothing to clear the view."""
        with self._drawing:
            self._growing = None
            self.subject = subject
            self.redraw()

    def use_display(self, options: DisplayOptions) -> None:
        """Show it as `options` say, from now on."""
        with self._drawing:
            if options != self._display:
                self._display = options
                self.redraw()

    def redraw(self) -> None:
        """Draw the view that is chosen; what is not looked at is empty: a page holds texts once."""
        with self._drawing:
            for name, body in self.bodies.items():
                chosen = name == self.chooser.value
                set_visible(body, chosen)
                if self._growing is None:
                    body.value = self._html(self._views[name]) if chosen else ""

    def _html(self, view: View) -> str:
        return block(view(self.subject)) if self.subject else ""

    def _as_code(self, subject: Subject) -> str:
        return note("Click a box to select all of it, then copy.") + "".join(
            _pre(code.cell, select="all") + _pre(code.python, select="all")
            for code in self._codes(subject)
        )


def _of_each(view: Callable[[Generation], str]) -> View:
    """Return a view of one generation as one that puts several side by side."""

    def draw(subject: Subject) -> str:
        parts = [view(generation) for generation in generations_of(subject)]
        if len(parts) < 2:
            return "".join(parts)
        columns = "".join(f'<div style="{_COLUMN}">{part}</div>' for part in parts)
        return f'<div style="{_COLUMNS}">{columns}</div>'

    return draw


def _raw(generation: Generation) -> str:
    texts = [generation.prompt + sequence.text for sequence in generation.sequences]
    return "".join(map(_pre, texts))


def _tokens(generation: Generation) -> str:
    return str(rendering.tokens_bundle(generation)["text/html"])


def _pre(text: str, select: str = "auto") -> str:
    return f'<pre {VERBATIM} style="{_PRE.format(select=select)}">{escape(text)}</pre>'
