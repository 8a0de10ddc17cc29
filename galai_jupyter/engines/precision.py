"""A dtype as it was asked for, the device and the model's width in; a number format and why out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from galai_jupyter.errors import OptionError
from galai_jupyter.options import OPTIONS

WIDTH = 768
"""Width of the smallest Galactica, for who asks without a model."""

_MARGIN = 1.1
"""bfloat16 must be so many times as fast as float32, so that noise does not decide."""
_NUMBERS, _MATRICES, _ROUNDS = 600_000, 20, 4
"""What is measured: matrices of a layer's size, together more than most caches hold, in turn."""


@dataclass(frozen=True)
class Precision:
    """A number format for weights.

    Attributes
    ----------
    dtype : str
        ``"float32"``, ``"float16"``, ``"bfloat16"`` or ``"int8"``.
    reason : str
        Why it was chosen, in a few words.
    """

    dtype: str
    reason: str


def choose(
    dtype: str,
    device: str,
    stored: str = "",
    width: int = WIDTH,
    clock: Callable[[], float] = time.perf_counter,
) -> Precision:
    """Return the number format for a model's weights.

    What is asked for is taken. ``"auto"`` is the checkpoint's own format on a GPU (float16 if that
    is unknown). On a CPU it is bfloat16 if the processor computes with it and a product of a
    matrix with a vector at the model's width, which is what a token costs, is at least 1.1 times
    as fast as in float32; else float32. Compared are the times that a tenth of the products stay
    below: each is short, so some run undisturbed even while other work keeps the processor busy.
    The measurement takes a tenth of a second on a quiet machine and is made once for each
    width.

    Parameters
    ----------
    dtype : str
        One of the option's choices.
    device : str
        Where the weights will be.
    stored : str, optional
        The checkpoint's own format.
    width : int, default 768
        The model's hidden size.
    clock : callable, optional
        Returns seconds.

    Raises
    ------
    OptionError
        If there is no such format, or the device does not have it.
    """
    dtype = str(dtype).removeprefix("torch.")
    OPTIONS["dtype"].check(dtype)
    if dtype == "int8" and device != "cpu":
        raise OptionError(
            f"dtype int8 runs on the CPU only, not on {device}: add device cpu, or leave dtype to "
            "auto."
        )
    if dtype != "auto":
        return Precision(dtype, "as asked for")
    if device != "cpu":
        if stored in OPTIONS["dtype"].choices:
            return Precision(stored, "the checkpoint's own")
        return Precision("float16", f"for {device}")
    if not _computes_bfloat16():
        return Precision("float32", "the processor does not compute with bfloat16")
    gain = _gain(width, clock)
    measured = f"bfloat16 is {gain:.1f} times as fast as float32 here, measured"
    return Precision("bfloat16" if gain >= _MARGIN else "float32", measured)


def _computes_bfloat16() -> bool:
    """Return whether the processor has instructions for it (AVX-512 BF16, AMX)."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


@cache
def _gain(width: int, clock: Callable[[], float]) -> float:
    """Return how many times as fast bfloat16 is in a product of a matrix with a vector."""
    import torch

    from galai_jupyter.engines.packed import PackedLinear

    matrix, vector = torch.ones(max(1, _NUMBERS // width), width), torch.ones(1, width)
    full: list[float] = []
    half: list[float] = []
    formats = [
        (
            [PackedLinear(matrix.to(dtype, copy=True)) for _ in range(_MATRICES)],
            vector.to(dtype),
            times,
        )
        for dtype, times in ((torch.float32, full), (torch.bfloat16, half))
    ]
    with torch.inference_mode():
        for _ in range(_ROUNDS):
            for layers, states, times in formats:
                for layer in layers:
                    start = clock()
                    layer(states)
                    times.append(clock() - start)
    undisturbed = len(full) // 10
    return sorted(full)[undisturbed] / (sorted(half)[undisturbed] or 1.0)
