"""A checkpoint's folder in; a short hexadecimal number that stands for its content out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

_WHOLE = 64 * 2**20
"""Files up to so many bytes are read whole."""

_BLOCKS, _BLOCK_SIZE = 256, 64 * 2**10
"""Of larger files, so many blocks are read, at even distances from the first byte to the last."""


def fingerprint(folder: Path) -> str:
    """Return 32 hexadecimal digits that change when a checkpoint does.

    They are the beginning of a SHA-256 of the names, sizes and contents of the configuration,
    the tokenizer and the weights. Of a large file 16 MiB are read, spread over all of it, so that
    it takes a fraction of a second; training changes weights everywhere.

    Parameters
    ----------
    folder : pathlib.Path
        A checkpoint folder; what is missing in it is left out.
    """
    digest = hashlib.sha256()
    weights = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    for path in (folder / "config.json", folder / "tokenizer.json", *weights):
        if path.is_file():
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            for block in _blocks(path):
                digest.update(block)
    return digest.hexdigest()[:32]


def _blocks(path: Path) -> Iterator[bytes]:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _WHOLE:
            yield file.read()
            return
        for index in range(_BLOCKS):
            file.seek((size - _BLOCK_SIZE) * index // (_BLOCKS - 1))
            yield file.read(_BLOCK_SIZE)
