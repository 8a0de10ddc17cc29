"""Nothing in; the machine's devices and their free memory out."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

from galai_jupyter.errors import OptionError, did_you_mean

DEVICES = ("auto", "cpu", "cuda", "mps")


def free_memory() -> int:
    """Return the bytes of main memory that are free.

    A container's limit counts where it is lower than what the machine has.
    """
    import psutil

    available = int(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):  # no control group, or no limit ("max")
        return available
    return min(available, limit - used)


def free_gpu_memory(device: str, num_gpus: int | None = None) -> dict[int, int]:
    """Return the free bytes of each GPU that a model may use, by its index.

    Parameters
    ----------
    device : str
        ``"cuda"`` for the first GPUs, ``"cuda:1"`` for that one alone.
    num_gpus : int, optional
        How many; all by default.

    Raises
    ------
    OptionError
        If there are not so many.
    """
    import torch

    there = torch.cuda.device_count()
    count = there if num_gpus is None else num_gpus
    if not 1 <= count <= there:
        raise OptionError(
            f"num_gpus={count} cannot be had on device {device}, of which this machine has "
            f"{there}: give 1 to {there}, or leave it out."
        )
    indices = [int(device.partition(":")[2])] if ":" in device else range(count)
    return {index: torch.cuda.mem_get_info(index)[0] for index in indices}


def trim_heap() -> None:
    """Give freed memory back that the C library keeps; only that of Linux (glibc) can."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def release_memory() -> None:
    """Give back what dropped models held, to the system and to other users of the GPUs."""
    gc.collect()
    trim_heap()
    torch = sys.modules.get("torch")
    # While it is still being imported in the background, nothing can have used it.
    if torch is None or getattr(torch.__spec__, "_initializing", False):
        return
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def choose_device(device: str = "auto", num_gpus: int | None = None) -> str:
    """Return the device to run on: what was asked for, or the fastest one that is here.

    Parameters
    ----------
    device : str, default "auto"
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    num_gpus : int, optional
        0 means the CPU, as in galai.

    Raises
    ------
    OptionError
        If there is no such device, or it is not on this machine.
    """
    import torch

    kind = device.partition(":")[0]
    if kind not in DEVICES:
        raise OptionError(
            f"There is no device {device!r}.{did_you_mean(device, DEVICES)} "
            f"Choose one of {', '.join(DEVICES)}."
        )
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if kind == "auto":
        if num_gpus == 0:
            return "cpu"
        return "cuda" if cuda else "mps" if mps else "cpu"
    if (kind == "cuda" and not cuda) or (kind == "mps" and not mps):
        raise OptionError(f"This machine has no {kind} device: use device auto or cpu.")
    if kind == "cuda" and ":" in device:
        index = device.partition(":")[2]
        if not index.isdigit() or int(index) >= torch.cuda.device_count():
            raise OptionError(
                f"There is no device {device!r}: this machine has {torch.cuda.device_count()} "
                "CUDA devices, counted from cuda:0."
            )
    return device
