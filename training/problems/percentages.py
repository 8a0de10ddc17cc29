"""A random generator in, problems of percentages and fractions out."""

from __future__ import annotations

import random

from training.problems.problem import Sum, wording
from training.steps import Steps, add, divide, multiply, percent, subtract


def percentage(rng: random.Random) -> Sum:
    """So many percent of a number."""
    p = rng.choice((1, 5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, rng.randint(2, 95)))
    n = rng.choice((10, 20, 20, 100)) * rng.randint(1, 50)
    if p * n % 100:
        return percentage(rng)
    value = str(p * n // 100)
    question = wording(rng, "percentage", p=p, n=n)
    return Sum(question, percent(p, n), value, f"print({p} * {n} // 100)", value, (p, n))


def share(rng: random.Random) -> Sum:
    """Which percentage one number is of another."""
    n = rng.choice((10, 20, 25, 40, 50, 60, 80, 100, 200, 250, 300, 400, 500))
    part = rng.randint(1, n - 1)
    if part * 100 % n:
        return share(rng)
    p = part * 100 // n
    steps = (f"{part} × 100 = {part * 100}", *divide(part * 100, n))
    return Sum(wording(rng, "share", a=part, n=n), steps, f"{p}%", operands=(part, n))


def change(rng: random.Random) -> Sum:
    """By how many percent something grew or shrank."""
    n, p = 10 * rng.randint(1, 60), rng.randint(1, 90)
    if p * n % 100:
        return change(rng)
    more = p * n // 100
    grows = rng.random() < 0.55
    new = n + more if grows else n - more
    kind = "change" if rng.random() < 0.15 else "rise" if grows else "fall"
    difference = subtract(new, n) if grows else subtract(n, new)
    steps: Steps = (*difference, f"{more} × 100 = {more * 100}", *divide(more * 100, n))
    return Sum(wording(rng, kind, n=n, m=new), steps, f"{p}%", operands=(n, new))


def _price_and_percentage(rng: random.Random) -> tuple[int, int]:
    while True:
        p = rng.choice((10 * rng.randint(1, 9), 5 * rng.randint(1, 15), rng.randint(2, 30)))
        n = rng.choice((10, 10, 100)) * rng.randint(2, 50)
        if rng.random() < 0.2:
            n = 4 * rng.randint(2, 50)
        if p * n % 100 == 0:
            return p, n


def discount(rng: random.Random) -> Sum:
    """What is left when so many percent are taken away."""
    p, price = _price_and_percentage(rng)
    cut = p * price // 100
    steps = (*percent(p, price), *subtract(price, cut))
    return Sum(wording(rng, "discount", p=p, n=price), steps, str(price - cut), operands=(p, price))


def increase(rng: random.Random) -> Sum:
    """What it becomes when so many percent are added."""
    p, n = _price_and_percentage(rng)
    more = p * n // 100
    steps = (*percent(p, n), *add(n, more))
    return Sum(wording(rng, "increase", p=p, n=n), steps, str(n + more), operands=(p, n))


def part(rng: random.Random) -> Sum:
    """A fraction of a number."""
    denominator = rng.choice((2, 3, 3, 4, 4, 5, 5, 6, 8, 10))
    numerator = rng.randint(1, denominator - 1)
    n = denominator * rng.randint(2, 30)
    one = n // denominator
    steps = divide(n, denominator)
    if numerator > 1:
        steps = (*steps, *multiply(one, numerator))
    question = wording(rng, "fraction", a=numerator, d=denominator, n=n)
    return Sum(question, steps, str(numerator * one), operands=(numerator, denominator, n))
