"""Records of Python that a model wrote and of what came of running it; their comparison out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from galai_jupyter.errors import OptionError

OUTPUT_FILE = "output.txt"
"""Where Galactica's programs write their result, unless their text names another file."""

Ending = Literal["finished", "failed", "time", "memory", "output", "interrupted"]
"""Why a program ended; ``time``, ``memory`` and ``output`` are the limit that stopped it."""

GUARDS: dict[str, tuple[str, str]] = {
    "memory": ("bounded memory", "its memory is not bounded"),
    "processes": ("no other processes", "it can start other processes"),
    "network": ("no network", "the network could not be cut off"),
    "files": ("no files but its own", "it can read and change your files"),
}
"""What guards a program, where the platform has the means: in force, and if it is not."""

_LONGEST = 10_000
_NOISE = Fraction(1, 10**9)
_EDGES = "$€£%°.,;:!?()[]{}\"'`\\"
_NUMBER = re.compile(
    r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|(?<=\d)\.?)(?:e[+-]?\d{1,3})?", re.I
)
_SEPARATORS = re.compile(r",(?!\d{3}(?!\d))|[\[\](){}=]")
_FRACTION = re.compile(r"([+-]?\d{1,30})/(\d{1,30})")


@dataclass(frozen=True)
class Program:
    """A block of Python in a generated text.

    Attributes
    ----------
    code : str
        What would be run, letter by letter.
    claim : str
        The result that the text gives for it; ``""`` if it gives none.
    exact : bool
        Whether the claim is the program's output; if not, it is the answer of the whole text,
        which may say more.
    output_file : str
        The file that it writes its result to, if it writes one.
    closed : bool
        Whether the block has an end; one without may be cut off.
    """

    code: str
    claim: str = ""
    exact: bool = True
    output_file: str = OUTPUT_FILE
    closed: bool = True


@dataclass(frozen=True)
class Outcome:
    """What came of running a program.

    Attributes
    ----------
    ending : str
        Why it ended.
    stdout, stderr : str
        What it printed; the beginning, if that was too much.
    written : str or None
        The content of its output file; `None` if it wrote none.
    seconds : float
        How long it ran.
    in_force : tuple of str
        Which of `GUARDS` held.
    """

    ending: Ending
    stdout: str = ""
    stderr: str = ""
    written: str | None = None
    seconds: float = 0.0
    in_force: tuple[str, ...] = ()

    @property
    def result(self) -> str:
        """What it wrote into its output file, else what it printed."""
        return self.stdout if self.written is None else self.written


@dataclass(frozen=True)
class Execution:
    """A program that was run.

    Attributes
    ----------
    program : Program
        What was run, and what the model claims that it gives.
    outcome : Outcome
        What it gave.
    """

    program: Program
    outcome: Outcome

    @property
    def agrees(self) -> bool | None:
        """Whether the claim is right; `None` where there is no claim, or no result."""
        if not self.program.claim.strip() or not self.outcome.result.strip():
            return None
        if self.outcome.ending != "finished":
            return None
        return agree(self.outcome.result, self.program.claim, exact=self.program.exact)

    def __repr__(self) -> str:
        result = self.outcome.result.strip()
        shown = result if len(result) <= 60 else result[:57] + "…"
        verdict = {True: ", as claimed", False: ", not as claimed", None: ""}[self.agrees]
        return f"<Execution {shown!r}: {self.outcome.ending}{verdict}>"


def choose_program(programs: Sequence[Program], number: int | None = None) -> Program:
    """Return the program with a number, from 1; the only one if left out.

    Raises
    ------
    OptionError
        If there is none, or no such one, or several to choose from.
    """
    count = len(programs)
    if not count:
        raise OptionError(
            "There is no Python in that text: ask for it, for example with a prompt that ends in "
            "“Answer with code.” and <work>."
        )
    if number is None and count > 1:
        raise OptionError(
            f"That text has {count} blocks of Python: choose one, --block 1 to {count}."
        )
    if number is not None and not 1 <= number <= count:
        raise OptionError(
            f"That text has {count} block{'' if count == 1 else 's'} of Python, and no {number}."
        )
    return programs[(number or 1) - 1]


def agree(result: str, claim: str, *, exact: bool = True) -> bool:
    """Return whether two texts say the same; numbers may be rounded and written differently.

    Parameters
    ----------
    result : str
        What a program gave.
    claim : str
        What is said to be its result.
    exact : bool, default True
        Whether the claim must be the result and nothing else; if not, it may say more.

    Examples
    --------
    >>> agree("36.0", "36"), agree("1.5117970521", "1.5118"), agree("1.51", "2")
    (True, True, False)
    >>> agree("0.05", "The ball costs $0.05.", exact=False)
    True
    """
    if result.strip() == claim.strip():
        return True
    if max(len(result), len(claim)) > _LONGEST:
        return False
    ours, theirs = list(_words(result)), list(_words(claim))
    places = range(1) if exact else range(len(theirs) - len(ours) + 1)
    if not ours or (exact and len(ours) != len(theirs)):
        return False
    return any(all(map(_same, ours, theirs[place:])) for place in places)


def _words(text: str) -> Iterator[str]:
    """Yield words and numbers without brackets, signs of money and the like around them."""
    spaced = _SEPARATORS.sub(" ", text.replace("−", "-"))
    yield from filter(None, (word.strip(_EDGES) for word in spaced.split()))


def _same(ours: str, theirs: str) -> bool:
    left, right = _number(ours), _number(theirs)
    if left is None or right is None:
        return ours.casefold() == theirs.casefold()
    value, places = left
    other, other_places = right
    known = [count for count in (places, other_places) if count is not None]
    # Whole numbers are exact, but for floating point; else the one with fewer places is rounded.
    rounded = bool(known) and min(known) > 0
    return abs(value - other) <= (Fraction(501, 1000) / 10 ** min(known) if rounded else _NOISE)


def _number(word: str) -> tuple[Fraction, int | None] | None:
    """Return a number and how many decimal places it is given to; `None` stands for all."""
    if fraction := _FRACTION.fullmatch(word):
        below = int(fraction[2])
        return (Fraction(int(fraction[1]), below), None) if below else None
    if not word or not _NUMBER.fullmatch(word) or len(word) > 400:
        return None
    number = Decimal(word.replace(",", ""))
    exponent = number.as_tuple().exponent
    return Fraction(number), -exponent if isinstance(exponent, int) else None
