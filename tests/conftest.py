"""Fixtures: a fresh session for every test, tiny checkpoints, and IPython shells that raise."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Read once, when the hub's library is imported: no test has a network.
os.environ["HF_HUB_OFFLINE"] = "1"

from galai_jupyter.session import reset_session
from galai_jupyter.tokens import byte_tokenizer


@pytest.fixture(autouse=True)
def fresh_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test a session and user folders of its own."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    reset_session()
    yield
    reset_session()


def make_config(**changes: Any) -> Any:
    """Return the configuration of a tiny OPT that the byte tokenizer fits."""
    from transformers import OPTConfig

    values: dict[str, Any] = {
        "vocab_size": byte_tokenizer().get_vocab_size(),
        "hidden_size": 32,
        "word_embed_proj_dim": 32,
        "ffn_dim": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 128,
        "init_std": 0.3,
        "dropout": 0.1,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
    }
    return OPTConfig(**(values | changes))


def make_model(seed: int = 0, **changes: Any) -> Any:
    """Return a tiny OPT with random weights, in evaluation mode."""
    import torch
    from transformers import OPTForCausalLM

    torch.manual_seed(seed)
    return OPTForCausalLM(make_config(**changes)).eval()


def write_checkpoint(folder: Path, model: Any | None = None) -> Path:
    """Write a checkpoint folder with safetensors, as fine-tunes have it."""
    model = make_model() if model is None else model
    model.save_pretrained(folder)
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def write_hub_folder(folder: Path, model: Any | None = None, **config_changes: Any) -> Path:
    """Write a folder laid out as Galactica's on the hub: ``.bin`` weights, bare tokenizer files."""
    import torch

    model = make_model() if model is None else model
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value for key, value in model.state_dict().items() if key != "lm_head.weight"}
    torch.save(weights, folder / "pytorch_model.bin")
    config = model.config.to_dict() | {"dropout": 0.1} | config_changes
    config.pop("dtype", None)
    (folder / "config.json").write_text(json.dumps(config | {"torch_dtype": "float32"}))
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer"}))
    (folder / "special_tokens_map.json").write_text("{}")
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint with random weights."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def shared() -> Path | None:
    """The folder of reference data beside the project, where it is there."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    return folder if folder.is_dir() else None


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Any]:
    """An IPython shell with the extension loaded; a cell that fails raises."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(ipython_dir=str(tmp_path / "ipython"))
    shell.history_manager.enabled = False
    shell.run_line_magic("load_ext", "galai_jupyter")
    yield shell
    shell.run_line_magic("unload_ext", "galai_jupyter")
    shell.atexit_operations()  # now, while its folder is there, and not once more
    atexit.unregister(shell.atexit_operations)
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell: Any) -> Callable[[str], Any]:
    """Run a cell; return its result, or raise what it raised."""

    def run_cell(text: str) -> Any:
        outcome = shell.run_cell(text, store_history=True)
        outcome.raise_error()
        return outcome.result

    return run_cell


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str, Path]]:
    """One browser and one JupyterLab for a module: the browser, the address and the folder."""
    from tests.browser_tools import chromium
    from tests.jupyterlab import jupyterlab

    folder = tmp_path_factory.mktemp("lab")
    with jupyterlab(folder) as address, chromium() as browser:
        yield browser, address, folder
