"""Checked options and prompts in, the steps of the strategy that they ask for out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding.beam import beam_search
from galai_jupyter.engines.decoding.buckets import buckets
from galai_jupyter.engines.decoding.contrastive import contrastive_search
from galai_jupyter.engines.decoding.diverse_beam import diverse_beam_search
from galai_jupyter.engines.decoding.draft_policy import DraftPolicy
from galai_jupyter.engines.decoding.prefix_cache import PrefixCache
from galai_jupyter.engines.decoding.sampling import sample
from galai_jupyter.engines.decoding.speculative import longest_draft, speculate
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.options import GenerationOptions

_STEP_COST = 8
"""On a processor the weights of a model are read in the time that some eight tokens take."""

_STEP_COST_ELSEWHERE = 100
"""On a GPU, which computes so much faster than it reads."""


def continue_prompts(
    model: Any,
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    stopping: Stopping,
    padding: int,
    interrupted: Callable[[], bool],
    constraint: ReferenceTrie | None = None,
    prefixes: PrefixCache | None = None,
    room: int = sys.maxsize,
) -> Iterator[Step]:
    """Continue prompts by contrastive search, (diverse) beam search, sampling or greedily.

    Several prompts are run in batches of similar lengths.

    Parameters
    ----------
    model, prompts, options, stopping, padding, interrupted, constraint, prefixes
        As for :func:`galai_jupyter.engines.decoding.sampling.sample`.
    room : int, optional
        Tokens that fit into memory at a time.

    Yields
    ------
    Step
        As the strategy yields them; the batch with the longest prompts comes first.
    """
    prefixes = prefixes if len(prompts) == 1 else None
    on_cpu = model.get_input_embeddings().weight.device.type == "cpu"
    batches = buckets(
        [len(prompt) for prompt in prompts],
        stopping.max_new_tokens,
        max(options.num_beams, options.num_return_sequences),
        room,
        _STEP_COST if on_cpu else _STEP_COST_ELSEWHERE,
    )
    for batch in batches:
        some = [prompts[index] for index in batch]
        common = (model, some, options, stopping, padding, interrupted, constraint)
        for step in _run(*common, prefixes):
            yield replace(step, prompt_index=batch[step.prompt_index])


def _run(
    model: Any,
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    stopping: Stopping,
    padding: int,
    interrupted: Callable[[], bool],
    constraint: ReferenceTrie | None,
    prefixes: PrefixCache | None,
) -> Iterator[Step]:
    """Return the steps of the strategy that the options ask for, on one batch."""
    longest = longest_draft(model, options) if len(prompts) == 1 and not constraint else 0
    if longest:
        (prompt,) = prompts
        return speculate(
            model,
            prompt,
            options,
            stopping,
            padding,
            interrupted,
            policy=DraftPolicy(longest),
            prefixes=prefixes,
        )
    common = (model, prompts, options, stopping, padding, interrupted, constraint)
    if options.penalty_alpha is not None and options.top_k is not None:
        return contrastive_search(
            *common,
            penalty_alpha=options.penalty_alpha,
            top_k=options.top_k,
            prefixes=prefixes,
        )
    if options.num_beams > 1 and options.diversity_penalty:
        return diverse_beam_search(
            *common,
            num_beam_groups=options.num_beam_groups or options.num_beams,
            diversity_penalty=options.diversity_penalty,
            prefixes=prefixes,
        )
    return (beam_search if options.num_beams > 1 else sample)(*common, prefixes=prefixes)
