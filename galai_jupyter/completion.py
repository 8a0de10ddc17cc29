"""A cell and the cursor's place in; completions for ``galactica`` magics out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from galai_jupyter import catalog
from galai_jupyter.commands import COMMANDS, SHORTHANDS
from galai_jupyter.options import OPTIONS
from galai_jupyter.prompts import TASKS
from galai_jupyter.strategies import STRATEGIES
from galai_jupyter.tokens import SPECIAL_TOKENS

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult

_PROMPT_GROUPS = ("generation", "prompt", "cite", "display", "compare")
_MAGIC_LINE = re.compile(r"^\s*(?:[^\W\d]\w*\s*=\s*)?%{1,2}galactica\s(?P<rest>.*)$")
_SPECIAL_TOKEN_START = re.compile(r"(\[[A-Z_]*|</?[a-z]*)$")


def complete(text: str, line_number: int, column: int) -> tuple[str, list[str]]:
    """Return the fragment before the cursor and what could stand in its place.

    Parameters
    ----------
    text : str
        The whole cell.
    line_number, column : int
        The cursor, from 0.

    Returns
    -------
    fragment : str
        The word that is being typed.
    candidates : list of str
        Options, values, tasks, models, subcommands or special tokens; empty outside of
        galactica cells and lines.
    """
    lines = text.split("\n")
    before = lines[line_number][:column]
    in_cell = lines[0].startswith("%%galactica")
    magic = _MAGIC_LINE.match(before)
    if magic is None and not in_cell:
        return "", []
    special = _SPECIAL_TOKEN_START.search(before)
    if special:
        return special[0], _starting(special[0], SPECIAL_TOKENS)
    if magic is None:
        return "", []
    words = magic["rest"].split(" ")
    fragment = words[-1]
    return fragment, _starting(fragment, _candidates(words))


def _candidates(words: list[str]) -> Iterable[str]:
    fragment, previous = words[-1], words[-2] if len(words) > 1 else ""
    if previous == "load":
        return catalog.names()
    if previous.startswith("--"):
        key = previous[2:].replace("-", "_")
        if key == "task":
            return TASKS
        if key == "compare":
            before, comma, _ = fragment.rpartition(",")
            return [before + comma + name for name in STRATEGIES]
        if key in OPTIONS and OPTIONS[key].choices:
            return OPTIONS[key].choices
    if fragment.startswith("--"):
        own = ("load", "replay", "run", "connect")
        groups = (words[0],) if words[0] in own else _PROMPT_GROUPS
        flags = [option for option in OPTIONS.values() if option.group in groups]
        negative = [
            option.flag.replace("--", "--no-", 1) for option in flags if option.type is bool
        ]
        return [*(option.flag for option in flags), *negative]
    return [*COMMANDS, *SHORTHANDS] if len(words) == 1 else ()


def _starting(fragment: str, candidates: Iterable[str]) -> list[str]:
    return [candidate for candidate in candidates if candidate.startswith(fragment)]


def galactica_matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Answer IPython's completer (matcher API 2)."""
    from IPython.core.completer import SimpleCompletion

    fragment, candidates = complete(context.full_text, context.cursor_line, context.cursor_position)
    return {
        "completions": [SimpleCompletion(text, type="galactica") for text in candidates],
        "matched_fragment": fragment,
        "suppress": bool(candidates),
    }


galactica_matcher.matcher_api_version = 2  # type: ignore[attr-defined]
galactica_matcher.matcher_identifier = "galactica"  # type: ignore[attr-defined]
