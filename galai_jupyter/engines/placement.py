"""A model's configuration and the free memory of the GPUs in; which layer goes where out.

The layers are split with accelerate, whole layers at a time, so that at any moment one GPU
computes. Embedding, head and final layer norm stand on the first GPU, since head and embedding
are one matrix; accelerate moves the hidden states from GPU to GPU.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from galai_jupyter.catalog import element_size, format_bytes, memory_needed
from galai_jupyter.engines.checkpoint import cache_size, empty_model, model_that_fits
from galai_jupyter.errors import InsufficientMemoryError
from galai_jupyter.options import OPTIONS

if TYPE_CHECKING:
    from transformers import PretrainedConfig

_MOST_GPUS = int(OPTIONS["num_gpus"].maximum or 0)


@dataclass(frozen=True)
class Placement:
    """A model that GPUs are to hold.

    Attributes
    ----------
    name : str
        The model, for messages.
    config : transformers.PretrainedConfig
        Its configuration; the weights are not read.
    """

    name: str
    config: PretrainedConfig

    @cached_property
    def _model(self) -> Any:
        return empty_model(self.config)

    @cached_property
    def _parameters(self) -> int:
        return sum(parameter.numel() for parameter in self._model.parameters())

    def memory_needed(self, dtype: str) -> int:
        """Return the bytes for the weights, the cache of one full context, and to work with."""
        return memory_needed(self._parameters, dtype, cache_size(self.config, dtype))

    def device_map(self, dtype: str, free: Mapping[int, int]) -> dict[str, Any]:
        """Return the device map that spreads the layers over GPUs.

        Parameters
        ----------
        dtype : str
            Number format of the weights.
        free : mapping of int to int
            The free bytes of each GPU that may be used, by its index.

        Returns
        -------
        dict of str to (int or str)
            Module name to GPU, for transformers' and accelerate's ``device_map``.

        Raises
        ------
        InsufficientMemoryError
            If a layer would be left over; the message names the memory needed, and how many GPUs
            or which dtype would do.
        """
        found = self._split(dtype, free)
        if found is not None:
            return found
        each = set(map(format_bytes, free.values()))
        if len(free) == 1:
            there = f"the GPU has {each.pop()} free"
        elif len(each) == 1:
            there = f"{len(free)} GPUs have {each.pop()} free each"
        else:
            there = f"{len(free)} GPUs have {format_bytes(sum(free.values()))} free in all"
        raise InsufficientMemoryError(
            f"{self.name} needs {format_bytes(self.memory_needed(dtype))} of memory as {dtype} "
            f"and {there}: {self._what_would_do(dtype, free)}."
        )

    def _what_would_do(self, dtype: str, free: Mapping[int, int]) -> str:
        ways = {f"as {dtype} it": self._where_it_fits(dtype, free)}
        if dtype == "float32":
            halved = format_bytes(self.memory_needed("float16"))
            ways[f"dtype float16 ({halved})"] = self._where_it_fits("float16", free)
        found = [f"{what} would fit{where}" for what, where in ways.items() if where is not None]
        return ", and ".join(found) or model_that_fits(dtype, sum(free.values()))

    def _where_it_fits(self, dtype: str, free: Mapping[int, int]) -> str | None:
        """Return how many GPUs like the smallest of these would do, ``""`` if these do."""
        if self._split(dtype, free) is not None:
            return ""
        least = min(free.values())
        counts = range(len(free) + 1, _MOST_GPUS + 1)
        found = bisect_left(
            counts,
            True,
            key=lambda count: self._split(dtype, dict.fromkeys(range(count), least)) is not None,
        )
        if found == len(counts):
            return None
        return f" on {counts[found]} GPUs with {format_bytes(least)} free each"

    def _split(self, dtype: str, free: Mapping[int, int]) -> dict[str, Any] | None:
        """Return the device map, evenly filled where that is possible, or None."""
        import torch
        from accelerate import infer_auto_device_map
        from accelerate.utils import (
            compute_module_sizes,
            get_balanced_memory,
            get_max_layer_size,
        )

        need = self.memory_needed(dtype)
        if need > sum(free.values()):
            return None
        if len(free) == 1:
            return {"": f"cuda:{next(iter(free))}"}
        # Each layer brings its cache and its share of the room to work in.
        share = self._parameters * element_size(dtype) / need
        limits: dict[int, int] = {index: int(size * share) for index, size in free.items()}
        whole = list(self._model._no_split_modules or ())
        rules = {"no_split_module_classes": whole, "dtype": getattr(torch, dtype)}
        with _silent_accelerate():
            even = get_balanced_memory(self._model, max_memory=dict(limits), **rules)
            # accelerate keeps room for one block on the first GPU, for blocks that it fetches
            # from main memory; here there are none.
            sizes = compute_module_sizes(self._model, dtype=rules["dtype"])
            block, _ = get_max_layer_size(list(self._model.named_children()), sizes, whole)
            first = min(limits)
            even[first] = min(even[first] + block, limits[first])
            for each in (even, limits):
                found = infer_auto_device_map(self._model, max_memory=dict(each), **rules)
                if set(found.values()) <= set(free):
                    return dict(found)
        return None


@contextmanager
def _silent_accelerate() -> Iterator[None]:
    """Keep accelerate from warning about GPUs that are only imagined."""
    logger = logging.getLogger("accelerate.utils.modeling")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
