"""Generations, finished or growing, in; the views of a result, drawn in widgets, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

import ipywidgets as widgets

from galai_jupyter import rendering
from galai_jupyter.generation import Generation
from galai_jupyter.options import DisplayOptions
from galai_jupyter.widget_panel.cited import references_html
from galai_jupyter.widget_panel.code import as_cell, as_python
from galai_jupyter.widget_panel.controls import CLOSE_LINES, note, set_visible
from galai_jupyter.widget_panel.growing import GrowingText

_IGNORED = 'class="tex2jax_ignore mathjax_ignore"'
_PRE = (
    "white-space:pre-wrap;overflow-wrap:anywhere;user-select:{select};margin:0 0 8px;"
    "padding:8px;border:1px solid rgba(127,127,127,0.35);border-radius:4px;line-height:1.4"
)
_COLUMNS = "display:flex;flex-wrap:wrap;gap:16px"
_COLUMN = "flex:1 1 260px;min-width:0"

View = Callable[[Generation], str]


def _raw(generation: Generation) -> str:
    texts = [generation.prompt + sequence.text for sequence in generation.sequences]
    return "".join(map(_pre, texts))


def _code(generation: Generation) -> str:
    parts = [
        note("Click a box to select all of it, then copy."),
        _pre(as_cell(generation), select="all"),
        _pre(as_python(generation), select="all"),
    ]
    return "".join(parts)


def _tokens(generation: Generation) -> str:
    return str(rendering.tokens_bundle(generation)["text/html"])


def _pre(text: str, select: str = "auto") -> str:
    return f'<pre {_IGNORED} style="{_PRE.format(select=select)}">{escape(text)}</pre>'


class Result:
    """What came of a request, in the view that is chosen; two of them stand side by side.

    Attributes
    ----------
    shown : tuple of Generation
        What is looked at now.
    chooser : ipywidgets.ToggleButtons
        The names of the views.
    bodies : mapping of str to ipywidgets.Widget
        Each view's widget, by the view's name; those that are not chosen are hidden.
    box : ipywidgets.Widget
        All of it.
    """

    def __init__(self) -> None:
        self.shown: tuple[Generation, ...] = ()
        self._display = DisplayOptions()
        self._views: Mapping[str, View] = {
            "rendered": self._rendered,
            "tokens": _tokens,
            "raw": _raw,
            "references": references_html,
            "as code": _code,
        }
        self.chooser = widgets.ToggleButtons(
            options=list(self._views),
            tooltips=[
                "Formatted, with formulas",
                "Each token with its probability",
                "The text as the model wrote it",
                "The papers that are cited, with the model's confidence",
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
        self.chooser.observe(lambda change: self._choose(), "value")
        self.box = widgets.VBox([self.chooser, *self.bodies.values()], layout={"width": "auto"})
        self._growing: GrowingText | None = None

    def begin(self, growing: GrowingText) -> None:
        """Get ready for a text that grows; what was shown stays until it does."""
        self._display = growing.request.display
        self._growing = growing

    def draw(self, growing: GrowingText) -> None:
        """Draw a text that grows, unless a person looks at something else by now."""
        if growing is not self._growing:
            return
        if self.chooser.value == "raw":
            self.bodies["raw"].value = _pre(growing.request.prompt.text + growing.text)
            return
        self.bodies["rendered"].value = f'<div style="{CLOSE_LINES}">{growing.html()}</div>'
        if self.chooser.value != "rendered":
            set_visible(self.bodies[self.chooser.value], False)
            set_visible(self.bodies["rendered"], True)

    def show(self, *generations: Generation) -> None:
        """Show one generation, or several side by side; none to clear the view."""
        self._growing = None
        self.shown = generations
        self._choose()

    def _choose(self) -> None:
        for name, body in self.bodies.items():
            set_visible(body, name == self.chooser.value)
            # What is not looked at is empty: a page holds each text once.
            if self._growing is None:
                chosen = name == self.chooser.value
                body.value = self._html(self._views[name]) if chosen else ""

    def _html(self, view: View) -> str:
        parts = [view(generation) for generation in self.shown]
        if len(parts) < 2:
            return f'<div style="{CLOSE_LINES}">{"".join(parts)}</div>'
        columns = "".join(f'<div style="{_COLUMN}">{part}</div>' for part in parts)
        return f'<div style="{CLOSE_LINES};{_COLUMNS}">{columns}</div>'

    def _rendered(self, generation: Generation) -> str:
        bundle = rendering.generation_bundle(
            generation, special_tokens=self._display.special_tokens, html=True
        )
        return str(bundle["text/html"])
