"""A session in; its one panel: what the buttons do, and what the widgets say, out.

All panels of a kernel show the same widgets, so that they are always in step. Requests run on a
worker thread of the panel's own, through the session's lock: they take turns with cells.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import ipywidgets as widgets
from IPython.core.getipython import get_ipython

from galai_jupyter.errors import GalacticaError, OptionError, PromptError, SessionBusyError
from galai_jupyter.generation import Generation
from galai_jupyter.preload import wait_for_imports
from galai_jupyter.replay import Replay
from galai_jupyter.session import Session
from galai_jupyter.widget_panel.budget import budget_words
from galai_jupyter.widget_panel.buttons import Buttons
from galai_jupyter.widget_panel.code import Code, codes_of
from galai_jupyter.widget_panel.controls import note
from galai_jupyter.widget_panel.form import Form
from galai_jupyter.widget_panel.generating import Generating
from galai_jupyter.widget_panel.history import HistoryList, write_json, write_markdown
from galai_jupyter.widget_panel.models import ModelRow
from galai_jupyter.widget_panel.request import Request, request_again
from galai_jupyter.widget_panel.result import Result
from galai_jupyter.widget_panel.running import RunBox
from galai_jupyter.widget_panel.snapshot import Place
from galai_jupyter.widget_panel.status import Status
from galai_jupyter.widget_panel.subject import Subject, generations_of, side_by_side
from galai_jupyter.widget_panel.worker import Worker

_NOTHING = "Nothing is shown yet: generate something, or choose from History."


class Controller:
    """What the widgets of a session do.

    Parameters
    ----------
    session : Session
        Shared with the magics.

    Attributes
    ----------
    form, buttons, result, run_box, history, models, status : object
        The parts of the panel.
    worker : Worker
        Runs generations and programs, and loads models.
    places : dict of str to Place
        The cells that show a panel.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.worker = Worker(self.refresh)
        self.places: dict[str, Place] = {}
        # The worker, cells and the kernel's handlers draw: one after the other. Who holds it never
        # waits for the session.
        self._drawing = threading.RLock()
        self.form = Form(self._changed)
        self.count = widgets.HTML(layout={"width": "auto"})
        self.count.add_class("galai-count")
        self.buttons = Buttons()
        self.status = Status()
        self.result = Result(self._drawing, self._codes)
        self._generating = Generating(session, self.status, self.result)
        stopped = self._generating.stop_asked.is_set
        self.run_box = RunBox(self._drawing, self._start, stopped, self.status.say)
        self.models = ModelRow()
        self.history = HistoryList(self._look_at, self._drawing)
        self._connect()
        session.subscribe(self.refresh)
        self.refresh()

    def _connect(self) -> None:
        does: dict[widgets.Button, Callable[[], None]] = {
            self.buttons.generate: self.generate,
            self.buttons.stop: self.stop,
            self.buttons.go_on: self.go_on,
            self.buttons.another: self.another,
            self.buttons.keep: self.keep,
            self.run_box.offer: self.run_box.ask,
            self.run_box.agree: self.run_program,
            self.run_box.refuse: self.run_box.decline,
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
        self._run(self.form.request(shell.user_ns if shell else {}))

    def go_on(self) -> None:
        """Continue where the text that is shown stopped, with the form's options."""
        self._run(self.form.request_for(self.session.continuation(self._shown())))

    def another(self) -> None:
        """Run the request that is shown once more, with another seed."""
        shown = self._shown()
        if not shown.options.samples:
            raise OptionError(
                f"The text would be the same: {shown.options.strategy} draws nothing. Choose a "
                "strategy with sampling."
            )
        self._run(request_again(shown, self.form.display, seed=None))

    def replay(self) -> None:
        """Run a request of the history once more, and say whether the text is the same."""
        recorded = self.history.selected[0]

        def compare(repeated: Generation) -> None:
            replay = Replay(recorded, repeated)
            self._finish(repeated, replay)
            self.status.say(" ".join(filter(None, [replay.summary, replay.changes])))

        self._run(request_again(recorded, self.form.display), compare)

    def stop(self) -> None:
        """End or withdraw what the panel does; if that is nothing, end what a cell runs."""
        if self.worker.busy:
            self._generating.stop()
        else:
            self.session.stop()

    def keep(self) -> None:
        """Write what is shown as ordinary outputs below the panel."""
        if not self.places:
            raise OptionError(
                "No cell shows this panel: run `galai_jupyter.panel()` in a cell, and results are "
                "kept below it."
            )
        place = list(self.places.values())[-1]
        if self.result.subject is None:
            raise PromptError(_NOTHING)
        place.keep(self.result.subject)
        if self.run_box.ran:
            place.keep(self.run_box.ran.execution)
        self.status.say("Kept below the panel that was shown last, as an output of its own.")

    def run_program(self) -> None:
        """Run the Python that is shown, now that somebody has agreed."""
        self.run_box.run(lambda fraction: self.status.progress(fraction, ""), self.result.redraw)

    def delete(self) -> None:
        """Take what is selected out of the history."""
        chosen = {id(generation) for generation in self.history.selected}
        for generation in self.history.selected:
            self.run_box.forget(generation)
        history = self.session.history
        for index in reversed(range(len(history))):  # a cell may add to its end meanwhile
            if id(history[index]) in chosen:
                del history[index]
        kept = [each for each in self.result.shown if id(each) not in chosen]
        if len(kept) < len(self.result.shown):
            self._show(side_by_side(kept, history))
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
            with self._generating.unstoppable("Reading a model cannot be stopped."):
                wait_for_imports()  # which wait for the running cell
                model = self.session.load(name, options, self._generating.loading)
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

    def _run(self, request: Request, finish: Callable[[Generation], None] | None = None) -> None:
        self._start(lambda: self._generating.run(request, finish or self._finish), "Starting…")

    def _finish(self, generation: Generation, subject: Subject | None = None) -> None:
        """Show what came of a request, and put it where a saved notebook has it."""
        self._show(subject or generation)
        self.history.refresh(self.session.history, [generation])
        for place in tuple(self.places.values()):
            place.update(generation)

    def _start(self, job: Callable[[], None], sentence: str) -> None:
        def run() -> None:
            self.status.say(sentence)
            self.refresh()
            self._try(job)

        if not self.worker.busy:
            self._generating.stop_asked.clear()
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

    def _shown(self) -> Generation:
        if not self.result.shown:
            raise PromptError(_NOTHING)
        return self.result.shown[-1]

    def _show(self, subject: Subject | None) -> None:
        with self._drawing:
            shown = generations_of(subject)
            self.run_box.look_at(shown[0] if len(shown) == 1 else None)
            self.result.show(subject)

    def _look_at(self, generations: Sequence[Generation]) -> None:
        self._try(lambda: self._show(side_by_side(generations, self.session.history)))
        self.refresh()

    def _codes(self, subject: Subject) -> list[Code]:
        ran = self.run_box.ran
        return codes_of(subject, self.session.history, ran.options if ran else None)

    # What the widgets say

    def refresh(self) -> None:
        """Draw what depends on the session, which calls this in any thread when it has changed."""
        with self._drawing:
            working = self.worker.busy
            busy = self.session.busy
            self.buttons.enable(working=working, busy=busy, shown=bool(self.result.shown))
            self.run_box.enable(working=working)
            self.status.say_of_cells(self._about_cells(working, busy))
            self.models.enable(working=working)
            model = self.session.model
            self.models.show(model.description if model and not model.closed else None)
            self.history.refresh(self.session.history)
            self.history.enable(working=working)
            self._count()

    def _about_cells(self, working: bool, busy: bool) -> str:
        if busy and not working:
            return "A cell is generating: Stop ends it, and Generate waits for it."
        if working and self._generating.started and self.session.waiting:
            return "A cell waits for the end of this."
        return ""

    def _changed(self) -> None:
        """Draw what depends on the form."""
        self.result.use_display(self.form.display)
        self._count()

    def _count(self) -> None:
        """Say how many tokens the prompt has, or what is wrong with the request."""
        with self._drawing:
            self.count.value = note(escape(budget_words(self.form.request, self.session.model)))

    def close(self) -> None:
        """Let the session go; the widgets are closed by their owner."""
        self.session.unsubscribe(self.refresh)
