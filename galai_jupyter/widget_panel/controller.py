"""A session in; its one panel: what the buttons do, and what the widgets say, out.

All panels of a kernel show the same widgets, so that they are always in step. Requests run on a
worker thread of the panel's own, through the session's lock: they take turns with cells.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

import ipywidgets as widgets
from IPython.core.getipython import get_ipython

from galai_jupyter.errors import GalacticaError, OptionError, PromptError, SessionBusyError
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.preload import wait_for_imports
from galai_jupyter.prompts import Prompt
from galai_jupyter.session import Session
from galai_jupyter.streaming import GenerationStream
from galai_jupyter.widget_panel.budget import budget_words
from galai_jupyter.widget_panel.buttons import Buttons
from galai_jupyter.widget_panel.controls import note
from galai_jupyter.widget_panel.form import Form, Request
from galai_jupyter.widget_panel.growing import GrowingText, numbers
from galai_jupyter.widget_panel.history import HistoryList, write_json, write_markdown
from galai_jupyter.widget_panel.models import ModelRow
from galai_jupyter.widget_panel.result import Result
from galai_jupyter.widget_panel.snapshot import Place
from galai_jupyter.widget_panel.status import Status
from galai_jupyter.widget_panel.worker import Worker

_ENDS = {
    "end_of_document": "Done: the model ended the document.",
    "max_new_tokens": "Done: max_new_tokens was reached; Continue goes on.",
    "stop_string": "Done: a stop string came.",
    "interrupted": "Stopped: the text so far is kept; Continue goes on.",
    "error": "It failed; the text so far is kept.",
}


class Controller:
    """What the widgets of a session do.

    Parameters
    ----------
    session : Session
        Shared with the magics.

    Attributes
    ----------
    form, buttons, result, history, models, status : object
        The parts of the panel.
    worker : Worker
        Runs generations and loads models.
    places : dict of str to Place
        The cells that show a panel.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.worker = Worker(self.refresh)
        self.places: dict[str, Place] = {}
        self._drawing = threading.RLock()
        self._stream: GenerationStream | None = None
        self._stop_asked = threading.Event()
        self.form = Form(self._count)
        self.count = widgets.HTML(layout={"width": "auto"})
        self.count.add_class("galai-count")
        self.buttons = Buttons()
        self.status = Status()
        self.result = Result()
        self.models = ModelRow()
        self.history = HistoryList(self._look_at)
        self._connect()
        session.subscribe(self.refresh)
        self.refresh()
        self._count()

    def _connect(self) -> None:
        does: dict[widgets.Button, Callable[[], None]] = {
            self.buttons.generate: self.generate,
            self.buttons.stop: self.stop,
            self.buttons.go_on: self.go_on,
            self.buttons.another: self.another,
            self.buttons.keep: self.keep,
            self.history.replay: self.replay,
            self.history.delete: self.delete,
            self.history.as_json: lambda: self.export(write_json),
            self.history.as_markdown: lambda: self.export(write_markdown),
            self.models.load: self.load,
            self.models.unload: self.unload,
        }
        for button, action in does.items():
            button.on_click(lambda _, action=action: self._try(action))

    # What the buttons do

    def generate(self) -> None:
        """Run the request that the form describes."""
        shell = get_ipython()
        request = self.form.request(shell.user_ns if shell else {})
        if self.form.strategy.value == "cite":
            self.result.chooser.value = "references"
        self._run(request)

    def go_on(self) -> None:
        """Continue where the text that is shown stopped, with the form's options."""
        shown = self._shown()
        request = Request(self.session.continuation(shown), self.form.options, self.form.display)
        self._run(request)

    def another(self) -> None:
        """Run the request that is shown once more, with another seed."""
        shown = self._shown()
        if not shown.options.samples:
            raise OptionError(
                f"The text would be the same: {shown.options.strategy} draws nothing. Choose a "
                "strategy with sampling."
            )
        self._run(Request(_prompt_of(shown), replace(shown.options, seed=None), self.form.display))

    def replay(self) -> None:
        """Run a request of the history once more, with its seed."""
        chosen = self.history.selected[0]
        self._run(Request(_prompt_of(chosen), chosen.options, self.form.display))

    def stop(self) -> None:
        """End or withdraw the panel's own request; without one, end what a cell runs."""
        if not self.worker.busy:
            self.session.stop()
            return
        self._stop_asked.set()
        stream = self._stream
        if stream is not None:
            stream.interrupt()
        else:
            self.status.say("Reading a model cannot be stopped; nothing is generated after it.")

    def keep(self) -> None:
        """Write what is shown as ordinary outputs below the panel."""
        if not self.places:
            raise OptionError(
                "No cell shows this panel: run `galai_jupyter.panel()` in a cell, and results are "
                "kept below it."
            )
        self._shown()
        for generation in self.result.shown:
            list(self.places.values())[-1].keep(generation)
        self.status.say("Kept below the panel that was shown last, as an output of its own.")

    def delete(self) -> None:
        """Take what is selected out of the history."""
        chosen = {id(generation) for generation in self.history.selected}
        self.session.history[:] = [each for each in self.session.history if id(each) not in chosen]
        self.result.show(*(each for each in self.result.shown if id(each) not in chosen))
        self.status.say(f"Deleted {len(chosen)} of the history.")
        self.refresh()

    def export(self, write: Callable[[list[Generation], Path], Path]) -> None:
        """Write what is selected, or the whole history, to a file."""
        path = write(self.history.selected or list(self.session.history), Path.cwd())
        self.status.say(f"Wrote `{path}`.")

    def load(self) -> None:
        """Load the chosen model."""
        name, options = self.models.name, self.models.options

        def work() -> None:
            wait_for_imports()  # which wait for the running cell
            model = self.session.load(name, options, self._loading)
            self.status.progress(1.0, "")
            self.status.say(f"Loaded {model.description}")

        self._start(work, f"Loading {name}…")

    def unload(self) -> None:
        """Drop the model."""

        def work() -> None:
            self.session.unload()
            self.status.say("Unloaded.")

        self._start(work, "Unloading…")

    # How they do it

    def _run(self, request: Request) -> None:
        def work() -> None:
            model = self.session.model or self._first_model()
            with model.stream(request.prompt, request.options) as stream:
                self._stream = stream
                try:
                    self._follow(stream, request)
                except SessionBusyError as error:  # it was withdrawn
                    self.status.say(str(error))
                finally:
                    self._stream = None

        self._start(work, "Starting…")

    def _first_model(self) -> Model:
        self.status.say("Importing torch, once no cell is running…")
        wait_for_imports()
        return self.session.ensure_model(self._loading)

    def _follow(self, stream: GenerationStream, request: Request) -> None:
        """Draw a running generation; keep and show what came of it, also when it fails."""
        if self._stop_asked.is_set():
            self.status.say("Stopped before it began.")
            return
        growing = GrowingText(request)
        self.result.begin(growing)
        self.status.progress(0.0, "")
        if self.session.busy:
            self.status.say("Waiting for its turn: a cell is generating. Stop withdraws it.")
        try:
            for event in stream:
                if not growing.tokens:
                    self.status.say("Generating…")
                if growing.take(event):
                    self.result.draw(growing)
                    self.status.progress(growing.share, growing.numbers(stream.started))
        finally:
            self._finish(stream)

    def _finish(self, stream: GenerationStream) -> None:
        if not stream.generations:
            self.result.show(*self.result.shown)
            return
        generation = stream.generations[0]
        self.status.progress(1.0, numbers(generation))
        self.status.say(_ENDS[generation.finish_reason])
        self.result.show(generation)
        self.history.refresh(self.session.history, [generation])
        for place in tuple(self.places.values()):
            place.update(generation)

    def _start(self, job: Callable[[], None], sentence: str) -> None:
        def run() -> None:
            self.status.say(sentence)
            self.refresh()
            self._try(job)

        if not self.worker.busy:
            self._stop_asked.clear()
        if not self.worker.start(run):
            raise SessionBusyError("The panel is busy: press Stop, or wait for its end.")

    def _try(self, action: Callable[[], None]) -> None:
        """Run an action; whatever goes wrong becomes a sentence, and no control is left dead."""
        try:
            action()
        except GalacticaError as error:
            self.status.say(str(error), error=True)
        except Exception as error:
            self.status.say(f"This failed ({type(error).__name__}: {error}).", error=True)

    def _loading(self, label: str, fraction: float) -> None:
        self.status.say(f"{label}…")
        self.status.progress(fraction, f"{100 * fraction:.0f} %")

    def _shown(self) -> Generation:
        if not self.result.shown:
            raise PromptError("Nothing is shown yet: generate something, or choose from History.")
        return self.result.shown[-1]

    def _look_at(self, generations: Sequence[Generation]) -> None:
        self.result.show(*generations)
        self.refresh()

    # What the widgets say

    def refresh(self) -> None:
        """Draw what depends on the session, which calls this in any thread when it has changed."""
        with self._drawing:
            working = self.worker.busy
            busy = self.session.busy
            self.buttons.enable(working=working, busy=busy, shown=bool(self.result.shown))
            self.status.say_of_cells(self._about_cells(working, busy))
            self.models.load.disabled = working
            model = self.session.model
            self.models.show(model.description if model and not model.closed else None)
            self.history.refresh(self.session.history)
            self._count()

    def _about_cells(self, working: bool, busy: bool) -> str:
        if busy and not working:
            return "A cell is generating: Stop ends it, and Generate waits for it."
        stream = self._stream
        if working and stream is not None and stream.started and self.session.waiting:
            return "A cell waits for the end of this."
        return ""

    def _count(self) -> None:
        """Say how many tokens the prompt has, or what is wrong with the request."""
        with self._drawing:
            self.count.value = note(escape(budget_words(self.form.request, self.session.model)))

    def close(self) -> None:
        """Let the session go; the widgets are closed by their owner."""
        self.session.unsubscribe(self.refresh)


def _prompt_of(generation: Generation) -> Prompt:
    return Prompt(generation.prompt, generation.new_doc)
