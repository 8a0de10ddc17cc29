"""A random generator in, word problems with worked solutions out, each computed, not written."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb, gcd
from zlib import crc32

from training.documents import Document, document

ADDITIONS = (
    "What is {a} + {b}?", "What is {a} + {b}?", "Calculate {a} + {b}.", "Compute {a} + {b}.",
    "Add {a} and {b}.", "What is the sum of {a} and {b}?", "What is {a} plus {b}?",
    "Evaluate {a} plus {b}.", "What do you get if you add {b} to {a}?", "Find {a} + {b}.",
    "{who} has {a} {what} and gets {b} more. How many {what} does {who} have now?",
    "A box holds {a} {what}, another one {b}. How many {what} are there in total?",
    "{who} buys {a} {what} on Monday and {b} on Tuesday. How many {what} is that altogether?",
    "{a} people are in a room and {b} more come in. How many people are there now?",
    "A recipe needs {a} grams of flour and {b} grams of sugar. What is the total mass in grams?",
    "A tank holds {a} litres. We pour in {b} litres. How many litres are in it now?",
    "One bag weighs {a} kg and another {b} kg. What do they weigh together, in kg?",
    "{who} walks {a} km in the morning and {b} km in the evening. How many km is that?",
    "A school has {a} girls and {b} boys. How many children does the school have?",
    "A shop sold {a} {what} yesterday and {b} today. How many were sold in both days?",
)  # fmt: skip
SUBTRACTIONS = (
    "What is {a} - {b}?", "What is {a} - {b}?", "Calculate {a} - {b}.", "What is {a} minus {b}?",
    "Subtract {b} from {a}.", "What is the difference between {a} and {b}?", "Reduce {a} by {b}.",
    "How much more is {a} than {b}?", "What remains if we subtract {b} from {a}?",
    "{who} has {a} {what} and gives away {b}. How many {what} are left?",
    "There were {a} {what} and {b} were lost. How many remain?",
    "A tank holds {a} litres and {b} litres leak out. How many litres are left?",
    "{who} is {a} years old and {other} is {b}. How many years older is {who}?",
    "Of {a} students {b} passed the test. How many failed?",
    "{b} of {a} {what} are red. How many are not?",
    "A tree is {a} cm tall and a bush {b} cm. By how many cm is the tree taller?",
    "{who} had {a} euros and spent {b}. How many euros does {who} have left?",
    "A bus has {a} people in it and {b} get off. How many people stay in the bus?",
    "The price was {a} and fell by {b}. What is the price now?",
)  # fmt: skip
PRODUCTS = (
    "What is {a} × {b}?", "What is {a} × {b}?", "What is {a} * {b}?", "What is {a} times {b}?",
    "Multiply {a} by {b}.", "What is the product of {a} and {b}?", "Calculate {a} × {b}.",
    "There are {b} boxes with {a} {what} each. How many {what} are there?",
    "{who} buys {b} packs of {a} {what}. How many {what} is that?",
    "A machine makes {a} parts an hour. How many parts does it make in {b} hours?",
    "{b} people pay {a} euros each. How many euros is that in total?",
    "Each of {b} shelves holds {a} {what}. How many {what} are on the shelves?",
    "{who} saves {a} euros a month. How many euros does {who} save in {b} months?",
    "One box weighs {a} kg. How many kg do {b} boxes weigh?",
    "A garden is {a} m long and {b} m wide. What is its area in square metres?",
    "A {what} pack costs {a} cents. How many cents do {b} packs cost?",
    "{b} trays carry {a} {what} each. How many {what} are there in all?",
)  # fmt: skip
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


def _places(number: int) -> list[int]:
    """Return 347 as 300, 40 and 7; zeros are left out."""
    digits = str(number)
    places = [int(d) * 10 ** (len(digits) - 1 - i) for i, d in enumerate(digits)]
    return [place for place in places if place] or [0]


def _add_in_steps(a: int, b: int) -> tuple[str, ...]:
    """Add the places of the smaller number one after the other, largest first."""
    a, b = max(a, b), min(a, b)
    steps: list[str] = []
    for place in _places(b):
        steps.append(f"{a} + {place} = {a + place}")
        a += place
    return tuple(steps)


def _subtract_in_steps(a: int, b: int) -> tuple[str, ...]:
    """Take away the places of `b` one after the other, largest first."""
    steps = []
    for place in _places(b):
        steps.append(f"{a} - {place} = {a - place}")
        a -= place
    return tuple(steps)


def _multiply_in_steps(a: int, b: int) -> tuple[str, ...]:
    """Multiply each place of `a` by the single digit `b`, then add up."""
    places = _places(a)
    steps = [f"{place} × {b} = {place * b}" for place in places]
    total = places[0] * b
    for place in places[1:]:
        steps.append(f"{total} + {place * b} = {total + place * b}")
        total += place * b
    return tuple(steps)


def _story(rng: random.Random, stories: tuple[str, ...], a: int, b: int) -> str:
    who, other = rng.sample(NAMES, 2)
    return rng.choice(stories).format(a=a, b=b, who=who, other=other, what=rng.choice(THINGS))


def addition(rng: random.Random) -> Sum:
    top = rng.choice((99, 99, 99, 999))
    a, b = rng.randint(2, top), rng.randint(2, top)
    question = _story(rng, ADDITIONS, a, b)
    steps = _add_in_steps(a, b)
    return Sum(question, steps, str(a + b), f"print({a} + {b})", str(a + b), (a, b))


def three_terms(rng: random.Random) -> Sum:
    a, b, c = (rng.randint(2, 60) for _ in range(3))
    question = rng.choice((f"What is {a} + {b} + {c}?", f"Add {a}, {b} and {c}."))
    steps = (*_add_in_steps(a, b), *_add_in_steps(a + b, c))
    total = a + b + c
    return Sum(question, steps, str(total), f"print({a} + {b} + {c})", str(total), (a, b, c))


def subtraction(rng: random.Random) -> Sum:
    top = rng.choice((99, 99, 99, 999))
    a = rng.randint(4, top)
    b = rng.randint(2, a - 1)
    question = _story(rng, SUBTRACTIONS, a, b)
    code = f"print({a} - {b})"
    return Sum(question, _subtract_in_steps(a, b), str(a - b), code, str(a - b), (a, b))


def product(rng: random.Random) -> Sum:
    a, b = rng.randint(2, rng.choice((12, 99, 99, 999))), rng.randint(2, 9)
    question = _story(rng, PRODUCTS, a, b)
    code = f"print({a} * {b})"
    return Sum(question, _multiply_in_steps(a, b), str(a * b), code, str(a * b), (a, b))


def long_product(rng: random.Random) -> Sum:
    a, b = rng.randint(11, 40), rng.randint(11, 40)
    tens, ones = divmod(b, 10)
    question = rng.choice((f"What is {a} × {b}?", f"What is {a} * {b}?", f"Multiply {a} by {b}."))
    steps = [*_multiply_in_steps(a, tens), f"{a} × {10 * tens} = {10 * a * tens}"]
    if ones:
        steps += [*_multiply_in_steps(a, ones), *_add_in_steps(10 * a * tens, a * ones)]
    code = f"print({a} * {b})"
    return Sum(question, tuple(steps), str(a * b), code, str(a * b), (a, b))


def division(rng: random.Random) -> Sum:
    b, c = rng.randint(2, 12), rng.randint(2, 12)
    question = rng.choice(
        (
            f"What is {b * c} / {b}?",
            f"What is {b * c} / {b}?",
            f"{b * c} euros are split among {b} people. How many euros does each get?",
            f"What is {b * c} divided by {b}?",
            f"Divide {b * c} by {b}.",
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
        *_subtract_in_steps(total, more),
        f"x = {total - more} / 2",
        f"{total - more} / 2 = {ball}",
    )
    return Sum(question, steps, f"${_money(ball)}")


def _tenths_in_steps(tenths: int, n: int) -> tuple[str, ...]:
    """Take a tenth of `n`, then as many as are wanted."""
    first = f"10% of {n} is {n // 10}"
    return (first, *_multiply_in_steps(n // 10, tenths)) if tenths > 1 else (first,)


def _percent_in_steps(p: int, n: int) -> tuple[str, ...]:
    """Go by hundredths, quarters or tenths, whichever keeps the numbers small."""
    if p == 1:
        return (f"{n} / 100 = {n // 100}",)
    if p in (25, 75):
        steps = [f"{p}% is {p // 25}/4", f"{n} / 4 = {n // 4}"]
        return (*steps, f"{n // 4} × 3 = {n // 4 * 3}") if p == 75 else tuple(steps)
    tens, fives = divmod(p, 10)
    tenth, value = n // 10, p * n // 100
    steps = list(_tenths_in_steps(tens, n))
    if fives:
        steps.append(f"5% of {n} is {tenth} / 2 = {value - tens * tenth}")
        if tens:
            steps += _add_in_steps(tens * tenth, value - tens * tenth)
    return tuple(steps)


def percentage(rng: random.Random) -> Sum:
    p = rng.choice((1, 5, 10, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80))
    n = rng.choice((20, 40, 50, 60, 80, 100, 120, 200, 240, 300, 400, 500, 800, 1000))
    value = Fraction(p * n, 100)
    question = rng.choice(
        (
            f"What is {p}% of {n}?",
            f"What is {p} percent of {n}?",
            f"Calculate {p}% of {n}.",
            f"{p}% of {n} people are ill. How many people is that?",
            f"{p}% of {n} samples are contaminated. How many samples is that?",
        )
    )
    if value.denominator != 1:
        return percentage(rng)
    return Sum(
        question,
        _percent_in_steps(p, n),
        str(value),
        f"print({p} * {n} / 100)",
        str(float(value)),
        (p, n),
    )


def discount(rng: random.Random) -> Sum:
    p, price = 10 * rng.randint(1, 8), 10 * rng.randint(2, 50)
    cut = p * price // 100
    question = rng.choice(
        (
            f"A coat costs {price} euros. What does it cost after a discount of {p}%?",
            f"The price of {price} falls by {p}%. What is the new price?",
            f"What is {price} reduced by {p}%?",
        )
    )
    steps = (*_tenths_in_steps(p // 10, price), *_subtract_in_steps(price, cut))
    return Sum(question, steps, str(price - cut), operands=(p, price))


def increase(rng: random.Random) -> Sum:
    p, n = 10 * rng.randint(1, 9), 10 * rng.randint(2, 50)
    more = p * n // 100
    question = rng.choice(
        (
            f"A colony of {n} cells grows by {p}%. How many cells are there then?",
            f"What is {n} increased by {p}%?",
            f"A salary of {n} rises by {p}%. What is the new salary?",
        )
    )
    steps = (*_tenths_in_steps(p // 10, n), *_add_in_steps(n, more))
    return Sum(question, steps, str(n + more), operands=(p, n))


def conversion(rng: random.Random) -> Sum:
    big, small, factor = rng.choice(UNITS)
    n = rng.randint(2, rng.choice((12, 20, 99)))
    one = big.removesuffix("s")
    many = n * factor
    if rng.random() < 0.3:
        question = rng.choice(
            (f"How many {big} are {many} {small}?", f"Convert {many} {small} to {big}.")
        )
        back = (f"1 {one} is {factor} {small}.", f"{many} / {factor} = {n}")
        return Sum(question, back, f"{n} {big}", operands=(many, factor))
    question = rng.choice(
        (
            f"How many {small} are {n} {big}?",
            f"How many {small} are there in {n} {big}?",
            f"Convert {n} {big} to {small}.",
            f"Express {n} {big} in {small}.",
        )
    )
    steps = [f"1 {one} is {factor} {small}."]
    tens, ones = divmod(factor, 10)
    if ones and tens and n > 9:  # by 12 or 24: first ten times, then twice or four times
        steps += [f"{n} × {10 * tens} = {10 * n * tens}", f"{n} × {ones} = {n * ones}"]
        steps += _add_in_steps(10 * n * tens, n * ones)
    steps.append(f"{n} × {factor} = {many}")
    return Sum(question, tuple(steps), f"{many} {small}", operands=(n, factor))


def celsius(rng: random.Random) -> Sum:
    c = 5 * rng.randint(0, 20)
    f = c * 9 // 5
    question = rng.choice(
        (f"Convert {c} degrees Celsius to Fahrenheit.", f"What is {c} °C in degrees Fahrenheit?")
    )
    steps = (f"{c} × 9 = {c * 9}", f"{c * 9} / 5 = {f}", *_add_in_steps(f, 32))
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
    a, x, b = rng.randint(2, 12), rng.randint(1, 15), rng.randint(1, 40)
    c = a * x + b
    equation = rng.choice((f"{a}x + {b} = {c}", f"${a}x + {b} = {c}$", f"\\({a}x + {b} = {c}\\)"))
    question = rng.choice(
        (
            f"Solve {equation}.",
            f"Solve {equation} for x.",
            f"Solve the equation {equation}.",
            f"Find x such that {equation}.",
            f"What is x if {equation}?",
        )
    )
    steps = (
        f"{a}x = {c} - {b}",
        *_subtract_in_steps(c, b),
        f"x = {c - b} / {a}",
        f"{c - b} / {a} = {x}",
    )
    return Sum(question, steps, f"x = {x}", operands=(a, b, c))


def average(rng: random.Random) -> Sum:
    n = rng.randint(2, 4)
    values = [rng.randint(1, 30) for _ in range(n)]
    if sum(values) % n:
        return average(rng)
    listed = ", ".join(map(str, values[:-1])) + f" and {values[-1]}"
    added = " + ".join(map(str, values))
    steps: list[str] = []
    total = values[0]
    for value in values[1:]:
        steps += _add_in_steps(total, value)
        total += value
    steps.append(f"{total} / {n} = {total // n}")
    question = rng.choice((f"What is the average of {listed}?", f"What is the mean of {listed}?"))
    code, printed = f"print(({added}) / {n})", str(total / n)
    return Sum(question, tuple(steps), str(total // n), code, printed, tuple(values))


def speed(rng: random.Random) -> Sum:
    v, t = 10 * rng.randint(1, 12), rng.randint(2, 9)
    vehicle = rng.choice(("car", "train", "cyclist", "ship"))
    if rng.random() < 0.5:
        question = f"A {vehicle} moves at {v} km/h for {t} hours. How far does it go?"
        return Sum(question, (f"{v} × {t} = {v * t}",), f"{v * t} km", operands=(v, t))
    question = f"A {vehicle} covers {v * t} km in {t} hours. What is its speed?"
    return Sum(question, (f"{v * t} / {t} = {v}",), f"{v} km/h")


def rectangle(rng: random.Random) -> Sum:
    a, b = rng.randint(2, 12), rng.randint(2, 12)
    question = f"What is the area of a rectangle with sides {a} m and {b} m?"
    return Sum(question, (f"{a} × {b} = {a * b}",), f"{a * b} m²", operands=(a, b))


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
    steps = [*_add_in_steps(a, b), f"probability = {a}/{a + b}"]
    if probability.denominator != a + b:
        steps.append(f"{a}/{a + b} = {_number(probability)}")
    return Sum(question, tuple(steps), _number(probability), operands=(a, b))


def perimeter(rng: random.Random) -> Sum:
    a, b = rng.randint(2, 50), rng.randint(2, 50)
    question = f"What is the perimeter of a rectangle with sides {a} cm and {b} cm?"
    steps = (*_add_in_steps(a, b), *_multiply_in_steps(a + b, 2))
    return Sum(question, steps, f"{2 * (a + b)} cm", operands=(a, b))


MAKERS: tuple[Callable[[random.Random], Sum], ...] = (
    addition, addition, addition, three_terms, subtraction, subtraction, product, product,
    long_product, division, bat_and_ball, bat_and_ball, percentage, percentage, discount, increase,
    conversion, conversion, celsius, even_heads, k_heads, dice, marbles, linear, linear, average,
    speed, rectangle, perimeter, common_divisor, harmonic,
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
            a, b = rng.randint(2, 12) * rng.choice((1, 1, 10, 100)), rng.randint(2, 12)
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
