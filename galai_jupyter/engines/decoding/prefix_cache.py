"""Prompts in, what the model computed for their beginnings before out: the prefix cache."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from galai_jupyter.engines.base import PrefixStatistics

Layers = Sequence[tuple[Tensor, Tensor]]
"""Keys and values of each layer, of shape (1, heads, tokens, head size)."""

_NEARLY_ALL = 16
"""A text takes the place of one whose prompt it shares but for one part in so many."""


@dataclass(frozen=True)
class Prefix:
    """The beginning of a text, as a model has read it; never written to.

    Attributes
    ----------
    ids : tuple of int
        Its tokens.
    layers : sequence of (Tensor, Tensor)
        Keys and values of the tokens.
    directions : torch.Tensor of float32, shape (1, known, hidden)
        Hidden states, of length one, of the first tokens; often of fewer than there are.
    prompt_length : int
        How many of the tokens were given, not generated.
    """

    ids: tuple[int, ...]
    layers: Layers
    directions: Tensor
    prompt_length: int

    @cached_property
    def size(self) -> int:
        """The bytes that it takes."""
        cached = sum(keys.nbytes + values.nbytes for keys, values in self.layers)
        return cached + self.directions.nbytes

    def cut(self, length: int) -> Prefix:
        """Return the first `length` tokens; the memory is shared."""
        layers = [(keys[..., :length, :], values[..., :length, :]) for keys, values in self.layers]
        directions = self.directions[:, :length]
        return Prefix(self.ids[:length], layers, directions, min(self.prompt_length, length))

    def copy(self) -> Prefix:
        """Return the same in memory of its own."""
        layers = [(keys.clone(), values.clone()) for keys, values in self.layers]
        return Prefix(self.ids, layers, self.directions.clone(), self.prompt_length)


class PrefixCache:
    """What a model computed for the last texts, so that a common beginning is read only once.

    The least recently used texts go when the memory is full, and all of them when the weights
    are others than before. Any thread may call.

    Parameters
    ----------
    limit : int
        Bytes that it takes at most.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._entries: list[Prefix] = []  # the least recently used one comes first
        self._weights: Hashable = None
        self._requests = self._hits = self._asked = self._reused = 0

    @property
    def statistics(self) -> PrefixStatistics:
        """What it holds, and how much it was of use."""
        with self._lock:
            return PrefixStatistics(
                entries=len(self._entries),
                tokens=sum(len(entry.ids) for entry in self._entries),
                size=self._size,
                limit=self._limit,
                requests=self._requests,
                hits=self._hits,
                prompt_tokens=self._asked,
                reused_tokens=self._reused,
            )

    def find(
        self, weights: Hashable, ids: Sequence[int], most: int, *, directions: bool = False
    ) -> Prefix | None:
        """Return the longest known beginning of a text.

        Parameters
        ----------
        weights : hashable
            The model's :func:`fingerprint`.
        ids : sequence of int
            Tokens of the text.
        most : int
            Return so many tokens at most.
        directions : bool, default False
            Whether the hidden states of all its tokens are needed.
        """
        with self._lock:
            if weights != self._weights:
                self._entries, self._weights = [], weights
            best, length = None, 0
            for entry in self._entries:
                limit = min(most, entry.directions.shape[1]) if directions else most
                common = min(_common_length(entry.ids, ids), limit)
                if common > length:
                    best, length = entry, common
            self._requests += 1
            self._hits += best is not None
            self._asked += len(ids)
            self._reused += length
            if best is None:
                return None
            self._touch(best)
            return best.cut(length)

    def keep(self, weights: Hashable, text: Prefix) -> None:
        """Keep a copy of what was computed for a text, unless it is known or too large.

        Texts whose prompts it has in common, nearly or wholly, make room for it: what was
        generated after a prompt is kept for the last time only.
        """
        with self._lock:
            if weights != self._weights or text.size > self._limit:
                return
            kept = []
            for entry in self._entries:
                common = _common_length(entry.ids, text.ids)
                if common == len(text.ids) and (
                    entry.directions.shape[1] >= text.directions.shape[1]
                ):
                    self._touch(entry)
                    return
                if common < entry.prompt_length - entry.prompt_length // _NEARLY_ALL:
                    kept.append(entry)
            self._entries = kept
            while self._size + text.size > self._limit:
                del self._entries[0]
            try:
                self._entries.append(text.copy())
            except (MemoryError, RuntimeError):  # torch's word for it
                self._entries = []  # the memory is needed elsewhere; nothing is lost but time

    def clear(self) -> None:
        """Forget everything, and give the memory back."""
        with self._lock:
            self._entries = []

    @property
    def _size(self) -> int:
        return sum(entry.size for entry in self._entries)

    def _touch(self, entry: Prefix) -> None:
        self._entries = [other for other in self._entries if other is not entry] + [entry]


@torch.inference_mode()
def fingerprint(model: Any) -> Hashable:
    """Return what is another value when a model's weights are moved, converted or changed.

    It reads one row of each weight: a millisecond, and enough to notice training and merged
    adapters, which change all rows.
    """
    return id(model), tuple(
        (id(weight), weight.device, weight.dtype, _sample(weight)) for weight in model.parameters()
    )


def _sample(weight: Tensor) -> float:
    """Return the sum of the first row; 0 where weights are elsewhere, or packed."""
    if weight.is_meta or type(weight.data) is not Tensor:
        return 0.0
    return float(weight[(0,) * (weight.dim() - 1)].sum(dtype=torch.float32))


def _common_length(first: Sequence[int], second: Sequence[int]) -> int:
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))
