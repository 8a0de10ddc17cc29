"""A checkpoint's folder in; its checked configuration, and the model in it, out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from galai_jupyter import catalog
from galai_jupyter.catalog import (
    ModelInfo,
    element_size,
    format_bytes,
    memory_needed,
    state_size,
)
from galai_jupyter.engines.progress import Progress, reporting_tqdm
from galai_jupyter.errors import CheckpointError, InsufficientMemoryError, OptionError

if TYPE_CHECKING:
    from transformers import PretrainedConfig

_HEAD = "lm_head.weight"


def read_config(folder: Path) -> PretrainedConfig:
    """Return the configuration in `folder`, corrected for keys of older releases.

    Raises
    ------
    CheckpointError
        If there is none, or it is not one of a causal language model.
    """
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig

    if not (folder / "config.json").is_file():
        raise CheckpointError(f"{folder} has no config.json: give the folder of a checkpoint.")
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{folder / 'config.json'} cannot be read ({_first_line(error)}): download the "
            "checkpoint again."
        ) from error
    architectures = config.architectures or []
    causal = not architectures or any(
        name.endswith(("ForCausalLM", "LMHeadModel")) for name in architectures
    )
    if not causal or type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        what = ", ".join(architectures) or config.model_type
        raise CheckpointError(
            f"{folder} is not a causal language model ({what}): give a Galactica checkpoint."
        )
    if config.model_type == "opt" and getattr(config, "bias", None) is False:
        config.enable_bias = False  # the key that forks from before transformers 4.26 carry
    return config


def empty_model(config: PretrainedConfig) -> Any:
    """Return a model of this configuration that has shapes, but takes no memory."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32)


def count_parameters(config: PretrainedConfig) -> int:
    """Return how many parameters a model of this configuration has, without any memory."""
    return sum(parameter.numel() for parameter in empty_model(config).parameters())


def cache_size(config: PretrainedConfig, dtype: str) -> int:
    """Return the bytes of keys and values for one full context."""
    per_token = 2 * config.num_hidden_layers * config.hidden_size * state_size(dtype)
    return int(per_token * config.max_position_embeddings)


def check_memory(
    name: str,
    parameters: int,
    dtype: str,
    cache: int,
    free: int,
    int8_extra: int | None = None,
    packed_head: int = 0,
) -> None:
    """Refuse a model that does not fit.

    Parameters
    ----------
    name : str
        The model, for the message.
    parameters : int
        Number of parameters.
    dtype : str
        Number format of the weights.
    cache : int
        Bytes of keys and values for one full context.
    free : int
        Bytes that are free.
    int8_extra : int, optional
        Bytes that int8 takes beyond one for each parameter; None where it cannot be had.
    packed_head : int, default 0
        Numbers of the output layer, where it is held a second time.

    Raises
    ------
    InsufficientMemoryError
        If weights, cache and a margin of 10% are more than `free`; the message names what fits.
    """

    def needed(other: str) -> int:
        states = cache // state_size(dtype) * state_size(other)
        extra = (int8_extra or 0) if other == "int8" else packed_head * element_size(other)
        return memory_needed(parameters, other, states, extra)

    need = needed(dtype)
    if need <= free:
        return
    formats = ["bfloat16"] if int8_extra is None else ["bfloat16", "int8"]
    narrower = [other for other in formats if element_size(other) < element_size(dtype)]
    fitting = [other for other in narrower if needed(other) <= free]
    if fitting:
        fits = f"--dtype {fitting[0]} needs {format_bytes(needed(fitting[0]))}"
    else:
        fits = model_that_fits(dtype, free)
    raise InsufficientMemoryError(
        f"{name} needs {format_bytes(need)} of memory as {dtype} and {format_bytes(free)} is "
        f"free: {fits}."
    )


def model_that_fits(dtype: str, free: int) -> str:
    """Return the largest model of the catalog that fits into `free` bytes, in words."""
    smaller = [
        info
        for info in map(ModelInfo.by_name, catalog.names())
        if info.memory_needed(dtype) <= free
    ]
    if not smaller:
        return "a machine with more memory, or a server, is needed"
    largest = max(smaller, key=lambda info: info.parameters)
    return f"{largest.name} ({format_bytes(largest.weights_size(dtype))}) would fit"


