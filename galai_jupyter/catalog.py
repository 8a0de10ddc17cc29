"""A checkpoint's name in; its shape, licence and memory needs out.

Shapes are those of Table 1 of the Galactica paper (Taylor et al. 2022); parameter counts assume
biases and affine layer norms, as `galai` counts them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

from galai_jupyter.errors import ModelNotFoundError, did_you_mean
from galai_jupyter.tokens import CONTEXT_SIZE

DEMO = "demo"
"""The bundled checkpoint, used when nothing else has been loaded."""

GALACTICA_LICENCE = "CC BY-NC 4.0 (non-commercial use)"
GALPACA_LICENCE = f"{GALACTICA_LICENCE}; Galpaca also falls under OpenAI's terms of use"
DEMO_LICENCE = "Apache-2.0"

_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
_PACKED = 512
"""Packed rows of int8 matrices are multiples of this (fbgemm's block)."""


def element_size(dtype: str) -> int:
    """Return the bytes of one number of `dtype`, for example ``"float32"`` or ``"int8"``."""
    return _BYTES[str(dtype).removeprefix("torch.")]


def state_size(dtype: str) -> int:
    """Return the bytes of a key's or a value's number in a model whose weights are `dtype`."""
    return 4 if dtype == "int8" else element_size(dtype)


def int8_extra(num_layers: int, width: int, vocab_size: int, positions: int) -> int:
    """Return the bytes that int8 weights take beyond one for each parameter.

    The tokens' embedding is held again, packed for the head; the rows of packed matrices are
    padded to multiples of 512 numbers (only mini's need it); positions are float32.
    """
    padding, wide_padding = -width % _PACKED, -4 * width % _PACKED
    head = vocab_size * (width + padding)
    layer = 8 * width * padding + width * wide_padding
    return head + num_layers * layer + 3 * positions * width


def memory_needed(parameters: int, dtype: str, cache: int, extra: int = 0) -> int:
    """Return the bytes that a model needs: its weights, a tenth more to work with, its cache.

    Parameters
    ----------
    parameters : int
        Number of parameters.
    dtype : str
        Number format of the weights.
    cache : int
        Bytes of keys and values for one full context.
    extra : int, default 0
        What the weights take beyond that; see :func:`int8_extra`.
    """
    return int(1.1 * (parameters * element_size(dtype) + extra)) + cache


@dataclass(frozen=True)
class ModelInfo:
    """The shape of one checkpoint and what follows from it.

    Attributes
    ----------
    name : str
        The short name, for example ``"mini"``.
    hub_id : str
        Where the Hugging Face hub has it; ``""`` for the bundled model.
    num_layers, num_heads, head_size, vocab_size, max_positions : int
        The shape; the hidden size is ``num_heads * head_size``.
    licence : str
        Under what terms the weights may be used.
    """

    name: str
    hub_id: str
    num_layers: int
    num_heads: int
    head_size: int
    vocab_size: int = 50_000
    max_positions: int = CONTEXT_SIZE
    licence: str = GALACTICA_LICENCE

    @property
    def hidden_size(self) -> int:
        """Width of the hidden states."""
        return self.num_heads * self.head_size

    @property
    def parameters(self) -> int:
        """Number of parameters; the head is tied to the embedding and counted once."""
        width = self.hidden_size
        layer = 12 * width * width + 13 * width
        embeddings = (self.vocab_size + self.max_positions + 2) * width
        return self.num_layers * layer + embeddings + 2 * width

    @property
    def disk_size(self) -> int:
        """Approximate bytes of the checkpoint's files (float16)."""
        return self.parameters * 2

    def weights_size(self, dtype: str = "float16") -> int:
        """Return the approximate bytes of the weights in memory."""
        return self.parameters * element_size(dtype) + self._extra(dtype)

    def _extra(self, dtype: str) -> int:
        if dtype != "int8":
            return 0
        shape = (self.num_layers, self.hidden_size, self.vocab_size, self.max_positions + 2)
        return int8_extra(*shape)

    def memory_per_token(self, dtype: str = "float16") -> int:
        """Return the bytes of keys and values that are kept for each token of context."""
        return 2 * self.num_layers * self.hidden_size * state_size(dtype)

    def memory_needed(self, dtype: str = "float16") -> int:
        """Return the bytes that loading the model and filling its context takes."""
        cache = self.memory_per_token(dtype) * self.max_positions
        return memory_needed(self.parameters, dtype, cache, self._extra(dtype))

    def widest_dtype(self, free: int) -> str:
        """Return the widest of float32, bfloat16 and int8 that fits, ``""`` if none does."""
        for dtype in ("float32", "bfloat16", "int8"):
            if self.memory_needed(dtype) <= free:
                return dtype
        return ""

    @staticmethod
    def by_name(name: str) -> ModelInfo:
        """Return the entry called `name`.

        Raises
        ------
        ModelNotFoundError
            If the catalog has no such entry; the message holds close matches.
        """
        if name == DEMO:
            return _from_config(DEMO, checkpoint_path(DEMO), DEMO_LICENCE)
        for info in _CATALOG:
            if name in (info.name, info.hub_id):
                return info
        raise ModelNotFoundError(
            f"There is no model {name!r}.{did_you_mean(name, names())} The names are "
            f"{', '.join(names())}; a hub id (owner/name) or a local folder also works."
        )

    @staticmethod
    def all() -> ModelTable:
        """Return the five Galactica checkpoints, smallest first; a notebook shows a table."""
        return ModelTable(info for info in _CATALOG if "galpaca" not in info.name)


class ModelTable(list[ModelInfo]):
    """Catalog entries that a notebook, or ``print``, shows as a table."""

    _HEADER = (
        "Name",
        "Parameters",
        "Layers",
        "Heads",
        "Head Size",
        "Vocabulary Size",
        "Context Size",
    )

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                info.name,
                format_count(info.parameters),
                str(info.num_layers),
                str(info.num_heads),
                str(info.head_size),
                str(info.vocab_size),
                str(info.max_positions),
            )
            for info in self
        ]

    def __repr__(self) -> str:
        rows = [self._HEADER, *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def _repr_html_(self) -> str:
        header = "".join(f"<th>{name}</th>" for name in self._HEADER)
        body = "".join(
            f"<tr><td><strong>{escape(name)}</strong></td>"
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in self._rows()
        )
        return f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"


_CATALOG = (
    ModelInfo("mini", "facebook/galactica-125m", 12, 12, 64),
    ModelInfo("base", "facebook/galactica-1.3b", 24, 32, 64),
    ModelInfo("standard", "facebook/galactica-6.7b", 32, 32, 128),
    ModelInfo("large", "facebook/galactica-30b", 48, 56, 128),
    ModelInfo("huge", "facebook/galactica-120b", 96, 80, 128),
    ModelInfo(
        "galpaca-6.7b",
        "GeorgiaTechResearchInstitute/galpaca-6.7b",
        32,
        32,
        128,
        licence=GALPACA_LICENCE,
    ),
    ModelInfo(
        "galpaca-30b",
        "GeorgiaTechResearchInstitute/galpaca-30b",
        48,
        56,
        128,
        licence=GALPACA_LICENCE,
    ),
)


def names() -> tuple[str, ...]:
    """Return the catalog's names, the bundled model first."""
    return (DEMO, *(info.name for info in _CATALOG))


def checkpoint_path(name: str) -> Path:
    """Return the folder of the checkpoint `name` that ships with the package.

    Raises
    ------
    ModelNotFoundError
        If no bundled checkpoint has that name.
    """
    if name != DEMO:
        raise ModelNotFoundError(f"{name!r} does not ship with the package; only {DEMO!r} does.")
    return Path(__file__).parent / "demo_model"


def _from_config(name: str, folder: Path, licence: str) -> ModelInfo:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    heads = config["num_attention_heads"]
    return ModelInfo(
        name,
        "",
        config["num_hidden_layers"],
        heads,
        config["hidden_size"] // heads,
        config["vocab_size"],
        config["max_position_embeddings"],
        licence,
    )


def format_count(number: float) -> str:
    """Return a count as people say it: ``125.0 M``, ``1.3 B``."""
    for limit, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if number >= limit:
            return f"{number / limit:.1f} {unit}"
    return f"{number:.0f}"


def format_bytes(number: float) -> str:
    """Return a size in decimal units: ``250 MB``, ``60.0 GB``."""
    if number >= 1e9:
        return f"{number / 1e9:.1f} GB"
    return f"{number / 1e6:.0f} MB"
