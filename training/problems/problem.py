"""Numbers and a kind in, a wording out: what all word problems have in common."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from zlib import crc32

from training.tables import table

THINGS = (
    "apples", "books", "coins", "cells", "eggs", "stamps", "samples", "pens", "cards", "bottles",
    "chairs", "flowers", "mice", "photos", "stones", "tubes",
)  # fmt: skip
NAMES = (
    "Ada", "Ben", "Clara", "David", "Emmy", "Felix", "Marie", "Tom", "Anna", "Omar", "Li", "Eva",
    "Sam", "Mia", "Noah", "Priya", "Ravi", "Jane",
)  # fmt: skip


@dataclass(frozen=True)
class Sum:
    """A question, the lines of its solution and its answer; perhaps a program as well."""

    question: str
    steps: tuple[str, ...]
    answer: str
    code: str = ""
    result: str = ""
    operands: tuple[int, ...] = ()


def is_reserved(*operands: int) -> bool:
    """Say whether a problem with these numbers is kept for the test: one in ten is.

    Training skips reserved problems, so that right answers to them are calculated, not recalled.
    """
    return len(operands) > 1 and crc32(repr(sorted(operands)).encode()) % 10 == 0


def wording(rng: random.Random, kind: str, **values: object) -> str:
    """One of the wordings of `kind` in ``facts/stories``, with these values, names and things."""
    who, other = rng.sample(NAMES, 2)
    chosen = str(rng.choice(table("stories")[kind]))
    return chosen.format(who=who, other=other, what=rng.choice(THINGS), **values)


def fraction(value: Fraction | int) -> str:
    """1/2 of Fraction(1, 2), and 3 of Fraction(3, 1)."""
    exact = Fraction(value)
    return str(exact.numerator) if exact.denominator == 1 else str(exact)


def money(cents: int) -> str:
    """1.05 of 105."""
    return f"{cents // 100}.{cents % 100:02d}"


def listed(values: list[int]) -> str:
    """3, 8 and 10."""
    return ", ".join(map(str, values[:-1])) + f" and {values[-1]}"
