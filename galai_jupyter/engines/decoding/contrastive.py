"""Prompts in, one scored token a step out: contrastive search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize, pad

from galai_jupyter.engines.base import Step
from galai_jupyter.engines.decoding.batch import CachedBatch, score
from galai_jupyter.engines.decoding.prefix_cache import PrefixCache
from galai_jupyter.engines.decoding.processors import logits_processors
from galai_jupyter.engines.decoding.stopping import Stopping, say
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.options import GenerationOptions


def contrastive_search(
    model: Any,
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    stopping: Stopping,
    padding: int,
    interrupted: Callable[[], bool],
    constraint: ReferenceTrie | None = None,
    *,
    penalty_alpha: float,
    top_k: int,
    prefixes: PrefixCache | None = None,
) -> Iterator[Step]:
    """Continue prompts with tokens that are likely and unlike what was said before.

    Contrastive search (Su et al. 2022, arXiv 2202.06417): of the `top_k` likeliest tokens, take
    the one with the greatest ``(1 - penalty_alpha) * probability - penalty_alpha * similarity``,
    where the similarity is the greatest cosine between the hidden state that the model has after
    the token and those that it had before, prompt included and padding left out. All candidates
    of a token are tried in one forward pass over one cache, which keeps the chosen one.

    Parameters
    ----------
    model, prompts, options, stopping, padding, interrupted, constraint
        As for :func:`galai_jupyter.engines.decoding.sampling.sample`; of the options, the
        penalties on repetitions count.
    penalty_alpha : float
        Weight of the similarity, from 0 (greedy search) to 1.
    top_k : int
        How many candidates are tried.
    prefixes : PrefixCache, optional
        What was read before.

    Yields
    ------
    Step
        One token of one sequence.
    """
    places = [(prompt, 0) for prompt in range(len(prompts))]
    said: dict[tuple[int, int], list[int]] = {place: [] for place in places}
    batch = _CandidateBatch(model, prompts, padding, stopping.max_new_tokens, prefixes)
    processors = logits_processors(options, stopping, batch.ids, constraint)
    if interrupted():
        yield from (Step(*place, finish_reason="interrupted") for place in places)
        return
    logits = batch.prefill()
    while True:
        with torch.inference_mode():
            scores = processors(batch.ids, logits) if processors else logits
            count = min(top_k, scores.shape[-1])
            probabilities, candidates = scores.softmax(dim=-1).topk(count)
            similarities = batch.compare(candidates)
            worth = (1.0 - penalty_alpha) * probabilities - penalty_alpha * similarities
            # A token that is ruled out is no candidate, even where too few others are left.
            worth[scores.gather(1, candidates) == -torch.inf] = -torch.inf
            choice = worth.max(dim=-1).indices
            tokens = candidates.gather(1, choice[:, None]).flatten()
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
            choice = choice[kept.to(choice.device)]
        logits = batch.keep(choice)


class _CandidateBatch(CachedBatch):
    """A batch that tries several next tokens of each row at once and keeps one of them.

    Parameters
    ----------
    model, prompts, padding, prefixes
        As for the batch.
    room : int
        How many tokens will be kept at most.
    """

    _compares = True

    def __init__(
        self,
        model: Any,
        prompts: Sequence[Sequence[int]],
        padding: int,
        room: int,
        prefixes: PrefixCache | None = None,
    ) -> None:
        super().__init__(model, prompts, padding, prefixes)
        self._room = room

    @torch.inference_mode()
    def prefill(self) -> Tensor:
        """Read the prompts; return the logits that follow, float32, shape (rows, vocabulary)."""
        states = self._read(1)
        self._directions = pad(self._directions, (0, 0, 0, self._room))
        # A copy, so that the states of the prompts are given back.
        self._states = states[:, -1:].clone()
        return self._logits(self._states[:, 0])

    @torch.inference_mode()
    def compare(self, candidates: Tensor) -> Tensor:
        """Try next tokens; return how like what was before each is, shape (rows, candidates).

        Every candidate is a query of its own: it sees its row and itself, not the others.
        """
        self._candidates = candidates.to(self._device)
        rows, width = candidates.shape
        length = self.ids.shape[1]
        seen = torch.ones_like(self.ids) if self._mask is None else self._mask
        least = torch.finfo(self._states.dtype).min
        unseen = torch.cat(
            [
                (seen == 0)[:, None, :].expand(rows, width, length),
                ~torch.eye(width, dtype=torch.bool, device=self._device).expand(rows, -1, -1),
            ],
            dim=-1,
        )
        self._states = self._hidden(
            input_ids=self._candidates,
            attention_mask=unseen[:, None].to(self._states.dtype) * least,
            position_ids=seen.sum(dim=1, keepdim=True).expand(rows, width),
        )
        directions = normalize(self._states.float(), dim=-1)
        cosines = directions @ self._directions[:, :length].transpose(1, 2)
        return cosines.masked_fill(unseen[:, :, :length], -torch.inf).amax(dim=-1)

    @torch.inference_mode()
    def keep(self, choice: Tensor) -> Tensor:
        """Append the candidate that `choice` names in each row; return the logits that follow."""
        length, width = self.ids.shape[1], self._candidates.shape[1]
        rows = torch.arange(len(choice), device=choice.device)
        self._append(self._candidates[rows, choice])
        for layer in self._cache.layers:
            layer.keep(choice, width)
        states = self._states[rows, choice]
        self._directions[:, length] = normalize(states.float(), dim=-1)
        return self._logits(states)

    @torch.inference_mode()
    def select(self, rows: Tensor) -> None:
        """Keep, repeat or reorder rows: row ``i`` becomes what row ``rows[i]`` was."""
        super().select(rows)
        rows = rows.to(self._device)
        self._candidates = self._candidates[rows]
        self._states, self._directions = self._states[rows], self._directions[rows]
