"""A random generator in, word problems with worked solutions out, each computed, not written."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb, gcd

from training.documents import Document, document

THINGS = ("apples", "books", "coins", "cells", "eggs", "stamps", "samples", "pens")
NAMES = ("Ada", "Ben", "Clara", "David", "Emmy", "Felix", "Marie", "Tom")
UNITS = (
    ("kilometres", "metres", 1000), ("metres", "centimetres", 100), ("hours", "minutes", 60),
    ("minutes", "seconds", 60), ("kilograms", "grams", 1000), ("days", "hours", 24),
    ("weeks", "days", 7), ("litres", "millilitres", 1000), ("years", "months", 12),
    ("centimetres", "millimetres", 10), ("tonnes", "kilograms", 1000),
)  # fmt: skip
PAIRS = 3 * (("bat", "ball"),) + (("book", "pen"), ("lamp", "bulb"), ("cup", "spoon"))
"""Things that cost different prices; the best-known pair comes up most."""


@dataclass(frozen=True)
class Sum:
    """A question, the lines of its solution and its answer; perhaps a program as well."""

    question: str
    steps: tuple[str, ...]
    answer: str
    code: str = ""
    result: str = ""


def _number(value: Fraction | int) -> str:
    fraction = Fraction(value)
    if fraction.denominator == 1:
        return str(fraction.numerator)
    return f"{fraction.numerator}/{fraction.denominator}"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def addition(rng: random.Random) -> Sum:
    a, b = rng.randint(2, 99), rng.randint(2, 99)
    tens, ones = a // 10 * 10 + b // 10 * 10, a % 10 + b % 10
    question = rng.choice(
        (f"What is {a} + {b}?", f"Calculate {a} + {b}.", f"What is the sum of {a} and {b}?")
    )
    steps = (
        f"{a // 10 * 10} + {b // 10 * 10} = {tens}",
        f"{a % 10} + {b % 10} = {ones}",
        f"{tens} + {ones} = {a + b}",
    )
    return Sum(question, steps, str(a + b), f"print({a} + {b})", str(a + b))


def subtraction(rng: random.Random) -> Sum:
    b = rng.randint(2, 60)
    a = b + rng.randint(1, 39)
    who, what = rng.choice(NAMES), rng.choice(THINGS)
    question = rng.choice(
        (
            f"What is {a} - {b}?",
            f"{who} has {a} {what} and gives away {b}. How many {what} are left?",
        )
    )
    return Sum(question, (f"{a} - {b} = {a - b}",), str(a - b), f"print({a} - {b})", str(a - b))


def product(rng: random.Random) -> Sum:
    a, b = rng.randint(11, 99), rng.randint(2, 9)
    tens, ones = a // 10 * 10, a % 10
    what = rng.choice(THINGS)
    question = rng.choice(
        (
            f"What is {a} × {b}?",
            f"What is {a} * {b}?",
            f"What is {a} times {b}?",
            f"There are {b} boxes with {a} {what} each. How many {what} are there?",
        )
    )
    steps = (
        f"{tens} × {b} = {tens * b}",
        f"{ones} × {b} = {ones * b}",
        f"{tens * b} + {ones * b} = {a * b}",
    )
    return Sum(question, steps, str(a * b), f"print({a} * {b})", str(a * b))


def division(rng: random.Random) -> Sum:
    b, c = rng.randint(2, 12), rng.randint(2, 12)
    question = rng.choice(
        (
            f"What is {b * c} / {b}?",
            f"What is {b * c} divided by {b}?",
            f"{b * c} samples are shared by {b} groups. How many does each group get?",
        )
    )
    return Sum(
        question,
        (f"{b} × {c} = {b * c}", f"{b * c} / {b} = {c}"),
        str(c),
        f"print({b * c} // {b})",
        str(c),
    )


def bat_and_ball(rng: random.Random) -> Sum:
    ball = 5 * rng.randint(1, 20)
    more = rng.choice((100, 100, 100, 50, 200, 500, 1000))
    if rng.random() < 0.4:
        ball, more = 5, 100
    total = 2 * ball + more
    dear, cheap = rng.choice(PAIRS)
    sign = rng.choice(("$\\${}$", "$\\${}$", "\\${}", "${}"))
    question = (
        f"A {dear} and a {cheap} cost {sign.format(_money(total))} in total. The {dear} costs "
        f"{sign.format(_money(more))} more than the {cheap}. How much does the {cheap} cost?"
    )
    steps = (
        f"Let x be the price of the {cheap} in cents. The {dear} costs x + {more}.",
        f"x + x + {more} = {total}",
        f"2x = {total} - {more}",
        f"{total} - {more} = {total - more}",
        f"x = {total - more} / 2",
        f"{total - more} / 2 = {ball}",
    )
    return Sum(question, steps, f"${_money(ball)}")


def percentage(rng: random.Random) -> Sum:
    p = rng.choice((1, 5, 10, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80))
    n = rng.choice((20, 40, 50, 60, 80, 100, 120, 200, 240, 300, 400, 500, 800, 1000))
    value = Fraction(p * n, 100)
    question = rng.choice(
        (f"What is {p}% of {n}?", f"{p}% of {n} people are ill. How many people is that?")
    )
    if value.denominator != 1:
        return percentage(rng)
    return Sum(
        question,
        (f"{p} × {n} = {p * n}", f"{p * n} / 100 = {value}"),
        str(value),
        f"print({p} * {n} / 100)",
        str(float(value)),
    )


def conversion(rng: random.Random) -> Sum:
    big, small, factor = rng.choice(UNITS)
    n = rng.randint(2, 20)
    question = rng.choice((f"How many {small} are {n} {big}?", f"Convert {n} {big} to {small}."))
    first = f"1 {big.removesuffix('s')} is {factor} {small}."
    return Sum(question, (first, f"{n} × {factor} = {n * factor}"), f"{n * factor} {small}")


def celsius(rng: random.Random) -> Sum:
    c = 5 * rng.randint(0, 20)
    f = c * 9 // 5
    question = rng.choice(
        (f"Convert {c} degrees Celsius to Fahrenheit.", f"What is {c} °C in degrees Fahrenheit?")
    )
    steps = (f"{c} × 9 = {c * 9}", f"{c * 9} / 5 = {f}", f"{f} + 32 = {f + 32}")
    return Sum(question, steps, f"{f + 32} °F")


def _flips(rng: random.Random, n: int) -> str:
    digits = rng.choice((f"${n}$", f"${n}$", str(n)))
    return f"We flip a fair coin {digits} times."


def even_heads(rng: random.Random) -> Sum:
    n = rng.choice((2, 3, 3, 3, 4, 5))
    counts = {k: comb(n, k) for k in range(0, n + 1, 2)}
    total = sum(counts.values())
    steps = [f"There are 2^{n} = {2**n} outcomes."]
    steps += [f"{k} heads: {ways} outcomes" for k, ways in counts.items()]
    steps += [f"{' + '.join(map(str, counts.values()))} = {total}", f"{total} / {2**n} = 1/2"]
    question = f"{_flips(rng, n)} What is the probability of getting an even number of heads?"
    return Sum(question, tuple(steps), "1/2")


def k_heads(rng: random.Random) -> Sum:
    n = rng.randint(2, 5)
    k = rng.randint(0, n)
    probability = Fraction(comb(n, k), 2**n)
    heads = "head" if k == 1 else "heads"
    question = f"{_flips(rng, n)} What is the probability of getting exactly {k} {heads}?"
    steps = [f"There are 2^{n} = {2**n} outcomes.", f"{k} {heads}: {comb(n, k)} outcomes"]
    steps.append(f"{comb(n, k)} / {2**n} = {_number(probability)}")
    return Sum(question, tuple(steps), _number(probability))


def dice(rng: random.Random) -> Sum:
    total = rng.randint(2, 12)
    pairs = [(a, total - a) for a in range(1, 7) if 1 <= total - a <= 6]
    probability = Fraction(len(pairs), 36)
    question = f"We roll two fair dice. What is the probability that the sum is {total}?"
    steps = (
        "There are 6 × 6 = 36 outcomes.",
        f"Sum {total}: " + ", ".join(f"{a} + {b}" for a, b in pairs),
        f"{len(pairs)} / 36 = {_number(probability)}",
    )
    return Sum(question, steps, _number(probability))


def linear(rng: random.Random) -> Sum:
    a, x, b = rng.randint(2, 9), rng.randint(1, 12), rng.randint(1, 20)
    c = a * x + b
    equation = rng.choice((f"{a}x + {b} = {c}", f"${a}x + {b} = {c}$", f"\\({a}x + {b} = {c}\\)"))
    question = rng.choice(
        (f"Solve {equation}.", f"Solve {equation} for x.", f"What is x if {equation}?")
    )
    steps = (
        f"{a}x = {c} - {b}",
        f"{c} - {b} = {c - b}",
        f"x = {c - b} / {a}",
        f"{c - b} / {a} = {x}",
    )
    return Sum(question, steps, f"x = {x}")


def average(rng: random.Random) -> Sum:
    n = rng.randint(2, 4)
    values = [rng.randint(1, 20) for _ in range(n)]
    if sum(values) % n:
        return average(rng)
    listed = ", ".join(map(str, values[:-1])) + f" and {values[-1]}"
    added = " + ".join(map(str, values))
    steps = (f"{added} = {sum(values)}", f"{sum(values)} / {n} = {sum(values) // n}")
    question = rng.choice((f"What is the average of {listed}?", f"What is the mean of {listed}?"))
    return Sum(
        question, steps, str(sum(values) // n), f"print(({added}) / {n})", str(sum(values) / n)
    )


def speed(rng: random.Random) -> Sum:
    v, t = 10 * rng.randint(1, 12), rng.randint(2, 9)
    vehicle = rng.choice(("car", "train", "cyclist", "ship"))
    if rng.random() < 0.5:
        question = f"A {vehicle} moves at {v} km/h for {t} hours. How far does it go?"
        return Sum(question, (f"{v} × {t} = {v * t}",), f"{v * t} km")
    question = f"A {vehicle} covers {v * t} km in {t} hours. What is its speed?"
    return Sum(question, (f"{v * t} / {t} = {v}",), f"{v} km/h")


def rectangle(rng: random.Random) -> Sum:
    a, b = rng.randint(2, 12), rng.randint(2, 12)
    question = f"What is the area of a rectangle with sides {a} m and {b} m?"
    return Sum(question, (f"{a} × {b} = {a * b}",), f"{a * b} m²")


def common_divisor(rng: random.Random) -> Sum:
    a, b = rng.randint(2, 60), rng.randint(2, 60)
    if a < b:
        a, b = b, a
    question, steps, answer = f"What is the greatest common divisor of {a} and {b}?", [], gcd(a, b)
    x, y = a, b
    while y:
        steps.append(f"{x} = {x // y} × {y} + {x % y}")
        x, y = y, x % y
    return Sum(question, tuple(steps), str(answer))


def harmonic(rng: random.Random) -> Sum:
    n = rng.randint(3, 10)
    power, words = rng.choice((2 * [(2, "the second order")]) + [(1, "the first order")])
    value = sum(1 / k**power for k in range(1, n + 1))
    term, tex = ("k**2", "k^2") if power == 2 else ("k", "k")
    number = rng.choice((f"${n}$-th", f"${n}$-th", f"{n}-th"))
    question = f"What is the {number} harmonic number of {words}?"
    steps = (f"It is \\( \\sum_{{k=1}}^{{{n}}} \\frac{{1}}{{{tex}}} \\).",)
    code = f"result = sum(1 / {term} for k in range(1, {n} + 1))\nprint(round(result, 4))"
    return Sum(question, steps, str(round(value, 4)), code, str(round(value, 4)))


MAKERS: tuple[Callable[[random.Random], Sum], ...] = (
    addition, addition, subtraction, product, product, division, bat_and_ball, bat_and_ball,
    percentage, conversion, conversion, celsius, even_heads, k_heads, dice, linear, linear,
    average, speed, rectangle, common_divisor, harmonic, harmonic,
)  # fmt: skip


def draw(rng: random.Random) -> Sum:
    """Return a random word problem."""
    return rng.choice(MAKERS)(rng)


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
    start = rng.choice(("Question: ", "Question: ", ""))
    prompt = f"{start}{asked}" + rng.choice(("\n\n<work>", "\n\n<work>", " <work>"))
    return document(prompt, f"\n{lines}\n</work>\n\nAnswer: {task.answer}")


def direct(rng: random.Random) -> Document:
    """A problem that is answered at once."""
    task = draw(rng)
    prompt = rng.choice((f"Question: {task.question}\n\nAnswer:", f"Q: {task.question}\n\nA:"))
    return document(prompt, f" {task.answer}")
