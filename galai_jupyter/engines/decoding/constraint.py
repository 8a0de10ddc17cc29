"""A tree of references and scores in; scores that leave only these references possible, out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import LogitsProcessor

from galai_jupyter.engines.reference_trie import ReferenceTrie

_LEAST = -1.0e4
"""The least score of a token that the tree allows: a ban on repetitions must not leave nothing."""


class ReferenceConstraint(LogitsProcessor):
    """Rules out every token that leads to a reference which is not in a tree.

    Constrained decoding with a prefix tree, as De Cao et al. 2021 (arXiv 2010.00904) use it for
    the names of entities. Each row stands for itself, so rows may come, go and change places.

    Parameters
    ----------
    trie : ReferenceTrie
        The references that may be generated.
    """

    def __init__(self, trie: ReferenceTrie) -> None:
        self._trie = trie
        self._allowed: dict[int, Tensor] = {}

    def __call__(self, input_ids: Any, scores: Any) -> Tensor:
        """Return the scores with minus infinity where no reference goes on.

        Parameters
        ----------
        input_ids : torch.Tensor of int64, shape (rows, length)
            All tokens so far.
        scores : torch.Tensor, shape (rows, vocabulary)
            Of the next tokens.
        """
        masked: Tensor | None = None
        for row, ids in enumerate(input_ids[:, -self._trie.window :].tolist()):
            node = self._trie.node(ids)
            if node is None:
                continue
            if masked is None:
                masked = scores.clone()
            allowed = self._children(node, scores.device)
            values = scores[row, allowed].clamp(min=_LEAST)
            masked[row] = -torch.inf
            masked[row, allowed] = values
        return scores if masked is None else masked

    def _children(self, node: int, device: torch.device) -> Tensor:
        """Return the ids that may follow a node; each tensor is made once."""
        if node not in self._allowed:
            self._allowed[node] = torch.tensor(list(self._trie.children[node]), device=device)
        return self._allowed[node]
