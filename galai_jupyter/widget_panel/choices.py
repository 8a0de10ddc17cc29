"""No input; the controls of a request, and the request that they describe, out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from galai_jupyter import prompts
from galai_jupyter.citing import CITE, citing_options
from galai_jupyter.options import (
    OPTIONS,
    CiteOptions,
    DisplayOptions,
    GenerationOptions,
    PromptOptions,
    build_options,
)
from galai_jupyter.prompts import TASKS, Prompt
from galai_jupyter.references import is_open
from galai_jupyter.widget_panel.controls import LABEL_WIDTH, Control
from galai_jupyter.widget_panel.request import Request
from galai_jupyter.widget_panel.strategies import STRATEGIES, STRATEGY_OPTIONS

_PROMPT = ("new_doc", "input", "into", "raw", "truncate")
_CITE = ("suggestions", "threshold", "continuation")
_DISPLAY = ("special_tokens", "score")
ONE_TASK = {"input": "instruct", "into": "translate"}
"""Options that only one task has."""


class Choices:
    """The prompt, the task, the strategy and a control for each option.

    Attributes
    ----------
    prompt, task, strategy : ipywidgets.Widget
        What is continued, its template, how it is decoded.
    controls : dict of str to Control
        A control for each option, by the option's name.
    generation : tuple of str
        The names of those that the engine sees.
    """

    def __init__(self) -> None:
        self.generation = tuple(
            name for name, each in OPTIONS.items() if each.group == "generation"
        )
        self.controls = {
            name: Control(OPTIONS[name]) for name in (*self.generation, *_PROMPT, *_CITE, *_DISPLAY)
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

    @property
    def prompt_options(self) -> PromptOptions:
        """How the text becomes a prompt."""
        values = {name: self.controls[name].value for name in _PROMPT}
        for name, task in ONE_TASK.items():
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
            if control.option.group in ("generation", "cite") and name not in others
        }
        if self.strategy.value == CITE:
            values = citing_options(values)
        if self.task.value == CITE and not values["stop"]:
            values["stop"] = TASKS[CITE].defaults["stop"]
        return build_options(GenerationOptions, values).checked()

    @property
    def citing(self) -> CiteOptions:
        """How references are suggested; the defaults where the strategy says nothing of them."""
        if self.strategy.value != CITE:
            return CiteOptions()
        return build_options(
            CiteOptions, {name: self.controls[name].value for name in ("suggestions", "threshold")}
        )

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
        given = self.controls["continuation"].value if self.strategy.value == CITE else ()
        text, *continuations = (
            prompts.interpolate(each, namespace)
            if namespace is not None and not options.raw
            else each
            for each in (self.prompt.value, *given)
        )
        prompt = prompts.build_prompt(text, options)
        return self.request_for(prompt, tuple(continuations))

    def request_for(self, prompt: Prompt, continuations: tuple[str, ...] = ()) -> Request:
        """Return a request with the options of the controls.

        Raises
        ------
        OptionError
            If the request cannot be run.
        """
        return Request(
            prompt,
            self.options,
            self.display,
            citing=self.task.value == CITE and is_open(prompt.text),
            threshold=self.citing.threshold,
            continuations=continuations,
        )


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
