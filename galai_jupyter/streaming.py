"""Prompts and a model's engine in; stream events, and finished generations, out."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from galai_jupyter.beginnings import given_ids, steps_behind
from galai_jupyter.bibliography.checking import check_texts
from galai_jupyter.bibliography.library import read_library
from galai_jupyter.constraining import reference_trie
from galai_jupyter.engines.base import Engine, ScoredId, Step
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.errors import (
    EngineError,
    GalacticaError,
    InsufficientMemoryError,
    OptionError,
    PromptError,
)
from galai_jupyter.generation import (
    FinishReason,
    GeneratedSequence,
    Generation,
    StreamEvent,
)
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.scores import TokenAlternative, TokenScore
from galai_jupyter.tokens import (
    END_OF_DOCUMENT,
    SPECIAL_TOKENS,
    TextDecoder,
    TokenTexts,
    encode,
    special_id,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def encode_prompt(
    tokenizer: Tokenizer, prompt: Prompt, max_new_tokens: int, context_size: int
) -> tuple[list[int], int]:
    """Return the ids that the model reads, and how many were cut on the left.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        Galactica's.
    prompt : Prompt
        Its text, and whether it begins a document.
    max_new_tokens : int
        Room that is kept for the continuation.
    context_size : int
        Tokens that prompt and continuation may have together.

    Raises
    ------
    OptionError
        If `max_new_tokens` leaves no room for a prompt.
    PromptError
        If the prompt has no tokens, or is too long and must not be cut.
    """
    front = [special_id(tokenizer, END_OF_DOCUMENT)] if prompt.new_doc else []
    room = context_size - max_new_tokens - len(front)
    if room < 1:
        raise OptionError(
            f"max_new_tokens={max_new_tokens} leaves no room for a prompt in the context of "
            f"{context_size:,} tokens: use at most {context_size - len(front) - 1:,}."
        )
    ids = encode(tokenizer, prompt.text)
    if not ids and not front:
        raise PromptError("The prompt is empty: write the text that Galactica is to continue.")
    cut = max(0, len(ids) - room)
    if cut and not prompt.truncate:
        raise PromptError(
            f"The prompt has {len(ids):,} tokens and {room:,} fit beside max_new_tokens="
            f"{max_new_tokens}: shorten it, or let its left end be cut (drop --no-truncate)."
        )
    return front + ids[cut:], cut


def token_score(texts: TokenTexts, text: str, token: ScoredId) -> TokenScore:
    """Return a token with its text and those of its alternatives, for people to read.

    Parameters
    ----------
    texts : TokenTexts
        The texts of the tokenizer's tokens.
    text : str
        The text that the token completes.
    token : ScoredId
        The token as an engine gave it.
    """
    alternatives = tuple(
        TokenAlternative(token_id, texts[token_id], value) for token_id, value in token.alternatives
    )
    return TokenScore(token.id, text, token.log_probability, alternatives)


class _SequenceAssembler:
    """Steps of one sequence in, its text and tokens out."""

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._stop = stop
        self._decoder = TextDecoder(tokenizer)
        self._texts = TokenTexts(tokenizer)
        self._end_of_document = special_id(tokenizer, END_OF_DOCUMENT)
        self._text = ""
        self._shown = 0
        self.tokens: list[TokenScore] = []
        self.finish_reason: FinishReason | None = None

    def take(self, step: Step) -> tuple[str, tuple[TokenScore, ...]]:
        """Add a step; return the text that can be shown now, and its tokens."""
        if step.replaces:
            self._decoder = TextDecoder(self._tokenizer)
            self._text, self._shown, self.tokens = "", 0, []
        added = [self._score(token) for token in step.ids]
        self.tokens += added
        if step.finish_reason:
            self.finish(step.finish_reason, step.stop_string)
        end = len(self._text) if self.finish_reason else self._safe_length()
        text = self._text[self._shown : end]
        self._shown = max(self._shown, end)
        return text, tuple(added)

    def finish(self, reason: FinishReason, stop_string: str = "") -> None:
        """End the sequence; the stop string goes, unless it is a special token."""
        self.finish_reason = reason
        self._text += self._decoder.flush()
        if stop_string:
            kept = len(stop_string) if stop_string in SPECIAL_TOKENS else 0
            # It was found as soon as it was complete, so the last one is the only one.
            self._text = self._text[: self._text.rindex(stop_string) + kept]

    @property
    def result(self) -> GeneratedSequence:
        """The sequence as it stands."""
        return GeneratedSequence(
            self._text, tuple(self.tokens), self.finish_reason or "interrupted"
        )

    def _score(self, token: ScoredId) -> TokenScore:
        if token.id == self._end_of_document:
            return token_score(self._texts, END_OF_DOCUMENT, token)
        text = self._decoder.push(token.id)
        self._text += text
        return token_score(self._texts, text, token)

    def _safe_length(self) -> int:
        """Return how much of the text cannot turn out to be the beginning of a stop string."""
        held = 0
        for stop in self._stop:
            for length in range(min(len(stop) - 1, len(self._text)), held, -1):
                if self._text.endswith(stop[:length]):
                    held = length
                    break
        return len(self._text) - held


class GenerationStream(Iterator[StreamEvent]):
    """Runs one request: an iterator of events that keeps everything it has said.

    Leaving it early, by ``close()``, an exception or garbage collection, ends what is unfinished
    as interrupted; `generations` then holds the texts so far. An engine's error ends it too: the
    finished events come first, then `EngineError` is raised.

    Parameters
    ----------
    engine : Engine
        What runs the model.
    prompts : sequence of Prompt
        At least one.
    options : GenerationOptions
        Checked.
    complete : callable, optional
        ``complete(generation) -> generation``: adds to each record what follows from it.
    on_start, on_finish : callable, optional
        Called with the stream before the first token, and exactly once at the end of one that
        started.

    Raises
    ------
    OptionError, PromptError, EngineError
        If the request cannot be run on this engine; nothing has run then.

    Attributes
    ----------
    generations : list of Generation
        One for each prompt, in their order, once the stream has ended.
    """

    def __init__(
        self,
        engine: Engine,
        prompts: Sequence[Prompt],
        options: GenerationOptions,
        *,
        complete: Callable[[Generation], Generation] = lambda generation: generation,
        on_start: Callable[[GenerationStream], None] = lambda stream: None,
        on_finish: Callable[[GenerationStream], None] = lambda stream: None,
    ) -> None:
        engine.check(options)
        self._engine = engine
        self._prompts = list(prompts)
        self._options = options
        self._given = given_ids(engine.tokenizer, self._prompts)
        room = max(options.max_new_tokens, len(self._given))
        encoded = [
            encode_prompt(engine.tokenizer, prompt, room, engine.context_size)
            for prompt in self._prompts
        ]
        self._ids = [ids for ids, _ in encoded]
        self._cut = [cut for _, cut in encoded]
        self._complete = complete
        self._library = read_library(options.library) if options.library else None
        # Engines that know nothing of constraints are not asked for one.
        self._constraint: tuple[ReferenceTrie, ...] = ()
        if self._library and options.constrain:
            begun = "".join(token.text for prompt in self._prompts for token in prompt.given)
            texts = [prompt.text + begun for prompt in self._prompts]
            self._constraint = (reference_trie(self._library, engine.tokenizer, texts),)
        self._on_start, self._on_finish = on_start, on_finish
        self._interrupt = threading.Event()
        self._sequences = [
            [
                _SequenceAssembler(engine.tokenizer, options.stop)
                for _ in range(options.num_return_sequences)
            ]
            for _ in self._prompts
        ]
        self._open_prompts = set(range(len(self._prompts)))
        self._error = ""
        self._start_time = 0.0
        self._first_token_time = [0.0] * len(self._prompts)
        self._end_time = [0.0] * len(self._prompts)
        self._drafted = [0] * len(self._prompts)
        self._accepted = [0] * len(self._prompts)
        self.generations: list[Generation] = []
        self._events = self._run()

    def __next__(self) -> StreamEvent:
        return next(self._events)

    def __enter__(self) -> GenerationStream:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What it continues."""
        return tuple(self._prompts)

    @property
    def prompt_count(self) -> int:
        """How many prompts there are."""
        return len(self._prompts)

    @property
    def finished_prompts(self) -> int:
        """How many of the prompts have all their sequences."""
        return len(self._prompts) - len(self._open_prompts)

    def interrupt(self) -> None:
        """Ask for an end before the next token; from any thread."""
        self._interrupt.set()

    @property
    def interrupted(self) -> bool:
        """Whether an end was asked for."""
        return self._interrupt.is_set()

    @property
    def started(self) -> float:
        """When its turn came, as ``time.perf_counter()`` has it; 0 before that."""
        return self._start_time

    def close(self) -> None:
        """End now; keep what there is. Does nothing after the end, or if nothing has run."""
        self._events.close()

    def drain(self) -> list[Generation]:
        """Run to the end; return the generations."""
        for _ in self:
            pass
        return self.generations

    def _run(self) -> Generator[StreamEvent, None, None]:
        self._on_start(self)
        self._start_time = time.perf_counter()
        failure: Exception | None = None
        try:
            for step in self._steps():
                yield from self._take(step)
        except Exception as error:  # whatever the engine raises: the text must not be lost
            failure = error
            self._error = str(error) or type(error).__name__
        finally:  # also when the stream is closed, collected, or hit by an interrupt
            self._finish("error" if failure else "interrupted")
        for index, generation in enumerate(self.generations):
            yield StreamEvent(index, generation=generation)
        if failure:
            raise _explained(failure) from failure

    def _steps(self) -> Iterator[Step]:
        engine, options, asked = self._engine, self._options, self._interrupt.is_set
        if not self._given:
            return engine.steps(self._ids, options, asked, *self._constraint)
        ids = [*self._ids[0], *(token.id for token in self._given)]
        return steps_behind(self._given, engine, ids, options, asked, *self._constraint)

    def _take(self, step: Step) -> Iterator[StreamEvent]:
        now = time.perf_counter()
        self._end_time[step.prompt_index] = now
        generated = step.ids and step.ids != self._given
        if generated and not self._first_token_time[step.prompt_index]:
            self._first_token_time[step.prompt_index] = now
        self._drafted[step.prompt_index] += step.drafted
        self._accepted[step.prompt_index] += step.accepted
        text, tokens = self._sequences[step.prompt_index][step.sequence_index].take(step)
        if step.finish_reason and all(
            sequence.finish_reason not in (None, "interrupted")
            for sequence in self._sequences[step.prompt_index]
        ):
            self._open_prompts.discard(step.prompt_index)
        if text or tokens or step.replaces:
            yield StreamEvent(step.prompt_index, step.sequence_index, text, tokens, step.replaces)

    def _finish(self, reason: FinishReason) -> None:
        """Make the records; sequences that have not ended end with `reason`."""
        for sequences in self._sequences:
            for sequence in sequences:
                if sequence.finish_reason is None:
                    sequence.finish(reason)
        description = self._engine.description
        results = [self._results(sequences) for sequences in self._sequences]
        generations = [
            Generation(
                prompt=prompt.text,
                sequences=results[index],
                options=self._options,
                model=description,
                new_doc=prompt.new_doc,
                prompt_tokens=len(self._ids[index]),
                truncated_tokens=self._cut[index],
                seconds=max(0.0, self._end_time[index] - self._start_time),
                first_token_seconds=max(0.0, self._first_token_time[index] - self._start_time),
                drafted_tokens=self._drafted[index],
                accepted_tokens=self._accepted[index],
                branch=prompt.branch,
                notices=(
                    prompt.notices
                    + cut_notices(self._cut[index])
                    + self._library_notices(prompt, results[index])
                ),
                error=self._error,
                created=now(),
                versions=versions(),
            )
            for index, prompt in enumerate(self._prompts)
        ]
        self.generations = generations
        try:
            self.generations = [self._complete(generation) for generation in generations]
        finally:  # the session must not stay taken
            self._on_finish(self)

    def _results(self, sequences: Sequence[_SequenceAssembler]) -> tuple[GeneratedSequence, ...]:
        """Return the sequences; a library may have fewer references than were asked for."""
        if self._constraint:
            sequences = [
                each for each in sequences if len(each.tokens) > len(self._given)
            ] or sequences
        return tuple(sequence.result for sequence in sequences)

    def _library_notices(
        self, prompt: Prompt, sequences: Sequence[GeneratedSequence]
    ) -> tuple[str, ...]:
        """Return what is wrong with the library, and what it says of the references."""
        if self._library is None:
            return ()
        texts = [sequence.text for sequence in sequences]
        return self._library.notices() + check_texts(prompt.text, texts, self._library)