def load_weights(
    folder: Path,
    config: PretrainedConfig,
    dtype: str,
    device_map: dict[str, int | str],
    progress: Progress,
) -> Any:
    """Return the model in `folder`, every weight of it read from the checkpoint.

    transformers fills what a checkpoint lacks with random numbers and only warns. Here that is an
    error, unless the configuration was plainly wrong about biases or layer norm weights; then it
    is corrected and the checkpoint is read again.

    Parameters
    ----------
    folder : pathlib.Path
        A checkpoint folder with safetensors or plain-tensor ``.bin`` weights.
    config : transformers.PretrainedConfig
        From :func:`read_config`.
    dtype : str
        Number format of the weights.
    device_map : dict of str to (int or str)
        Module name to device; ``""`` is all of the model.
    progress : callable
        Told how far it is.

    Returns
    -------
    transformers.PreTrainedModel
        In evaluation mode.

    Raises
    ------
    CheckpointError
        If weights are missing, damaged, of other shapes, or left over.
    """
    on_cpu = device_map == {"": "cpu"}
    if dtype == "int8" and not (on_cpu and config.model_type == "opt"):
        raise OptionError(
            f"dtype int8 is for Galactica's architecture (OPT) on a CPU, and {folder} is "
            f"{config.model_type}: choose float32 or bfloat16."
        )
    load = _assemble if on_cpu and config.model_type == "opt" else _load
    model, missing, unexpected = load(folder, config, dtype, device_map, progress)
    if (missing or unexpected) and _correct(config, missing, unexpected):
        del model
        model, missing, unexpected = load(folder, config, dtype, device_map, progress)
    if missing or unexpected:
        name = sorted(missing or unexpected)[0]
        problem = "lacks" if missing else "has an unknown weight"
        others = len(missing or unexpected) - 1
        more = f" and {others} more" if others else ""
        raise CheckpointError(
            f"The checkpoint in {folder} {problem} {name}{more}, so its answers would be "
            "nonsense: download it again, or correct its config.json."
        )
    return model.eval()


def _assemble(
    folder: Path,
    config: PretrainedConfig,
    dtype: str,
    device_map: dict[str, int | str],
    progress: Progress,
) -> tuple[Any, set[str], set[str]]:
    """Read Galactica's architecture onto the CPU with our own, thrifty loader."""
    from galai_jupyter.engines.assembly import assemble

    with _failures(folder):
        return assemble(folder, config, dtype, progress)


def _load(
    folder: Path,
    config: PretrainedConfig,
    dtype: str,
    device_map: dict[str, int | str],
    progress: Progress,
) -> tuple[Any, set[str], set[str]]:
    """Let transformers read any architecture onto any devices."""
    import torch
    from transformers import AutoModelForCausalLM

    with _failures(folder), _progress_bars(progress):
        model, info = AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            dtype=getattr(torch, dtype),
            output_loading_info=True,
            trust_remote_code=False,
            weights_only=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            local_files_only=True,
            device_map=device_map,
        )
    missing = {key for key in info["missing_keys"] if key != _HEAD}
    missing |= {key[0] if isinstance(key, tuple) else key for key in info["mismatched_keys"]}
    unexpected = {key for key in info["unexpected_keys"] if not key.endswith((_HEAD, ".version"))}
    return model, missing, unexpected


@contextmanager
def _failures(folder: Path) -> Iterator[None]:
    """Turn what goes wrong while weights are read into our own errors."""
    import torch

    try:
        yield
    except (torch.cuda.OutOfMemoryError, MemoryError) as error:
        raise InsufficientMemoryError(
            f"The memory ran out while {folder} was loading: choose a smaller model or dtype, or "
            "free memory first."
        ) from error
    except Exception as error:  # safetensors, pickle and transformers each have their own
        raise CheckpointError(
            f"The weights in {folder} cannot be read ({_first_line(error)}): download the "
            "checkpoint again."
        ) from error


def _correct(config: PretrainedConfig, missing: set[str], unexpected: set[str]) -> bool:
    """Set the OPT switches that explain all of the difference; return whether one was changed."""
    if config.model_type != "opt":
        return False
    changed = False
    norms = ("layer_norm.weight", "layer_norm.bias")
    for keys, present in ((missing, False), (unexpected, True)):
        if any(key.endswith(norms) for key in keys):
            config.layer_norm_elementwise_affine = present
            changed = True
        if any(key.endswith(".bias") and not key.endswith(norms) for key in keys):
            config.enable_bias = present
            changed = True
    return changed


@contextmanager
def _progress_bars(progress: Progress) -> Iterator[None]:
    """Turn transformers' bars into calls of `progress`, and silence its loading report."""
    from transformers.utils import logging

    reporting = reporting_tqdm("Loading", progress)
    previous = logging.set_tqdm_hook(lambda factory, args, kwargs: reporting(*args, **kwargs))
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        logging.set_tqdm_hook(previous)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
