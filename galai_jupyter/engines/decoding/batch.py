"""Prompts as token ids in, next-token logits out: one model over a batch that changes its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from galai_jupyter.engines.base import ALTERNATIVES, ScoredId


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
        from transformers import DynamicCache

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
        self._cache = DynamicCache(config=model.config)

    @torch.inference_mode()
    def prefill(self) -> Tensor:
        """Read the prompts; return the logits that follow, float32, shape (rows, vocabulary)."""
        return self._forward(self.ids)

    @torch.inference_mode()
    def advance(self, tokens: Tensor) -> Tensor:
        """Append one token to each row; return the logits that follow, shape (rows, vocabulary)."""
        column = tokens.to(self._device).view(-1, 1)
        self.ids = torch.cat([self.ids, column], dim=1)
        if self._mask is not None:
            self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
        return self._forward(column)

    @torch.inference_mode()
    def select(self, rows: Tensor) -> None:
        """Keep, repeat or reorder rows: row ``i`` becomes what row ``rows[i]`` was."""
        rows = rows.to(self._device)
        self.ids = self.ids[rows]
        if self._mask is not None:
            self._mask = self._mask[rows]
        self._cache.batch_select_indices(rows)

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


def score(log_probabilities: Tensor, tokens: Tensor) -> list[ScoredId]:
    """Return each row's token with its log-probability and the likeliest alternatives.

    Parameters
    ----------
    log_probabilities : torch.Tensor, shape (rows, vocabulary)
        Of the model's own distribution.
    tokens : torch.Tensor, shape (rows,)
        The chosen ids.
    """
    chosen = log_probabilities.gather(1, tokens.view(-1, 1)).flatten().tolist()
    count = min(ALTERNATIVES, log_probabilities.shape[-1])
    best, best_ids = log_probabilities.topk(count, dim=-1)
    return [
        ScoredId(token, value, tuple(zip(row_ids, row_best, strict=True)))
        for token, value, row_ids, row_best in zip(
            tokens.tolist(), chosen, best_ids.tolist(), best.tolist(), strict=True
        )
    ]
