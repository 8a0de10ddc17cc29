"""Prompts as token ids in, next-token logits out: one model over a batch that changes its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from galai_jupyter.engines.base import ALTERNATIVES, ScoredId
from galai_jupyter.engines.decoding.cache import growing_cache


class CachedBatch:
    """Rows of tokens, left-padded, with the keys and values that the model computed for them.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model in evaluation mode.
    prompts : sequence of sequences of int
        Token ids of each row, none empty.
    padding : int
        Id that fills the left of shorter rows.

    Attributes
    ----------
    ids : torch.Tensor, shape (rows, length)
        All tokens, padding included.
    """

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]], padding: int) -> None:
        self._model = model
        self._device = model.get_input_embeddings().weight.device
        longest = max(len(prompt) for prompt in prompts)
        self.ids = torch.tensor(
            [[padding] * (longest - len(prompt)) + list(prompt) for prompt in prompts],
            device=self._device,
        )
        self._mask: Tensor | None = None
        if any(len(prompt) < longest for prompt in prompts):
            lengths = torch.tensor([len(prompt) for prompt in prompts], device=self._device)
            columns = torch.arange(longest, device=self._device)
            self._mask = (columns >= longest - lengths[:, None]).long()
        self._cache = growing_cache()

    @torch.inference_mode()
    def prefill(self) -> Tensor:
        """Read the prompts; return the logits that follow, float32, shape (rows, vocabulary)."""
        return self._forward(self.ids)

    @torch.inference_mode()
    def advance(self, tokens: Tensor) -> Tensor:
        """Append one token to each row; return the logits that follow, shape (rows, vocabulary)."""
        self._append(tokens)
        return self._forward(self.ids[:, -1:])

    @torch.inference_mode()
    def select(self, rows: Tensor) -> None:
        """Keep, repeat or reorder rows: row ``i`` becomes what row ``rows[i]`` was."""
        if rows.tolist() == list(range(len(self.ids))):
            return
        rows = rows.to(self._device)
        self.ids = self.ids[rows]
        if self._mask is not None:
            self._mask = self._mask[rows]
        self._cache.batch_select_indices(rows)

    def _append(self, tokens: Tensor) -> None:
        self.ids = torch.cat([self.ids, tokens.to(self._device).view(-1, 1)], dim=1)
        if self._mask is not None:
            self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)

    def _forward(self, ids: Tensor) -> Tensor:
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1, :].float()
        return logits


def score(log_probabilities: Tensor, tokens: Tensor, rows: Tensor | None = None) -> list[ScoredId]:
    """Return tokens with their log-probabilities and the likeliest alternatives.

    Parameters
    ----------
    log_probabilities : torch.Tensor, shape (rows, vocabulary)
        Of the model's own distribution.
    tokens : torch.Tensor, shape (tokens,)
        The chosen ids.
    rows : torch.Tensor, shape (tokens,), optional
        The row that each token belongs to; one token for each row when left out.
    """
    if rows is None:
        rows = torch.arange(len(tokens), device=tokens.device)
    count = min(ALTERNATIVES, log_probabilities.shape[-1])
    best, best_ids = log_probabilities.topk(count, dim=-1)
    alternatives = [
        tuple(zip(row_ids, row_best, strict=True))
        for row_ids, row_best in zip(best_ids.tolist(), best.tolist(), strict=True)
    ]
    chosen = log_probabilities[rows, tokens].tolist()
    return [
        ScoredId(token, value, alternatives[row])
        for token, value, row in zip(tokens.tolist(), chosen, rows.tolist(), strict=True)
    ]


@torch.inference_mode()
def score_continuation(
    model: Any, prompt: Sequence[int], continuation: Sequence[int]
) -> tuple[ScoredId, ...]:
    """Return the tokens of a continuation with the probabilities that the model gives them.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model in evaluation mode.
    prompt, continuation : sequence of int
        Token ids, none empty.
    """
    device = model.get_input_embeddings().weight.device
    read = torch.tensor([[*prompt, *continuation[:-1]]], device=device)
    logits = model(input_ids=read, use_cache=False, logits_to_keep=len(continuation)).logits[0]
    tokens = torch.tensor(continuation, device=logits.device)
    return tuple(score(torch.log_softmax(logits.float(), dim=-1), tokens))
