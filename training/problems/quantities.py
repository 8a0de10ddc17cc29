"""A random generator in, problems of units, temperatures, speeds and densities out."""

from __future__ import annotations

import random
from dataclasses import dataclass

from training.problems.problem import Sum, wording
from training.steps import Steps, add, divide, multiply, subtract


@dataclass(frozen=True)
class Conversion:
    """A larger and a smaller unit, each by its names, and how many of one make the other."""

    kind: str
    large: tuple[str, ...]
    small: tuple[str, ...]
    factor: int


KILOMETRES, METRES = ("kilometres", "kilometers", "km"), ("metres", "meters", "m")
CENTIMETRES, MILLIMETRES = ("centimetres", "centimeters", "cm"), ("millimetres", "mm")
KILOGRAMS, GRAMS = ("kilograms", "kg"), ("grams", "g")
HOURS, MINUTES, DAYS = ("hours", "hours", "h"), ("minutes", "minutes", "min"), ("days",)
CONVERSIONS = (
    *2 * (Conversion("length", KILOMETRES, METRES, 1000),),
    *2 * (Conversion("length", METRES, CENTIMETRES, 100),),
    Conversion("length", CENTIMETRES, MILLIMETRES, 10),
    *2 * (Conversion("mass", KILOGRAMS, GRAMS, 1000),),
    Conversion("mass", GRAMS, ("milligrams", "mg"), 1000),
    Conversion("mass", ("tonnes", "t"), KILOGRAMS, 1000),
    *2 * (Conversion("volume", ("litres", "liters", "L"), ("millilitres", "mL", "ml"), 1000),),
    *2 * (Conversion("time", HOURS, MINUTES, 60),),
    *2 * (Conversion("time", MINUTES, ("seconds", "seconds", "s"), 60),),
    Conversion("time", DAYS, HOURS, 24),
    Conversion("time", ("weeks",), DAYS, 7),
    Conversion("time", ("years",), ("months",), 12),
)
VEHICLES = ("car", "train", "cyclist", "ship", "bus", "truck", "boat", "plane", "runner", "tram")


def conversion(rng: random.Random) -> Sum:
    """A quantity in another unit."""
    chosen = rng.choice(CONVERSIONS)
    large, small, factor = rng.choice(chosen.large), rng.choice(chosen.small), chosen.factor
    kind = chosen.kind if rng.random() < 0.35 else "conversion"
    n = rng.randint(2, rng.choice((12, 20, 99)))
    rule = f"1 {_one(large)} is {factor} {small}."
    if factor % 10 == 0 and factor != 60 and rng.random() < 0.2:
        return _decimal_conversion(rng, kind, large, small, factor, rule)
    many = n * factor
    if rng.random() < 0.35:
        question = wording(rng, kind, n=many, unit=small, target=large)
        back = (f"{many} / {factor} = {n}",) if factor % 100 == 0 else divide(many, factor)
        return Sum(question, (rule, *back), f"{n} {large}", operands=(many, factor))
    question = wording(rng, kind, n=n, unit=large, target=small)
    return Sum(question, (rule, *multiply(n, factor)), f"{many} {small}", operands=(n, factor))


def _one(unit: str) -> str:
    return unit.removesuffix("s") if len(unit) > 2 else unit


def _decimal_conversion(
    rng: random.Random, kind: str, large: str, small: str, factor: int, rule: str
) -> Sum:
    tenths = rng.randint(1, 99)
    many = tenths * factor // 10
    given = f"{tenths // 10}.{tenths % 10}"
    if tenths % 10 and rng.random() < 0.35:
        question = wording(rng, kind, n=many, unit=small, target=large)
        steps: Steps = (rule, f"{many} / {factor} = {given}")
        return Sum(question, steps, f"{given} {large}", operands=(many, factor))
    question = wording(rng, kind, n=given, unit=large, target=small)
    steps = (rule, f"{given} × {factor} = {many}")
    return Sum(question, steps, f"{many} {small}", operands=(tenths, factor))


def hours_and_minutes(rng: random.Random) -> Sum:
    """Hours and minutes in minutes."""
    h, m = rng.randint(2, 12), rng.randint(1, 59)
    steps = (*multiply(h, 60), *add(60 * h, m))
    return Sum(wording(rng, "time_sum", h=h, m=m), steps, f"{60 * h + m} minutes", operands=(h, m))


def speed_units(rng: random.Random) -> Sum:
    """A speed in km/h or m/s."""
    n = rng.randint(1, 12)
    slow, fast = 5 * n, 18 * n
    if rng.random() < 0.5:
        steps = ("18 km/h is 5 m/s.", *divide(fast, 18), f"{n} × 5 = {slow}")
        return Sum(wording(rng, "kmh_to_ms", n=fast), steps, f"{slow} m/s", operands=(fast, 18))
    steps = ("5 m/s is 18 km/h.", *divide(slow, 5), *multiply(n, 18))
    return Sum(wording(rng, "ms_to_kmh", n=slow), steps, f"{fast} km/h", operands=(slow, 5))


def temperature(rng: random.Random) -> Sum:
    """A temperature in degrees Celsius or Fahrenheit."""
    c = 5 * rng.randint(0, 40)
    f = c * 9 // 5 + 32
    if rng.random() < 0.4:
        if not c:
            return temperature(rng)
        steps = (*subtract(f, 32), *divide(f - 32, 9), f"{c // 5} × 5 = {c}")
        question = wording(rng, "fahrenheit_to_celsius", f=f)
        return Sum(question, steps, f"{c} °C", operands=(f, 32))
    question = wording(rng, "celsius_to_fahrenheit", c=c)
    steps = (f"{c} / 5 = {c // 5}", *multiply(c // 5, 9), *add(f - 32, 32))
    return Sum(question, steps, f"{f} °F", operands=(c, 9))


def motion(rng: random.Random) -> Sum:
    """The distance, the speed or the time of something that moves."""
    v, t = 5 * rng.randint(1, 30), rng.randint(2, 9)
    d, vehicle = v * t, rng.choice(VEHICLES)
    kind = rng.choice(("distance", "distance", "speed", "speed", "duration"))
    question = wording(rng, kind, v=v, t=t, d=d, vehicle=vehicle)
    if kind == "distance":
        return Sum(question, multiply(v, t), f"{d} km", operands=(v, t))
    if kind == "speed":
        return Sum(question, divide(d, t), f"{v} km/h", operands=(d, t))
    return Sum(question, divide(d, v), f"{t} hours", operands=(d, v))


def density(rng: random.Random) -> Sum:
    """A mass by a volume."""
    v, rho = rng.randint(2, 20), rng.randint(2, 20)
    question = wording(rng, "density", m=rho * v, v=v)
    return Sum(question, divide(rho * v, v), f"{rho} g/cm³", operands=(rho * v, v))
