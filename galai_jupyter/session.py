"""The one session of a kernel: the shared model, its lock, and the history of generations."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from galai_jupyter import catalog
from galai_jupyter.branching import alternatives_at, branch_request
from galai_jupyter.comparing import ComparisonStream
from galai_jupyter.engines.hardware import release_memory
from galai_jupyter.errors import (
    EngineError,
    InsufficientMemoryError,
    OptionError,
    PromptError,
    SessionBusyError,
)
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.options import GenerationOptions, LoadOptions, RunOptions
from galai_jupyter.programs import Execution, choose_program
from galai_jupyter.prompts import Prompt
from galai_jupyter.rendering.program_finder import programs_of
from galai_jupyter.replay import Replay, request_of
from galai_jupyter.scores import TokenAlternative
from galai_jupyter.scoring import score_given
from galai_jupyter.strategies import parse_decodings
from galai_jupyter.streaming import GenerationStream

if TYPE_CHECKING:
    import os

    from pandas import DataFrame

    from galai_jupyter.batch import Batch
    from galai_jupyter.comparison import Comparison
    from galai_jupyter.engines.base import Engine, ScoredId
    from galai_jupyter.engines.progress import Progress

BUSY = "A cell or the panel is generating: ask again when it has ended."
"""What is said to requests that are not to wait."""

_PATIENCE = 0.05
"""Seconds after which a waiting request looks whether it was withdrawn."""


class Session:
    """A model that every front end of one kernel shares.

    Requests never interleave: each waits until the one before it has ended.

    Attributes
    ----------
    history : list of Generation
        Everything that was generated, oldest first, interrupted and failed texts included.
    """

    def __init__(self) -> None:
        self._model: Model | None = None
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._owner: int | None = None
        self._waiting: set[int] = set()
        self._listeners: list[Callable[[], None]] = []
        self._running: GenerationStream | Batch | None = None
        self._asides = threading.Lock()
        self._aside: GenerationStream | None = None
        self.history: list[Generation] = []

    @property
    def model(self) -> Model | None:
        """The loaded model, if any."""
        return self._model

    @property
    def busy(self) -> bool:
        """Whether a generation is running; one that gives way does not count."""
        return self._lock.locked() and self._aside is None

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._waiting)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever model, history or what is running have changed.

        It is called in the thread that made the change, so it must be quick and must not raise.
        """
        self._listeners.append(listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        """Stop calling `listener`."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def load(
        self,
        name: str,
        options: LoadOptions | None = None,
        progress: Progress = lambda label, fraction: None,
    ) -> Model:
        """Load a checkpoint and make it the session's model.

        The model before it is kept until the new one is there, unless memory for both is lacking.

        Parameters
        ----------
        name : str
            A catalog name, a hub id or a local folder.
        options : LoadOptions, optional
            Device, dtype, number of GPUs.
        progress : callable, optional
            ``progress(label, fraction)``.

        Raises
        ------
        GalacticaError
            If it cannot be loaded; one sentence says what to do.
        """
        from galai_jupyter.engines.local import LocalEngine

        options = options or LoadOptions()
        try:
            engine = LocalEngine.load(name, options, progress)
        except InsufficientMemoryError:
            if self._model is None:
                raise
            self.unload()
            engine = LocalEngine.load(name, options, progress)
        return self.use(engine)

    def use(self, engine: Engine) -> Model:
        """Make `engine` the session's engine.

        The session lets the model before it go: its memory is given back, unless somebody else
        still holds that model and may go on using it.
        """
        with self._exclusively():
            self._model = Model(engine, on_start=self._begin, on_finish=self._end)
        release_memory()
        self._tell()
        return self._model

    def unload(self) -> None:
        """Drop the model and give its memory back."""
        with self._exclusively():
            previous, self._model = self._model, None
            if previous:
                previous.close()
        release_memory()
        self._tell()

    def ensure_model(self, progress: Progress = lambda label, fraction: None) -> Model:
        """Return the session's model; the bundled one is loaded where there is none."""
        with self._loading:  # two threads that find none load one
            return self._model or self.load(catalog.DEMO, progress=progress)

    def stream(
        self,
        prompts: Prompt | Sequence[Prompt],
        options: GenerationOptions | None = None,
        complete: Callable[[Generation], Generation] = lambda generation: generation,
    ) -> GenerationStream:
        """Return an iterator of events; the session is taken at its first ``next``.

        Parameters
        ----------
        prompts : Prompt or sequence of Prompt
            What to continue.
        options : GenerationOptions, optional
            How to decode; greedy and 60 tokens if left out.
        complete : callable, optional
            ``complete(generation) -> generation``: adds to each record what follows from it.

        Raises
        ------
        OptionError, PromptError
            If the request cannot be run.
        """
        return self.ensure_model().stream(prompts, options or GenerationOptions(), complete)

    def aside(
        self,
        prompt: Prompt,
        options: GenerationOptions | None = None,
        complete: Callable[[Generation], Generation] = lambda generation: generation,
    ) -> GenerationStream:
        """Return an iterator of events that gives way to everything else.

        It never waits for its turn: its first ``next`` is refused while anything else runs. As
        soon as a request of another kind waits, it ends as interrupted, before its next token;
        and so it does when another aside begins. The history does not keep it, and listeners are
        not told of it.

        Parameters
        ----------
        prompt, options, complete
            As for :meth:`stream`.

        Raises
        ------
        EngineError
            If no model is loaded.
        OptionError, PromptError
            If the request cannot be run.
        SessionBusyError
            At the first ``next``, if something is running.
        """
        if self._model is None:
            raise EngineError("No model is loaded: `%galactica load NAME` loads one.")
        model = Model(
            self._model.engine,
            on_start=lambda _, stream: self._begin_aside(stream),
            on_finish=lambda _, stream: self._end_aside(),
        )
        return model.stream(prompt, options or GenerationOptions(), complete)

    def generate(
        self, prompt: Prompt | str, options: GenerationOptions | None = None
    ) -> Generation:
        """Continue one prompt to its end; return the record."""
        prompt = Prompt(prompt) if isinstance(prompt, str) else prompt
        return self.stream(prompt, options).drain()[0]

    def score(self, prompt: Prompt, continuations: Sequence[str]) -> Generation:
        """Find out how likely given continuations of a prompt are; nothing is generated.

        Parameters
        ----------
        prompt : Prompt
            What stands before them.
        continuations : sequence of str
            The texts to score; at least one.

        Returns
        -------
        Generation
            Its sequences are the continuations; the history keeps it.

        Raises
        ------
        PromptError
            If a continuation is empty or too long.
        """
        model = self.ensure_model()
        with self._exclusively():
            model.check_open()
            generation = score_given(model.engine, prompt, continuations)
            self.history.append(generation)
        self._tell()
        return generation

    def compare(
        self,
        prompt: Prompt | str,
        decodings: str | Sequence[str],
        options: GenerationOptions | None = None,
    ) -> Comparison:
        """Continue one prompt under several decodings; return all records.

        Parameters
        ----------
        prompt : Prompt or str
            What to continue.
        decodings : str or sequence of str
            For example ``"greedy,beam:5,contrastive,nucleus:0.9"``.
        options : GenerationOptions, optional
            What the decodings have in common: length, stop strings, seed, penalties.

        Raises
        ------
        OptionError, PromptError
            If the request cannot be run.
        EngineError
            If a decoding fails; the others are in the history.
        """
        prompt = Prompt(prompt) if isinstance(prompt, str) else prompt
        chosen = parse_decodings(decodings, options)
        return ComparisonStream(self.ensure_model().stream, prompt, chosen).drain()

    def replay(self, recorded: Generation | int | None = None) -> Replay:
        """Run a recorded generation again, on the session's model, and compare the texts.

        Prompt, options and seed are those of the record. Texts are the same on the same model,
        number format, device and versions; `Replay.changes` says what is not.

        Parameters
        ----------
        recorded : Generation or int, optional
            A record, for example one that :func:`galai_jupyter.generations` read from a notebook,
            or its number in the history, from 1; the last one of the history if left out.

        Raises
        ------
        OptionError, PromptError
            If there is no such generation, or it cannot be run on this model.
        EngineError
            If the engine fails.
        """
        if not isinstance(recorded, Generation):
            recorded = self.recorded(recorded)
        return Replay(recorded, self.stream(*request_of(recorded)).drain()[0])

    def branch(
        self, recorded: Generation, place: int, chosen: int | str, sequence: int = 0
    ) -> GenerationStream:
        """Go on from another token: the text up to a place, what is chosen there, and what follows.

        Options and seed are those of the record, ``max_new_tokens`` for all of the text included;
        one sequence comes out. The tokens before the place stay exactly what they were, as far as
        the model's tokenizer has them.

        Parameters
        ----------
        recorded : Generation
            What to leave.
        place : int
            Number of the token to replace, from 1.
        chosen : int or str
            What takes its place: the id of a token, or a text.
        sequence : int, default 0
            Which of its sequences to leave.

        Returns
        -------
        GenerationStream
            An iterator of events as of `stream`; its record says where it branched.

        Raises
        ------
        OptionError, PromptError
            If there is no such place, or the request cannot be run.

        Examples
        --------
        >>> session = get_session()
        >>> answer = session.history[-1]  # doctest: +SKIP
        >>> session.branch(answer, 3, " but").drain()[0].text  # doctest: +SKIP
        """
        model = self.ensure_model()
        request = branch_request(model.engine, self._score, recorded, place, chosen, sequence)
        return self.stream(*request)

    def alternatives(
        self, recorded: Generation, place: int, sequence: int = 0
    ) -> tuple[TokenAlternative, ...]:
        """Return the likeliest tokens in one place of a recorded text, as the model sees it now.

        Parameters
        ----------
        recorded : Generation
            The text.
        place : int
            Number of the token, from 1.
        sequence : int, default 0
            Which of its sequences.

        Raises
        ------
        OptionError, PromptError
            If there is no such place, or the model cannot read the text up to there.
        """
        return alternatives_at(self.ensure_model().engine, self._score, recorded, place, sequence)

    def _score(self, prompt: Sequence[int], continuation: Sequence[int]) -> tuple[ScoredId, ...]:
        model = self.ensure_model()
        with self._exclusively():
            model.check_open()
            return model.engine.score(prompt, continuation)

    def run(
        self,
        recorded: Generation | int | None = None,
        options: RunOptions | None = None,
    ) -> Execution:
        """Run the Python that a model wrote, in a process that is shut in and bounded.

        Read the code first (`programs_of` in `galai_jupyter.rendering` returns it): this call does
        not ask. Guards that the platform lacks are missing from ``outcome.in_force``.

        Parameters
        ----------
        recorded : Generation or int, optional
            A record, or its number in the history, from 1; the last one if left out.
        options : RunOptions, optional
            Which block it is, and the time, memory and output that it gets; 10 seconds, 1,024 MB
            and 100,000 bytes if left out.

        Returns
        -------
        Execution
            The program, what it gave, and whether that is what the model claimed.

        Raises
        ------
        OptionError
            If there is no such text, or no such block in it.
        SandboxError
            If no process could be started.
        """
        from galai_jupyter.sandbox import run_program

        options = options or RunOptions()
        if not isinstance(recorded, Generation):
            recorded = self.recorded(recorded, "run")
        program = choose_program(programs_of(recorded), options.block)
        return Execution(program, run_program(program, options))

    def recorded(self, number: int | None = None, purpose: str = "replay") -> Generation:
        """Return a generation of the history by its number, from 1; the last one if left out.

        Raises
        ------
        OptionError
            If there is none.
        """
        if not self.history:
            raise OptionError(f"There is nothing to {purpose} yet: generate something first.")
        if number is None:
            return self.history[-1]
        if not 1 <= number <= len(self.history):
            raise OptionError(
                f"The history holds texts 1 to {len(self.history)}, and no {number}: `%galactica "
                "history` lists them."
            )
        return self.history[number - 1]

    def map(
        self,
        prompts: Iterable[str | Prompt],
        path: str | os.PathLike[str] | None = None,
        *,
        concurrency: int | None = None,
        progress: bool = True,
        **options: Any,
    ) -> DataFrame:
        """Continue many prompts; return a table with one row for each, in their order.

        With a path, each result is written as soon as it is there. The same call with the same
        path goes on where an interrupt, a failure or a crash ended it; what is in the file is not
        run again. Without one, an interrupt leaves the results in `history`.

        Parameters
        ----------
        prompts : iterable of str or Prompt
            Texts; a column of a DataFrame gives the table its index.
        path : str or path, optional
            Where to write: Parquet if it ends in ``.parquet``, else JSON lines.
        concurrency : int, optional
            How many prompts a server answers at a time; 16 if left out. On this machine it is one.
        progress : bool, default True
            Show a progress bar.
        **options
            Fields of `GenerationOptions` and `PromptOptions` (``task="answer"``); all prompts
            have the same.

        Returns
        -------
        pandas.DataFrame
            Columns ``prompt``, ``text``, ``finish_reason``, ``log_probability``, ``new_tokens``,
            ``seconds``, ``error`` (of prompts that cannot be run) and ``generation``, the record.

        Raises
        ------
        OptionError
            If the options or the file do not fit, or pandas is not installed.
        EngineError
            If the engine fails; what was finished is kept.
        KeyboardInterrupt
            After an interrupt or `stop`; what was finished is kept.

        Examples
        --------
        >>> session = get_session()
        >>> table = session.map(frame["question"], "answers.jsonl", task="answer")  # doctest: +SKIP
        """
        from galai_jupyter.batch import Batch

        batch = Batch(self.ensure_model(), prompts, path, concurrency, options)
        with self._exclusively(), self.interrupt_stops():
            self._running = batch
            self._tell()
            try:
                return batch.run(progress)
            finally:
                self._running = None
                self.history.extend(batch.unsaved())
                self._tell()

    def continuation(self, generation: Generation | None = None) -> Prompt:
        """Return the prompt that goes on where a generation stopped.

        Parameters
        ----------
        generation : Generation, optional
            The last one of the history if left out.

        Raises
        ------
        PromptError
            If there is nothing to continue.
        """
        if generation is None:
            if not self.history:
                raise PromptError("There is nothing to continue yet: generate something first.")
            generation = self.history[-1]
        if generation.finish_reason == "end_of_document":
            raise PromptError(
                "The last text is complete (the model ended the document): there is nothing to "
                "continue. Change the prompt instead."
            )
        return Prompt(generation.full_text, generation.new_doc)

    def stop(self) -> None:
        """Interrupt the running generation, from any thread; its text is kept."""
        running = self._running
        if running:
            running.interrupt()

    @contextmanager
    def interrupt_stops(self) -> Iterator[Callable[[], bool]]:
        """Let the keyboard interrupt end the running generation instead of tearing it.

        In the main thread the first interrupt asks for an end before the next token, at a place
        where nothing is half done; a second one raises `KeyboardInterrupt` as usual. Without a
        running generation, and in other threads, nothing changes.

        Yields
        ------
        callable
            ``asked() -> bool``: whether an interrupt came.
        """
        asked = False
        if threading.current_thread() is not threading.main_thread():
            yield lambda: asked
            return
        previous = signal.getsignal(signal.SIGINT) or signal.default_int_handler

        def stop_first(number: int, frame: FrameType | None) -> None:
            nonlocal asked
            if self._running and self._owner == threading.get_ident() and not asked:
                asked = True
                self.stop()
            else:
                raise KeyboardInterrupt

        signal.signal(signal.SIGINT, stop_first)
        try:
            yield lambda: asked
        finally:
            signal.signal(signal.SIGINT, previous)

    def _begin(self, model: Model, stream: GenerationStream) -> None:
        self._acquire(lambda: stream.interrupted)
        if model.closed:  # it was unloaded while this request waited
            self._release()
            model.check_open()
        self._running = stream
        self._tell()

    def _end(self, model: Model, stream: GenerationStream) -> None:
        self.history.extend(stream.generations)
        self._running = None
        self._release()
        self._tell()

    def _begin_aside(self, stream: GenerationStream) -> None:
        while not self._asides.acquire(timeout=_PATIENCE):
            self._end_what_gives_way()
        if not self._lock.acquire(blocking=False):
            self._asides.release()
            raise SessionBusyError(BUSY)
        self._owner, self._aside = threading.get_ident(), stream

    def _end_aside(self) -> None:
        self._aside = None
        self._release()
        self._asides.release()

    def _end_what_gives_way(self) -> None:
        aside = self._aside
        if aside:
            aside.interrupt()

    def _acquire(self, withdrawn: Callable[[], bool] = lambda: False) -> None:
        """Wait for one's turn; a request that is `withdrawn` meanwhile does not get it."""
        me = threading.get_ident()
        if self._owner == me:
            raise SessionBusyError(
                "This session is in the middle of a generation: run its stream to the end, or "
                "close() it, before you ask for another one."
            )
        if not self._lock.acquire(blocking=False):
            self._waiting.add(me)
            self._tell()
            try:
                self._end_what_gives_way()
                while not self._lock.acquire(timeout=_PATIENCE):
                    self._end_what_gives_way()  # it may have begun just now
                    if withdrawn():
                        raise SessionBusyError("The request was withdrawn before its turn came.")
            finally:
                self._waiting.discard(me)
        self._owner = me

    def _release(self) -> None:
        self._owner = None
        self._lock.release()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        self._acquire()
        try:
            yield
        finally:
            self._release()


_session: Session | None = None
_session_lock = threading.Lock()


def get_session() -> Session:
    """Return the session of this kernel; it is made at the first call."""
    global _session
    with _session_lock:
        if _session is None:
            _session = Session()
        return _session


def reset_session() -> None:
    """Forget the session, for tests."""
    global _session
    with _session_lock:
        if _session is not None and _session.model is not None and not _session.busy:
            _session.unload()
        _session = None
