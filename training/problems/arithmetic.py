"""A random generator in, problems of the four operations, powers and remainders out."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import gcd

from training.problems.problem import Sum, listed, money, wording
from training.steps import Steps, add, divide, multiply, remainder, subtract

PAIRS = 3 * (("bat", "ball"),) + (("book", "pen"), ("lamp", "bulb"), ("cup", "spoon"))
"""Things that cost different prices; the best-known pair comes up most."""


def addition(rng: random.Random) -> Sum:
    """Two numbers to add."""
    top = rng.choice((99, 99, 99, 999))
    a, b = rng.randint(2, top), rng.randint(2, top)
    question = wording(rng, "addition", a=a, b=b)
    return Sum(question, add(a, b), str(a + b), f"print({a} + {b})", str(a + b), (a, b))


def several_terms(rng: random.Random) -> Sum:
    """Three to five numbers to add."""
    count = rng.choice((3, 3, 3, 4, 5))
    values = [rng.randint(2, rng.choice((30, 60, 400 if count == 3 else 99))) for _ in range(count)]
    expression, total = " + ".join(map(str, values)), sum(values)
    kind = rng.choice(("sum", "sum", "plus", "evaluate"))
    question = wording(rng, kind, values=listed(values), expression=expression)
    code = f"print({expression})"
    return Sum(question, _added(values), str(total), code, str(total), tuple(values))


def _added(values: list[int]) -> Steps:
    lines: list[str] = []
    total = values[0]
    for value in values[1:]:
        lines += add(total, value)
        total += value
    return tuple(lines)


def average(rng: random.Random) -> Sum:
    """The mean of some numbers."""
    n = rng.randint(2, 5)
    values = [rng.randint(1, rng.choice((20, 40, 99))) for _ in range(n)]
    if sum(values) % n:
        return average(rng)
    total = sum(values)
    lines = (*_added(values), *divide(total, n))
    question = wording(rng, "average", values=listed(values))
    code = f"print(({' + '.join(map(str, values))}) / {n})"
    return Sum(question, lines, str(total // n), code, str(total / n), tuple(values))


def subtraction(rng: random.Random) -> Sum:
    """A number to take away."""
    a = rng.randint(4, rng.choice((99, 99, 99, 999)))
    b = rng.randint(2, a - 1)
    question = wording(rng, "subtraction", a=a, b=b)
    return Sum(question, subtract(a, b), str(a - b), f"print({a} - {b})", str(a - b), (a, b))


def product(rng: random.Random) -> Sum:
    """A number times a digit."""
    return _product(rng, rng.randint(2, rng.choice((12, 99, 99, 999))), rng.randint(2, 9))


def long_product(rng: random.Random) -> Sum:
    """A product of two numbers of several digits."""
    a = rng.randint(11, rng.choice((40, 99, 99, 200)))
    return _product(rng, a, rng.randint(11, 40 if a < 100 else 20))


def _product(rng: random.Random, a: int, b: int) -> Sum:
    question = wording(rng, "product", a=a, b=b)
    return Sum(question, multiply(a, b), str(a * b), f"print({a} * {b})", str(a * b), (a, b))


def division(rng: random.Random) -> Sum:
    """A division without remainder."""
    b = rng.randint(2, rng.choice((12, 12, 30)))
    c = rng.randint(2, rng.choice((12, 40, 99)))
    a = b * c
    question = wording(rng, "division", a=a, b=b)
    return Sum(question, divide(a, b), str(c), f"print({a} // {b})", str(c), (a, b))


def left_over(rng: random.Random) -> Sum:
    """The remainder of a division."""
    b = rng.randint(2, 20)
    a = rng.randint(b + 1, 20 * b)
    question = wording(rng, "remainder", a=a, b=b)
    return Sum(question, remainder(a, b), str(a % b), f"print({a} % {b})", str(a % b), (a, b))


TWO_STEPS = {
    "add_subtract": "{a} + {b} - {c}",
    "subtract_add": "{a} - {b} + {c}",
    "multiply_add": "{a} * {b} + {c}",
    "multiply_subtract": "{a} * {b} - {c}",
    "add_multiply": "({a} + {b}) * {c}",
    "subtract_multiply": "{a} - {b} * {c}",
}
"""Kinds of stories in ``facts/stories``, and what they ask for."""


def two_steps(rng: random.Random) -> Sum:
    """A story of two operations, or the operations alone."""
    kind = rng.choice(list(TWO_STEPS))
    a, c = rng.randint(2, 99), rng.randint(2, 20 if kind.endswith("multiply") else 99)
    b = rng.randint(2, 20 if "multiply" in kind else 99)
    results: dict[str, tuple[int, int]] = {
        "add_subtract": (a + b, a + b - c),
        "subtract_add": (a - b, a - b + c),
        "multiply_add": (a * b, a * b + c),
        "multiply_subtract": (a * b, a * b - c),
        "add_multiply": (a + b, (a + b) * c),
        "subtract_multiply": (b * c, a - b * c),
    }
    inner, result = results[kind]
    if min(inner, result) < 1:
        return two_steps(rng)
    steps: dict[str, Callable[[int, int], Steps]] = {
        "add": add,
        "subtract": subtract,
        "multiply": multiply,
    }
    first, then = (steps[name] for name in kind.split("_"))
    lines = (*first(a, b), *then(inner, c))
    if kind == "subtract_multiply":
        lines = (*multiply(b, c), *subtract(a, inner))
    expression = TWO_STEPS[kind].format(a=a, b=b, c=c)
    question = wording(rng, kind, a=a, b=b, c=c)
    if rng.random() < 0.3:
        shown = expression.replace("*", rng.choice(("*", "×", "×", "·")))
        question = wording(rng, "evaluate", expression=shown)
    return Sum(question, lines, str(result), f"print({expression})", str(result), (a, b, c))


def power(rng: random.Random) -> Sum:
    """A square or a cube."""
    if rng.random() < 0.7:
        n, exponent, kind = rng.randint(2, 40), 2, "square"
    else:
        n, exponent, kind = rng.randint(2, 12), 3, "cube"
    question = wording(rng, kind, n=n)
    if rng.random() < 0.25:
        question = wording(rng, "evaluate", expression=f"{n}^{exponent}")
    lines = multiply(n, n) if exponent == 2 else (*multiply(n, n), *multiply(n * n, n))
    value = n**exponent
    return Sum(question, lines, str(value), f"print({n}**{exponent})", str(value), (n, exponent))


def square_root(rng: random.Random) -> Sum:
    """The root of a square."""
    n = rng.randint(2, 30)
    square = n * n
    question = wording(rng, "root", n=square)
    return Sum(question, (f"{n} × {n} = {square}",), str(n), operands=(square, 2))


def bat_and_ball(rng: random.Random) -> Sum:
    """Two things whose prices are known by their sum and difference."""
    ball = 5 * rng.randint(1, 20)
    more = rng.choice((100, 100, 100, 50, 200, 500, 1000))
    if rng.random() < 0.4:
        ball, more = 5, 100
    total = 2 * ball + more
    dear, cheap = rng.choice(PAIRS)
    sign = rng.choice(("$\\${}$", "$\\${}$", "\\${}", "${}"))
    question = wording(
        rng,
        "best_known_pair_prices" if rng.random() < 0.5 else "pair_prices",
        dear=dear,
        cheap=cheap,
        total=sign.format(money(total)),
        more=sign.format(money(more)),
    )
    steps = (
        f"Let x be the price of the {cheap} in cents. The {dear} costs x + {more}.",
        f"x + x + {more} = {total}",
        f"2x = {total} - {more}",
        *subtract(total, more),
        f"x = {total - more} / 2",
        f"{total - more} / 2 = {ball}",
    )
    return Sum(question, steps, f"${money(ball)}")


def common_divisor(rng: random.Random) -> Sum:
    """The greatest common divisor by Euclid's algorithm."""
    a, b = rng.randint(2, 60), rng.randint(2, 60)
    a, b = max(a, b), min(a, b)
    steps: list[str] = []
    x, y = a, b
    while y:
        steps.append(f"{x} = {x // y} × {y} + {x % y}")
        x, y = y, x % y
    return Sum(wording(rng, "divisor", a=a, b=b), tuple(steps), str(gcd(a, b)))


def harmonic(rng: random.Random) -> Sum:
    """A harmonic number, by a program."""
    n = rng.randint(3, 10)
    exponent, order = rng.choice((2 * [(2, "second")]) + [(1, "first")])
    value = sum(1 / k**exponent for k in range(1, n + 1))
    term, tex = ("k**2", "k^2") if exponent == 2 else ("k", "k")
    number = rng.choice((f"${n}$-th", f"${n}$-th", f"{n}-th"))
    question = f"What is the {number} harmonic number of the {order} order?"
    if rng.random() < 0.25:
        question = wording(rng, "harmonic", n=n, order=order)
    steps = (f"It is \\( \\sum_{{k=1}}^{{{n}}} \\frac{{1}}{{{tex}}} \\).",)
    code = f"result = sum(1 / {term} for k in range(1, {n} + 1))\nprint(round(result, 4))"
    return Sum(question, steps, str(round(value, 4)), code, str(round(value, 4)))
