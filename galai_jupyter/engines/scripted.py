"""An engine that says what it was told to: for tests, demonstrations and front ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from galai_jupyter.engines.base import ScoredId, Step, cannot_constrain
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.generation import FinishReason, ModelDescription
from galai_jupyter.options import GenerationOptions
from galai_jupyter.tokens import (
    CONTEXT_SIZE,
    END_OF_DOCUMENT,
    StopStrings,
    byte_tokenizer,
    decode,
    encode,
    special_id,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class ScriptedEngine:
    """Continues every prompt with the text that a function or a list gives.

    Parameters
    ----------
    script : callable or sequence of str
        ``script(prompt_text) -> continuation``, or continuations that are used in turn (the last
        one for good).
    on_token : callable, optional
        Called with the number of tokens said so far, before each token; may raise or wait.
    context_size : int, default 2048
        The context that it claims to have.

    Attributes
    ----------
    requests : list of (list of str, GenerationOptions)
        What it was asked, for tests to look at.

    Examples
    --------
    >>> engine = ScriptedEngine([" Attention is All you Need, Vaswani[END_REF]"])
    """

    def __init__(
        self,
        script: Callable[[str], str] | Sequence[str],
        *,
        on_token: Callable[[int], None] | None = None,
        context_size: int = CONTEXT_SIZE,
    ) -> None:
        self._script = script
        self._turn = 0
        self._on_token = on_token
        self._tokenizer = byte_tokenizer()
        self._context_size = context_size
        self.requests: list[tuple[list[str], GenerationOptions]] = []
        self.closed = False

    @property
    def description(self) -> ModelDescription:
        """The model called ``scripted``."""
        return ModelDescription("scripted", engine="scripted", dtype="text", device="none")

    @property
    def tokenizer(self) -> Tokenizer:
        """Galactica's pipeline with one token a byte."""
        return self._tokenizer

    @property
    def context_size(self) -> int:
        """The context that it claims to have."""
        return self._context_size

    def check(self, options: GenerationOptions) -> None:
        """Refuse nothing: however it is asked to decode, it says its script."""

    def steps(
        self,
        prompts: Sequence[Sequence[int]],
        options: GenerationOptions,
        interrupted: Callable[[], bool],
        constraint: ReferenceTrie | None = None,
    ) -> Iterator[Step]:
        """Say the script, a token a step, each with probability one half."""
        if constraint is not None:
            raise cannot_constrain("scripted")
        texts = [decode(self._tokenizer, ids) for ids in prompts]
        self.requests.append((texts, options))
        for prompt_index, prompt in enumerate(texts):
            for sequence_index in range(options.num_return_sequences):
                continuation = self._continuation(prompt)
                for ids, reason, stop in self._say(continuation, options, interrupted):
                    yield Step(prompt_index, sequence_index, ids, reason, stop)

    def score(self, prompt: Sequence[int], continuation: Sequence[int]) -> tuple[ScoredId, ...]:
        """Find every token as likely as not, whatever the script says."""
        return tuple(_scored(token_id) for token_id in continuation)

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _continuation(self, prompt: str) -> str:
        if callable(self._script):
            return self._script(prompt)
        text = self._script[min(self._turn, len(self._script) - 1)]
        self._turn += 1
        return text

    def _say(
        self, text: str, options: GenerationOptions, interrupted: Callable[[], bool]
    ) -> Iterator[tuple[tuple[ScoredId, ...], FinishReason | None, str]]:
        stops = StopStrings(self._tokenizer, options.stop)
        end_of_document = special_id(self._tokenizer, END_OF_DOCUMENT)
        said: list[int] = []
        for token_id in [*encode(self._tokenizer, text), end_of_document]:
            if interrupted():
                yield (), "interrupted", ""
                return
            if self._on_token:
                self._on_token(len(said))
            said.append(token_id)
            stop = stops.found(said) or ""
            reason: FinishReason | None = None
            if stop:
                reason = "stop_string"
            elif token_id == end_of_document:
                reason = "end_of_document"
            elif len(said) == options.max_new_tokens:
                reason = "max_new_tokens"
            yield (_scored(token_id),), reason, stop
            if reason:
                return


def _scored(token_id: int) -> ScoredId:
    half = math.log(0.5)
    return ScoredId(token_id, half, ((token_id, half),))
