"""Nothing in; the machine's devices and their free memory out."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

from galai_jupyter.errors import OptionError, did_you_mean

DEVICES = ("auto", "cpu", "cuda", "mps")


def free_memory(device: str = "cpu", num_gpus: int | None = None) -> int:
    """Return the bytes that are free on a device, over all GPUs for ``"cuda"``.

    A container's limit counts where it is lower than what the machine has.
    """
    if device.startswith("cuda"):
        import torch

        count = torch.cuda.device_count() if num_gpus is None else num_gpus
        indices = [int(device[5:])] if ":" in device else range(count)
        return sum(torch.cuda.mem_get_info(index)[0] for index in indices)
    import psutil

    available = int(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):  # no control group, or no limit ("max")
        return available
    return min(available, limit - used)


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
