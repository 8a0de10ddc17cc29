"""Prompts in, the best hypothesis so far and finally the ranked sequences out: diverse beams."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessorList

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


def diverse_beam_search(
    model: Any,
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    stopping: Stopping,
    padding: int,
    interrupted: Callable[[], bool],
    constraint: ReferenceTrie | None = None,
    *,
    num_beam_groups: int,
    diversity_penalty: float,
    prefixes: PrefixCache | None = None,
) -> Iterator[Step]:
    """Continue prompts with groups of beams that avoid each other's tokens.

    Diverse beam search (Vijayakumar et al. 2016, arXiv 1610.02424) with the Hamming diversity:
    the groups choose their tokens in turn, and a token costs `diversity_penalty` for each beam
    of an earlier group of the prompt that has chosen it in the same place. The rules are those
    of transformers 4: penalties stay in a beam's score, a group has ended when its best candidate
    cannot beat its worst finished sequence, and the sequences of all groups are ranked together.
    Groups that have ended leave the batch.

    Parameters
    ----------
    model, prompts, options, stopping, padding, interrupted, constraint, prefixes
        As for :func:`galai_jupyter.engines.decoding.sampling.sample`.
    num_beam_groups : int
        A divisor of ``options.num_beams``.
    diversity_penalty : float
        What a token costs that an earlier group has chosen.

    Yields
    ------
    Step
        After each token the best hypothesis so far (sequence 0, replacing the one before);
        at the end of each prompt ``num_return_sequences`` finished sequences, best first.
    """
    size = options.num_beams // num_beam_groups
    turns = [[_Group(size) for _ in prompts] for _ in range(num_beam_groups)]
    open_prompts = list(range(len(prompts)))
    batch = make_batch(model, prompts, padding, constraint, prefixes)
    processors = logits_processors(options, stopping, batch.ids, constraint)

    def finish(prompt: int) -> Iterator[Step]:
        found = [each for groups in turns for each in groups[prompt].closed()]
        # Among equals the later group goes first.
        found = sorted(found, key=lambda hypothesis: hypothesis.score)[::-1]
        yield from results(prompt, found[: options.num_return_sequences])

    if interrupted():
        for prompt in open_prompts:
            yield from finish(prompt)
        return
    logits = batch.prefill()
    rows = torch.arange(len(prompts)).repeat_interleave(size).repeat(num_beam_groups)
    batch.select(rows)
    logits = logits[rows.to(logits.device)]
    while True:
        active = [group for groups in turns for group in groups if not group.ended]
        _take_turns(turns, logits, batch.ids, processors, stopping, padding, diversity_penalty)
        stopped = interrupted()
        for prompt in tuple(open_prompts):
            groups = [groups[prompt] for groups in turns]
            if stopped or all(group.ended for group in groups):
                open_prompts.remove(prompt)
                yield from finish(prompt)
                continue
            finished = [each for group in groups for each in group.finished]
            running = [each for group in groups if not group.ended for each in group.running]
            yield Step(prompt, 0, best_of(finished, running).tokens, replaces=True)
        if not open_prompts:
            batch.remember()
            return
        going_on = [(place * size, group) for place, group in enumerate(active) if not group.ended]
        batch.select(torch.tensor([row + s for row, group in going_on for s in group.sources]))
        tokens = [each.tokens[-1].id for _, group in going_on for each in group.running]
        logits = batch.advance(torch.tensor(tokens))


class _Group:
    """The beams of one group of one prompt.

    Attributes
    ----------
    running : list of Hypothesis
        Those that grow, best first.
    sources : list of int
        The place that each of them had in the group one token ago.
    finished : list of Hypothesis
        The best that have finished, as many as beams at most.
    ended : bool
        Whether the group has nothing more to find.
    """

    def __init__(self, size: int) -> None:
        # Only the first beam counts at first: the others hold the same prompt.
        self.running = [Hypothesis(), *[Hypothesis(score=IMPOSSIBLE)] * (size - 1)]
        self.sources = list(range(size))
        self.finished: list[Hypothesis] = []
        self.ended = False

    def extend(
        self,
        sources: Sequence[int],
        tokens: Sequence[ScoredId],
        scores: Sequence[float],
        stopping: Stopping,
    ) -> None:
        """Go one token on with the best of twice as many candidates as beams, best first."""
        size = len(self.running)
        growing: list[tuple[int, Hypothesis]] = []
        for rank, (source, token, value) in enumerate(zip(sources, tokens, scores, strict=True)):
            if value <= RULED_OUT:
                break
            hypothesis = self.running[source].extended(token, value, stopping)
            if hypothesis.finish_reason in (None, "max_new_tokens"):
                growing.append((source, hypothesis))
            elif rank < size:
                self._finish([hypothesis], size)
        growing = growing[:size]
        if growing:
            source, last = growing[-1]
            growing += [(source, replace(last, score=IMPOSSIBLE))] * (size - len(growing))
        self.sources = [source for source, _ in growing]
        self.running = [hypothesis for _, hypothesis in growing]
        worst = self.finished[-1].score if len(self.finished) == size else -math.inf
        self.ended = not growing or worst >= scores[0] / len(self.running[0].tokens)
        if not self.ended and self.running[0].finish_reason:
            self._finish(self.running, size)
            self.ended = True

    def closed(self) -> list[Hypothesis]:
        """Return the best sequences; those that are cut short end as interrupted."""
        if not self.ended:
            self._finish(self.running, len(self.running), "interrupted")
        return self.finished

    def _finish(
        self, hypotheses: Sequence[Hypothesis], size: int, reason: FinishReason | None = None
    ) -> None:
        self.finished += [hypothesis.averaged(reason) for hypothesis in hypotheses]
        self.finished.sort(key=lambda hypothesis: -hypothesis.score)
        del self.finished[size:]


@torch.inference_mode()
def _take_turns(
    turns: Sequence[Sequence[_Group]],
    logits: Tensor,
    ids: Tensor,
    processors: LogitsProcessorList,
    stopping: Stopping,
    padding: int,
    diversity_penalty: float,
) -> None:
    """Let the groups, by turn and prompt, choose their next tokens; `logits` has their rows."""
    own = logits.log_softmax(dim=-1)
    vocabulary = own.shape[-1]
    said = torch.zeros(len(turns[0]), vocabulary)
    first = 0
    for groups in turns:
        # A group that has ended goes on saying padding, which costs the later groups too.
        for prompt, group in enumerate(groups):
            said[prompt, padding] += group.ended * len(group.running)
        taking = [prompt for prompt, group in enumerate(groups) if not group.ended]
        if not taking:
            continue
        size = len(groups[taking[0]].running)
        last = first + len(taking) * size
        penalties = (diversity_penalty * said[taking]).to(own.device)
        scores = own[first:last] - penalties.repeat_interleave(size, dim=0)
        if processors:
            scores = processors(ids[first:last], scores)
        so_far = torch.tensor([[each.score for each in groups[p].running] for p in taking])
        totals = scores.view(-1, size, vocabulary) + so_far.to(own.device)[:, :, None]
        values, flat = totals.view(-1, size * vocabulary).topk(2 * size)
        sources = flat // vocabulary
        rows = sources + size * torch.arange(len(taking), device=own.device)[:, None]
        scored = score(own[first:last], (flat % vocabulary).flatten(), rows.flatten())
        for place, prompt in enumerate(taking):
            group = groups[prompt]
            candidates = scored[2 * size * place : 2 * size * (place + 1)]
            group.extend(sources[place].tolist(), candidates, values[place].tolist(), stopping)
            for each in group.running:
                said[prompt, each.tokens[-1].id] += 1
        first = last
