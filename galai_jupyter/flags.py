"""The line of a magic in; option values and the words that are no options out."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from galai_jupyter.errors import OptionError
from galai_jupyter.options import OPTIONS, Option, find_option

_WORD = re.compile(r"""\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'])+)""")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def parse_flags(
    line: str, groups: Collection[str], *, anywhere: bool = False
) -> tuple[dict[str, Any], str]:
    r"""Split a line into options and the rest.

    Flags are the Python names with hyphens; underscores are accepted, ``--flag=value`` too, and
    ``--no-flag`` switches a yes-or-no option off. ``--`` ends the options.

    Parameters
    ----------
    line : str
        For example ``--top-p 0.7 --stop "\n\n" The Transformer``.
    groups : collection of str
        Groups of options that make sense here.
    anywhere : bool, default False
        Whether flags may stand behind other words; if not, the first word that is no flag begins
        the rest, which is returned as it was written.

    Returns
    -------
    values : dict
        The values given, by Python name.
    rest : str
        What is no option.

    Raises
    ------
    OptionError
        If an option is unknown, makes no sense here, or its value is missing or wrong.
    """
    values: dict[str, Any] = {}
    rest: list[str] = []
    position = 0
    while match := _WORD.match(line, position):
        word = match[1]
        if word == "--":
            return values, " ".join([*rest, line[match.end() :].removeprefix(" ")])
        if not re.match(r"--[A-Za-z]", word):
            if not anywhere:
                break
            rest.append(word)
            position = match.end()
            continue
        flag, equals, text = word.partition("=")
        option, negated = _find(flag, groups)
        position = match.end()
        if option.type is bool:
            if equals:
                raise OptionError(f"{flag} takes no value: write {option.flag} or --no-….")
            values[option.name] = not negated
            continue
        if not equals:
            following = _WORD.match(line, position)
            if following is None and line[position:].strip():
                raise OptionError(f"The quotes behind {option.flag} are not closed: close them.")
            if following is None:
                raise OptionError(f"{option.flag} needs a value{_hint(option)}.")
            text, position = following[1], following.end()
        value = option.parse(_unquote(text))
        if option.repeated:
            values[option.name] = (*values.get(option.name, ()), value)
        else:
            values[option.name] = value
    remaining = line[position:].strip()
    return values, " ".join([*rest, remaining]) if remaining else " ".join(rest)


def _find(flag: str, groups: Collection[str]) -> tuple[Option, bool]:
    """Return the option behind a flag, and whether the flag is its ``--no-`` form."""
    positive = re.sub(r"^--no[-_]", "--", flag)
    key = positive[2:].replace("-", "_")
    negated = positive != flag and key in OPTIONS and OPTIONS[key].type is bool
    option = OPTIONS[key] if negated else find_option(flag)
    if option.group not in groups:
        raise OptionError(f"{flag} makes no sense here: it is a {option.group} option.")
    return option, negated


def _hint(option: Option) -> str:
    return f" ({option.range})" if option.range else ""


def _unquote(text: str) -> str:
    r"""Return a value without its quotes, with ``\n``, ``\t``, ``\"`` and ``\\`` replaced."""
    if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]:
        text = text[1:-1]
    return re.sub(r'\\([nt"\\])', lambda match: _ESCAPES[match[1]], text)
