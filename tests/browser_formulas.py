"""A random generator in; formulas that exercise everything the allow-list lets through, out."""

from __future__ import annotations

from random import Random

from galai_jupyter.rendering import tex_vocabulary as known
from galai_jupyter.rendering.tex import prepare

_LONE = sorted(
    {"left", "right", "middle", "limits", "nolimits", "hline", "\\", *known.INFIX}
    | known.SYMBOLS
    | known.FUNCTIONS
    | known.OPERATORS
    | known.SWITCHES
)
_COMMANDS = sorted({*_LONE, *known.SIGNATURES})
_ENVIRONMENTS = sorted(known.ENVIRONMENTS)
_ENVIRONMENT_ARGUMENTS = {"array": "{c|c}", "subarray": "{c}"} | dict.fromkeys(
    ("alignat", "alignat*", "alignedat"), "{2}"
)
_TEXTS = ("if $x$", "a b", "x_1", r"a {b} \% c", r"\(y\) z", "")
_CHEMISTRY = ("H2O", "2H+ + e- -> H2", "CO3^2-", "A <=> B", "A ->[x] B", "^{14}_{6}C")


def every_command() -> list[tuple[str, bool]]:
    """Return formulas, and whether they are displays, that use each command once."""
    samples = {"m": "{x}", "o": "[3]", "a": "[l]", "t": "{a}", "d": "{1em}", "D": "(", "c": "{H2O}"}
    found = [
        (f"\\{name}" + "".join(samples[kind] for kind in signature), True)
        for name, signature in known.SIGNATURES.items()
    ]
    found += [(f"\\{name} x", False) for name in known.SYMBOLS | known.FUNCTIONS | known.SWITCHES]
    found += [(f"\\{name}\\limits_a^b x", False) for name in known.OPERATORS]
    found += [(f"a \\{name} b", False) for name in known.INFIX]
    found += [(f"\\left{one} x \\right{one}", False) for one in known.DELIMITERS]
    found += [
        (
            f"\\begin{{{name}}}{_ENVIRONMENT_ARGUMENTS.get(name, '')}"
            f"a {'& b' if cells and name != 'subarray' else ''} \\\\ c \\end{{{name}}}",
            True,
        )
        for name, cells in known.ENVIRONMENTS.items()
    ]
    return found


def random_formulas(seed: int, count: int) -> list[tuple[str, bool]]:
    """Return `count` formulas that are typeset, and whether they are displays."""
    random = Random(seed)
    found: list[tuple[str, bool]] = []
    while len(found) < count:
        display = random.random() < 0.6
        tex = prepare(_sequence(random, 0), display=display)
        if tex is not None:
            found.append((tex, display))
    return found


def _sequence(random: Random, depth: int) -> str:
    return "".join(_piece(random, depth) for _ in range(random.randint(0, 5)))


def _argument(random: Random, depth: int) -> str:
    group = f"{{{_sequence(random, depth + 1)}}}"
    return random.choice([group, group, random.choice("abx12"), r"\alpha", r"\sum", "{}"])


def _delimiter(random: Random) -> str:
    return random.choice(sorted(known.DELIMITERS)) + " "


def _piece(random: Random, depth: int) -> str:
    kind = random.random()
    if depth > 3 or kind < 0.3:
        return random.choice('abcxyz123+-=,()[]|/<>!?.:;*"@`~ ')
    if kind < 0.42:
        command = f"\\{random.choice(_COMMANDS)} "
        return random.choice("^_") + random.choice([_argument(random, depth), "x", command])
    if kind < 0.5:
        return random.choice(["x^2_i", "_i^2", "'", "''", "'^2", "_1'", "^2'", "'_1^2", "x_1'^2"])
    if kind < 0.56:
        middle = random.choice(["", r"\middle|", r"\middle\| x"])
        left, right = _delimiter(random), _delimiter(random)
        return f"\\left{left}{_sequence(random, depth + 1)}{middle}\\right{right}"
    if kind < 0.63:
        return _environment(random, depth)
    if kind < 0.95:
        return _command(random, depth)
    return random.choice(["&", r"\\", "$", "#", "}", "{", "%"])


def _environment(random: Random, depth: int) -> str:
    name = random.choice(_ENVIRONMENTS)
    cell = random.choice(["&", "&", "&&"])
    row = random.choice([r"\\", r"\\[2pt]", r"\\*", r" \\\hline "])
    rows = row.join(
        cell.join(_sequence(random, depth + 1) for _ in range(random.randint(1, 3)))
        for _ in range(random.randint(1, 3))
    )
    return f"\\begin{{{name}}}{_ENVIRONMENT_ARGUMENTS.get(name, '')}{rows}\\end{{{name}}}"


def _command(random: Random, depth: int) -> str:
    name = random.choice(_COMMANDS)
    written = f"\\{name} " if name.isalpha() else f"\\{name}"
    for kind in known.SIGNATURES.get(name, ""):
        match kind:
            case "m":
                written += _argument(random, depth)
            case "o":
                written += random.choice(["", f"[{_sequence(random, depth + 1)}]"])
            case "a":
                written += random.choice(["", "[l]"])
            case "t":
                written += f"{{{random.choice(_TEXTS)}}}"
            case "d":
                written += random.choice(["{1em}", "{-2pt}", "{3mu}", "{.5em}"])
            case "D":
                written += _delimiter(random)
            case "c":
                written += f"{{{random.choice(_CHEMISTRY)}}}"
    return written