def cut_notices(count: int) -> tuple[str, ...]:
    """Return what a reader should know about `count` tokens that were cut from a prompt."""
    if not count:
        return ()
    return (f"cut {count:,} token{'s' if count > 1 else ''} from the left end of the prompt",)


def now() -> str:
    """Return the time as a record holds it: ISO 8601, UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@cache
def versions() -> dict[str, str]:
    """Return the versions of the packages that take part in a generation."""
    found = {"python": platform.python_version()}
    for package in ("galai-jupyter", "torch", "transformers", "tokenizers"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # a source tree that is not installed
            found[package] = "unknown"
    return found


def _explained(error: Exception) -> GalacticaError:
    """Return the error to raise for a person when an engine failed with `error`."""
    if isinstance(error, GalacticaError):
        return error
    if (
        isinstance(error, MemoryError)
        or "out of memory" in str(error).lower()
        or ("can't allocate memory" in str(error))
    ):
        return InsufficientMemoryError(
            "The memory ran out while generating; the text so far is kept. Use fewer beams, "
            "sequences or tokens, or load a smaller model."
        )
    detail = str(error).strip().splitlines()
    return EngineError(
        f"The engine failed ({type(error).__name__}{': ' + detail[0] if detail else ''}); the "
        "text so far is kept in the history. Run the cell again, or load the model anew."
    )
