"""Reading weights block by block, and how much memory loading a checkpoint takes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from galai_jupyter.catalog import ModelInfo
from galai_jupyter.engines import weights
from galai_jupyter.engines.weights import WeightFiles

TENSORS = {"a": torch.arange(60.0).reshape(12, 5), "b": torch.arange(7.0), "c": torch.tensor(3.0)}


def write(folder: Path, kind: str) -> None:
    if kind == "safetensors":
        save_file(TENSORS, folder / "model.safetensors")
    elif kind == "shards":
        for number, (name, tensor) in enumerate(TENSORS.items()):
            save_file({name: tensor}, folder / f"{number}.safetensors")
        places = {name: f"{number}.safetensors" for number, name in enumerate(TENSORS)}
        index = json.dumps({"weight_map": places})
        (folder / "model.safetensors.index.json").write_text(index)
    else:
        new = kind == "bin"
        torch.save(TENSORS, folder / "pytorch_model.bin", _use_new_zipfile_serialization=new)


@pytest.mark.parametrize("kind", ["safetensors", "shards", "bin", "old bin"])
def test_blocks_are_the_tensor(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_BLOCK", 10)
    write(tmp_path, kind)
    files = WeightFiles(tmp_path)
    assert files.shapes == {"a": (12, 5), "b": (7,), "c": ()}
    blocks = [(start, block.clone()) for start, block in files.blocks("a")]
    assert [start for start, _ in blocks] == [0, 2, 4, 6, 8, 10]
    assert torch.equal(torch.cat([block for _, block in blocks]), TENSORS["a"])
    for name in ("b", "c"):
        ((start, block),) = files.blocks(name)
        assert start == 0
        assert torch.equal(block, TENSORS[name])


def test_shards_are_looked_for_in_the_folder_only(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    save_file(TENSORS, tmp_path / "model.safetensors")
    index = json.dumps({"weight_map": {"a": "../model.safetensors"}})
    (tmp_path / "model" / "model.safetensors.index.json").write_text(index)
    with pytest.raises(FileNotFoundError):
        WeightFiles(tmp_path / "model")


def test_a_folder_without_weights_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no model\.safetensors"):
        WeightFiles(tmp_path)


PEAK = """
import sys
from pathlib import Path
from galai_jupyter.engines import checkpoint, hardware

def peak():  # ru_maxrss is the parent's here, where that was larger
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def load(folder):
    config = checkpoint.read_config(folder)
    place = {"": "cpu"}
    return checkpoint.load_weights(folder, config, sys.argv[3], place, lambda *progress: None)

load(Path(sys.argv[1]))  # what torch and transformers take themselves
hardware.release_memory()
Path("/proc/self/clear_refs").write_text("5")  # the peak is what is used now
before = peak()
model = load(Path(sys.argv[2]))
print(peak() - before, sum(weight.numel() for weight in model.parameters()))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkpoint of 400 MB on disk; its embedding is a third of it, as mini's is."""
    from tests.conftest import make_model

    folder = tmp_path_factory.mktemp("large")
    model = make_model(
        vocab_size=40_000,
        hidden_size=768,
        word_embed_proj_dim=768,
        ffn_dim=3072,
        num_hidden_layers=10,
        init_std=0.02,
    )
    model.save_pretrained(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        ("float32", "safetensors"),
        ("float16", "safetensors"),
        ("bfloat16", "bin"),
        ("int8", "safetensors"),
        ("int8", "bin"),
    ],
)
def test_loading_takes_little_more_than_the_weights(
    large: Path, checkpoint: Path, tmp_path: Path, dtype: str, kind: str
) -> None:
    """Peak of the process, mapped pages of files included, against the weights' size."""
    folder = large
    if kind == "bin":
        folder = tmp_path
        os.link(large / "config.json", folder / "config.json")
        torch.save(load_file(large / "model.safetensors"), folder / "pytorch_model.bin")
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(checkpoint), str(folder), dtype],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    if kind == "bin":
        (folder / "pytorch_model.bin").unlink()
    assert run.returncode == 0, run.stderr
    peak = int(run.stdout.split()[0])
    size = ModelInfo("large", "", 10, 12, 64, 40_000, 128).weights_size(dtype)
    assert peak < 1.2 * size
    assert peak > 0.8 * size, "it measured nothing"
