"""The Engine protocol: prompts as token ids in, an iterator of scored ids out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.errors import EngineError
from galai_jupyter.generation import FinishReason, ModelDescription
from galai_jupyter.options import GenerationOptions

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ALTERNATIVES = 5
"""How many of the likeliest tokens are reported for each place."""


@dataclass(frozen=True)
class ScoredId:
    """A token id with the model's own log-probability.

    Attributes
    ----------
    id : int
        The token.
    log_probability : float
        Natural logarithm of its probability before any truncation or temperature.
    alternatives : tuple of (int, float)
        The likeliest ids in its place with their log-probabilities, best first.
    """

    id: int
    log_probability: float = 0.0
    alternatives: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Step:
    """What an engine says about one sequence of one prompt.

    Attributes
    ----------
    prompt_index, sequence_index : int
        Which sequence.
    ids : tuple of ScoredId
        The new tokens; with `replaces`, all tokens of the sequence so far.
    finish_reason : str or None
        Why the sequence has ended, once it has.
    stop_string : str
        The stop string that was found, if that is the reason.
    replaces : bool
        Whether `ids` take the place of all that was said of the sequence before.
    drafted, accepted : int
        Tokens that were guessed by speculative decoding since the step before, and those of them
        that were right.
    """

    prompt_index: int
    sequence_index: int
    ids: tuple[ScoredId, ...] = ()
    finish_reason: FinishReason | None = None
    stop_string: str = ""
    replaces: bool = False
    drafted: int = 0
    accepted: int = 0


@dataclass(frozen=True)
class PrefixStatistics:
    """What an engine keeps of the last prompts, and how much it was of use.

    Attributes
    ----------
    entries, tokens : int
        Texts and tokens that are kept.
    size, limit : int
        Bytes that they take, and may take.
    requests, hits : int
        Prompts so far, and those of them whose beginning was known.
    prompt_tokens, reused_tokens : int
        Tokens of the prompts so far, and those of them that were not computed anew.
    """

    entries: int
    tokens: int
    size: int
    limit: int
    requests: int
    hits: int
    prompt_tokens: int
    reused_tokens: int


class Engine(Protocol):
    """Runs a model. Streaming is the one primitive; everything else is built on it."""

    @property
    def description(self) -> ModelDescription:
        """Which model this is and where it runs now."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, checked to be Galactica's."""

    @property
    def context_size(self) -> int:
        """How many tokens prompt and continuation may have together."""

    def check(self, options: GenerationOptions) -> None:
        """Refuse what this engine cannot do, before anything is begun for it.

        Raises
        ------
        OptionError, EngineError
            One sentence that names the option, and what to do instead.
        """

    def steps(
        self,
        prompts: Sequence[Sequence[int]],
        options: GenerationOptions,
        interrupted: Callable[[], bool],
        constraint: ReferenceTrie | None = None,
    ) -> Iterator[Step]:
        """Continue each prompt; every sequence ends with a step that has a finish reason.

        Parameters
        ----------
        prompts : sequence of sequences of int
            Token ids, none empty, each with room for ``max_new_tokens`` in the context.
        options : GenerationOptions
            Checked options with a seed if they sample.
        interrupted : callable
            Asked before each token; once it is true, what is unfinished ends as interrupted.
        constraint : ReferenceTrie, optional
            The only references that may be generated. Fewer sequences than asked for may come
            out. An engine that cannot do this raises :func:`cannot_constrain`.
        """

    def score(self, prompt: Sequence[int], continuation: Sequence[int]) -> tuple[ScoredId, ...]:
        """Return how likely each token of a given continuation is; one reading of the text.

        Parameters
        ----------
        prompt, continuation : sequence of int
            Token ids, none empty; both fit into the context together.
        """

    def close(self) -> None:
        """Give back the memory; the engine cannot be used afterwards."""


def cannot_constrain(engine: str) -> EngineError:
    """Return the error of an engine that cannot restrict which references are generated."""
    return EngineError(
        f"The {engine} engine cannot keep references to a library: load the checkpoint with "
        "load_model, or drop constrain and see which suggestions the library has."
    )
