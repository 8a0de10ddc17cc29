"""No input; the controls of a request, and the request that they describe, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from galai_jupyter import prompts
from galai_jupyter.options import (
    OPTIONS,
    DisplayOptions,
    GenerationOptions,
    PromptOptions,
    build_options,
)
from galai_jupyter.prompts import TASKS, Prompt
from galai_jupyter.widget_panel.controls import LABEL_WIDTH, Control, note, set_visible
from galai_jupyter.widget_panel.strategies import (
    PRESETS,
    STRATEGIES,
    STRATEGY_OPTIONS,
    Preset,
)

_COMMON = ("max_new_tokens",)
"""Generation options that every strategy has and that are changed often."""

_PROMPT = ("new_doc", "input", "into", "raw", "truncate")
_DISPLAY = ("special_tokens",)
_ONE_TASK = {"input": "instruct", "into": "translate"}
"""Options that only one task has."""


@dataclass(frozen=True)
class Request:
    """What the controls ask for.

    Attributes
    ----------
    prompt : Prompt
        What is continued.
    options : GenerationOptions
        How; checked.
    display : DisplayOptions
        How it is shown.
    """

    prompt: Prompt
    options: GenerationOptions
    display: DisplayOptions


class Form:
    """The prompt, the task, the strategy and a control for each option.

    Parameters
    ----------
    on_change : callable
        Called when the request has changed.

    Attributes
    ----------
    prompt, task, strategy : ipywidgets.Widget
        What is continued, its template, how it is decoded.
    controls : dict of str to Control
        A control for each option, by the option's name.
    prompt_box, settings_box : ipywidgets.Widget
        The two parts of the form.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._quiet = False
        generation = [name for name, each in OPTIONS.items() if each.group == "generation"]
        self.controls = {
            name: Control(OPTIONS[name]) for name in (*generation, *_PROMPT, *_DISPLAY)
        }
        self.prompt = widgets.Textarea(
            placeholder="Write the text that Galactica is to continue…",
            tooltip="The prompt: text that Galactica continues",
            rows=6,
            layout={"width": "auto"},
        )
        self.prompt.add_class("galai-prompt")
        self.task = _chooser(
            "task",
            [("none: the text as it is", ""), *((_task_label(name), name) for name in TASKS)],
            OPTIONS["task"].help,
        )
        self.strategy = _chooser("strategy", list(STRATEGIES), "How the text is decoded.")
        self._strategy_help = widgets.HTML()
        self._kept: dict[str, dict[str, Any]] = {}
        self.more = widgets.ToggleButton(
            description="More options",
            icon="sliders",
            tooltip="Show penalties, stop strings and other options that are rarely changed",
            layout={"width": "auto", "align_self": "flex-start"},
        )
        self.presets = [self._preset_button(preset) for preset in PRESETS]
        self.reset_button = widgets.Button(
            description="reset",
            icon="undo",
            tooltip="Put all settings back to their defaults; the prompt stays",
            layout={"width": "auto"},
        )
        self.reset_button.on_click(lambda button: self.reset())
        self.prompt_box, self.settings_box = self._lay_out(generation)
        self._listen()
        self._show_what_applies()

    def _lay_out(self, generation: list[str]) -> tuple[widgets.Widget, widgets.Widget]:
        of_strategy = [name for name in generation if name in STRATEGY_OPTIONS]
        rare = [n for n in generation if n not in STRATEGY_OPTIONS and n not in _COMMON]
        in_front = ("new_doc", *_ONE_TASK)
        rare += [name for name in (*_PROMPT, *_DISPLAY) if name not in in_front]
        prompt_box = widgets.VBox([self.prompt, self.task, *self._widgets(in_front)])
        self._rare_box = widgets.VBox(self._widgets(rare))
        buttons = widgets.Box(
            [*self.presets, self.reset_button], layout={"display": "flex", "flex_flow": "row wrap"}
        )
        settings_box = widgets.VBox(
            [
                buttons,
                self.strategy,
                self._strategy_help,
                *self._widgets((*of_strategy, *_COMMON)),
                self.more,
                self._rare_box,
            ]
        )
        return prompt_box, settings_box

    def _widgets(self, names: tuple[str, ...] | list[str]) -> list[widgets.Widget]:
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

    @property
    def prompt_options(self) -> PromptOptions:
        """How the text becomes a prompt."""
        values = {name: self.controls[name].value for name in _PROMPT}
        for name, task in _ONE_TASK.items():
            if self.task.value != task:
                del values[name]
        return build_options(PromptOptions, values | {"task": self.task.value or None})

    @property
    def options(self) -> GenerationOptions:
        """How the text is decoded: the strategy's options, and those that all have.

        Raises
        ------
        OptionError
            If a value is wrong, or two contradict each other.
        """
        others = STRATEGY_OPTIONS - set(STRATEGIES[self.strategy.value].starts)
        values = {
            name: control.value
            for name, control in self.controls.items()
            if control.option.group == "generation" and name not in others
        }
        return build_options(GenerationOptions, values).checked()

    @property
    def display(self) -> DisplayOptions:
        """How the text is shown."""
        return build_options(DisplayOptions, {n: self.controls[n].value for n in _DISPLAY})

    def request(self, namespace: Mapping[str, Any] | None = None) -> Request:
        """Return what the controls ask for.

        Parameters
        ----------
        namespace : mapping, optional
            Names for ``{{expressions}}`` of the prompt, which are left as they are without it.

        Raises
        ------
        OptionError, PromptError
            If the request cannot be run.
        """
        options = self.prompt_options
        text = self.prompt.value
        if namespace is not None and not options.raw:
            text = prompts.interpolate(text, namespace)
        return Request(prompts.build_prompt(text, options), self.options, self.display)

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
            if STRATEGIES[self.strategy.value].task not in (None, change.new):
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
            if new.task:
                self.task.value = new.task

    def _changed(self) -> None:
        if not self._quiet:
            self._show_what_applies()
            self._on_change()

    def _show_what_applies(self) -> None:
        strategy = STRATEGIES[self.strategy.value]
        for name in STRATEGY_OPTIONS:
            set_visible(self.controls[name].widget, name in strategy.starts)
        for name, task in _ONE_TASK.items():
            set_visible(self.controls[name].widget, self.task.value == task)
        set_visible(self._rare_box, self.more.value)
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


def _chooser(name: str, choices: Any, tooltip: str) -> widgets.Dropdown:
    chooser = widgets.Dropdown(
        options=choices,
        description=name,
        tooltip=tooltip,
        layout={"width": "auto"},
        style={"description_width": LABEL_WIDTH},
    )
    chooser.add_class("galai-" + name)
    return chooser


def _task_label(name: str) -> str:
    return f"{name}: {TASKS[name].help[:1].lower()}{TASKS[name].help[1:].rstrip('.')}"
