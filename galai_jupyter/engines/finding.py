"""A model's name in; the folder of its checkpoint on this machine, downloaded if need be, out."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from galai_jupyter import catalog
from galai_jupyter.catalog import ModelInfo
from galai_jupyter.engines.checkpoint import read_config
from galai_jupyter.engines.progress import Progress, reporting_tqdm
from galai_jupyter.errors import ModelNotFoundError, OptionError

if TYPE_CHECKING:
    from transformers import PretrainedConfig

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_METADATA_FILES = ("config.json", "generation_config.json", "tokenizer.json")


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
    name: str,
    check_memory: Callable[[PretrainedConfig], object],
    progress: Progress,
    revision: str | None = None,
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
    revision : str, optional
        Commit, branch or tag on the hub; its main branch if left out.

    Raises
    ------
    ModelNotFoundError
        If there is no such checkpoint, or the hub cannot be reached.
    OptionError
        If a revision is given for what does not come from the hub.
    CheckpointError
        If the folder is not a checkpoint.
    """
    folder = Path(name).expanduser()
    if revision and (name == catalog.DEMO or folder.is_dir()):
        raise OptionError(
            f"{name} does not come from the hub, so it has no revisions: drop revision."
        )
    if name == catalog.DEMO:
        folder = catalog.checkpoint_path(name)
        check_memory(read_config(folder))
        return Checkpoint(name, folder, licence=catalog.DEMO_LICENCE)
    if folder.is_dir():
        check_memory(read_config(folder))
        return Checkpoint(name, folder)
    if "://" in name:
        raise ModelNotFoundError(
            f"{name} is an address: `%galactica connect {name}` uses the model of a server there."
        )
    if _HUB_ID.fullmatch(name) and not name.startswith("."):
        hub_id = name
        known = [info for info in map(ModelInfo.by_name, catalog.names()) if info.hub_id == name]
        licence = known[0].licence if known else "see its page on the hub"
    else:
        info = ModelInfo.by_name(name)  # raises, with close matches, if there is none
        hub_id, licence = info.hub_id, info.licence
    return _download(name, hub_id, licence, check_memory, progress, revision)


def _download(
    name: str,
    hub_id: str,
    licence: str,
    check_memory: Callable[[PretrainedConfig], object],
    progress: Progress,
    revision: str | None,
) -> Checkpoint:
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    unreachable = ModelNotFoundError(
        f"{name} is not on this machine and the Hugging Face hub ({hub_id}) cannot be reached: "
        "connect to the network, or give a local folder; %galactica load demo works offline."
    )
    try:
        cache = _old_cache_folder()
        config_file = Path(
            hf_hub_download(hub_id, "config.json", cache_dir=cache, revision=revision)
        )
        check_memory(read_config(config_file.parent))
        try:
            files = HfApi().list_repo_files(hub_id, revision=revision)
        except (HfHubHTTPError, OfflineModeIsEnabled, OSError):
            # No network: what an earlier download left has to do.
            folder = Path(
                snapshot_download(hub_id, cache_dir=cache, revision=revision, local_files_only=True)
            )
            return Checkpoint(name, folder, folder.name, licence)
        weights = "*.safetensors" if any(f.endswith(".safetensors") for f in files) else "*.bin"
        folder = Path(
            snapshot_download(
                hub_id,
                cache_dir=cache,
                revision=revision,
                allow_patterns=[*_METADATA_FILES, weights, f"{weights}.index.json"],
                tqdm_class=reporting_tqdm("Downloading", progress),
            )
        )
    except RepositoryNotFoundError as error:
        raise ModelNotFoundError(
            f"The Hugging Face hub has no public model {hub_id}: check the name, or log in with "
            "`hf auth login` if it is private."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelNotFoundError(
            f"{hub_id} has no revision {revision!r}: look its commits up on its page on the hub."
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


def _old_cache_folder() -> str | None:
    """Return the folder that ``TRANSFORMERS_CACHE`` names, unless ``HF_HUB_CACHE`` is set.

    transformers 5 no longer reads that variable; the folders' layout is the same.
    """
    folder = os.environ.get("TRANSFORMERS_CACHE")
    if not folder or os.environ.get("HF_HUB_CACHE"):
        return None
    warnings.warn(
        f"Checkpoints are kept in {folder} (TRANSFORMERS_CACHE); HF_HUB_CACHE is its name now.",
        UserWarning,
        stacklevel=2,
    )
    return folder
