"""Strings in, training documents out: pieces of text, each marked as prompt or continuation."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Document:
    """Pieces of text; `learned` says which of them the model should be able to write."""

    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """The whole document."""
        return "".join(piece for piece, _ in self.pieces)


Maker = Callable[[random.Random], Document]
"""Draws one document."""


def document(prompt: str, continuation: str) -> Document:
    """A prompt and what should follow it."""
    return Document(((prompt, False), (continuation, True)))


def upper(text: str) -> str:
    """`text` with a capital at the start, unless it starts with a formula."""
    return text[:1].upper() + text[1:]


def bare(phrase: str) -> str:
    """`phrase` without its leading article."""
    return re.sub(r"^(the|a|an) ", "", phrase, flags=re.IGNORECASE)


def roughen(rng: random.Random, prompt: str) -> str:
    """Now and then the small slips of a person who types: case, spaces, a missing end mark."""
    slip = rng.random()
    if slip < 0.04:
        return prompt.replace(" a ", "  a ", 1)
    if slip < 0.10:
        return prompt.lower() if "[START" not in prompt and "<work>" not in prompt else prompt
    return prompt


def pick(rng: random.Random, items: Sequence[T], favourite: float = 0.0) -> T:
    """One of `items`; with probability `favourite` it is the first."""
    return items[0] if rng.random() < favourite else rng.choice(items)
