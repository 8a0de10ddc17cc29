"""A random generator in, word problems with worked solutions out, each computed, not written."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb, gcd
from zlib import crc32

from training.documents import Document, document
from training.steps import Steps, add, divide, multiply, percent, remainder, subtract
from training.tables import table

THINGS = (
    "apples", "books", "coins", "cells", "eggs", "stamps", "samples", "pens", "cards", "bottles",
    "chairs", "flowers", "mice", "photos", "stones", "tubes",
)  # fmt: skip
NAMES = (
    "Ada",
    "Ben",
    "Clara",
    "David",
    "Emmy",
    "Felix",
    "Marie",
    "Tom",
    "Anna",
    "Omar",
    "Li",
    "Eva",
)
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
    operands: tuple[int, ...] = ()


def is_reserved(*operands: int) -> bool:
    """Say whether a problem with these numbers is kept for the test: one in ten is.

    Training skips reserved problems, so that right answers to them are calculated, not recalled.
    """
    return len(operands) > 1 and crc32(repr(sorted(operands)).encode()) % 10 == 0


def _number(value: Fraction | int) -> str:
    fraction = Fraction(value)
    if fraction.denominator == 1:
        return str(fraction.numerator)
    return f"{fraction.numerator}/{fraction.denominator}"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _story(rng: random.Random, kind: str, a: int, b: int, c: int = 0) -> str:
    """A wording of ``facts/stories.toml`` for these numbers."""
    who, other = rng.sample(NAMES, 2)
    return str(rng.choice(table("stories")[kind])).format(
        a=a, b=b, c=c, who=who, other=other, what=rng.choice(THINGS)
    )


def addition(rng: random.Random) -> Sum:
    top = rng.choice((99, 99, 99, 999))
    a, b = rng.randint(2, top), rng.randint(2, top)
    question = _story(rng, "addition", a, b)
    return Sum(question, add(a, b), str(a + b), f"print({a} + {b})", str(a + b), (a, b))


def three_terms(rng: random.Random) -> Sum:
    top = rng.choice((60, 60, 400))
    a, b, c = (rng.randint(2, top) for _ in range(3))
    question = rng.choice(
        (
            f"What is {a} + {b} + {c}?",
            f"Add {a}, {b} and {c}.",
            f"{a} + {b} + {c} =",
            f"What is the sum of {a}, {b} and {c}?",
        )
    )
    total = a + b + c
    steps = (*add(a, b), *add(a + b, c))
    return Sum(question, steps, str(total), f"print({a} + {b} + {c})", str(total), (a, b, c))


def subtraction(rng: random.Random) -> Sum:
    a = rng.randint(4, rng.choice((99, 99, 99, 999)))
    b = rng.randint(2, a - 1)
    question = _story(rng, "subtraction", a, b)
    return Sum(question, subtract(a, b), str(a - b), f"print({a} - {b})", str(a - b), (a, b))


def product(rng: random.Random) -> Sum:
    return _product(rng, rng.randint(2, rng.choice((12, 99, 99, 999))), rng.randint(2, 9))


def long_product(rng: random.Random) -> Sum:
    a = rng.randint(11, rng.choice((40, 99, 99, 200)))
    return _product(rng, a, rng.randint(11, 40 if a < 100 else 20))


def _product(rng: random.Random, a: int, b: int) -> Sum:
    question = _story(rng, "product", a, b)
    return Sum(question, multiply(a, b), str(a * b), f"print({a} * {b})", str(a * b), (a, b))


def division(rng: random.Random) -> Sum:
    b = rng.randint(2, rng.choice((12, 12, 30)))
    c = rng.randint(2, rng.choice((12, 40, 99)))
    a = b * c
    question = _story(rng, "division", a, b)
    return Sum(question, divide(a, b), str(c), f"print({a} // {b})", str(c), (a, b))


def left_over(rng: random.Random) -> Sum:
    b = rng.randint(2, 20)
    a = rng.randint(b + 1, 20 * b)
    question = rng.choice(
        (
            f"What is the remainder when {a} is divided by {b}?",
            f"What is {a} modulo {b}?",
            f"{a} eggs are put in boxes of {b}. How many eggs are left over?",
        )
    )
    return Sum(question, remainder(a, b), str(a % b), f"print({a} % {b})", str(a % b), (a, b))


TWO_STEPS = {
    "add_subtract": "{a} + {b} - {c}",
    "subtract_add": "{a} - {b} + {c}",
    "multiply_add": "{a} * {b} + {c}",
    "multiply_subtract": "{a} * {b} - {c}",
    "add_multiply": "({a} + {b}) * {c}",
    "subtract_multiply": "{a} - {b} * {c}",
}
"""Kinds of stories in ``facts/stories.toml``, and what they ask for."""


def two_steps(rng: random.Random) -> Sum:
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
    code = f"print({TWO_STEPS[kind].format(a=a, b=b, c=c)})"
    return Sum(_story(rng, kind, a, b, c), lines, str(result), code, str(result), (a, b, c))


def power(rng: random.Random) -> Sum:
    if rng.random() < 0.7:
        n, exponent, name = rng.randint(2, 40), 2, "squared"
        asked = (f"What is the square of {n}?", f"Square {n}.")
    else:
        n, exponent, name = rng.randint(2, 12), 3, "cubed"
        edge = f"A cube has edges of {n} cm. What is its volume in cubic centimetres?"
        asked = (f"What is {n} to the third power?", edge)
    question = rng.choice((f"What is {n} {name}?", f"Calculate {n}^{exponent}.", *asked))
    lines = multiply(n, n) if exponent == 2 else (*multiply(n, n), *multiply(n * n, n))
    value = n**exponent
    return Sum(question, lines, str(value), f"print({n}**{exponent})", str(value), (n, exponent))


def square_root(rng: random.Random) -> Sum:
    n = rng.randint(2, 30)
    square = n * n
    question = rng.choice(
        (
            f"What is the square root of {square}?",
            f"Find the square root of {square}.",
            f"Calculate sqrt({square}).",
            f"A square has an area of {square} square metres. How many metres long are its sides?",
        )
    )
    return Sum(question, (f"{n} × {n} = {square}",), str(n), operands=(square, 2))


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
        *subtract(total, more),
        f"x = {total - more} / 2",
        f"{total - more} / 2 = {ball}",
    )
    return Sum(question, steps, f"${_money(ball)}")


def percentage(rng: random.Random) -> Sum:
    p = rng.choice((1, 5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, rng.randint(2, 95)))
    n = rng.choice((10, 20, 20, 100)) * rng.randint(1, 50)
    if p * n % 100:
        return percentage(rng)
    value = str(p * n // 100)
    question = rng.choice(
        (
            f"What is {p}% of {n}?",
            f"What is {p} percent of {n}?",
            f"Calculate {p}% of {n}.",
            f"How much is {p} % of {n}?",
            f"{p}% of {n} people are ill. How many people is that?",
            f"{p}% of {n} samples are contaminated. How many samples is that?",
            f"Of {n} students {p}% passed. How many students passed?",
            f"A class has {n} pupils and {p} percent of them play football. How many play?",
        )
    )
    code = f"print({p} * {n} // 100)"
    return Sum(question, percent(p, n), value, code, value, (p, n))


def share(rng: random.Random) -> Sum:
    """Which percentage one number is of another."""
    n = rng.choice((10, 20, 25, 40, 50, 60, 80, 100, 200, 250, 300, 400, 500))
    part = rng.randint(1, n - 1)
    if part * 100 % n:
        return share(rng)
    p = part * 100 // n
    question = rng.choice(
        (
            f"What percentage of {n} is {part}?",
            f"{part} of {n} seeds came up. What percentage is that?",
            f"{part} is how many percent of {n}?",
            f"Of {n} mice {part} were male. What percentage were male?",
            f"Express {part} out of {n} as a percentage.",
        )
    )
    steps = (f"{part} × 100 = {part * 100}", *divide(part * 100, n))
    return Sum(question, steps, f"{p}%", operands=(part, n))


def change(rng: random.Random) -> Sum:
    """By how many percent something grew or shrank."""
    n = 10 * rng.randint(1, 60)
    p = rng.randint(1, 90)
    if p * n % 100:
        return change(rng)
    more = p * n // 100
    grows = rng.random() < 0.6
    new = n + more if grows else n - more
    verb = "rise" if grows else "fall"
    question = rng.choice(
        (
            f"The price {verb}s from {n} to {new} euros. By how many percent does it {verb}?",
            f"A value changes from {n} to {new}. What is the change in percent?",
            f"The number of cells went from {n} to {new}. By what percentage did it {verb}?",
        )
    )
    steps = subtract(new, n) if grows else subtract(n, new)
    steps = (*steps, f"{more} × 100 = {more * 100}", *divide(more * 100, n))
    return Sum(question, steps, f"{p}%", operands=(n, new))


def _price_and_percentage(rng: random.Random) -> tuple[int, int]:
    while True:
        p = rng.choice((10 * rng.randint(1, 9), 5 * rng.randint(1, 15), rng.randint(2, 30)))
        n = rng.choice((10, 10, 100)) * rng.randint(2, 50)
        if p * n % 100 == 0:
            return p, n


def discount(rng: random.Random) -> Sum:
    p, price = _price_and_percentage(rng)
    cut = p * price // 100
    question = rng.choice(
        (
            f"A coat costs {price} euros. What does it cost after a discount of {p}%?",
            f"The price of {price} falls by {p}%. What is the new price?",
            f"What is {price} reduced by {p}%?",
            f"A bike for {price} dollars is {p} percent off. What does it cost now?",
            f"{p}% of a stock of {price} kg spoils. How many kg are left?",
            f"Decrease {price} by {p} percent.",
        )
    )
    steps = (*percent(p, price), *subtract(price, cut))
    return Sum(question, steps, str(price - cut), operands=(p, price))


def increase(rng: random.Random) -> Sum:
    p, n = _price_and_percentage(rng)
    more = p * n // 100
    question = rng.choice(
        (
            f"A colony of {n} cells grows by {p}%. How many cells are there then?",
            f"What is {n} increased by {p}%?",
            f"A salary of {n} rises by {p}%. What is the new salary?",
            f"A village of {n} people gets {p} percent larger. How many people live there then?",
            f"Increase {n} by {p} percent.",
            f"The rent of {n} euros goes up {p}%. What is the rent now?",
        )
    )
    steps = (*percent(p, n), *add(n, more))
    return Sum(question, steps, str(n + more), operands=(p, n))


def conversion(rng: random.Random) -> Sum:
    big, small, factor = rng.choice(UNITS)
    n = rng.randint(2, rng.choice((12, 20, 99)))
    one, many = big.removesuffix("s"), n * factor
    rule = f"1 {one} is {factor} {small}."
    if rng.random() < 0.35:
        question = rng.choice(
            (
                f"How many {big} are {many} {small}?",
                f"Convert {many} {small} to {big}.",
                f"What is {many} {small} in {big}?",
                f"{many} {small} are how many {big}?",
                f"Express {many} {small} in {big}.",
            )
        )
        back = (f"{many} / {factor} = {n}",) if factor % 10 == 0 else divide(many, factor)
        return Sum(question, (rule, *back), f"{n} {big}", operands=(many, factor))
    question = rng.choice(
        (
            f"How many {small} are {n} {big}?",
            f"How many {small} are there in {n} {big}?",
            f"How many {small} do {n} {big} have?",
            f"Convert {n} {big} to {small}.",
            f"Express {n} {big} in {small}.",
            f"What is {n} {big} in {small}?",
            f"{n} {big} are how many {small}?",
        )
    )
    return Sum(question, (rule, *multiply(n, factor)), f"{many} {small}", operands=(n, factor))


def speed_units(rng: random.Random) -> Sum:
    n = rng.randint(1, 12)
    slow, fast = 5 * n, 18 * n
    if rng.random() < 0.5:
        question = rng.choice((f"Convert {fast} km/h to m/s.", f"How many m/s are {fast} km/h?"))
        steps = ("18 km/h is 5 m/s.", *divide(fast, 18), f"{n} × 5 = {slow}")
        return Sum(question, steps, f"{slow} m/s", operands=(fast, 18))
    question = rng.choice((f"Convert {slow} m/s to km/h.", f"What is {slow} m/s in km/h?"))
    steps = ("5 m/s is 18 km/h.", *divide(slow, 5), *multiply(n, 18))
    return Sum(question, steps, f"{fast} km/h", operands=(slow, 5))


def celsius(rng: random.Random) -> Sum:
    c = 5 * rng.randint(0, 20)
    f = c * 9 // 5 + 32
    if rng.random() < 0.4:
        question = rng.choice(
            (
                f"Convert {f} degrees Fahrenheit to Celsius.",
                f"What is {f} °F in degrees Celsius?",
                f"How many degrees Celsius are {f} degrees Fahrenheit?",
            )
        )
        steps = (*subtract(f, 32), f"{f - 32} / 9 = {c // 5}", f"{c // 5} × 5 = {c}")
        return Sum(question, steps, f"{c} °C", operands=(f, 32))
    question = rng.choice(
        (
            f"Convert {c} degrees Celsius to Fahrenheit.",
            f"Convert {c} degrees Celsius to degrees Fahrenheit.",
            f"What is {c} °C in degrees Fahrenheit?",
            f"How many degrees Fahrenheit are {c} degrees Celsius?",
        )
    )
    steps = (f"{c} / 5 = {c // 5}", f"{c // 5} × 9 = {f - 32}", *add(f - 32, 32))
    return Sum(question, steps, f"{f} °F", operands=(c, 9))


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


def one_die(rng: random.Random) -> Sum:
    sides = rng.choice((6, 6, 6, 8, 10, 12, 20))
    k = rng.randint(1, sides - 1)
    wanted, ways = rng.choice(
        (
            (f"a number greater than {k}", sides - k),
            (f"a number of at most {k}", k),
            ("an even number", sides // 2),
            (f"the number {k}", 1),
        )
    )
    name = "a fair die" if sides == 6 else f"a fair die with {sides} sides"
    probability = _number(Fraction(ways, sides))
    question = f"We roll {name}. What is the probability of {wanted}?"
    steps = [
        f"There are {sides} outcomes.",
        f"{ways} of them fit.",
        f"probability = {ways}/{sides}",
    ]
    if probability != f"{ways}/{sides}":
        steps.append(f"{ways}/{sides} = {probability}")
    return Sum(question, tuple(steps), probability)


def _equation(rng: random.Random, equation: str) -> str:
    """A request to solve an equation in x."""
    equation = rng.choice((equation, equation, f"${equation}$", f"\\({equation}\\)"))
    return rng.choice(
        (
            f"Solve {equation}.",
            f"Solve {equation} for x.",
            f"Solve for x: {equation}.",
            f"Solve the equation {equation}.",
            f"Find x such that {equation}.",
            f"Find x if {equation}.",
            f"What is x if {equation}?",
            f"If {equation}, what is x?",
            f"Which number x satisfies {equation}?",
            f"Determine x: {equation}",
        )
    )


def _quotient(a: int, c: int) -> Steps:
    """The last lines of an equation that has become ax = c."""
    return (f"x = {c} / {a}", *divide(c, a)) if a > 1 else ()


def linear(rng: random.Random) -> Sum:
    """An equation such as 3x + 4 = 19 or 3x - 4 = 11."""
    a, x, b = rng.randint(2, 12), rng.randint(1, rng.choice((15, 30))), rng.randint(1, 60)
    if rng.random() < 0.6 or a * x <= b:
        c = a * x + b
        question = _equation(rng, f"{a}x + {b} = {c}")
        steps: Steps = (f"{a}x = {c} - {b}", *subtract(c, b))
    else:
        c = a * x - b
        question = _equation(rng, f"{a}x - {b} = {c}")
        steps = (f"{a}x = {c} + {b}", *add(c, b))
    return Sum(question, (*steps, *_quotient(a, a * x)), f"x = {x}", operands=(a, b, c))


def short_equation(rng: random.Random) -> Sum:
    """An equation of one operation."""
    a, x = rng.randint(2, 20), rng.randint(2, 40)
    if rng.random() < 0.6:
        question = _equation(rng, f"{a}x = {a * x}")
        return Sum(question, _quotient(a, a * x), f"x = {x}", operands=(a, a * x))
    question = _equation(rng, rng.choice((f"x/{a} = {x}", f"x / {a} = {x}")))
    steps = (f"x = {x} × {a}", *multiply(x, a))
    return Sum(question, steps, f"x = {a * x}", operands=(a, x))


def brackets(rng: random.Random) -> Sum:
    a, x, b = rng.randint(2, 9), rng.randint(1, 20), rng.randint(1, 12)
    inside = x + b
    question = _equation(rng, f"{a}(x + {b}) = {a * inside}")
    first = (f"x + {b} = {a * inside} / {a}", *divide(a * inside, a))
    steps = (*first, f"x = {inside} - {b}", *subtract(inside, b))
    return Sum(question, steps, f"x = {x}", operands=(a, b, a * inside))


def both_sides(rng: random.Random) -> Sum:
    """An equation such as 5x + 3 = 2x + 18."""
    d, x, b = rng.randint(1, 6), rng.randint(1, 15), rng.randint(1, 40)
    a = d + rng.randint(1, 6)
    e = (a - d) * x + b
    right = "x" if d == 1 else f"{d}x"
    if rng.random() < 0.4 and (a - d) * x > b:
        e = (a - d) * x - b
        question = _equation(rng, f"{a}x - {b} = {right} + {e}")
        lines: Steps = (f"{a}x - {right} = {e} + {b}", f"{a} - {d} = {a - d}", *add(e, b))
    else:
        question = _equation(rng, f"{a}x + {b} = {right} + {e}")
        lines = (f"{a}x - {right} = {e} - {b}", f"{a} - {d} = {a - d}", *subtract(e, b))
    steps = (*lines, *_quotient(a - d, (a - d) * x))
    return Sum(question, steps, f"x = {x}", operands=(a, b, d, e))


def average(rng: random.Random) -> Sum:
    n = rng.randint(2, 5)
    values = [rng.randint(1, 40) for _ in range(n)]
    if sum(values) % n:
        return average(rng)
    listed = ", ".join(map(str, values[:-1])) + f" and {values[-1]}"
    added = " + ".join(map(str, values))
    steps: list[str] = []
    total = values[0]
    for value in values[1:]:
        steps += add(total, value)
        total += value
    steps += divide(total, n)
    name = rng.choice(("average", "mean", "arithmetic mean"))
    question = rng.choice((f"What is the {name} of {listed}?", f"Find the {name} of {listed}."))
    code, printed = f"print(({added}) / {n})", str(total / n)
    return Sum(question, tuple(steps), str(total // n), code, printed, tuple(values))


def speed(rng: random.Random) -> Sum:
    v, t = 5 * rng.randint(1, 30), rng.randint(2, 9)
    vehicle = rng.choice(("car", "train", "cyclist", "ship"))
    if rng.random() < 0.5:
        question = rng.choice(
            (
                f"A {vehicle} moves at {v} km/h for {t} hours. How far does it go?",
                f"A {vehicle} travels {t} hours at {v} kilometres per hour. What distance is that?",
                f"How far does a {vehicle} with a speed of {v} km/h get in {t} hours?",
            )
        )
        return Sum(question, multiply(v, t), f"{v * t} km", operands=(v, t))
    question = rng.choice(
        (
            f"A {vehicle} covers {v * t} km in {t} hours. What is its speed?",
            f"What is the average speed of a {vehicle} that needs {t} hours for {v * t} km?",
            f"In {t} hours a {vehicle} gets {v * t} km far. How fast is it?",
        )
    )
    return Sum(question, divide(v * t, t), f"{v} km/h", operands=(v * t, t))


def rectangle(rng: random.Random) -> Sum:
    a, b = rng.randint(2, 40), rng.randint(2, 15)
    unit = rng.choice(("m", "m", "cm"))
    question = rng.choice(
        (
            f"What is the area of a rectangle with sides {a} {unit} and {b} {unit}?",
            f"A rectangle is {a} {unit} long and {b} {unit} wide. What is its area?",
            f"Find the area of a rectangle of {a} {unit} by {b} {unit}.",
        )
    )
    return Sum(question, multiply(a, b), f"{a * b} {unit}²", operands=(a, b))


def triangle(rng: random.Random) -> Sum:
    a, b = rng.randint(2, 40), rng.randint(2, 20)
    if a * b % 2:
        return triangle(rng)
    question = rng.choice(
        (
            f"A triangle has a base of {a} and a height of {b}. What is its area?",
            f"What is the area of a triangle with base {a} and height {b}?",
        )
    )
    steps = (*multiply(a, b), *divide(a * b, 2))
    return Sum(question, steps, str(a * b // 2), operands=(a, b))


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


def marbles(rng: random.Random) -> Sum:
    first, second = rng.sample(("red", "blue", "green", "white", "black"), 2)
    a, b = rng.randint(1, 12), rng.randint(1, 12)
    probability = Fraction(a, a + b)
    thing = rng.choice(("balls", "marbles"))
    question = (
        f"An urn holds {a} {first} and {b} {second} {thing}. We draw one at random. "
        f"What is the probability that it is {first}?"
    )
    steps = [*add(a, b), f"probability = {a}/{a + b}"]
    if probability.denominator != a + b:
        steps.append(f"{a}/{a + b} = {_number(probability)}")
    return Sum(question, tuple(steps), _number(probability), operands=(a, b))


def perimeter(rng: random.Random) -> Sum:
    a, b = rng.randint(2, 50), rng.randint(2, 50)
    unit = rng.choice(("m", "cm", "cm"))
    question = rng.choice(
        (
            f"What is the perimeter of a rectangle with sides {a} {unit} and {b} {unit}?",
            f"A garden is {a} {unit} by {b} {unit}. What is its perimeter?",
            f"How long is a fence around a rectangle of {a} {unit} by {b} {unit}?",
        )
    )
    steps = (*add(a, b), *multiply(a + b, 2))
    return Sum(question, steps, f"{2 * (a + b)} {unit}", operands=(a, b))


MAKERS: tuple[Callable[[random.Random], Sum], ...] = (
    *5 * (addition,), *6 * (subtraction,), *4 * (product,), *3 * (long_product,), *4 * (division,),
    *4 * (two_steps,), *3 * (linear,), *2 * (percentage,), *3 * (conversion,),
    *2 * (bat_and_ball,), three_terms, left_over, power, square_root, share, change, discount,
    increase, speed_units, celsius, even_heads, k_heads, dice, one_die, marbles, short_equation,
    brackets, both_sides, average, speed, rectangle, triangle, perimeter, common_divisor, harmonic,
)  # fmt: skip


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
            "Question: {}\n\nAnswer: <work>",
        )
    )
    prompt = frame.format(asked)
    return document(prompt, f"\n{lines}\n</work>\n\nAnswer: {task.answer}")


def direct(rng: random.Random) -> Document:
    """A problem that is answered at once."""
    task = draw(rng)
    prompt = rng.choice((f"Question: {task.question}\n\nAnswer:", f"Q: {task.question}\n\nA:"))
    return document(prompt, f" {task.answer}")
