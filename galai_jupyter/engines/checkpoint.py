"""A model's name in; a folder on this machine, and from it a checked transformers model, out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from galai_jupyter import catalog
from galai_jupyter.catalog import ModelInfo, format_bytes
from galai_jupyter.errors import CheckpointError, InsufficientMemoryError, ModelNotFoundError

if TYPE_CHECKING:
    from transformers import PretrainedConfig

Progress = Callable[[str, float], None]
"""Called with what is being done and the fraction that is done, 0 to 1."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_METADATA_FILES = ("config.json", "generation_config.json", "tokenizer.json")
_HEAD = "lm_head.weight"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that lies on this machine.

    Attributes
    ----------
    name : str
        As it was asked for.
    folder : pathlib.Path
        Where its files are.
    revision : str
        The hub's commit, or ``""``.
    licence : str
        Its terms, as far as the catalog knows them.
    """

    name: str
    folder: Path
    revision: str = ""
    licence: str = ""


def find_checkpoint(
    name: str, check_memory: Callable[[PretrainedConfig], None], progress: Progress
) -> Checkpoint:
    """Return the checkpoint called `name`, downloaded if it must be.

    Parameters
    ----------
    name : str
        A catalog name, a local folder, or a hub id (``owner/name``).
    check_memory : callable
        Called with the configuration before anything large is downloaded; raises to refuse.
    progress : callable
        Told about the download.

    Raises
    ------
    ModelNotFoundError
        If there is no such checkpoint, or the hub cannot be reached.
    CheckpointError
        If the folder is not a checkpoint.
    """
    if name == catalog.DEMO:
        folder = catalog.checkpoint_path(name)
        check_memory(read_config(folder))
        return Checkpoint(name, folder, licence=catalog.DEMO_LICENCE)
    folder = Path(name).expanduser()
    if folder.is_dir():
        check_memory(read_config(folder))
        return Checkpoint(name, folder)
    if name in catalog.names():
        info = ModelInfo.by_name(name)
        hub_id, licence = info.hub_id, info.licence
    elif _HUB_ID.fullmatch(name) and not name.startswith("."):
        hub_id = name
        known = [info for info in map(ModelInfo.by_name, catalog.names()) if info.hub_id == name]
        licence = known[0].licence if known else "see its page on the hub"
    else:
        raise _not_found(name)
    return _download(name, hub_id, licence, check_memory, progress)


def _not_found(name: str) -> ModelNotFoundError:
    try:
        ModelInfo.by_name(name)
    except ModelNotFoundError as error:
        return error
    raise AssertionError(name)


def _download(
    name: str,
    hub_id: str,
    licence: str,
    check_memory: Callable[[PretrainedConfig], None],
    progress: Progress,
) -> Checkpoint:
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    unreachable = ModelNotFoundError(
        f"{name} is not on this machine and the Hugging Face hub ({hub_id}) cannot be reached: "
        "connect to the network, or give a local folder; %galactica load demo works offline."
    )
    try:
        config_file = Path(hf_hub_download(hub_id, "config.json"))
        check_memory(read_config(config_file.parent))
        try:
            files = HfApi().list_repo_files(hub_id)
        except (HfHubHTTPError, OfflineModeIsEnabled, OSError):
            # No network: what an earlier download left has to do.
            folder = Path(snapshot_download(hub_id, local_files_only=True))
            return Checkpoint(name, folder, folder.name, licence)
        weights = "*.safetensors" if any(f.endswith(".safetensors") for f in files) else "*.bin"
        folder = Path(
            snapshot_download(
                hub_id,
                allow_patterns=[*_METADATA_FILES, weights, f"{weights}.index.json"],
                tqdm_class=_reporting_tqdm("Downloading", progress),
            )
        )
    except RepositoryNotFoundError as error:
        raise ModelNotFoundError(
            f"The Hugging Face hub has no public model {hub_id}: check the name, or log in with "
            "`hf auth login` if it is private."
        ) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise unreachable from error
    except HfHubHTTPError as error:
        raise ModelNotFoundError(
            f"The Hugging Face hub refused {hub_id} ({error.server_message or error}): open its "
            "page on the hub and check that you may use it."
        ) from error
    except OSError as error:
        raise unreachable from error
    return Checkpoint(name, folder, folder.name, licence)


def _reporting_tqdm(label: str, progress: Progress) -> type[Any]:
    """Return a tqdm class that reports the sum of its bars to `progress` and prints nothing."""
    from tqdm import tqdm

    bars: list[Any] = []

    class ReportingTqdm(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            kwargs |= {"disable": False, "file": _Nowhere(), "miniters": 1, "mininterval": 0}
            super().__init__(*args, **kwargs)
            bars.append(self)

        def update(self, n: float | None = 1) -> bool | None:
            updated = super().update(n)
            total = sum(bar.total or 0 for bar in bars)
            if total:
                progress(label, min(1.0, sum(bar.n for bar in bars) / total))
            return updated

    return ReportingTqdm


class _Nowhere:
    """A file that forgets what is written to it."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


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


