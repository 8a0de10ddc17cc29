"""An option of the table in; the widget that sets it, and its value as Python has it, out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from galai_jupyter.options import Option

LABEL_WIDTH = "152px"
"""Room for the names of options, but for a few rare ones."""

_LONG = len("num_return_sequences")

CLOSE_LINES = "line-height:1.4"

_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}


def set_visible(widget: widgets.Widget, visible: bool) -> None:
    """Show or hide a widget by its layout; it stays in the tree."""
    widget.layout.display = None if visible else "none"


def note(html: str) -> str:
    """Return a small remark for an HTML widget, whose own lines stand far apart."""
    return f'<div style="{CLOSE_LINES};margin:2px 0"><small>{html}</small></div>'


def block(html: str) -> str:
    """Return HTML that is as wide as its widget: what is wider, a table, scrolls."""
    within = "display:grid;grid-template-columns:minmax(0,1fr)"
    return f'<div style="{within}"><div style="{CLOSE_LINES}">{html}</div></div>'


class Control:
    """One option's widget.

    It is called by the option's name; its tooltip is the option's help.

    Parameters
    ----------
    option : Option
        A row of the table.

    Attributes
    ----------
    option : Option
        What it sets.
    widget : ipywidgets.Widget
        A slider where the option has a range and a step, else what suits its type.
    """

    def __init__(self, option: Option) -> None:
        self.option = option
        self.widget, self._to_widget, self._to_python = _KINDS[_kind(option)](option)
        self.widget.description = option.name
        self.widget.tooltip = _tooltip(option)
        self.widget.layout.width = "auto"
        fits = len(option.name) <= _LONG
        self.widget.style.description_width = LABEL_WIDTH if fits else "max-content"
        self.widget.add_class("galai-" + option.name.replace("_", "-"))
        self.reset()

    @property
    def value(self) -> Any:
        """The option's value; `None` where it is left to others.

        Raises
        ------
        OptionError
            If what was typed is no such value.
        """
        return self._to_python(self.widget.value)

    @value.setter
    def value(self, value: Any) -> None:
        self.widget.value = self._to_widget(value)

    @property
    def is_set(self) -> bool:
        """Whether it stands somewhere else than at its default."""
        return bool(self.widget.value != self._start)

    def reset(self) -> None:
        """Go back to the default; a slider whose option is off by default begins at its left."""
        default = self.option.default
        if default is None and _kind(self.option) == "slider":
            default = self.option.minimum
        self.value = default
        self._start = self.widget.value

    def observe(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the value has changed."""
        self.widget.observe(lambda change: listener(), "value")


def _tooltip(option: Option) -> str:
    parts = [option.help]
    if option.range:
        parts.append(f"{option.range[:1].upper()}{option.range[1:]}.")
    return " ".join([*parts, f"In a cell: {option.flag}."])


def _kind(option: Option) -> str:
    if option.choices:
        return "choice"
    if option.repeated:
        return "lines"
    if option.type is bool:
        return "decision" if option.default is None else "switch"
    if option.type is str:
        return "text"
    limits = (option.minimum, option.maximum, option.step)
    return "number" if None in limits else "slider"


_Kind = tuple[widgets.Widget, Callable[[Any], Any], Callable[[Any], Any]]
"""A widget, and how values become the widget's and Python's."""


def _slider(option: Option) -> _Kind:
    whole = option.type is int
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    low, high, step = (option.type(x) for x in (option.minimum, option.maximum, option.step))
    slider = kind(min=low, max=high, step=step, value=low)
    return slider, lambda value: value, lambda value: value if whole else round(value, 6)


def _number(option: Option) -> _Kind:
    free = "not set" if option.default is None else f"{option.default:g}"
    field = widgets.Text(placeholder=free, continuous_update=False)
    return (
        field,
        lambda value: "" if value == option.default else str(value),
        lambda text: option.parse(text.strip()) if text.strip() else option.default,
    )


def _choice(option: Option) -> _Kind:
    return widgets.Dropdown(options=option.choices), _same, _same


def _decision(option: Option) -> _Kind:
    # Not None itself: a Dropdown takes that for nothing chosen.
    answers = {"auto": None, "yes": True, "no": False}
    words = {value: word for word, value in answers.items()}
    return widgets.Dropdown(options=list(answers)), words.__getitem__, answers.__getitem__


def _switch(option: Option) -> _Kind:
    return widgets.Checkbox(indent=True), _same, _same


def _text(option: Option) -> _Kind:
    return widgets.Text(), lambda value: value or "", lambda text: text or option.default


def _lines(option: Option) -> _Kind:
    area = widgets.Textarea(rows=2, placeholder=r"one a line; \n is a newline")
    return (
        area,
        lambda values: "\n".join(map(_escaped, values)),
        lambda text: tuple(_unescaped(line) for line in text.split("\n") if line),
    )


def _same(value: Any) -> Any:
    return value


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([nt\\])", lambda match: _ESCAPES[match[1]], text)


_KINDS: dict[str, Callable[[Option], _Kind]] = {
    "slider": _slider,
    "number": _number,
    "choice": _choice,
    "decision": _decision,
    "switch": _switch,
    "text": _text,
    "lines": _lines,
}
