"""Strings in, training documents out: pieces of text, each marked as prompt or continuation."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from training.tables import thesaurus

T = TypeVar("T")


@dataclass(frozen=True)
class Document:
    """Pieces of text; `learned` says which of them the model should be able to write.

    In a `worded` document the first piece is a person's own wording: it may be split into smaller
    pieces of words now and then, so that unknown words resemble known ones. Of a document that
    breaks off, only the first `kept` tokens after that piece are used.
    """

    pieces: tuple[tuple[str, bool], ...]
    worded: bool = False
    kept: int | None = None

    @property
    def text(self) -> str:
        """The whole document."""
        return "".join(piece for piece, _ in self.pieces)


Maker = Callable[[random.Random], Document]
"""Draws one document."""


def document(prompt: str, continuation: str, *, worded: bool = False) -> Document:
    """A prompt and what should follow it."""
    return Document(((prompt, False), (continuation, True)), worded)


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


@cache
def _synonyms() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    groups = {word: group for group in thesaurus() for word in group}
    longest_first = sorted(groups, key=len, reverse=True)
    words = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])"), groups


def reword(rng: random.Random, phrase: str, share: float = 0.4) -> str:
    """`phrase` with synonyms for a share of its words; now and then a word is left out."""
    pattern, groups = _synonyms()

    def other(found: re.Match[str]) -> str:
        return rng.choice(groups[found[0]]) if rng.random() < share else found[0]

    words = pattern.sub(other, phrase).split(" ")
    if len(words) > 4 and rng.random() < 0.12:
        del words[rng.randrange(1, len(words))]
    return " ".join(words)


def pick(rng: random.Random, items: Sequence[T], favourite: float = 0.0) -> T:
    """One of `items`; with probability `favourite` it is the first."""
    return items[0] if rng.random() < favourite else rng.choice(items)
