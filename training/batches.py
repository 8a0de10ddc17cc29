"""A chunk of documents in, batches of equally long rows out: ids, loss mask, positions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.corpus import chunk
from training.tokenizer import END, PAD, Encoded, WordSplitter, encode_documents

SHIFTED = 0.35
"""Share of batches that start at a random position, so that every position is met."""


@dataclass(frozen=True)
class Batch:
    """Ids, which of them the loss counts, and their positions; all of one shape."""

    ids: Tensor
    counted: Tensor
    positions: Tensor


@dataclass(frozen=True)
class Packing:
    """How documents become rows.

    Attributes
    ----------
    tokens : int
        Size of a batch, padding included.
    context : int
        Positions that the model has.
    prompt_share : float
        Share of the prompt's tokens that the loss counts; of a continuation it counts all.
    alone : float
        Share of rows that hold a single document.
    shifted : float
        Share of batches that start at a random position, so that every position is met.
    """

    tokens: int
    context: int
    prompt_share: float = 0.05
    alone: float = 0.9
    shifted: float = SHIFTED


Row = tuple[list[int], list[bool]]


def _row(encoded: list[Encoded], rng: random.Random, packing: Packing) -> Row:
    ids: list[int] = [END] if rng.random() < 0.5 else []
    counted = [False] * len(ids)
    for item in encoded:
        ids += [*item.ids, END]
        counted += [learned or rng.random() < packing.prompt_share for learned in item.learned]
        counted.append(item.whole)
    return ids[: packing.context], counted[: packing.context]


def _rows(encoded: list[Encoded], rng: random.Random, packing: Packing) -> Iterator[Row]:
    position = 0
    while position < len(encoded):
        size = 1 if rng.random() < packing.alone else rng.choice((2, 2, 3, 4))
        if rng.random() < 0.003:
            size = 24
        yield _row(encoded[position : position + size], rng, packing)
        position += size


def _width(length: int, packing: Packing) -> int:
    """Round up, since every new shape of a matrix costs time to prepare for it."""
    step = 8 if length < 64 else 16 if length < 256 else 128
    return min(-(-length // step) * step, packing.context)


def _stack(rows: list[Row], rng: random.Random, packing: Packing) -> Batch:
    longest = _width(max(len(ids) for ids, _ in rows), packing)
    number = packing.tokens // longest or 1
    ids = torch.full((number, longest), PAD)
    counted = torch.zeros((number, longest), dtype=torch.bool)
    for index, (row, mask) in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
        counted[index, : len(row)] = torch.tensor(mask)
    room = packing.context - longest
    start = rng.randint(0, room) if rng.random() < packing.shifted else 0
    positions = torch.arange(start, start + longest).expand(number, longest)
    return Batch(ids, counted, positions)


def batches(tokenizer: Tokenizer, packing: Packing, seed: int, number: int) -> Iterator[Batch]:
    """Encode chunk `number`, sort its rows by length and yield batches in random order."""
    rng = random.Random(f"{seed}/{number}/batches")
    splitter = WordSplitter(tokenizer, rng)
    encoded = encode_documents(tokenizer, chunk(seed, number), splitter)
    rows = sorted(_rows(encoded, rng, packing), key=lambda row: len(row[0]))
    groups: list[list[Row]] = [[]]
    for row in rows:
        if groups[-1] and _width(len(row[0]), packing) * (len(groups[-1]) + 1) > packing.tokens:
            groups.append([])
        groups[-1].append(row)
    rng.shuffle(groups)
    for group in groups:
        yield _stack(group, rng, packing)
