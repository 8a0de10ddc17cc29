"""What stands behind ``%galactica run`` in; Python of a text, shown, asked about and run, out."""

from __future__ import annotations

from galai_jupyter import rendering
from galai_jupyter.errors import OptionError
from galai_jupyter.flags import parse_flags
from galai_jupyter.options import RunOptions, build_options
from galai_jupyter.programs import Execution, Program, choose_program
from galai_jupyter.rendering.run_view import guards_words, limits_words
from galai_jupyter.rendering.tables import message_bundle
from galai_jupyter.runner import Runner
from galai_jupyter.sandbox import available_guards
from galai_jupyter.session import get_session


def run(arguments: str, runner: Runner) -> Execution | None:
    """Show the Python of a text, ask whether to run it, and run it if the answer is yes.

    Raises
    ------
    OptionError
        If there is no such text or block, or nobody can be asked.
    SandboxError
        If no process could be started.
    """
    values, rest = parse_flags(arguments, ("run",), anywhere=True)
    options = build_options(RunOptions, values)
    if rest and not rest.isdecimal():
        raise OptionError(
            "%galactica run takes a number of the history: write "
            f"`%galactica -- run {rest}` if this is a prompt."
        )
    program = _program(int(rest) if rest else None, options.block)
    terms = ""
    if not options.yes:
        terms = f"It would get {limits_words(options)}. {guards_words(available_guards())}"
    runner.show(rendering.program_bundle(program, terms))
    if options.yes or _agreed():
        return runner.run_program(program, options)
    runner.show(message_bundle("Nothing was run."))
    return None


def _program(number: int | None, block: int | None) -> Program:
    session = get_session()
    programs = rendering.programs_of(session.recorded(number, "run"))
    if not programs and number is None:
        for place in range(len(session.history), 0, -1):
            if rendering.programs_of(session.recorded(place)):
                raise OptionError(
                    f"There is no Python in the last text, but in text {place}: `%galactica run "
                    f"{place}` runs that."
                )
    return choose_program(programs, block)


def _agreed() -> bool:
    """Ask whether to run the code; only a yes is one."""
    try:
        answer = input("Run this code? [y/N] ")
    except (EOFError, OSError, NotImplementedError):
        raise OptionError(
            "Nobody can be asked here: read the code above, and `%galactica run --yes` runs it."
        ) from None
    return answer.strip().lower() in ("y", "yes")
