"""The session's generations in; a list to choose from, and what is done with the choice, out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from galai_jupyter import rendering
from galai_jupyter.generation import Generation
from galai_jupyter.widget_panel.buttons import make_button
from galai_jupyter.widget_panel.controls import note

_WIDTH = 40
"""Characters of prompt and text in the list."""


class HistoryList:
    """The generations of the session, newest first; those of cells, too.

    Parameters
    ----------
    on_choose : callable
        Called with the generations that a person selected: one to look at, several to compare.
    drawing : context manager
        The lock that whoever draws holds: the worker and the kernel both do.

    Attributes
    ----------
    list : ipywidgets.SelectMultiple
        The generations.
    replay, delete, as_json, as_markdown : ipywidgets.Button
        What can be done with those that are selected.
    box : ipywidgets.Widget
        All of it.
    """

    def __init__(
        self,
        on_choose: Callable[[Sequence[Generation]], None],
        drawing: AbstractContextManager[Any],
    ) -> None:
        self._on_choose, self._drawing = on_choose, drawing
        self._generations: list[Generation] = []
        self._quiet = self._working = False
        self.list = widgets.SelectMultiple(
            rows=6,
            tooltip="History: select one to look at it, two (Ctrl or Cmd) to compare them",
            layout={"width": "auto"},
        )
        self.list.add_class("galai-history")
        self.replay = make_button(
            "Replay",
            "repeat",
            "Run the selected request again, and say whether the text is the same",
        )
        self.delete = make_button("Delete", "trash", "Take what is selected out of the history")
        self.as_json = make_button(
            "JSON", "download", "Write what is selected, or all, as a JSON file"
        )
        self.as_markdown = make_button(
            "Markdown", "download", "Write what is selected, or all, as a Markdown file"
        )
        self.buttons = (self.replay, self.delete, self.as_json, self.as_markdown)
        row = widgets.Box(self.buttons, layout={"display": "flex", "flex_flow": "row wrap"})
        hint = widgets.HTML(note("Select one to look at it, two (Ctrl or Cmd) to compare them."))
        self.box = widgets.VBox([hint, self.list, row])
        self.list.observe(lambda change: self._selected(), "index")
        self.refresh([])

    @property
    def selected(self) -> list[Generation]:
        """What is selected, oldest first."""
        with self._drawing:
            return [self._generations[index] for index in sorted(self.list.index, reverse=True)]

    def refresh(self, history: Sequence[Generation], selected: Sequence[Generation] = ()) -> None:
        """List `history`; select what was selected before, or `selected`."""
        with self._drawing:
            chosen = {id(generation) for generation in selected or self.selected}
            self._quiet = True
            try:
                self._list(history, chosen)
            finally:
                self._quiet = False
            self._enable()

    def _list(self, history: Sequence[Generation], chosen: set[int]) -> None:
        self._generations = list(reversed(history))
        labels = [
            _label(len(history) - index, generation)
            for index, generation in enumerate(self._generations)
        ]
        if labels != list(self.list.options):
            self.list.options = labels
        index = tuple(i for i, each in enumerate(self._generations) if id(each) in chosen)
        if index != self.list.index:
            self.list.index = index

    def _selected(self) -> None:
        with self._drawing:
            if self._quiet:
                return
            self._enable()
            if self.selected:
                self._on_choose(self.selected)

    def enable(self, *, working: bool) -> None:
        """Enable what can be pressed now."""
        self._working = working
        self._enable()

    def _enable(self) -> None:
        self.replay.disabled = self._working or len(self.list.index) != 1
        self.delete.disabled = not self.list.index
        self.as_json.disabled = self.as_markdown.disabled = not self._generations


def write_json(generations: Sequence[Generation], folder: Path) -> Path:
    """Write the records as a JSON list to a new file in `folder`; return its path."""
    path = _new_path(folder, ".json")
    records = [generation.to_dict() for generation in generations]
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def write_markdown(generations: Sequence[Generation], folder: Path) -> Path:
    """Write the texts as Markdown to a new file in `folder`; return its path."""
    path = _new_path(folder, ".md")
    texts = [rendering.generation_bundle(each)["text/markdown"] for each in generations]
    path.write_text("\n\n".join(texts), encoding="utf-8")
    return path


def _new_path(folder: Path, suffix: str) -> Path:
    number = 1
    while (path := folder / f"galactica-history-{number}{suffix}").exists():
        number += 1
    return path


def _label(number: int, generation: Generation) -> str:
    return f"{number} · {generation.options.strategy} · {_excerpt(generation)}"


def _excerpt(generation: Generation) -> str:
    prompt = " ".join(generation.prompt[-_WIDTH:].split())
    text = " ".join(generation.text[:_WIDTH].split())
    return f"{'…' if len(generation.prompt) > _WIDTH else ''}{prompt} ▸ {text}"
