"""What stands behind ``%galactica replay`` in; recorded texts run again, and compared, out."""

from __future__ import annotations

import shlex

from galai_jupyter import rendering
from galai_jupyter.errors import GalacticaError, OptionError
from galai_jupyter.flags import parse_flags
from galai_jupyter.options import ReplayOptions, build_options
from galai_jupyter.rendering.tables import message_bundle
from galai_jupyter.replay import Replay
from galai_jupyter.runner import Runner
from galai_jupyter.session import get_session


def replay(arguments: str, runner: Runner) -> Replay | None:
    """Replay the last text, the one with a number in the history, or those of a notebook.

    Raises
    ------
    OptionError
        If there is no such text.
    GalacticaError
        If the notebook cannot be read, or a text cannot be run again.
    """
    values, rest = parse_flags(arguments, ("replay",), anywhere=True)
    cell = build_options(ReplayOptions, values).cell
    try:
        words = shlex.split(rest)
    except ValueError:
        raise OptionError("The quotes around the notebook's name are not closed.") from None
    if len(words) > 1 or (words and not words[0].isdecimal() and not words[0].endswith(".ipynb")):
        raise OptionError(
            "%galactica replay takes a number of the history or one notebook (.ipynb): write "
            f"`%galactica -- replay {rest}` if this is a prompt."
        )
    if words and words[0].endswith(".ipynb"):
        return _replay_notebook(words[0], cell, runner)
    if cell is not None:
        raise OptionError("--cell names a cell of a saved notebook: put the notebook before it.")
    return runner.replay(get_session().recorded(int(words[0]) if words else None))


def _replay_notebook(path: str, cell: int | None, runner: Runner) -> Replay | None:
    """Replay every text of a notebook, or of one of its cells."""
    recorded = rendering.generations(path, cell)
    where = path if cell is None else f"cell [{cell}] of {path}"
    if not recorded:
        raise OptionError(f"There are no generations in {where}: it was saved without outputs.")
    if len(recorded) == 1:
        return runner.replay(recorded[0])
    agreeing, failures = 0, []
    for number, each in enumerate(recorded, 1):
        beginning = " ".join(each.prompt.split())[:60]
        runner.show(message_bundle(f"{number} of {len(recorded)}: {beginning}"))
        try:
            agreeing += runner.replay(each).identical
        except GalacticaError as error:  # the others can still be run
            failures.append(error)
            runner.show(message_bundle(str(error)))
    runner.show(message_bundle(f"{agreeing} of {len(recorded)} texts in {where} are identical."))
    if failures:
        raise failures[0]
    return None
