"""A request in; its run through the session, drawn while it grows, and what came of it, out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from galai_jupyter.errors import SessionBusyError
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.preload import wait_for_imports
from galai_jupyter.session import Session
from galai_jupyter.streaming import GenerationStream
from galai_jupyter.widget_panel.growing import GrowingText, numbers
from galai_jupyter.widget_panel.request import Request
from galai_jupyter.widget_panel.result import Result
from galai_jupyter.widget_panel.status import Status

_ENDS = {
    "end_of_document": "Done: the model ended the document.",
    "max_new_tokens": "Done: max_new_tokens was reached; Continue goes on.",
    "stop_string": "Done: a stop string came.",
    "interrupted": "Stopped: the text so far is kept; Continue goes on.",
    "error": "It failed; the text so far is kept.",
    "given": "Done: the texts that were given are scored.",
}


class Generating:
    """Runs requests on the panel's worker, and ends them.

    Parameters
    ----------
    session : Session
        Whose turn it takes.
    status : Status
        Where it says how far it is.
    result : Result
        Where the text grows.

    Attributes
    ----------
    stop_asked : threading.Event
        Set when whatever the worker does is to end; cleared before it begins.
    """

    def __init__(self, session: Session, status: Status, result: Result) -> None:
        self._session, self._status, self._result = session, status, result
        self._stream: GenerationStream | None = None
        self._cannot_stop = ""
        self.stop_asked = threading.Event()

    @property
    def started(self) -> bool:
        """Whether a request is running, and not waiting for its turn."""
        stream = self._stream
        return stream is not None and stream.started > 0

    def stop(self) -> None:
        """Ask for an end; what cannot be ended is the last thing that is done."""
        self.stop_asked.set()
        stream, words = self._stream, self._cannot_stop
        if stream is not None:
            stream.interrupt()
        elif words:
            self._status.say(f"{words} Nothing is begun after it.")

    @contextmanager
    def unstoppable(self, words: str) -> Iterator[None]:
        """Say `words` to who asks for an end meanwhile."""
        self._cannot_stop = words
        try:
            yield
        finally:
            self._cannot_stop = ""

    def run(self, request: Request, finish: Callable[[Generation], None]) -> None:
        """Run a request to its end, on the worker.

        Parameters
        ----------
        request : Request
            What to run.
        finish : callable
            Is given what came of it, also if it was stopped or failed.

        Raises
        ------
        GalacticaError
            If it cannot run, or fails.
        """
        model = self._session.model or self._first_model()
        if request.continuations:
            self._score(request, finish)
            return
        with model.stream(request.prompt, request.options, request.complete) as stream:
            self._stream = stream
            try:
                self._follow(stream, request, finish)
            except SessionBusyError as error:  # it was withdrawn
                self._status.say(str(error))
            finally:
                self._stream = None

    def loading(self, label: str, fraction: float) -> None:
        """Say how far the loading of a model is."""
        self._status.say(f"{label}…")
        self._status.progress(fraction, f"{100 * fraction:.0f} %")

    def _first_model(self) -> Model:
        self._status.say("Importing torch, once no cell is running…")
        with self.unstoppable("Reading a model cannot be stopped."):
            wait_for_imports()
            return self._session.ensure_model(self.loading)

    def _score(self, request: Request, finish: Callable[[Generation], None]) -> None:
        if self.stop_asked.is_set():
            self._status.say("Stopped before it began.")
            return
        self._status.say("Scoring…")
        with self.unstoppable("Scoring cannot be stopped."):
            scored = self._session.score(request.prompt, request.continuations)
        self._conclude(scored, finish)

    def _follow(
        self, stream: GenerationStream, request: Request, finish: Callable[[Generation], None]
    ) -> None:
        """Draw a running generation; hand over what came of it, also when it fails."""
        if self.stop_asked.is_set():
            self._status.say("Stopped before it began.")
            return
        growing = GrowingText(request)
        self._result.begin(growing)
        self._status.progress(0.0, "")
        if self._session.busy:
            self._status.say("Waiting for its turn: a cell is generating. Stop withdraws it.")
        try:
            for event in stream:
                if not growing.tokens:
                    self._status.say("Generating…")
                if growing.take(event):
                    self._result.draw(growing)
                    self._status.progress(growing.share, growing.numbers(stream.started))
        finally:
            if stream.generations and not stream.generations[0].failed_at_once:
                self._conclude(stream.generations[0], finish)
            else:
                self._result.end(growing)

    def _conclude(self, generation: Generation, finish: Callable[[Generation], None]) -> None:
        self._status.progress(1.0, numbers(generation))
        self._status.say(_ENDS[generation.finish_reason])
        finish(generation)
