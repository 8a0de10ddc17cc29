"""Many prompts in; a table, and a file that interrupts and crashes leave whole, out."""

from __future__ import annotations

import hashlib
import json
import os
import queue
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from galai_jupyter.batch_file import BatchFile
from galai_jupyter.errors import GalacticaError, OptionError, PromptError
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.options import GenerationOptions, PromptOptions, build_options, find_option
from galai_jupyter.prompts import Prompt, build_prompt, task_defaults

if TYPE_CHECKING:
    from pandas import DataFrame

    from galai_jupyter.streaming import GenerationStream


@dataclass(frozen=True)
class _Row:
    """One prompt, or what is wrong with it, and the name of its result in a file."""

    prompt: Prompt
    key: str
    error: str = ""


class Batch:
    """Continues many prompts, several at a time where the engine can, and keeps what is finished.

    Parameters
    ----------
    model : Model
        What continues them.
    prompts : iterable of str or Prompt
        Texts become prompts as the options say; a `Prompt` is taken as it is.
    path : str or path, optional
        Where to write.
    concurrency : int, optional
        How many at a time; what suits the engine if left out.
    values : mapping of str to object
        Generation and prompt options.

    Raises
    ------
    OptionError
        If the options or the file do not fit, or pandas is not installed.
    """

    def __init__(
        self,
        model: Model,
        prompts: Iterable[str | Prompt],
        path: str | os.PathLike[str] | None,
        concurrency: int | None,
        values: Mapping[str, Any],
    ) -> None:
        try:
            import pandas  # noqa: F401
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise OptionError(
                "map returns a pandas table: pip install 'galai-jupyter[batch]'."
            ) from error
        model.check_open()
        self._model = Model(model.engine)  # without hooks: the session is taken once, for all
        self._options, prompt_options = _split(values)
        model.engine.check(self._options)
        self._workers = _concurrency(model, concurrency)
        self._index = getattr(prompts, "index", None) if hasattr(prompts, "to_numpy") else None
        self._rows = self._prepare(prompts, prompt_options)
        self._file = BatchFile(Path(path).expanduser()) if path is not None else None
        self._done = dict(self._file.done) if self._file else {}
        self._unsaved: list[Generation] = []
        self._errors: dict[str, str] = {row.key: row.error for row in self._rows if row.error}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._streams: set[GenerationStream] = set()

    def interrupt(self) -> None:
        """Ask for an end before the next token; from any thread."""
        self._stop.set()
        with self._lock:
            for stream in self._streams:
                stream.interrupt()

    def unsaved(self) -> list[Generation]:
        """Return what was generated and is in no file."""
        return list(self._unsaved)

    def run(self, progress: bool = True) -> DataFrame:
        """Run what is not done yet; return the table.

        Raises
        ------
        GalacticaError
            If the engine fails or cannot do it; what was finished is kept.
        KeyboardInterrupt
            After :meth:`interrupt`.
        """
        from tqdm import tqdm

        known = self._done.keys() | self._errors.keys()
        todo: queue.SimpleQueue[_Row] = queue.SimpleQueue()
        missing = [row for row in self._rows if row.key not in known]
        for row in missing:
            todo.put(row)
        finished: queue.SimpleQueue[tuple[_Row, Generation | None, Exception | None] | None]
        finished = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._work, args=(todo, finished), name="galai-batch")
            for _ in range(min(self._workers, len(missing)))
        ]
        failure: Exception | None = None
        total, running = len(self._rows), len(threads)
        try:
            for thread in threads:
                thread.start()
            with tqdm(
                total=total,
                initial=total - len(missing),
                unit="prompt",
                file=sys.stdout,
                disable=not progress,
            ) as bar:
                while running:
                    news = finished.get()
                    if news is None:
                        running -= 1
                        continue
                    failure = self._take(*news) or failure
                    bar.update(news[1] is not None and not self._stop.is_set())
        finally:  # also when a second interrupt tears the loop
            if running:
                self.interrupt()
            for thread in threads:
                thread.join()
            while True:
                try:
                    news = finished.get_nowait()
                except queue.Empty:
                    break
                if news:
                    self._take(*news)
            known = self._done.keys() | self._errors.keys()
            complete = all(row.key in known for row in self._rows)
            if self._file:
                self._file.close(complete)
        if failure and not isinstance(failure, GalacticaError):
            raise failure
        if failure:
            raise type(failure)(f"{failure} {self._so_far()}") from failure
        if not complete:
            raise KeyboardInterrupt(self._so_far())
        return self._table()

    def _prepare(self, prompts: Iterable[str | Prompt], options: PromptOptions) -> list[_Row]:
        if isinstance(prompts, str):
            raise OptionError("map takes a list of prompts: put the text into [ ].")
        model = self._model.description
        same = {
            "options": self._options.to_dict(),
            "model": [model.name, model.revision, model.engine, model.dtype],
        }
        seen: Counter[str] = Counter()
        rows = []
        for given in prompts:
            error = ""
            try:
                prompt = given if isinstance(given, Prompt) else _build(given, options)
            except PromptError as problem:
                prompt, error = Prompt(str(given)), str(problem)
            what = {"prompt": [prompt.text, prompt.new_doc, prompt.truncate], **same}
            text = json.dumps(what, sort_keys=True)
            seen[text] += 1  # the same prompt twice is two samples
            key = hashlib.sha256(f"{text} {seen[text]}".encode()).hexdigest()
            rows.append(_Row(prompt, key, error))
        return rows

    def _work(self, todo: queue.SimpleQueue[_Row], finished: queue.SimpleQueue[Any]) -> None:
        """Run prompts until there are none left, or the batch is stopped."""
        with suppress(queue.Empty):
            while not self._stop.is_set():
                row = todo.get_nowait()
                stream: GenerationStream | None = None
                try:
                    stream = self._model.stream(row.prompt, self._options)
                    with self._lock:
                        self._streams.add(stream)
                    if self._stop.is_set():
                        break
                    finished.put((row, stream.drain()[0], None))
                except Exception as error:  # the thread that runs the batch raises it
                    text = stream.generations[0] if stream and stream.generations else None
                    finished.put((row, text, error))
                    if not isinstance(error, PromptError):
                        self.interrupt()
                finally:
                    if stream:
                        with self._lock:
                            self._streams.discard(stream)
        finished.put(None)

    def _take(
        self, row: _Row, generation: Generation | None, error: Exception | None
    ) -> Exception | None:
        """Keep a result; return the error if it is one of the whole batch."""
        if isinstance(error, PromptError):
            self._errors[row.key] = str(error)
            return None
        if generation is None:
            return error
        reasons = {sequence.finish_reason for sequence in generation.sequences}
        if error is None and "interrupted" not in reasons:
            if self._file:
                generation = self._file.add(row.key, generation)
            else:
                self._unsaved.append(generation)
            self._done[row.key] = generation
        else:  # the part of a text: for people to look at, not to be taken for an answer
            self._unsaved.append(generation)
        return error

    def _so_far(self) -> str:
        done = sum(row.key in self._done for row in self._rows)
        where = f"in {self._file.path}" if self._file else "in the session's history"
        more = "; the same call goes on from there" if self._file else ""
        return f"{done:,} of {len(self._rows):,} prompts are done, and kept {where}{more}."

    def _table(self) -> DataFrame:
        from pandas import DataFrame

        found = [self._done.get(row.key) for row in self._rows]
        columns: dict[str, list[Any]] = {
            "prompt": [row.prompt.text for row in self._rows],
            "text": [each.text if each else None for each in found],
            "finish_reason": [each.finish_reason if each else None for each in found],
            "log_probability": [
                each.sequences[0].log_probability if each else None for each in found
            ],
            "new_tokens": [each.new_tokens if each else 0 for each in found],
            "seconds": [each.seconds if each else None for each in found],
            "error": [self._errors.get(row.key, "") for row in self._rows],
            "generation": found,
        }
        return DataFrame(columns, index=self._index)


def _build(text: object, options: PromptOptions) -> Prompt:
    if not isinstance(text, str):  # a hole in a column
        raise PromptError(f"This is not a text but {text!r}: fill it in, or leave the row out.")
    return build_prompt(text, options)


def _split(values: Mapping[str, Any]) -> tuple[GenerationOptions, PromptOptions]:
    for name in values:
        option = find_option(name)
        if option.group not in ("generation", "prompt"):
            raise OptionError(f"{name} makes no sense here: it is a {option.group} option.")
    merged = {**task_defaults(values.get("task"), values, values.get("form")), **values}
    options = build_options(GenerationOptions, merged).checked()
    return options, build_options(PromptOptions, values)


def _concurrency(model: Model, asked: int | None) -> int:
    most_useful = getattr(model.engine, "concurrency", 1)
    if asked is None:
        return int(most_useful)
    if asked < 1 or (asked > 1 and most_useful == 1):
        raise OptionError(
            f"concurrency={asked} is not possible: the {model.description.engine} engine runs one "
            "prompt at a time, a server (connect) as many as you like; leave it out."
        )
    return asked
