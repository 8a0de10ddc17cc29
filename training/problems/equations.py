"""A random generator in, linear equations and their solutions out."""

from __future__ import annotations

import random

from training.problems.problem import Sum, wording
from training.steps import Steps, add, divide, multiply, subtract

UNKNOWNS = "xxxxxxyznt"


def _asked(rng: random.Random, equation: str, x: str) -> str:
    """A request to solve an equation."""
    written = rng.choice((equation, equation, equation, f"${equation}$", f"\\({equation}\\)"))
    return wording(rng, "equation", e=written, x=x)


def _quotient(x: str, a: int, c: int) -> Steps:
    """The last lines of an equation that has become ax = c."""
    return (f"{x} = {c} / {a}", *divide(c, a)) if a > 1 else ()


def linear(rng: random.Random) -> Sum:
    """An equation such as 3x + 4 = 19 or 3x - 4 = 11, or what it says in words."""
    a, value, b = rng.randint(2, 12), rng.randint(2, rng.choice((15, 30))), rng.randint(2, 60)
    plus = rng.random() < 0.6 or a * value <= b
    c = a * value + b if plus else a * value - b
    spoken = rng.random() < 0.35
    x = "x" if spoken else rng.choice(UNKNOWNS)
    sign, opposite = ("+", "-") if plus else ("-", "+")
    lines: Steps = (f"{a}{x} = {c} {opposite} {b}", *(subtract(c, b) if plus else add(c, b)))
    lines = (*lines, *_quotient(x, a, a * value))
    if spoken:
        question = wording(rng, "number_plus" if plus else "number_minus", a=a, b=b, c=c)
        lines = (f"{a}x {sign} {b} = {c}", *lines)
        return Sum(question, lines, str(value), operands=(a, b, c))
    question = _asked(rng, f"{a}{x} {sign} {b} = {c}", x)
    return Sum(question, lines, f"{x} = {value}", operands=(a, b, c))


def constant_first(rng: random.Random) -> Sum:
    """An equation such as 4 + 3x = 19 or 30 = 2x + 4."""
    a, value, b = rng.randint(2, 9), rng.randint(2, 20), rng.randint(2, 40)
    x, c = rng.choice(UNKNOWNS), a * value + b
    equation = rng.choice((f"{b} + {a}{x} = {c}", f"{c} = {a}{x} + {b}"))
    steps = (f"{a}{x} = {c} - {b}", *subtract(c, b), *_quotient(x, a, a * value))
    return Sum(_asked(rng, equation, x), steps, f"{x} = {value}", operands=(a, b, c))


def short_equation(rng: random.Random) -> Sum:
    """An equation of one operation."""
    x, kind = rng.choice(UNKNOWNS), rng.choice(("times", "over", "sum", "less"))
    spoken = rng.random() < 0.4
    a, value = rng.randint(2, 20), rng.randint(2, 40)
    if kind == "times":
        c, answer = a * value, value
        lines = _quotient(x, a, c)
        equation = f"{a}{x} = {c}"
    elif kind == "over":
        c, answer = value, a * value
        lines = (f"{x} = {c} × {a}", *multiply(c, a))
        equation = rng.choice((f"{x}/{a} = {c}", f"{x} / {a} = {c}"))
    elif kind == "sum":
        c, answer = a + value, value
        lines = (f"{x} = {c} - {a}", *subtract(c, a))
        equation = f"{x} + {a} = {c}"
    else:
        c, answer = value, a + value
        lines = (f"{x} = {c} + {a}", *add(c, a))
        equation = f"{x} - {a} = {c}"
    if spoken:
        question = wording(rng, f"number_{kind}", a=a, b=a, c=c)
        lines = tuple(line.replace(f"{x} = ", "x = ") for line in lines)
        return Sum(question, lines, str(answer), operands=(a, c))
    return Sum(_asked(rng, equation, x), lines, f"{x} = {answer}", operands=(a, c))


def brackets(rng: random.Random) -> Sum:
    """An equation such as 3(x + 4) = 27 or 3(x - 4) = 9."""
    a, b, x = rng.randint(2, 9), rng.randint(1, 12), rng.choice(UNKNOWNS)
    inside = rng.randint(1, 20)
    plus = rng.random() < 0.6
    if plus:
        inside += b
    value = inside - b if plus else inside + b
    sign, opposite = ("+", "-") if plus else ("-", "+")
    question = _asked(rng, f"{a}({x} {sign} {b}) = {a * inside}", x)
    steps: Steps = (f"{x} {sign} {b} = {a * inside} / {a}", *divide(a * inside, a))
    steps = (*steps, f"{x} = {inside} {opposite} {b}")
    steps = (*steps, *(subtract(inside, b) if plus else add(inside, b)))
    return Sum(question, steps, f"{x} = {value}", operands=(a, b, a * inside))


def both_sides(rng: random.Random) -> Sum:
    """An equation such as 5x + 3 = 2x + 18."""
    d, value, b = rng.randint(1, 6), rng.randint(1, 15), rng.randint(1, 40)
    a, x = d + rng.randint(1, 6), rng.choice(UNKNOWNS)
    e = (a - d) * value + b
    right = x if d == 1 else f"{d}{x}"
    if rng.random() < 0.4 and (a - d) * value > b:
        e = (a - d) * value - b
        question = _asked(rng, f"{a}{x} - {b} = {right} + {e}", x)
        lines: Steps = (f"{a}{x} - {right} = {e} + {b}", f"{a} - {d} = {a - d}", *add(e, b))
    else:
        question = _asked(rng, f"{a}{x} + {b} = {right} + {e}", x)
        lines = (f"{a}{x} - {right} = {e} - {b}", f"{a} - {d} = {a - d}", *subtract(e, b))
    steps = (*lines, *_quotient(x, a - d, (a - d) * value))
    return Sum(question, steps, f"{x} = {value}", operands=(a, b, d, e))
