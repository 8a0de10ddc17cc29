"""Tokens that a continuation begins with, and an engine, in; steps that begin so out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from galai_jupyter.engines.base import Engine, ScoredId, Step
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.errors import PromptError
from galai_jupyter.generation import FinishReason
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.tokens import END_OF_DOCUMENT, StopStrings, TextDecoder, special_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def token_texts(tokenizer: Tokenizer, ids: Sequence[int]) -> list[str]:
    """Return the text that each of `ids` completes, as records hold it."""
    decoder, end = TextDecoder(tokenizer), special_id(tokenizer, END_OF_DOCUMENT)
    return [END_OF_DOCUMENT if each == end else decoder.push(each) for each in ids]


def given_ids(tokenizer: Tokenizer, prompts: Sequence[Prompt]) -> tuple[ScoredId, ...]:
    """Return the tokens that the continuation of the only prompt begins with; none for others.

    Raises
    ------
    PromptError
        If they are not tokens of this tokenizer, or belong to one prompt of several.
    """
    tokens = next((prompt.given for prompt in prompts if prompt.given), ())
    if not tokens:
        return ()
    if len(prompts) > 1:
        raise PromptError("A text whose beginning is given is continued alone: give one prompt.")
    if token_texts(tokenizer, [token.id for token in tokens]) != [token.text for token in tokens]:
        raise PromptError(
            "The text begins with tokens of another tokenizer than this model's: load the model "
            "that wrote them."
        )
    return tuple(
        ScoredId(
            token.id,
            token.log_probability,
            tuple((other.id, other.log_probability) for other in token.alternatives),
        )
        for token in tokens
    )


def steps_behind(
    given: tuple[ScoredId, ...],
    engine: Engine,
    ids: Sequence[int],
    options: GenerationOptions,
    interrupted: Callable[[], bool],
    *constraint: ReferenceTrie,
) -> Iterator[Step]:
    """Say what is given, then let the engine go on with the tokens that are left.

    Parameters
    ----------
    given : tuple of ScoredId
        The first tokens of each sequence.
    engine : Engine
        What runs the model.
    ids : sequence of int
        The prompt and what is given.
    options, interrupted, constraint
        As :meth:`Engine.steps` takes them; ``max_new_tokens`` counts what is given.
    """
    sequences = range(options.num_return_sequences)
    for index in sequences:
        yield Step(0, index, given)
    ending = _ending(engine.tokenizer, given, options)
    if ending:
        for index in sequences:
            yield Step(0, index, (), *ending)
        return
    rest = replace(
        options,
        max_new_tokens=options.max_new_tokens - len(given),
        min_new_tokens=max(0, options.min_new_tokens - len(given)),
    )
    for step in engine.steps([ids], rest, interrupted, *constraint):
        yield replace(step, ids=given + step.ids) if step.replaces else step


def _ending(
    tokenizer: Tokenizer, given: Sequence[ScoredId], options: GenerationOptions
) -> tuple[FinishReason, str] | None:
    """Return why nothing can follow what is given, and its stop string; nothing if it can."""
    ids = [token.id for token in given]
    if ids[-1] == special_id(tokenizer, END_OF_DOCUMENT):
        return "end_of_document", ""
    stop = StopStrings(tokenizer, options.stop).found(ids)
    if stop:
        return "stop_string", stop
    return ("max_new_tokens", "") if len(ids) >= options.max_new_tokens else None
