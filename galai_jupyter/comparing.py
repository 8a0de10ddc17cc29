"""A prompt and several decodings in; their streams, one after the other, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from galai_jupyter.comparison import Comparison
from galai_jupyter.errors import EngineError, GalacticaError
from galai_jupyter.generation import Generation, StreamEvent
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.strategies import Decoding
from galai_jupyter.streaming import GenerationStream


class ComparisonStream(Iterator[StreamEvent]):
    """Runs one prompt under several decodings: an iterator of events that keeps what was said.

    The `prompt_index` of an event counts decodings. A decoding that fails does not keep those
    behind it from running; an interrupt does, and what it interrupts is kept.

    Parameters
    ----------
    start : callable
        ``start(prompt, options) -> GenerationStream``.
    prompt : Prompt
        What to continue.
    decodings : sequence of Decoding
        At least one.

    Attributes
    ----------
    generations : list of Generation
        One for each decoding that was begun.
    failure : GalacticaError or None
        The first error of a decoding.

    Raises
    ------
    OptionError, PromptError
        If the request cannot be run; nothing has run then.
    """

    def __init__(
        self,
        start: Callable[[Prompt, GenerationOptions], GenerationStream],
        prompt: Prompt,
        decodings: Sequence[Decoding],
    ) -> None:
        self._labels = [decoding.label for decoding in decodings]
        self._streams = [start(prompt, decoding.options) for decoding in decodings]
        self.generations: list[Generation] = []
        self.failure: GalacticaError | None = None
        self._events = self._run()

    def __next__(self) -> StreamEvent:
        return next(self._events)

    def __enter__(self) -> ComparisonStream:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def comparison(self) -> Comparison:
        """What came of the decodings that were begun.

        Raises
        ------
        EngineError
            If none was.
        """
        if not self.generations:
            raise self.failure or EngineError("Nothing was compared yet: run the stream first.")
        done = len(self.generations)
        return Comparison(
            tuple(self._labels[:done]), tuple(self.generations), tuple(self._labels[done:])
        )

    def close(self) -> None:
        """End now; keep what there is."""
        self._events.close()

    def drain(self) -> Comparison:
        """Run to the end; return the comparison, or raise the first error of a decoding."""
        for _ in self:
            pass
        if self.failure:
            raise self.failure
        return self.comparison

    def _run(self) -> Generator[StreamEvent, None, None]:
        for index, stream in enumerate(self._streams):
            try:
                with closing(stream):
                    for event in stream:
                        yield replace(event, prompt_index=index)
            except GalacticaError as error:
                self.failure = self.failure or error
            finally:  # also when this one is closed or torn
                self.generations += stream.generations
            if not stream.generations or stream.generations[0].finish_reason == "interrupted":
                return
