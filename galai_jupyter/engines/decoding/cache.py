"""Keys and values of new tokens in, those of all tokens so far out: a cache that grows in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

_ROOM = 64
"""How many more tokens a buffer has room for at least, when it is made."""


class GrowingLayer(DynamicLayer):
    """One layer's keys and values, views of buffers with room: a new token copies only itself."""

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Begin with buffers that are empty and have no room."""
        self.begin(key_states[..., :0, :], value_states[..., :0, :])

    def begin(self, keys: Tensor, values: Tensor) -> None:
        """Begin with the states of some tokens, which are not written to: there is no room."""
        super().lazy_initialization(keys, values)
        self._buffers = (keys, values)
        self._show(keys.shape[-2])

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Append the states of new tokens; return those of all tokens."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        length = self.keys.shape[-2]
        needed = length + key_states.shape[-2]
        if needed > self._buffers[0].shape[-2]:
            room = max(_ROOM, needed // 4)
            self._buffers = (
                _with_room(self.keys, needed + room),
                _with_room(self.values, needed + room),
            )
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[..., length:needed, :] = states
        self._show(needed)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Make row ``i`` what row ``indices[i]`` was."""
        keys, values = self._buffers
        length = self.keys.shape[-2]
        self._buffers = (keys[indices.to(keys.device)], values[indices.to(values.device)])
        self._show(length)

    def keep(self, choice: Tensor, width: int) -> None:
        """Of the newest `width` places of each row, keep the one that `choice` names."""
        first = self.keys.shape[-2] - width
        choice = choice.to(self.keys.device)
        rows = torch.arange(len(choice), device=choice.device)
        for buffer in self._buffers:
            buffer[:, :, first] = buffer[rows, :, first + choice]
        self._show(first + 1)

    def shorten(self, count: int) -> None:
        """Drop the newest `count` tokens, which were appended since it began."""
        self._show(self.keys.shape[-2] - count)

    def _show(self, length: int) -> None:
        keys, values = self._buffers
        self.keys, self.values = keys[..., :length, :], values[..., :length, :]


def growing_cache(prefix: Sequence[tuple[Tensor, Tensor]] = ()) -> Any:
    """Return a cache that is empty, or begins with the keys and values of each layer."""
    cache: Any = Cache(layer_class_to_replicate=GrowingLayer)
    for keys, values in prefix:
        layer = GrowingLayer()
        layer.begin(keys, values)
        cache.layers.append(layer)
    return cache


def _with_room(states: Tensor, capacity: int) -> Tensor:
    """Return a buffer for `capacity` tokens that begins with `states`."""
    rows, heads, length, size = states.shape
    buffer = states.new_empty(rows, heads, capacity, size)
    buffer[..., :length, :] = states
    return buffer
