"""Prompts in, the best hypotheses so far and finally the ranked sequences out: beam search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from galai_jupyter.engines.base import ScoredId, Step
from galai_jupyter.engines.decoding.batch import score
from galai_jupyter.engines.decoding.foresight import make_batch
from galai_jupyter.engines.decoding.hypotheses import (
    IMPOSSIBLE,
    RULED_OUT,
    Hypothesis,
    best_of,
    results,
)
from galai_jupyter.engines.decoding.prefix_cache import PrefixCache
from galai_jupyter.engines.decoding.processors import logits_processors
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.generation import FinishReason
from galai_jupyter.options import GenerationOptions


@dataclass
class _Beams:
    """The beams of one prompt: hypotheses that still grow, and the best finished ones."""

    prompt_index: int
    running: list[Hypothesis]
    finished: list[Hypothesis] = field(default_factory=list)


def beam_search(
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
    """Continue prompts with the sequences of highest mean log-probability that beams find.

    The rules are those of transformers: twice as many candidates as beams are kept, only
    candidates among the first ``num_beams`` may finish, finished scores are divided by length,
    and a prompt is done when no running beam can beat its worst finished sequence.

    Parameters
    ----------
    model, prompts, options, stopping, padding, interrupted, constraint, prefixes
        As for :func:`galai_jupyter.engines.decoding.sampling.sample`.

    Yields
    ------
    Step
        After each token the best hypothesis so far (sequence 0, replacing the one before);
        at the end of each prompt ``num_return_sequences`` finished sequences, best first.
    """
    width = options.num_beams
    open_beams = [_Beams(index, [Hypothesis()] * width) for index in range(len(prompts))]
    batch = make_batch(model, prompts, padding, constraint, prefixes)
    processors = logits_processors(options, stopping, batch.ids, constraint)
    if interrupted():
        for beams in open_beams:
            yield from _results(beams, options.num_return_sequences, "interrupted")
        return
    rows = torch.arange(len(prompts)).repeat_interleave(width)
    logits = batch.prefill()[rows]
    batch.select(rows)
    # Only the first beam counts at first: the others hold the same prompt.
    running = torch.full((len(prompts), width), IMPOSSIBLE, device=logits.device)
    running[:, 0] = 0.0
    while True:
        with torch.inference_mode():
            own = logits.log_softmax(dim=-1)
            scores = processors(batch.ids, own) if processors else own
            vocabulary = scores.shape[-1]
            totals = scores.view(-1, width, vocabulary) + running[:, :, None]
            values, flat = totals.view(-1, width * vocabulary).topk(2 * width)
            sources = (flat // vocabulary).cpu()
            tokens = (flat % vocabulary).cpu()
            source_rows = sources + width * torch.arange(len(sources))[:, None]
            scored = score(own, (flat % vocabulary).flatten(), source_rows.flatten().to(own.device))
        kept_rows: list[int] = []
        kept_tokens: list[int] = []
        kept_scores: list[Tensor] = []
        going_on: list[_Beams] = []
        for place, beams in enumerate(open_beams):
            own_tokens = scored[place * 2 * width : (place + 1) * 2 * width]
            chosen = _extend(
                beams, sources[place].tolist(), own_tokens, values[place], stopping, width
            )
            length = len(beams.running[0].tokens)
            done = len(chosen) == 0 or (
                len(beams.finished) == width
                and float(values[place][chosen[0]] / length) <= beams.finished[-1].score
            )
            if done or interrupted():
                reason: FinishReason | None = None if done else "interrupted"
                yield from _results(beams, options.num_return_sequences, reason)
                continue
            yield Step(
                beams.prompt_index, 0, best_of(beams.finished, beams.running).tokens, replaces=True
            )
            going_on.append(beams)
            missing = width - len(chosen)
            chosen += [chosen[-1]] * missing
            kept_rows += source_rows[place][chosen].tolist()
            kept_tokens += tokens[place][chosen].tolist()
            kept_scores.append(values[place][chosen])
            kept_scores[-1][width - missing :] = IMPOSSIBLE
        if not going_on:
            batch.remember()
            return
        open_beams = going_on
        running = torch.stack(kept_scores)
        batch.select(torch.tensor(kept_rows))
        logits = batch.advance(torch.tensor(kept_tokens))


def _extend(
    beams: _Beams,
    sources: list[int],
    scored: list[ScoredId],
    values: Tensor,
    stopping: Stopping,
    width: int,
) -> list[int]:
    """Move `beams` one token on; return which candidates go on, best first (at most `width`)."""
    growing: list[tuple[int, Hypothesis]] = []
    for rank, (source, token, value) in enumerate(
        zip(sources, scored, values.tolist(), strict=True)
    ):
        if value <= RULED_OUT:
            break
        hypothesis = beams.running[source].extended(token, value, stopping)
        if hypothesis.finish_reason is None:
            growing.append((rank, hypothesis))
        elif rank < width:
            beams.finished.append(hypothesis.averaged())
    beams.finished.sort(key=lambda hypothesis: -hypothesis.score)
    del beams.finished[width:]
    if growing:
        going_on = [hypothesis for _, hypothesis in growing[:width]]
        beams.running = going_on + going_on[-1:] * (width - len(going_on))
    return [rank for rank, _ in growing[:width]]


def _results(beams: _Beams, count: int, reason: FinishReason | None = None) -> Iterator[Step]:
    """Yield the best `count` sequences; those that were cut short end with `reason`."""
    ranked = list(beams.finished)
    if reason:
        ranked += [hypothesis.averaged(reason) for hypothesis in beams.running]
        ranked.sort(key=lambda hypothesis: -hypothesis.score)
    yield from results(beams.prompt_index, ranked[:count])