def count_parameters(config: PretrainedConfig) -> int:
    """Return how many parameters a model of this configuration has, without any memory."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    return sum(parameter.numel() for parameter in model.parameters())


def check_memory(name: str, parameters: int, dtype: str, cache: int, free: int) -> None:
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

    Raises
    ------
    InsufficientMemoryError
        If weights, cache and a margin of 10% are more than `free`; the message names what fits.
    """

    def needed(count: int, number_format: str, cache_bytes: int) -> int:
        return int(1.1 * count * catalog.element_size(number_format)) + cache_bytes

    need = needed(parameters, dtype, cache)
    if need <= free:
        return
    halved = needed(parameters, "bfloat16", cache // 2)
    if dtype == "float32" and halved <= free:
        fits = f"--dtype bfloat16 needs {format_bytes(halved)}"
    else:
        smaller = [
            info
            for info in map(ModelInfo.by_name, catalog.names())
            if needed(info.parameters, dtype, info.memory_per_token(dtype) * info.max_positions)
            <= free
        ]
        fits = "a machine with more memory, or a server, is needed"
        if smaller:
            largest = max(smaller, key=lambda info: info.parameters)
            fits = f"{largest.name} ({format_bytes(largest.weights_size(dtype))}) would fit"
    raise InsufficientMemoryError(
        f"{name} needs {format_bytes(need)} of memory as {dtype} and {format_bytes(free)} is "
        f"free: {fits}."
    )


def load_weights(
    folder: Path,
    config: PretrainedConfig,
    dtype: str,
    placement: dict[str, Any],
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
    placement : dict
        ``device_map`` and ``max_memory`` for transformers.
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
    model, missing, unexpected = _load(folder, config, dtype, placement, progress)
    if (missing or unexpected) and _correct(config, missing, unexpected):
        del model
        model, missing, unexpected = _load(folder, config, dtype, placement, progress)
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


def _load(
    folder: Path,
    config: PretrainedConfig,
    dtype: str,
    placement: dict[str, Any],
    progress: Progress,
) -> tuple[Any, set[str], set[str]]:
    import torch
    from transformers import AutoModelForCausalLM

    try:
        with _progress_bars(progress):
            model, info = AutoModelForCausalLM.from_pretrained(
                folder,
                config=config,
                dtype=getattr(torch, dtype),
                output_loading_info=True,
                trust_remote_code=False,
                weights_only=True,
                ignore_mismatched_sizes=True,  # they are refused below, by name
                local_files_only=True,
                **placement,
            )
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
    missing = {key for key in info["missing_keys"] if key != _HEAD}
    missing |= {key[0] if isinstance(key, tuple) else key for key in info["mismatched_keys"]}
    unexpected = {key for key in info["unexpected_keys"] if not key.endswith((_HEAD, ".version"))}
    return model, missing, unexpected


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

    reporting = _reporting_tqdm("Loading", progress)
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
