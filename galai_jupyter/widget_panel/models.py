"""No input; the row where a model is chosen, loaded and unloaded, out."""

from __future__ import annotations

import sys
from html import escape

import ipywidgets as widgets

from galai_jupyter import catalog
from galai_jupyter.catalog import ModelInfo, format_bytes, format_count
from galai_jupyter.engines.hardware import free_gpu_memory, free_memory
from galai_jupyter.errors import OptionError
from galai_jupyter.generation import ModelDescription
from galai_jupyter.options import OPTIONS, LoadOptions, build_options
from galai_jupyter.widget_panel.controls import LABEL_WIDTH, Control, note, set_visible

_OTHER = "another: a hub id or a folder"


class ModelRow:
    """Says which model is loaded; lets a person choose another one.

    Attributes
    ----------
    current : ipywidgets.HTML
        The loaded model, its engine and device.
    fold : ipywidgets.ToggleButton
        Shows and hides the rest.
    choice, other : ipywidgets.Widget
        A catalog name, or anything else that can be loaded.
    controls : dict of str to Control
        A control for each option of loading.
    load, unload : ipywidgets.Button
        What they say.
    box : ipywidgets.Widget
        All of it.
    """

    def __init__(self) -> None:
        self.current = widgets.HTML(layout={"flex": "1 1 200px", "min_width": "0"})
        self.fold = widgets.ToggleButton(
            description="Model", icon="cube", tooltip="Choose, load or unload a model"
        )
        self.fold.layout.width = "auto"
        label = {"description_width": LABEL_WIDTH}
        self.choice = widgets.Dropdown(
            options=[*((_label(name), name) for name in catalog.names()), (_OTHER, "")],
            description="model",
            tooltip="A catalog name; the last entry is for any other checkpoint",
            layout={"width": "auto"},
            style=label,
        )
        self.choice.add_class("galai-model")
        self.other = widgets.Text(
            description="hub id or folder",
            placeholder="owner/name, or a path",
            tooltip="A hub id (owner/name) or a local folder",
            layout={"width": "auto"},
            style=label,
        )
        self.controls = {
            name: Control(each) for name, each in OPTIONS.items() if each.group == "load"
        }
        self.needs = widgets.HTML(layout={"width": "auto"})
        self.load = widgets.Button(
            description="Load", icon="download", tooltip="Load the chosen model"
        )
        self.unload = widgets.Button(
            description="Unload", icon="eject", tooltip="Drop the model and give its memory back"
        )
        for button in (self.load, self.unload):
            button.layout.width = "auto"
        self._details = widgets.VBox(
            [
                self.choice,
                self.other,
                *(control.widget for control in self.controls.values()),
                self.needs,
                widgets.HBox([self.load, self.unload]),
            ]
        )
        head = widgets.Box(
            [self.current, self.fold],
            layout={"display": "flex", "flex_flow": "row wrap", "align_items": "center"},
        )
        self.box = widgets.VBox([head, self._details])
        self.choice.observe(lambda change: self.refresh(), "value")
        self.fold.observe(lambda change: self.refresh(), "value")
        self._model: ModelDescription | None = None
        self._working = False
        self.refresh()

    @property
    def name(self) -> str:
        """What is to be loaded.

        Raises
        ------
        OptionError
            If nothing was chosen.
        """
        name = self.choice.value or self.other.value.strip()
        if not name:
            raise OptionError("Write the hub id (owner/name) or the folder of the model first.")
        return str(name)

    @property
    def options(self) -> LoadOptions:
        """Where and how it is to be held."""
        return build_options(
            LoadOptions, {name: control.value for name, control in self.controls.items()}
        )

    def show(self, model: ModelDescription | None) -> None:
        """Say which model is loaded."""
        self._model = model
        self.refresh()

    def enable(self, *, working: bool) -> None:
        """Enable what can be pressed now."""
        self._working = working
        self.load.disabled = working
        self.unload.disabled = working or self._model is None

    def refresh(self) -> None:
        """Draw what depends on the choice and on the memory that is free now."""
        set_visible(self._details, self.fold.value)
        set_visible(self.other, not self.choice.value)
        self.enable(working=self._working)
        self.current.value = _current(self._model)
        if self.fold.value:
            self.needs.value = _needs(self.choice.value)


def _label(name: str) -> str:
    info = ModelInfo.by_name(name)
    return f"{name}: {format_count(info.parameters)} parameters"


def _current(model: ModelDescription | None) -> str:
    if model is None:
        return note(f"No model yet: the bundled {catalog.DEMO} is loaded when needed.")
    dtype = f", {escape(model.dtype)}" if model.dtype else ""
    licence = f" · {escape(model.licence)}" if model.licence else ""
    return note(
        f"<b>{escape(model.name)}</b>: {escape(model.engine)} engine on "
        f"{escape(model.device)}{dtype}{licence}"
    )


def _needs(name: str) -> str:
    free = _free()
    if not name:
        return note(f"{format_bytes(free)} are free here.")
    info = ModelInfo.by_name(name)
    half, full = info.memory_needed("bfloat16"), info.memory_needed("float32")
    fits = info.widest_dtype(free)
    verdict = f"fits as {fits}" if fits else "<b>does not fit</b>"
    source = f"downloaded from the hub ({escape(info.hub_id)})" if info.hub_id else "in the package"
    return note(
        f"Needs {format_bytes(half)} (16-bit) or {format_bytes(full)} (float32); "
        f"{format_bytes(free)} are free: it {verdict}.<br>"
        f"Licence: {escape(info.licence)}; {source}."
    )


def _free() -> int:
    """Return the bytes that are free where a model would go; torch is not imported for it."""
    torch = sys.modules.get("torch")
    loaded = torch is not None and not getattr(torch.__spec__, "_initializing", False)
    if loaded and torch and torch.cuda.is_available():
        return sum(free_gpu_memory("cuda").values())
    return free_memory()
