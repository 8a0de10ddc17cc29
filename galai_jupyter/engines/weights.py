"""A checkpoint's folder in; the shapes of its weights, and their numbers block by block, out."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

_BLOCK = 250_000
"""Numbers that are read at once, at most."""
_SHARE = 128
"""A file is closed and opened again each time this part of it was read, but at least a block:
pages of a mapped file count as memory until then."""

_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
_FILES = ("model.safetensors", "pytorch_model.bin")


class WeightFiles:
    """The weights in a folder, read lazily; safetensors or ``.bin``, in one file or in shards.

    Pickled code is never run.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files are; safetensors come before ``.bin``.

    Attributes
    ----------
    shapes : dict of str to tuple of int
        The shape of every tensor.

    Raises
    ------
    FileNotFoundError
        If there are no weights, or a shard is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._paths: dict[str, Path] = {}
        self._path: Path | None = None
        self._file: _File | None = None
        self._read = 0
        for path in _find(folder):
            file = _open(path)
            for name in file.names():
                self.shapes[name] = file.shape(name)
                self._paths[name] = path

    def blocks(self, name: str) -> Iterator[tuple[int, Tensor]]:
        """Yield the tensor's first row in each block, and the block's rows.

        A block is valid until the next one is asked for.
        """
        shape = self.shapes[name]
        rows = shape[0] if shape else 1
        per_block = max(1, _BLOCK * rows // max(1, math.prod(shape))) if len(shape) > 1 else rows
        for start in range(0, rows, per_block):
            yield start, self._open(self._paths[name]).rows(name, start, start + per_block)
            self._read += min(per_block, rows - start) * math.prod(shape[1:])

    def _open(self, path: Path) -> _File:
        limit = max(_BLOCK, path.stat().st_size // 4 // _SHARE)
        stale = self._read >= limit and self._file is not None and self._file.is_mapped
        if self._file is None or path != self._path or stale:
            self._file = None  # before the next one is opened: what it has mapped is given back
            self._path, self._file, self._read = path, _open(path), 0
        return self._file


class _Safetensors:
    """One ``.safetensors`` file, open."""

    is_mapped = True

    def __init__(self, path: Path) -> None:
        from safetensors import safe_open

        self._file: Any = safe_open(path, framework="pt")

    def names(self) -> list[str]:
        return list(self._file.keys())

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._file.get_slice(name).get_shape())

    def rows(self, name: str, start: int, stop: int) -> Tensor:
        if len(self.shape(name)) == 0:
            whole: Tensor = self._file.get_tensor(name)
            return whole
        part: Tensor = self._file.get_slice(name)[start:stop]
        return part


class _Pickled:
    """One ``.bin`` file, open: tensors only; those of torch before 1.6 cannot be mapped."""

    def __init__(self, path: Path) -> None:
        self.is_mapped = zipfile.is_zipfile(path)
        self._tensors: dict[str, Tensor] = torch.load(
            path, map_location="cpu", mmap=self.is_mapped, weights_only=True
        )

    def names(self) -> list[str]:
        return list(self._tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._tensors[name].shape)

    def rows(self, name: str, start: int, stop: int) -> Tensor:
        tensor = self._tensors[name]
        return tensor[start:stop] if tensor.ndim else tensor


_File = _Safetensors | _Pickled


def _open(path: Path) -> _File:
    return _Safetensors(path) if path.suffix == ".safetensors" else _Pickled(path)


def _find(folder: Path) -> list[Path]:
    """Return the files that hold the weights."""
    for index, whole in zip(_INDEXES, _FILES, strict=True):
        if (folder / whole).is_file():
            return [folder / whole]
        if (folder / index).is_file():
            places = json.loads((folder / index).read_text(encoding="utf-8"))["weight_map"]
            return [folder / Path(name).name for name in dict.fromkeys(places.values())]
    raise FileNotFoundError(f"there is no {_FILES[0]} and no {_FILES[1]}")
