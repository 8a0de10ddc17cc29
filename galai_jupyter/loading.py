"""A name, and galai's arguments, in; the session's model out."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from galai_jupyter.catalog import ModelInfo
from galai_jupyter.errors import ModelNotFoundError, OptionError
from galai_jupyter.model import Model
from galai_jupyter.options import LoadOptions, build_options
from galai_jupyter.parallel import can_serve, start_parallel
from galai_jupyter.session import get_session

if TYPE_CHECKING:
    import torch


def load_model(
    name: str,
    dtype: str | torch.dtype | None = None,
    num_gpus: int | None = None,
    parallelize: bool = False,
    *,
    device: str = "auto",
    prefix_cache: int | None = None,
) -> Model:
    """Load a model; it becomes the session's model, so that the magics use it too.

    Parameters
    ----------
    name : str
        A catalog name (``"mini"``), a hub id (``"owner/name"``) or a local folder.
    dtype : str or torch.dtype, optional
        Number format of the weights; left out, it is float32, and float16 for huge, as in galai.
        ``"auto"`` takes what is fastest here, ``"int8"`` (CPU only) about a byte a weight.
    num_gpus : int, optional
        Use the first so many GPUs; all by default, 0 for the CPU. The layers are spread over them.
        More than there are is a warning, and those that are there are used.
    parallelize : bool, default False
        Ask for tensor parallelism, where all GPUs work on each layer. It is ignored, with a
        warning, on a CPU or one GPU. vLLM does it, as a server on this machine that is started
        here and ends with the model; where vLLM is not installed, the layers are spread, with a
        warning.
    device : str, default "auto"
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    prefix_cache : int, optional
        MB for what was computed for the last prompts, so that a beginning that they share is read
        once; 0 is off, and a tenth of the free memory, but 4,000 at most, is taken when left out.

    Raises
    ------
    GalacticaError
        If it cannot be loaded; one sentence says what to do.
    """
    from tqdm import tqdm

    if dtype is None:
        dtype = "float16" if name == "huge" else "float32"
    chosen = {
        "device": device,
        "dtype": str(dtype).removeprefix("torch."),
        "num_gpus": num_gpus,
        "prefix_cache": prefix_cache,
    }
    options = build_options(LoadOptions, chosen)
    count = _usable_gpus(num_gpus)
    if parallelize and _can_parallelize(name, count if device in ("auto", "cuda") else 1):
        return start_parallel(name, count, options.dtype)
    if num_gpus is not None:
        options = build_options(LoadOptions, chosen | {"num_gpus": count})
    with tqdm(total=100, leave=False, file=sys.stdout, bar_format="{desc} {bar} {n:.0f}%") as bar:

        def progress(label: str, fraction: float) -> None:
            bar.set_description_str(f"{label} {name}", refresh=False)
            bar.update(100 * fraction - bar.n)

        model = get_session().load(name, options, progress)
    print(f"Loaded {model.description}")
    return model


def _usable_gpus(asked: int | None) -> int:
    """Return how many GPUs to use; warn where there are fewer than were asked for."""
    import torch

    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if asked is None or asked <= there:
        return there if asked is None else asked
    if there:
        message = f"num_gpus={asked} is more than this machine has: {there} are used."
    else:
        message = f"num_gpus={asked} but no CUDA device was found: the model runs on the CPU."
    warnings.warn(message, UserWarning, stacklevel=3)
    return there


def _can_parallelize(name: str, gpus: int) -> bool:
    """Return whether ``parallelize=True`` can be followed; warn if not.

    Raises
    ------
    OptionError
        If the model's heads cannot be shared out evenly over so many GPUs.
    """
    if gpus < 2:
        message = "parallelize=True needs at least two GPUs: it is ignored."
        warnings.warn(message, UserWarning, stacklevel=3)
        return False
    heads = _head_count(name)
    if heads and heads % gpus:
        raise OptionError(
            f"parallelize=True shares the {heads} heads of {name!r} out over {gpus} GPUs, "
            "which does not come out even: change num_gpus, take another model, or set "
            "parallelize=False."
        )
    if can_serve():
        return True
    message = (
        "Tensor parallelism (parallelize=True) comes with the remote engine (vLLM), which is not "
        f"installed: the layers are spread over the {gpus} GPUs instead, which gives the same "
        "texts."
    )
    warnings.warn(message, UserWarning, stacklevel=3)
    return False


def _head_count(name: str) -> int | None:
    """Return the number of attention heads, where it is known without a download."""
    from galai_jupyter.engines.checkpoint import read_config

    folder = Path(name).expanduser()
    if folder.is_dir():
        return int(read_config(folder).num_attention_heads)
    try:
        return ModelInfo.by_name(name).num_heads
    except ModelNotFoundError:
        return None
