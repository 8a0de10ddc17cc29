"""The subcommands of ``%galactica``: their arguments in, a shown answer out."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from galai_jupyter import catalog, replay_command, run_command
from galai_jupyter.catalog import ModelInfo, format_bytes, format_count
from galai_jupyter.display import Result
from galai_jupyter.errors import OptionError
from galai_jupyter.flags import parse_flags
from galai_jupyter.generation import Generation
from galai_jupyter.model import Model
from galai_jupyter.options import (
    OPTIONS,
    ConnectOptions,
    DisplayOptions,
    LoadOptions,
    build_options,
)
from galai_jupyter.prompts import TASKS
from galai_jupyter.rendering.tables import message_bundle, table_bundle
from galai_jupyter.runner import Runner
from galai_jupyter.session import get_session
from galai_jupyter.strategies import STRATEGIES


@dataclass(frozen=True)
class Command:
    """One subcommand.

    Attributes
    ----------
    run : callable
        ``run(arguments, runner)``.
    usage : str
        How it is written, behind ``%galactica``.
    help : str
        What it does.
    takes_cell : bool
        Whether it may stand above a cell body.
    """

    run: Callable[[str, Runner], Result | None]
    usage: str
    help: str
    takes_cell: bool = False


SHORTHANDS: Mapping[str, str] = {"cite": "--task cite"}
"""First words that stand for options."""


def _load(arguments: str, runner: Runner) -> None:
    values, rest = parse_flags(arguments, ("load",), anywhere=True)
    try:
        names = shlex.split(rest)
    except ValueError:
        raise OptionError("The quotes in the model's name are not closed: close them.") from None
    if len(names) != 1:
        raise OptionError(
            f"%galactica load takes one model: {', '.join(catalog.names())}, a hub id "
            "(owner/name) or a local folder."
        )
    runner.load(names[0], build_options(LoadOptions, values))


def _connect(arguments: str, runner: Runner) -> None:
    from galai_jupyter.connecting import open_connection

    values, url = parse_flags(arguments, ("connect",), anywhere=True)
    if len(url.split()) != 1:
        raise OptionError("%galactica connect takes the address of one server: http://HOST:PORT.")
    model = open_connection(url, build_options(ConnectOptions, values))
    runner.show(message_bundle(f"Connected to {model.description}"))


def _unload(arguments: str, runner: Runner) -> None:
    _takes_nothing("unload", arguments)
    model = get_session().model
    said = f"Unloaded {model.name}." if model else "No model was loaded."  # still has its name
    get_session().unload()
    runner.show(message_bundle(said))


def _status(arguments: str, runner: Runner) -> None:
    _takes_nothing("status", arguments)
    from galai_jupyter.engines.hardware import free_memory

    session = get_session()
    rows = [("model", "none yet: the bundled one is loaded with the first prompt")]
    if session.model:
        rows = _about(session.model)
    rows += [
        ("generations", str(len(session.history))),
        ("memory free here", format_bytes(free_memory())),
    ]
    runner.show(table_bundle(("session", ""), rows))


def _about(model: Model) -> list[tuple[str, str]]:
    """Return what there is to say about a model; a server keeps some of it to itself."""
    told = model.description
    parameters = format_count(told.parameters) if told.parameters else "unknown"
    rows = [
        ("model", told.name),
        ("engine", told.engine),
        ("server" if told.engine == "remote" else "device", told.device),
        ("dtype", _with_reason(told.dtype, told.dtype_reason)),
        ("parameters", parameters),
        ("licence", told.licence or "unknown"),
        ("context", f"{model.engine.context_size:,} tokens"),
        ("prefix cache", _prefix_cache(model)),
    ]
    return [row for row in rows if row[1]]


def _prefix_cache(model: Model) -> str:
    """Return what the engine keeps of the last prompts, in words; nothing if it does not tell."""
    if not hasattr(model.engine, "prefix_statistics"):
        return ""
    found = model.engine.prefix_statistics
    if found is None:
        return "none"
    texts = f"{found.entries:,} text{'' if found.entries == 1 else 's'}"
    return (
        f"{texts}, {found.tokens:,} tokens, {format_bytes(found.size)} of "
        f"{format_bytes(found.limit)}; used for {found.hits:,} of {found.requests:,} prompts, "
        f"{found.reused_tokens:,} of their {found.prompt_tokens:,} tokens"
    )


def _with_reason(dtype: str, reason: str) -> str:
    return f"{dtype} ({reason})" if reason else dtype


def _models(arguments: str, runner: Runner) -> None:
    _takes_nothing("models", arguments)
    from galai_jupyter.engines.hardware import free_memory

    free = free_memory()
    rows = []
    for info in map(ModelInfo.by_name, catalog.names()):
        sizes = [info.memory_needed(dtype) for dtype in ("int8", "bfloat16", "float32")]
        rows.append(
            (
                info.name,
                format_count(info.parameters),
                *map(format_bytes, sizes),
                info.widest_dtype(free) or "does not fit",
                info.hub_id or "in the package",
                info.licence,
            )
        )
    header = ("name", "parameters", "int8", "16-bit", "float32", "fits here as", "where", "licence")
    note = (
        "Memory is that of weights and one full context. %galactica load NAME; a hub id "
        "(owner/name) or a local folder works, too."
    )
    runner.show(table_bundle(header, rows, note))


def _history(arguments: str, runner: Runner) -> None:
    from galai_jupyter import rendering

    history = get_session().history
    if arguments:
        if not arguments.isdigit() or not 1 <= int(arguments) <= len(history):
            raise OptionError(
                f"%galactica history takes a number from 1 to {len(history)}, not {arguments!r}; "
                f"for a prompt write `%galactica -- history {arguments}`."
            )
        runner.show(rendering.generation_bundle(history[int(arguments) - 1]))
        return
    if not history:
        runner.show(message_bundle("Nothing has been generated yet."))
        return
    rows = [
        (
            str(number),
            _shortened(generation.prompt),
            _shortened(generation.text),
            generation.options.strategy,
            str(generation.new_tokens),
            generation.finish_reason,
        )
        for number, generation in enumerate(history, 1)
    ]
    header = ("", "prompt", "text", "decoding", "tokens", "ended")
    runner.show(table_bundle(header, rows, "%galactica history NUMBER shows one again."))


def _tokens(arguments: str, runner: Runner) -> None:
    from galai_jupyter import rendering
    from galai_jupyter.tokens import decode, encode, normalisation_changes

    session = get_session()
    if not arguments:
        if not session.history:
            raise OptionError(
                "%galactica tokens shows how a text is split: write the text behind it, or "
                "generate something first."
            )
        runner.show(rendering.tokens_bundle(session.history[-1]))
        return
    engine = runner.model().engine
    ids = encode(engine.tokenizer, arguments)
    pieces = [(token_id, decode(engine.tokenizer, [token_id])) for token_id in ids]
    bundle = rendering.prompt_tokens_bundle(
        pieces, normalised=normalisation_changes(arguments), budget=engine.context_size
    )
    runner.show(bundle)


def _options(arguments: str, runner: Runner) -> None:
    _takes_nothing("options", arguments)
    rows = [
        (
            option.flag,
            option.group,
            "" if option.default in (None, ()) else str(option.default),
            option.range,
            option.help,
        )
        for option in OPTIONS.values()
    ]
    rows += [
        (f"--compare {each.usage}", "compare", "", "", each.term) for each in STRATEGIES.values()
    ]
    rows += [(f"--task {task.name}", "task", "", "", task.help) for task in TASKS.values()]
    note = "Yes-or-no options also have a --no- form. %config GalacticaMagics sets defaults."
    runner.show(table_bundle(("option", "group", "default", "range", "what it does"), rows, note))


def _help(arguments: str, runner: Runner) -> None:
    if arguments:
        raise OptionError(
            f"%galactica help takes nothing behind it: write `%galactica -- help {arguments}` if "
            "this is a prompt."
        )
    rows = [
        ("%%galactica [options]", "continue the cell below"),
        ("%galactica [options] PROMPT", "continue a line"),
        ("%%galactica NAME << [options]", "keep the result in a variable, too"),
        ("%galactica cite [options] TEXT", "suggest references for a text, and how sure they are"),
        *((f"%galactica {command.usage}", command.help) for command in COMMANDS.values()),
    ]
    note = "Results are in _ and Out; {{expression}} puts a Python value into a prompt."
    runner.show(table_bundle(("write", "to"), rows, note))


def _continue(arguments: str, runner: Runner) -> Generation:
    values, rest = parse_flags(arguments, ("generation", "display"))
    if rest:
        raise OptionError(
            f"%galactica continue takes only options: write `%galactica -- continue {rest}` if "
            "this is a prompt."
        )
    session = get_session()
    prompt = session.continuation()
    last = session.history[-1].options
    given = {name: value for name, value in values.items() if hasattr(last, name)}
    options = replace(last, **({"seed": None} | given)).checked()
    return runner.generate(prompt, options, build_options(DisplayOptions, values))


def _panel(arguments: str, runner: Runner) -> None:
    _takes_nothing("panel", arguments)
    from IPython.display import display

    from galai_jupyter.widget_panel import panel

    display(panel())


def _takes_nothing(name: str, arguments: str) -> None:
    if arguments:
        raise OptionError(
            f"%galactica {name} takes nothing behind it: write `%galactica -- {name} {arguments}` "
            "if this is a prompt."
        )


def _shortened(text: str, length: int = 48) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


COMMANDS: Mapping[str, Command] = {
    "load": Command(
        _load, "load NAME [--device D] [--dtype T]", "load a model: a name, a hub id or a folder"
    ),
    "connect": Command(
        _connect, "connect URL [--model M]", "use the model of a vLLM server (key: GALAI_API_KEY)"
    ),
    "unload": Command(_unload, "unload", "drop the model and give its memory back"),
    "status": Command(_status, "status", "show model, device, memory, prefix cache"),
    "models": Command(_models, "models", "list the models and which of them fit here"),
    "continue": Command(_continue, "continue [options]", "go on where the last text stopped"),
    "replay": Command(
        replay_command.replay,
        "replay [NUMBER | NOTEBOOK [--cell N]]",
        "run the last text, one of the history or those of a notebook again, and compare",
    ),
    "run": Command(
        run_command.run,
        "run [NUMBER] [--block N] [--yes]",
        "run the Python of the last text, or of one of the history, and compare",
    ),
    "history": Command(_history, "history [NUMBER]", "list the session's texts, or show one"),
    "tokens": Command(
        _tokens, "tokens [TEXT]", "show the tokens of a text, or of the last one", takes_cell=True
    ),
    "panel": Command(_panel, "panel", "show sliders, buttons and the history to click on"),
    "options": Command(_options, "options", "list all options and tasks"),
    "help": Command(_help, "help", "show this table"),
}
