"""A generation in; its Python, shown, asked about and, if somebody says so, run, out.

Nothing is run but by the button "Run it", which is there only while the code is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets as widgets

from galai_jupyter import rendering
from galai_jupyter.errors import OptionError
from galai_jupyter.generation import Generation
from galai_jupyter.options import OPTIONS, RunOptions, build_options
from galai_jupyter.programs import Execution, Program, choose_program
from galai_jupyter.rendering.run_view import guards_words, limits_words
from galai_jupyter.sandbox import available_guards, run_program
from galai_jupyter.widget_panel.buttons import make_button
from galai_jupyter.widget_panel.controls import LABEL_WIDTH, Control, block, note, set_visible

_LIMITS = ("time_limit", "memory_limit", "output_limit")
_FRAME = {
    "border": "1px solid rgba(127,127,127,0.35)",
    "padding": "6px 8px",
    "margin": "4px 2px",
    "width": "auto",
}

Start = Callable[[Callable[[], None], str], None]
"""``start(job, sentence)``: runs a job on the panel's worker, or refuses."""


@dataclass(frozen=True)
class Ran:
    """What was run, how, and what came of it."""

    generation: Generation
    options: RunOptions
    execution: Execution


class RunBox:
    """Shows the Python of what is looked at, asks, runs it, and shows its result.

    Parameters
    ----------
    drawing : context manager
        The lock that whoever draws holds.
    start : callable
        ``start(job, sentence)``: runs a job on the panel's worker.
    stop_asked : callable
        Whether the job is to end.
    say : callable
        ``say(sentence)`` for everybody to read.

    Attributes
    ----------
    offer, agree, refuse : ipywidgets.Button
        Show the code; run it; don't.
    block : ipywidgets.Dropdown
        Which of several blocks.
    controls : dict of str to Control
        The limits.
    code, terms, outcome : ipywidgets.HTML
        The code, what it would get, and what came of it.
    box : ipywidgets.Widget
        All of it but `offer`, hidden until that is pressed.
    """

    def __init__(
        self,
        drawing: AbstractContextManager[Any],
        start: Start,
        stop_asked: Callable[[], bool],
        say: Callable[[str], None],
    ) -> None:
        self._drawing, self._start = drawing, start
        self._stop_asked, self._say = stop_asked, say
        self._generation: Generation | None = None
        self._programs: tuple[Program, ...] = ()
        self._asking: tuple[str, ...] | None = None
        self._ran: dict[int, Ran] = {}
        self.offer = make_button(
            "Run Python", "terminal", "Show the Python of this text, and ask whether to run it"
        )
        self.agree = make_button("Run it", "check", "Run the code above, shut in", "warning")
        self.refuse = make_button("Don't", "times", "Close this; nothing is run")
        self.block = widgets.Dropdown(
            description="block",
            tooltip=OPTIONS["block"].help,
            layout={"width": "auto"},
            style={"description_width": LABEL_WIDTH},
        )
        self.block.add_class("galai-block")
        self.controls = {name: Control(OPTIONS[name]) for name in _LIMITS}
        self._limits = widgets.ToggleButton(
            description="Limits",
            icon="sliders",
            tooltip="Show the time, memory and output that the code gets",
            layout={"width": "auto"},
        )
        self.code, self.terms, self.outcome = (
            widgets.HTML(layout={"width": "auto"}) for _ in range(3)
        )
        self.outcome.add_class("galai-outcome")
        limits = [control.widget for control in self.controls.values()]
        row = widgets.Box(
            [self.agree, self.refuse, self._limits],
            layout={"display": "flex", "flex_flow": "row wrap"},
        )
        self._question = widgets.VBox([self.terms, row, *limits])
        self.box = widgets.VBox(
            [self.block, self.code, self._question, self.outcome], layout=_FRAME
        )
        self.box.add_class("galai-run-box")
        self.block.observe(lambda change: self.draw(), "value")
        self._limits.observe(lambda change: self.draw(), "value")
        for control in self.controls.values():
            control.observe(self.draw)
        self.draw()

    @property
    def options(self) -> RunOptions:
        """Which block, and what it gets.

        Raises
        ------
        OptionError
            If a limit is wrong.
        """
        limits = {name: control.value for name, control in self.controls.items()}
        block = self.block.value if len(self._programs) > 1 else None
        return build_options(RunOptions, {"block": block, **limits})

    @property
    def ran(self) -> Ran | None:
        """How the Python that is looked at was run last, and what came of it."""
        return self._ran.get(id(self._generation))

    def look_at(self, generation: Generation | None) -> None:
        """Offer the Python of a generation; a question about another one is withdrawn."""
        with self._drawing:
            if generation is self._generation:
                return
            self._generation, self._asking = generation, None
            self._programs = rendering.programs_of(generation) if generation else ()
            count = len(self._programs)
            self.block.options = [(f"{n} of {count}", n) for n in range(1, count + 1)]
            self.draw()

    def forget(self, generation: Generation) -> None:
        """Drop what came of a generation's Python."""
        self._ran.pop(id(generation), None)

    def enable(self, *, working: bool) -> None:
        """Enable what can be pressed now."""
        self.offer.disabled = working or not self._programs
        self.agree.disabled = working

    def ask(self) -> None:
        """Show the code and what it would get; nothing is run."""
        generation = self._generation

        def look() -> None:
            guards = available_guards()
            with self._drawing:
                if generation is not self._generation:
                    return
                self._asking = guards
                self.draw()
            self._say("Read the code, then choose: Run it, or Don't.")

        if self._programs:
            self._start(look, "Looking which guards there are…")

    def decline(self) -> None:
        """Close the question."""
        with self._drawing:
            self._asking = None
            self.draw()
        self._say("Nothing was run.")

    def run(self, progress: Callable[[float], None], done: Callable[[], None]) -> None:
        """Run the code that is shown, once.

        Parameters
        ----------
        progress : callable
            ``progress(fraction)``: how much of its time is over.
        done : callable
            Called on the worker when its result is shown.
        """
        with self._drawing:
            generation, options = self._generation, self.options
            if self._asking is None or generation is None:
                return
            program = choose_program(self._programs, options.block)

        def waiting(fraction: float) -> None:
            progress(fraction)
            if self._stop_asked():
                raise KeyboardInterrupt  # which is how a program is ended early

        def work() -> None:
            execution = Execution(program, run_program(program, options, waiting))
            with self._drawing:
                self._ran[id(generation)] = Ran(generation, options, execution)
                self.draw()
            progress(1.0)
            self._say(_verdict(execution))
            done()

        self._start(work, "Running the code…")
        with self._drawing:
            self._asking = None
            self.draw()

    def draw(self) -> None:
        """Draw the code, the question and what came of it, as far as there is any."""
        with self._drawing:
            ran, asking = self.ran, self._asking is not None
            set_visible(self.box, asking or ran is not None)
            set_visible(self.block, asking and len(self._programs) > 1)
            set_visible(self._question, asking)
            for control in self.controls.values():
                set_visible(control.widget, self._limits.value)
            program = ran.execution.program if ran else None
            if asking:
                program = self._programs[(self.block.value or 1) - 1]
            self.code.value = (
                _shown(rendering.program_bundle(program, html=True)) if program else ""
            )
            self.terms.value = note(escape(self._terms())) if asking else ""
            self.outcome.value = (
                _shown(rendering.execution_bundle(ran.execution, code=False, html=True))
                if ran and not asking
                else ""
            )

    def _terms(self) -> str:
        try:
            limits = limits_words(self.options)
        except OptionError as error:
            return str(error)
        return f"It would get {limits}. {guards_words(self._asking or ())}"


def _shown(bundle: Mapping[str, Any]) -> str:
    return block(bundle["text/html"])


def _verdict(execution: Execution) -> str:
    if execution.outcome.ending != "finished":
        return f"The code has ended: {execution.outcome.ending}."
    return {
        True: "The code has run: it gives what the model says.",
        False: "The code has run: it does not give what the model says.",
        None: "The code has run.",
    }[execution.agrees]
