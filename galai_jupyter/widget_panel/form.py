"""No input; the controls of a request, laid out, of which one may change others, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets as widgets

from galai_jupyter.citing import CITE
from galai_jupyter.options import GenerationOptions, build_options
from galai_jupyter.prompts import TASKS
from galai_jupyter.widget_panel.choices import ONE_TASK, Choices
from galai_jupyter.widget_panel.controls import note, set_visible
from galai_jupyter.widget_panel.strategies import (
    PRESETS,
    STRATEGIES,
    STRATEGY_OPTIONS,
    WITH_CITING,
    Preset,
)

_COMMON = ("max_new_tokens",)
"""Generation options that every strategy has and that are changed often."""


class Form(Choices):
    """The controls of a request: what changes with what, what is seen when, and where it stands.

    Parameters
    ----------
    on_change : callable
        Called when the request has changed.

    Attributes
    ----------
    more : ipywidgets.ToggleButton
        Shows and hides what is rarely changed.
    prompt_box, settings_box : ipywidgets.Widget
        The two parts of the form.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._quiet = False
        super().__init__()
        self._strategy_help = widgets.HTML()
        self._kept: dict[str, dict[str, Any]] = {}
        self._task_of_strategy = False
        self.more = widgets.ToggleButton(
            description="More options",
            icon="sliders",
            tooltip="Show penalties, stop strings and other options that are rarely changed",
            layout={"width": "auto"},
        )
        self.presets = [self._preset_button(preset) for preset in PRESETS]
        self.reset_button = widgets.Button(
            description="reset",
            icon="undo",
            tooltip="Put all settings back to their defaults; the prompt stays",
            layout={"width": "auto"},
        )
        self.reset_button.on_click(lambda button: self.reset())
        self.prompt_box, self.settings_box = self._lay_out()
        self._listen()
        self._show_what_applies()

    def _lay_out(self) -> tuple[widgets.Widget, widgets.Widget]:
        of_strategy = [name for name in self.generation if name in STRATEGY_OPTIONS]
        of_prompt = ("new_doc", *ONE_TASK)
        usual = ("suggestions", "threshold", *of_strategy, *_COMMON, *WITH_CITING, "continuation")
        self._rare = [name for name in self.controls if name not in {*of_prompt, *usual}]
        prompt_box = widgets.VBox([self.prompt, self.task, *self._widgets(of_prompt)])
        self._rare_box = widgets.VBox(self._widgets(self._rare))
        buttons = widgets.Box(
            [*self.presets, self.reset_button, self.more],
            layout={"display": "flex", "flex_flow": "row wrap"},
        )
        head = (buttons, self.strategy, self._strategy_help)
        return prompt_box, widgets.VBox([*head, *self._widgets(usual), self._rare_box])

    def _widgets(self, names: Iterable[str]) -> list[widgets.Widget]:
        return [self.controls[name].widget for name in names]

    def _listen(self) -> None:
        self.task.observe(self._task_changed, "value")
        self.strategy.observe(self._strategy_changed, "value")
        self.more.observe(lambda change: self._show_what_applies(), "value")
        self.prompt.observe(lambda change: self._changed(), "value")
        for control in self.controls.values():
            control.observe(self._changed)

    def _preset_button(self, preset: Preset) -> widgets.Button:
        button = widgets.Button(
            description=preset.name, tooltip=preset.help, layout={"width": "auto"}
        )
        button.on_click(lambda button: self.use(preset))
        return button

    def use(self, preset: Preset) -> None:
        """Set what a preset says; everything else goes back to its default."""
        with _Quietly(self):
            self._clear()
            self.task.value = ""
            self.task.value = preset.task or ""
            self.strategy.value = preset.strategy
            self._set(preset.values)

    def reset(self) -> None:
        """Put every setting back to its default; the prompt stays."""
        with _Quietly(self):
            self._clear()
            self.task.value = ""
            self.strategy.value = next(iter(STRATEGIES))

    def _clear(self) -> None:
        self._kept.clear()
        for control in self.controls.values():
            control.reset()
        self._set(STRATEGIES[self.strategy.value].starts)

    def _set(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self.controls[name].value = value

    def _task_changed(self, change: Any) -> None:
        """Take the old task's settings back and make the new one's."""
        with _Quietly(self):
            defaults = dict(TASKS[change.new].defaults) if change.new else {}
            for name in TASKS[change.old].defaults if change.old else ():
                if name not in STRATEGY_OPTIONS:
                    self.controls[name].reset()
            if change.new == CITE:
                self.strategy.value = CITE
            elif STRATEGIES[self.strategy.value].task is not None:
                self._task_of_strategy = False
                self.strategy.value = next(iter(STRATEGIES))
            if not STRATEGY_OPTIONS.isdisjoint(defaults):
                self.strategy.value = build_options(GenerationOptions, defaults).strategy
            self._set(defaults)

    def _strategy_changed(self, change: Any) -> None:
        """Bring back what the strategy was last used with, or its starts."""
        with _Quietly(self):
            old, new = STRATEGIES[change.old], STRATEGIES[change.new]
            self._kept[old.name] = {n: self.controls[n].widget.value for n in old.starts}
            if new.name in self._kept:
                for name, value in self._kept[new.name].items():
                    self.controls[name].widget.value = value
            else:
                self._set(new.starts)
            if new.task and self.task.value != new.task:
                self._task_of_strategy = True
                self.task.value = new.task
            elif self._task_of_strategy:
                self._task_of_strategy = False
                self.task.value = ""

    def _changed(self) -> None:
        if not self._quiet:
            self._show_what_applies()
            self._on_change()

    def _show_what_applies(self) -> None:
        strategy = STRATEGIES[self.strategy.value]
        for name in STRATEGY_OPTIONS:
            set_visible(self.controls[name].widget, name in strategy.starts)
        for name in WITH_CITING:
            control = self.controls[name]
            visible = strategy.name == CITE or self.more.value or control.is_set
            set_visible(control.widget, visible)
        for name, task in ONE_TASK.items():
            set_visible(self.controls[name].widget, self.task.value == task)
        set_visible(self._rare_box, self.more.value)
        count = sum(self.controls[name].is_set for name in self._rare)
        self.more.description = f"More options{f' ({count} set)' if count else ''}"
        self._strategy_help.value = note(strategy.help)


class _Quietly:
    """While several controls change, nobody is told; at the end, once."""

    def __init__(self, form: Form) -> None:
        self._form = form

    def __enter__(self) -> None:
        self._before, self._form._quiet = self._form._quiet, True

    def __exit__(self, *exception: object) -> None:
        self._form._quiet = self._before
        self._form._changed()
