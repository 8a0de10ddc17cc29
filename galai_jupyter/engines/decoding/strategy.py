"""Checked options in, the strategy that they ask for, at work on the prompts, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding.beam import beam_search
from galai_jupyter.engines.decoding.contrastive import contrastive_search
from galai_jupyter.engines.decoding.diverse_beam import diverse_beam_search
from galai_jupyter.engines.decoding.sampling import sample
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.options import GenerationOptions


def continue_prompts(
    model: Any,
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    stopping: Stopping,
    padding: int,
    interrupted: Callable[[], bool],
    constraint: ReferenceTrie | None = None,
) -> Iterator[Step]:
    """Continue prompts by contrastive search, (diverse) beam search, sampling or greedily.

    Parameters
    ----------
    model, prompts, options, stopping, padding, interrupted, constraint
        As for :func:`galai_jupyter.engines.decoding.sampling.sample`.

    Yields
    ------
    Step
        As the strategy yields them.
    """
    common = (model, prompts, options, stopping, padding, interrupted, constraint)
    if options.penalty_alpha is not None and options.top_k is not None:
        return contrastive_search(*common, penalty_alpha=options.penalty_alpha, top_k=options.top_k)
    if options.num_beams > 1 and options.diversity_penalty:
        return diverse_beam_search(
            *common,
            num_beam_groups=options.num_beam_groups or options.num_beams,
            diversity_penalty=options.diversity_penalty,
        )
    return (beam_search if options.num_beams > 1 else sample)(*common)
