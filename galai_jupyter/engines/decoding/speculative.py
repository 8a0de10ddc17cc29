"""A prompt in, one scored token a step out: greedy search, several tokens at a pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessorList

from galai_jupyter.engines.base import ScoredId, Step
from galai_jupyter.engines.decoding.batch import CachedBatch, score
from galai_jupyter.engines.decoding.draft_policy import DraftPolicy
from galai_jupyter.engines.decoding.prefix_cache import PrefixCache
from galai_jupyter.engines.decoding.processors import logits_processors
from galai_jupyter.engines.decoding.prompt_lookup import PromptLookup
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.options import GenerationOptions

_LONGEST = 15
"""Tokens of a draft at most, where nothing else is asked for."""


def longest_draft(model: Any, options: GenerationOptions) -> int:
    """Return how many tokens may be drafted for one prompt; 0 where it should not be done.

    By itself it is done for greedy search in float32: formats that round coarsely may round
    otherwise in a longer pass, and then choose another of two tokens that are as likely.
    """
    if options.strategy != "greedy":
        return 0
    if options.prompt_lookup_num_tokens is not None:
        return options.prompt_lookup_num_tokens
    head = model.get_output_embeddings()
    exact = isinstance(head, torch.nn.Linear) and head.weight.dtype in (
        torch.float32,
        torch.float64,
    )
    return _LONGEST if exact else 0


def speculate(
    model: Any,
    prompt: Sequence[int],
    options: GenerationOptions,
    stopping: Stopping,
    padding: int,
    interrupted: Callable[[], bool],
    *,
    policy: DraftPolicy,
    prefixes: PrefixCache | None = None,
) -> Iterator[Step]:
    """Continue a prompt greedily; say what plain greedy search says, sooner.

    Speculative decoding (Leviathan et al. 2023, arXiv 2211.17192) with drafts by prompt lookup:
    where the text repeats itself, the tokens that followed before are read in one pass with the
    last token. Those that the model would have chosen itself are kept, and its own choice after
    them; keys and values of the others are dropped.

    Parameters
    ----------
    model, options, stopping, padding, interrupted, prefixes
        As for :func:`galai_jupyter.engines.decoding.sampling.sample`.
    prompt : sequence of int
        Token ids, not empty.
    policy : DraftPolicy
        A new one; it says when to draft how much.

    Yields
    ------
    Step
        One token; the first one of each pass has the counts of drafted and accepted tokens.
    """
    if interrupted():
        yield Step(0, 0, finish_reason="interrupted")
        return
    batch = CachedBatch(model, [prompt], padding, prefixes)
    processors = logits_processors(options, stopping, batch.ids)
    lookup = PromptLookup(prompt)
    said: list[int] = []
    draft: list[int] = []
    begun = time.perf_counter()
    tokens = _greedy(batch.prefill(), draft, batch.ids, processors)
    policy.begin(time.perf_counter() - begun)
    while True:
        counts = len(draft), len(tokens) - 1
        for token in tokens:
            said.append(token.id)
            lookup.append(token.id)
            reason, stop = stopping.reason(said)
            yield Step(0, 0, (token,), reason, stop, drafted=counts[0], accepted=counts[1])
            counts = 0, 0
            if reason is None and interrupted():
                reason = "interrupted"
                yield Step(0, 0, finish_reason=reason)
            if reason:
                batch.remember(len(prompt) + len(said) - 1)
                return
        begun = time.perf_counter()
        guess = lookup.draft(1)
        if guess and (length := policy.length(stopping.max_new_tokens - len(said) - 1)):
            draft = guess = lookup.draft(length)
        else:
            draft = []
        logits = batch.extend([said[-1], *draft])
        tokens = _greedy(logits, draft, batch.ids, processors)
        batch.shorten(len(draft) - (len(tokens) - 1))
        seconds = time.perf_counter() - begun
        right = sum(one == token.id for one, token in zip(guess, tokens, strict=False))
        policy.learn(len(draft), right, min(len(guess), len(tokens)) - right, seconds)


@torch.inference_mode()
def _greedy(
    logits: Tensor, draft: Sequence[int], ids: Tensor, processors: LogitsProcessorList
) -> list[ScoredId]:
    """Return the likeliest token after the text, and after each drafted token that is right.

    Parameters
    ----------
    logits : torch.Tensor, shape (1 + drafted, vocabulary)
        What follows the text and each token of the draft.
    draft : sequence of int
        The last tokens of `ids`.
    ids : torch.Tensor, shape (1, length)
        The text and the draft.
    processors : transformers.LogitsProcessorList
        They see, for each token, what is before it.
    """
    length = ids.shape[1] - len(draft)
    chosen: list[int] = []
    for place in range(len(logits)):
        row = logits[place : place + 1]
        scores = processors(ids[:, : length + place], row) if processors else row
        chosen.append(int(scores.argmax(dim=-1)))
        if chosen[place:] != list(draft[place : place + 1]):
            break
    kept = logits[: len(chosen)].log_softmax(dim=-1)
    return score(kept, torch.tensor(chosen, device=kept.device))
