"""A random generator in, documents with sums out, each computed, not written."""

from __future__ import annotations

import random
from collections.abc import Callable

from training.documents import Document, document
from training.problems.arithmetic import (
    addition,
    average,
    bat_and_ball,
    common_divisor,
    division,
    harmonic,
    left_over,
    long_product,
    power,
    product,
    several_terms,
    square_root,
    subtraction,
    two_steps,
)
from training.problems.chance import (
    both,
    card,
    complement,
    dice,
    even_heads,
    heads,
    marbles,
    one_die,
)
from training.problems.equations import (
    both_sides,
    brackets,
    constant_first,
    linear,
    short_equation,
)
from training.problems.percentages import change, discount, increase, part, percentage, share
from training.problems.problem import THINGS, Sum, is_reserved
from training.problems.quantities import (
    conversion,
    density,
    hours_and_minutes,
    motion,
    speed_units,
    temperature,
)
from training.problems.shapes import area, cuboid, perimeter

MAKERS: tuple[Callable[[random.Random], Sum], ...] = (
    *5 * (addition,), *6 * (subtraction,), *4 * (product,), *3 * (long_product,), *4 * (division,),
    *4 * (two_steps,), *4 * (linear,), *3 * (percentage,), *5 * (conversion,), *3 * (discount,),
    *2 * (increase,), *2 * (marbles,), *2 * (bat_and_ball,), *2 * (heads,), *2 * (one_die,),
    *2 * (motion,), *2 * (short_equation,), *2 * (area,), several_terms, left_over, power,
    square_root, share, change, part, speed_units, temperature, hours_and_minutes, density,
    even_heads, dice, card, complement, both, constant_first, brackets, both_sides, average,
    perimeter, cuboid, common_divisor, harmonic,
)  # fmt: skip
"""Kinds of problems; what people ask for most stands here most."""


def draw(rng: random.Random, *, reserved: bool = False) -> Sum:
    """Return a random word problem; `reserved` ones are those that training leaves out."""
    while True:
        task = rng.choice(MAKERS)(rng)
        if is_reserved(*task.operands) == reserved:
            return task


def drill(rng: random.Random) -> Document:
    """Several small sums, one a line; only the results are learnt."""
    pieces: list[tuple[str, bool]] = []
    while len(pieces) < 16:
        kind = rng.choice("+++-----×××/")
        if kind == "×":
            a = rng.randint(2, rng.choice((12, 12, 30))) * rng.choice((1, 1, 10, 100))
            b = rng.randint(2, 12)
            result = a * b
        elif kind == "/":
            b, result = rng.randint(2, 12), rng.randint(2, 20)
            a = b * result
        else:
            a = rng.randint(2, rng.choice((20, 99, 999, 2000)))
            b = rng.randint(1, 9) * rng.choice((1, 1, 10, 100))
            a, b = max(a, b), min(a, b)
            result = a + b if kind == "+" else a - b
        if not is_reserved(a, b):
            pieces += [(f"{a} {kind} {b} =", False), (f" {result}\n", True)]
    return Document(tuple(pieces))


def echo(rng: random.Random) -> Document:
    """Something to repeat: copying is the first step of every sum."""
    number = rng.randint(10, 999_999)
    values = " ".join(str(rng.randint(0, 99)) for _ in range(rng.randint(3, 8)))
    letters = "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcxyz") for _ in range(6))
    item = rng.choice((str(number), values, letters, f"{rng.choice(THINGS)} {number}"))
    start = rng.choice(("Repeat", "Copy", "Write again", "Say once more"))
    return document(f"Question: {start}: {item}\n\nAnswer:", f" {item}")


def worked(rng: random.Random) -> Document:
    """A problem with its steps inside a work block, sometimes with a program and its result."""
    task = draw(rng)
    asked = task.question
    lines = "\n".join(task.steps)
    if task.code and (task.steps[0].startswith("It is") or rng.random() < 0.35):
        asked += rng.choice((" Answer with a source code.", " Answer with code."))
        lines += f"\n\n```python\n{task.code}\n```\n\nResult: {task.result}"
    frame = rng.choice(
        (
            "Question: {}\n\n<work>",
            "Question: {}\n\n<work>",
            "Question: {}\n\n<work>",
            "{}\n\n<work>",
            "{} <work>",
            "Question: {} <work>",
            "Q: {}\n\n<work>",
            "Q: {}\nA: <work>",
            "Question: {}\n\nAnswer step by step.\n\n<work>",
        )
    )
    prompt = frame.format(asked)
    return document(prompt, f"\n{lines}\n</work>\n\nAnswer: {task.answer}")


def direct(rng: random.Random) -> Document:
    """A problem that is answered at once."""
    task = draw(rng)
    prompt = rng.choice((f"Question: {task.question}\n\nAnswer:", f"Q: {task.question}\n\nA:"))
    return document(prompt, f" {task.answer}")
