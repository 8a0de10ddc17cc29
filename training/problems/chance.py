"""A random generator in, problems of coins, dice, cards and urns out."""

from __future__ import annotations

import random
from fractions import Fraction
from math import comb

from training.problems.problem import Sum, fraction, wording
from training.steps import Steps, add, subtract

COLOURS = ("red", "blue", "green", "white", "black", "yellow")
DRAWN = ("balls", "balls", "marbles", "marbles", "sweets", "beads", "socks", "counters")
SUITS = ("heart", "spade", "diamond", "club")
RANKS = ("ace", "king", "queen", "jack", "seven", "ten", "two", "five")


def _reduced(ways: int, outcomes: int) -> Steps:
    """The last lines: how many outcomes fit, of how many, and the fraction in lowest terms."""
    lowest = fraction(Fraction(ways, outcomes))
    first = f"probability = {ways}/{outcomes}"
    return (first,) if lowest == f"{ways}/{outcomes}" else (first, f"{ways}/{outcomes} = {lowest}")


def marbles(rng: random.Random) -> Sum:
    """One thing drawn from things of two or three colours."""
    first, second, third = rng.sample(COLOURS, 3)
    a, b, c = (rng.randint(2, 12) for _ in range(3))
    thing = rng.choice(DRAWN)
    values: dict[str, object] = {"a": a, "b": b, "first": first, "second": second, "thing": thing}
    if rng.random() < 0.25:
        question = wording(rng, "urn_of_three", c=c, third=third, **values)
        total, steps = a + b + c, (*add(a, b), *add(a + b, c))
    else:
        question = wording(rng, "urn", **values)
        total, steps = a + b, add(a, b)
    answer = fraction(Fraction(a, total))
    return Sum(question, (*steps, *_reduced(a, total)), answer, operands=(a, b))


def even_heads(rng: random.Random) -> Sum:
    """An even number of heads."""
    n = rng.choice((2, 3, 3, 3, 4, 5))
    counts = {k: comb(n, k) for k in range(0, n + 1, 2)}
    total = sum(counts.values())
    steps = [f"There are 2^{n} = {2**n} outcomes."]
    steps += [f"{k} heads: {ways} outcomes" for k, ways in counts.items()]
    steps += [f"{' + '.join(map(str, counts.values()))} = {total}", f"{total} / {2**n} = 1/2"]
    shown = rng.choice((f"${n}$", f"${n}$", str(n)))
    kind = "best_known_even_heads" if rng.random() < 0.5 else "even_heads"
    return Sum(wording(rng, kind, n=shown), tuple(steps), "1/2")


def heads(rng: random.Random) -> Sum:
    """So many heads, one at least, all, or all outcomes."""
    n = rng.randint(2, 6)
    kind = rng.choice(("exactly_heads", "exactly_heads", "at_least_one", "all_heads", "outcomes"))
    n = min(n, 5) if kind == "exactly_heads" else n
    outcomes = f"There are 2^{n} = {2**n} outcomes."
    if kind == "outcomes":
        return Sum(wording(rng, "sample_space", n=n), (outcomes,), str(2**n))
    if kind == "exactly_heads":
        k = rng.randint(0, n)
        ways, named = comb(n, k), "1 head" if k == 1 else f"{k} heads"
        question = wording(rng, kind, n=n, heads=named)
        steps: Steps = (outcomes, f"{named}: {ways} outcomes", *_reduced(ways, 2**n))
    elif kind == "all_heads":
        ways, question = 1, wording(rng, kind, n=n)
        steps = (outcomes, "All heads: 1 outcome", *_reduced(1, 2**n))
    else:
        ways, question = 2**n - 1, wording(rng, kind, n=n)
        steps = (outcomes, "No heads: 1 outcome", f"{2**n} - 1 = {ways}", *_reduced(ways, 2**n))
    return Sum(question, steps, fraction(Fraction(ways, 2**n)))


def dice(rng: random.Random) -> Sum:
    """The sum of two dice."""
    total = rng.randint(2, 12)
    pairs = [(a, total - a) for a in range(1, 7) if 1 <= total - a <= 6]
    steps = (
        "There are 6 × 6 = 36 outcomes.",
        f"Sum {total}: " + ", ".join(f"{a} + {b}" for a, b in pairs),
        *_reduced(len(pairs), 36),
    )
    answer = fraction(Fraction(len(pairs), 36))
    return Sum(wording(rng, "two_dice", total=total), steps, answer)


def one_die(rng: random.Random) -> Sum:
    """A die with six sides or more."""
    sides = rng.choice((6, 6, 6, 6, 8, 10, 12, 20))
    k = rng.randint(1, sides - 1)
    kind, ways = rng.choice(
        (
            ("die_greater", sides - k),
            ("die_at_most", k),
            ("die_even", sides // 2),
            ("die_exact", 1),
        )
    )
    die = f"a fair die with {sides} sides"
    if sides == 6:
        die = rng.choice(("a fair die", "a fair die", "a fair six-sided die"))
    steps = (f"There are {sides} outcomes.", f"{ways} of them fit.", *_reduced(ways, sides))
    return Sum(wording(rng, kind, die=die, k=k), steps, fraction(Fraction(ways, sides)))


def card(rng: random.Random) -> Sum:
    """A suit or a rank from a deck of cards."""
    if rng.random() < 0.5:
        question, ways = wording(rng, "card_suit", suit=rng.choice(SUITS)), 13
    else:
        rank = rng.choice(RANKS)
        named = f"{'an' if rank == 'ace' else 'a'} {rank}"
        question, ways = wording(rng, "card_rank", rank=rank, a_rank=named), 4
    steps = ("There are 52 cards.", f"{ways} of them fit.", *_reduced(ways, 52))
    return Sum(question, steps, fraction(Fraction(ways, 52)))


def complement(rng: random.Random) -> Sum:
    """The probability that something does not happen."""
    p = rng.randint(2, 98)
    question = wording(rng, "complement", p=p)
    return Sum(question, subtract(100, p), f"{100 - p}%", operands=(100, p))


def both(rng: random.Random) -> Sum:
    """Two independent events."""
    p, q = rng.randint(2, 10), rng.randint(2, 10)
    steps = (f"{p} × {q} = {p * q}", f"1/{p} × 1/{q} = 1/{p * q}")
    return Sum(wording(rng, "both", p=p, q=q), steps, f"1/{p * q}", operands=(p, q))
