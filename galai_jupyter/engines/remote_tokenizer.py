"""What a server calls its model in; the tokenizer that belongs to it, checked, out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from galai_jupyter import catalog
from galai_jupyter.catalog import ModelInfo
from galai_jupyter.engines.wire import Wire
from galai_jupyter.errors import CheckpointError, EngineError, ModelNotFoundError
from galai_jupyter.tokens import decode, encode, load_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_PROBE = "The E. coli genome (1997) [START_DNA]GATTACA[END_DNA] <work>\n\n\\[ x^{2} \\]</work>"


def find_tokenizer(names: Sequence[str]) -> Tokenizer:
    """Return the tokenizer of the first of some names that has one.

    Parameters
    ----------
    names : sequence of str
        Catalog names, hub ids or folders of this machine.

    Raises
    ------
    ModelNotFoundError
        If none of them is known here.
    CheckpointError
        If it is not a Galactica tokenizer.
    """
    for name in names:
        folder = _folder(name)
        if folder:
            return load_tokenizer(folder)
    raise ModelNotFoundError(
        f"No tokenizer was found for {' or '.join(filter(None, names))}: name a catalog model, a "
        "hub id or a folder that has the same one with --tokenizer."
    )


def _folder(name: str) -> Path | None:
    if name == catalog.DEMO:
        return catalog.checkpoint_path(name)
    path = Path(name).expanduser()
    if (path / "tokenizer.json").is_file():
        return path
    try:
        hub_id = ModelInfo.by_name(name).hub_id
    except ModelNotFoundError:
        hub_id = name
    if not _HUB_ID.fullmatch(hub_id) or hub_id.startswith("."):
        return None
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        return Path(hf_hub_download(hub_id, "tokenizer.json")).parent
    except (HfHubHTTPError, OfflineModeIsEnabled, OSError):  # no network, no such model
        return None


def check_vocabulary(wire: Wire, model: str, tokenizer: Tokenizer) -> None:
    """Raise `CheckpointError` unless ids mean the same to a server as they do here.

    How the server would split text is not asked: it is sent ids.
    """
    ids = encode(tokenizer, _PROBE)
    try:
        answer = wire.post("/detokenize", {"model": model, "tokens": ids})
    except EngineError as error:
        status = getattr(error.__cause__, "status_code", None)
        if status == 404:
            raise EngineError(
                f"{wire.url} has no /detokenize: it is no vLLM server, which Galactica needs."
            ) from error
        if status != 400:
            raise
        answer = {}
    # Servers whose tokenizer is set up otherwise put spaces around special tokens.
    said = str(answer.get("prompt") if isinstance(answer, dict) else "")
    if "".join(said.split()) != "".join(decode(tokenizer, ids).split()):
        raise CheckpointError(
            f"The model {model} of {wire.url} has another vocabulary: name a model or folder with "
            "the right tokenizer with --tokenizer."
        )
