"""A prompt and continuations in; how likely a model finds each token of them, out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from galai_jupyter.engines.base import Engine
from galai_jupyter.errors import PromptError
from galai_jupyter.generation import GeneratedSequence, Generation
from galai_jupyter.prompts import Prompt
from galai_jupyter.references import START_REF
from galai_jupyter.scores import ContinuationScore
from galai_jupyter.streaming import cut_notices, encode_prompt, now, token_score, versions
from galai_jupyter.tokens import TextDecoder, TokenTexts, encode

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def score_continuation(engine: Engine, prompt: Prompt, continuation: str) -> ContinuationScore:
    """Return how likely `continuation` is after `prompt`.

    Parameters
    ----------
    engine : Engine
        What runs the model.
    prompt : Prompt
        Its left end is cut where both do not fit into the context.
    continuation : str
        The text to score, special tokens included.

    Raises
    ------
    PromptError
        If a text is empty, or the continuation is longer than the context.
    """
    tokenizer = engine.tokenizer
    ids = continuation_ids(tokenizer, prompt.text, continuation)
    if not ids:
        raise PromptError("The continuation is empty: give the text that is to be scored.")
    if len(ids) >= engine.context_size:
        raise PromptError(
            f"The continuation has {len(ids):,} tokens and the model's context "
            f"{engine.context_size:,}: score a shorter text."
        )
    prompt_ids, cut = encode_prompt(tokenizer, prompt, len(ids), engine.context_size)
    decoder, texts = TextDecoder(tokenizer), TokenTexts(tokenizer)
    tokens = tuple(
        token_score(texts, decoder.push(token.id), token) for token in engine.score(prompt_ids, ids)
    )
    return ContinuationScore(prompt.text, continuation, tokens, prompt.new_doc, cut)


def score_given(engine: Engine, prompt: Prompt, continuations: Sequence[str]) -> Generation:
    """Return a record whose sequences are given continuations of `prompt`, scored.

    Parameters
    ----------
    engine : Engine
        What runs the model.
    prompt : Prompt
        Its left end is cut where it does not fit beside a continuation.
    continuations : sequence of str
        At least one.

    Raises
    ------
    PromptError
        If a continuation is empty or longer than the context.
    """
    began = time.perf_counter()
    scores = [score_continuation(engine, prompt, text) for text in continuations]
    cut = max(score.truncated_tokens for score in scores)
    return Generation(
        prompt=prompt.text,
        sequences=tuple(
            GeneratedSequence(score.continuation, score.tokens, "given") for score in scores
        ),
        model=engine.description,
        new_doc=prompt.new_doc,
        prompt_tokens=len(encode(engine.tokenizer, prompt.text)) + prompt.new_doc - cut,
        truncated_tokens=cut,
        seconds=time.perf_counter() - began,
        notices=prompt.notices + cut_notices(cut) + _space_notices(prompt.text, continuations),
        created=now(),
        versions=versions(),
    )


def _space_notices(prompt: str, continuations: Sequence[str]) -> tuple[str, ...]:
    """Say that words begin with a space, where one was probably forgotten."""
    if not prompt.endswith((".", ":", "?", "!", START_REF)):
        return ()
    return tuple(
        f"the continuation {text!r} begins without a space: write {' ' + text!r} if a new word is "
        "meant"
        for text in continuations
        if text[0].isalnum()
    )


def continuation_ids(tokenizer: Tokenizer, prompt: str, continuation: str) -> list[int]:
    """Return the tokens that follow those of `prompt`.

    They are read in its light, since a sequence that it opens splits into characters, unless the
    text around the seam would become other tokens than the prompt has.
    """
    before, together = encode(tokenizer, prompt), encode(tokenizer, prompt + continuation)
    if together[: len(before)] == before:
        return together[len(before) :]
    return encode(tokenizer, continuation)
