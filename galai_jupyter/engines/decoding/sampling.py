"""Prompts in, one scored token a step out: greedy search and sampling."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding.batch import score
from galai_jupyter.engines.decoding.foresight import make_batch
from galai_jupyter.engines.decoding.prefix_cache import PrefixCache
from galai_jupyter.engines.decoding.processors import logits_processors, sampling_warpers
from galai_jupyter.engines.decoding.stopping import Stopping, say
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.options import GenerationOptions


def sample(
    model: Any,
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    stopping: Stopping,
    padding: int,
    interrupted: Callable[[], bool],
    constraint: ReferenceTrie | None = None,
    *,
    prefixes: PrefixCache | None = None,
) -> Iterator[Step]:
    """Continue prompts token by token.

    Greedy search takes the likeliest token; nucleus sampling (Holtzman et al. 2020), top-k
    sampling (Fan et al. 2018) and temperature draw from a truncated or flattened distribution.
    Every sequence has random numbers of its own, so that it does not depend on what else is in
    the batch. Finished sequences leave the batch.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model in evaluation mode.
    prompts : sequence of sequences of int
        Token ids, none empty.
    options : GenerationOptions
        Checked, with a seed if they sample.
    stopping : Stopping
        When a sequence ends.
    padding : int
        Id for the left of shorter prompts.
    interrupted : callable
        Asked before each token.
    constraint : ReferenceTrie, optional
        The only references that may be generated.
    prefixes : PrefixCache, optional
        What was read before.

    Yields
    ------
    Step
        One token of one sequence.
    """
    count = options.num_return_sequences
    places = [(prompt, sequence) for prompt in range(len(prompts)) for sequence in range(count)]
    batch = make_batch(model, prompts, padding, constraint, prefixes)
    processors = logits_processors(options, stopping, batch.ids, constraint)
    warpers = sampling_warpers(options)
    generators = {
        place: torch.Generator().manual_seed((options.seed or 0) + place[1]) for place in places
    }
    said: dict[tuple[int, int], list[int]] = {place: [] for place in places}

    def choose(logits: Tensor) -> Tensor:
        scores = processors(batch.ids, logits) if processors else logits
        if not options.samples:
            return scores.argmax(dim=-1)
        probabilities = warpers(batch.ids, scores).softmax(dim=-1).cpu()
        drawn = [
            torch.multinomial(row, 1, generator=generators[place])
            for row, place in zip(probabilities, places, strict=True)
        ]
        return torch.cat(drawn).to(logits.device)

    if interrupted():
        yield from (Step(*place, finish_reason="interrupted") for place in places)
        return
    logits = batch.prefill()
    if count > 1:
        rows = torch.arange(len(prompts)).repeat_interleave(count)
        batch.select(rows)
        logits = logits[rows.to(logits.device)]
    while True:
        with torch.inference_mode():
            tokens = choose(logits)
            scored = score(logits.log_softmax(dim=-1), tokens)
        going_on = yield from say(places, scored, said, stopping)
        if interrupted():
            yield from (Step(*places[row], finish_reason="interrupted") for row in going_on)
            going_on = []
        if not going_on:
            batch.remember()
            return
        if len(going_on) < len(places):
            kept = torch.tensor(going_on)
            batch.select(kept)
            places = [places[row] for row in going_on]
            tokens = tokens[kept.to(tokens.device)]
        logits = batch.advance(tokens)
