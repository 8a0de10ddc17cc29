"""Tokens and a tree of references in; logits, many at once where it leaves no choice, out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from galai_jupyter.engines.decoding.batch import CachedBatch
from galai_jupyter.engines.decoding.prefix_cache import PrefixCache
from galai_jupyter.engines.reference_trie import ReferenceTrie


def make_batch(
    model: Any,
    prompts: Sequence[Sequence[int]],
    padding: int,
    constraint: ReferenceTrie | None,
    prefixes: PrefixCache | None = None,
) -> CachedBatch:
    """Return a batch that makes use of a constraint, if there is one."""
    if constraint is None:
        return CachedBatch(model, prompts, padding, prefixes)
    return _ForesightBatch(model, prompts, padding, constraint, prefixes)


class _ForesightBatch(CachedBatch):
    """A batch that reads ahead while every row has one way to go on.

    Few tokens decide which reference it is; the others follow in one forward pass instead of one
    each, and their logits are handed out when they are asked for.
    """

    def __init__(
        self,
        model: Any,
        prompts: Sequence[Sequence[int]],
        padding: int,
        trie: ReferenceTrie,
        prefixes: PrefixCache | None,
    ) -> None:
        super().__init__(model, prompts, padding, prefixes)
        self._trie = trie
        self._context_size = int(model.config.max_position_embeddings)
        self._ahead: Tensor | None = None

    @torch.inference_mode()
    def advance(self, tokens: Tensor) -> Tensor:
        """Append one token to each row; return the logits that follow, shape (rows, vocabulary)."""
        self._append(tokens)
        if self._ahead is None or not self._ahead.shape[1]:
            self._ahead = self._read_ahead()
        logits, self._ahead = self._ahead[:, 0], self._ahead[:, 1:]
        return logits

    @torch.inference_mode()
    def select(self, rows: Tensor) -> None:
        """Keep, repeat or reorder rows: row ``i`` becomes what row ``rows[i]`` was."""
        super().select(rows)
        if self._ahead is not None:
            self._ahead = self._ahead[rows.to(self._ahead.device)]

    def _read_ahead(self) -> Tensor:
        """Read the newest token and those that must follow; return all logits, float32."""
        room = self._context_size - self.ids.shape[1]
        certain = [self._trie.certain(row) for row in self.ids[:, -self._trie.window :].tolist()]
        count = max(0, min(room, *(len(ids) for ids in certain)))
        following = torch.tensor([ids[:count] for ids in certain], device=self._device).long()
        states = self._hidden(
            input_ids=torch.cat([self.ids[:, -1:], following], dim=1),
            attention_mask=None if self._mask is None else pad(self._mask, (0, count), value=1),
        )
        return self._logits(states)
