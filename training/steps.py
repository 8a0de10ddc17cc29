"""Numbers in, the lines of a worked calculation out: places one after the other, largest first.

What a line adds, takes away or multiplies is a single digit with zeros wherever that is possible:
a small model can know such a line, and carries wait for the next one.
"""

from __future__ import annotations

Steps = tuple[str, ...]


def places(number: int) -> list[int]:
    """Return 347 as 300, 40 and 7; zeros are left out."""
    digits = str(number)
    found = [int(d) * 10 ** (len(digits) - 1 - i) for i, d in enumerate(digits)]
    return [place for place in found if place] or [0]


def add(a: int, b: int) -> Steps:
    """Add the places of the smaller number one after the other."""
    a, b = max(a, b), min(a, b)
    steps: list[str] = []
    for place in places(b):
        steps.append(f"{a} + {place} = {a + place}")
        a += place
    return tuple(steps)


def subtract(a: int, b: int) -> Steps:
    """Take away the places of `b` one after the other."""
    steps: list[str] = []
    for place in places(b):
        steps.append(f"{a} - {place} = {a - place}")
        a -= place
    return tuple(steps)


def multiply(a: int, b: int) -> Steps:
    """Multiply the larger number by each digit of the smaller one, then add up."""
    a, b = max(a, b), min(a, b)
    steps: list[str] = []
    total = 0
    for place in places(b):
        digit = int(str(place)[0])
        if digit > 1:
            steps += _multiply_by_digit(a, digit)
        if place > 9 or digit == 1:
            steps.append(f"{a} × {place} = {a * place}")
        if total:
            steps += add(total, a * place)
        total += a * place
    return tuple(steps)


def _multiply_by_digit(a: int, digit: int) -> Steps:
    """Multiply each place of `a`, then add up."""
    first, *others = places(a)
    steps = [f"{place} × {digit} = {place * digit}" for place in (first, *others)]
    total = first * digit
    for place in others:
        steps.append(f"{total} + {place * digit} = {total + place * digit}")
        total += place * digit
    return tuple(steps)


def divide(a: int, b: int) -> Steps:
    """Take away as many times `b` as each place of the quotient says; `b` divides `a`."""
    quotient = places(a // b)
    steps, _ = _divide(a, b, quotient)
    if len(quotient) > 1:
        steps.append(f"{' + '.join(map(str, quotient))} = {a // b}")
    return (*steps, f"{a} / {b} = {a // b}")


def remainder(a: int, b: int) -> Steps:
    """Take away multiples of `b`, largest first, until less than `b` is left."""
    steps, rest = _divide(a, b, places(a // b))
    return (*steps, f"{rest} < {b}")


def _divide(a: int, b: int, quotient: list[int]) -> tuple[list[str], int]:
    steps: list[str] = []
    for place in quotient:
        steps.append(f"{b} × {place} = {b * place}")
        if a > b * place:
            steps.append(f"{a} - {b * place} = {a - b * place}")
        a -= b * place
    return steps, a


def percent(p: int, n: int) -> Steps:
    """Go by tenths, quarters or hundredths, whichever keeps the numbers whole and small."""
    if p in (25, 75) and n % 4 == 0:
        first = (f"{p}% is {p // 25}/4", f"{n} / 4 = {n // 4}")
        return first if p == 25 else (*first, *multiply(n // 4, 3))
    if p % 10 == 0 and n % 10 == 0:
        tenth = (f"10% of {n} is {n // 10}",)
        return tenth if p == 10 else (*tenth, *multiply(n // 10, p // 10))
    if p % 5 == 0 and p < 30 and n % 20 == 0:
        fives = (f"10% of {n} is {n // 10}", f"5% of {n} is {n // 10} / 2 = {n // 20}")
        return fives if p == 5 else (*fives, *multiply(n // 20, p // 5))
    if n % 100 == 0:
        hundredth = (f"1% of {n} is {n // 100}",)
        return hundredth if p == 1 else (*hundredth, *multiply(n // 100, p))
    return (*multiply(n, p), f"{n * p} / 100 = {n * p // 100}")
