"""A model's shape and a GPU in; the memory and the speed to expect of a server, out.

Estimates from first principles (Pope et al. 2022, "Efficiently Scaling Transformer Inference"):
each token of one request reads every weight once, so memory bandwidth bounds it; many requests
share that reading, until their own keys and values, or arithmetic, are what bounds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from galai_jupyter.catalog import ModelInfo, format_bytes

USABLE = 0.9
"""Share of a GPU's memory that vLLM takes (``--gpu-memory-utilization``)."""

EFFICIENCY = 0.6
"""Share of the bandwidth and arithmetic on the data sheet that is reached."""

STEP = 0.002
"""Seconds that scheduling and launching one step takes, however small the model."""


@dataclass(frozen=True)
class Gpu:
    """A GPU as its data sheet has it.

    Attributes
    ----------
    name : str
        Its usual name.
    memory : float
        Bytes.
    bandwidth : float
        Bytes a second.
    arithmetic : float
        16-bit floating-point operations a second, dense.
    """

    name: str
    memory: float
    bandwidth: float
    arithmetic: float


GPUS: tuple[Gpu, ...] = (
    Gpu("T4", 16e9, 320e9, 65e12),
    Gpu("L4", 24e9, 300e9, 121e12),
    Gpu("RTX 4090", 24e9, 1008e9, 165e12),
    Gpu("V100 32 GB", 32e9, 900e9, 125e12),
    Gpu("A100 40 GB", 40e9, 1555e9, 312e12),
    Gpu("A6000", 48e9, 768e9, 155e12),
    Gpu("A100 80 GB", 80e9, 2039e9, 312e12),
    Gpu("H100", 80e9, 3350e9, 989e12),
    Gpu("H200", 141e9, 4800e9, 989e12),
)


@dataclass(frozen=True)
class Estimate:
    """What to expect of one model on some GPUs.

    Attributes
    ----------
    gpus : int
        How many share the model (tensor parallelism).
    weights : int
        Bytes of the weights, over all GPUs.
    cache_tokens : int
        Tokens whose keys and values fit beside the weights.
    single : float
        Tokens a second of one request.
    batched : float
        Tokens a second of as many requests as fit, of the length that was assumed.
    """

    gpus: int
    weights: int
    cache_tokens: int
    single: float
    batched: float


def splits(info: ModelInfo) -> list[int]:
    """Return the numbers of GPUs over which a model's heads come out even, up to 16."""
    return [count for count in range(1, 17) if info.num_heads % count == 0]


def estimate(
    info: ModelInfo, gpu: Gpu, gpus: int | None = None, *, dtype: str = "float16", length: int = 512
) -> Estimate | None:
    """Return what to expect of a model, or `None` where it does not fit.

    Parameters
    ----------
    info : ModelInfo
        The model.
    gpu : Gpu
        One kind of GPU, for example ``GPUS[0]``.
    gpus : int, optional
        How many; the fewest that the model fits, if left out.
    dtype : str, default "float16"
        Number format of weights and cache.
    length : int, default 512
        Tokens of prompt and continuation together, on average.
    """
    if gpus is None:
        found = (estimate(info, gpu, count, dtype=dtype, length=length) for count in splits(info))
        return next((each for each in found if each), None)
    weights = info.weights_size(dtype)
    per_token = info.memory_per_token(dtype)
    free = gpus * gpu.memory * USABLE - weights
    if free < per_token * info.max_positions:  # one whole context is the least that is of use
        return None
    cache_tokens = int(free / per_token)
    requests = max(1, min(256, cache_tokens // length))  # 256: vLLM's usual --max-num-seqs

    def speed(count: int) -> float:
        reading = (weights + count * length * per_token) / (gpus * gpu.bandwidth)
        computing = 2 * info.parameters * count / (gpus * gpu.arithmetic)
        return count / (STEP + max(reading, computing) / EFFICIENCY)

    return Estimate(gpus, weights, cache_tokens, speed(1), speed(requests))


def scaling_table(
    infos: Sequence[ModelInfo] | None = None, gpus: Sequence[Gpu] = GPUS, dtype: str = "float16"
) -> str:
    """Return a Markdown table: for each model and GPU the fewest GPUs, and the speeds there."""
    lines = [
        "| model | GPU | at least | weights | cache tokens | tokens/s: one | many requests |",
        "|---|---|---|---|---|---|---|",
    ]
    for info in ModelInfo.all() if infos is None else infos:
        for gpu in gpus:
            found = estimate(info, gpu, dtype=dtype)
            cells = ["more than 16", format_bytes(info.weights_size(dtype)), "", "", ""]
            if found:
                cells = [
                    str(found.gpus),
                    format_bytes(found.weights),
                    f"{found.cache_tokens:,}",
                    f"{found.single:,.0f}",
                    f"{found.batched:,.0f}",
                ]
            lines.append(f"| {' | '.join([info.name, gpu.name, *cells])} |")
    return "\n".join(lines)
