"""A random generator in, problems of areas, perimeters and volumes out."""

from __future__ import annotations

import random

from training.problems.problem import Sum, wording
from training.steps import Steps, add, divide, multiply

UNITS = ("m", "m", "cm", "cm", "km", "metres", "meters", "centimetres")
SYMBOLS = {"metres": "m", "meters": "m", "centimetres": "cm"}


def _power(unit: str, exponent: str) -> str:
    return f"{SYMBOLS.get(unit, unit)}{exponent}"


def area(rng: random.Random) -> Sum:
    """The area of a rectangle, a square or a triangle."""
    a, b, unit = rng.randint(2, 40), rng.randint(2, 20), rng.choice(UNITS)
    kind = rng.choice(("rectangle", "rectangle", "rectangle", "square", "triangle"))
    if kind == "square":
        b = a
    if kind == "triangle" and a * b % 2:
        return area(rng)
    question = wording(rng, f"{kind}_area", a=a, b=b, unit=unit)
    steps: Steps = multiply(a, b)
    result = a * b
    if kind == "triangle":
        result //= 2
        steps = (*steps, *divide(a * b, 2))
    return Sum(question, steps, f"{result} {_power(unit, '²')}", operands=(a, b))


def perimeter(rng: random.Random) -> Sum:
    """The perimeter of a rectangle or a square."""
    a, b, unit = rng.randint(2, 50), rng.randint(2, 50), rng.choice(UNITS)
    if rng.random() < 0.3:
        question = wording(rng, "square_perimeter", a=a, unit=unit)
        return Sum(question, multiply(a, 4), f"{4 * a} {unit}", operands=(a, 4))
    question = wording(rng, "rectangle_perimeter", a=a, b=b, unit=unit)
    steps = (*add(a, b), *multiply(a + b, 2))
    return Sum(question, steps, f"{2 * (a + b)} {unit}", operands=(a, b))


def cuboid(rng: random.Random) -> Sum:
    """The volume of a box."""
    a, b, c = rng.randint(2, 20), rng.randint(2, 9), rng.randint(2, 9)
    unit = rng.choice(UNITS)
    question = wording(rng, "cuboid", a=a, b=b, c=c, unit=unit)
    steps = (*multiply(a, b), *multiply(a * b, c))
    return Sum(question, steps, f"{a * b * c} {_power(unit, '³')}", operands=(a, b, c))
