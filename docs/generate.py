"""The package's tables in; the reference pages of the site out.

``python docs/generate.py`` writes them; they are committed, and a test compares them with what
this would write.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from galai_jupyter import catalog, cli
from galai_jupyter.catalog import ModelInfo, format_bytes, format_count
from galai_jupyter.commands import COMMANDS
from galai_jupyter.options import OPTIONS, Option, PromptOptions
from galai_jupyter.prompts import TASKS, Task
from galai_jupyter.strategies import STRATEGIES

DOCS = Path(__file__).parent

_GROUPS = {
    "generation": (
        "Decoding",
        "How text is generated. Fields of `GenerationOptions`; keyword arguments of "
        "`model.generate`.",
    ),
    "prompt": ("Prompt", "How the text of a cell becomes a prompt."),
    "cite": ("References", "For `--task cite` and `%galactica cite`."),
    "compare": ("Comparing", "Runs one prompt under several [decodings](#decodings-to-compare)."),
    "display": ("Display", "How a result is shown."),
    "load": (
        "Loading",
        "For `%galactica load`; all but `revision` are arguments of `load_model`, too.",
    ),
    "connect": ("Servers", "For `%galactica connect`; arguments of `connect`."),
    "replay": ("Replaying", "For `%galactica replay NOTEBOOK`."),
    "run": (
        "Running Python",
        "For `%galactica run`. Fields of `RunOptions`, which `session.run` takes.",
    ),
}
"""Groups of options in the order of the page: heading, and what they are for."""

_API: Mapping[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "models": (
        "Models and sessions",
        "One kernel has one session; its model is what all cells, panels and calls share.",
        (
            ("galai_jupyter.load_model", "galai_jupyter.loading.load_model"),
            ("galai_jupyter.connect", "galai_jupyter.connecting.connect"),
            ("galai_jupyter.get_session", "galai_jupyter.session.get_session"),
            ("galai_jupyter.panel", "galai_jupyter.widget_panel.panel"),
            ("galai_jupyter.Model", "galai_jupyter.model.Model"),
            ("galai_jupyter.Session", "galai_jupyter.session.Session"),
            ("galai_jupyter.ModelInfo", "galai_jupyter.catalog.ModelInfo"),
        ),
    ),
    "prompts": (
        "Prompts and options",
        "What a model is asked, and how it is to answer. The ranges of all options are in the "
        "[option reference](../options.md).",
        (
            ("galai_jupyter.Prompt", "galai_jupyter.prompts.Prompt"),
            ("galai_jupyter.GenerationOptions", "galai_jupyter.options.GenerationOptions"),
            ("galai_jupyter.options.LoadOptions", "galai_jupyter.options.LoadOptions"),
        ),
    ),
    "results": (
        "Results",
        "Frozen records of everything that a view needs; they go into saved notebooks as JSON and "
        "come back out.",
        (
            ("galai_jupyter.generations", "galai_jupyter.rendering.saved.generations"),
            ("galai_jupyter.Generation", "galai_jupyter.generation.Generation"),
            (
                "galai_jupyter.generation.GeneratedSequence",
                "galai_jupyter.generation.GeneratedSequence",
            ),
            ("galai_jupyter.generation.StreamEvent", "galai_jupyter.generation.StreamEvent"),
            (
                "galai_jupyter.generation.ModelDescription",
                "galai_jupyter.generation.ModelDescription",
            ),
            ("galai_jupyter.Reference", "galai_jupyter.generation.Reference"),
            ("galai_jupyter.generation.Suggestions", "galai_jupyter.generation.Suggestions"),
            ("galai_jupyter.Comparison", "galai_jupyter.comparison.Comparison"),
            ("galai_jupyter.Replay", "galai_jupyter.replay.Replay"),
            ("galai_jupyter.scores.ContinuationScore", "galai_jupyter.scores.ContinuationScore"),
            ("galai_jupyter.scores.TokenScore", "galai_jupyter.scores.TokenScore"),
            ("galai_jupyter.scores.TokenAlternative", "galai_jupyter.scores.TokenAlternative"),
        ),
    ),
    "text": (
        "Text",
        "Small functions for Galactica's texts.",
        (
            (
                "galai_jupyter.display_markdown",
                "galai_jupyter.rendering.displayable.display_markdown",
            ),
            ("galai_jupyter.display_latex", "galai_jupyter.rendering.displayable.display_latex"),
            (
                "galai_jupyter.extract_references_from_text",
                "galai_jupyter.references.extract_references_from_text",
            ),
            (
                "galai_jupyter.escape_custom_split_sequence",
                "galai_jupyter.tokens.escape_custom_split_sequence",
            ),
        ),
    ),
    "bibliography": (
        "Bibliography",
        "`galai_jupyter.bibliography`: references in and out of BibTeX, held against a library of "
        "your own or looked up.",
        tuple(
            (f"galai_jupyter.bibliography.{name}", f"galai_jupyter.bibliography.{module}.{name}")
            for name, module in (
                ("read_library", "library"),
                ("match_reference", "matching"),
                ("look_up", "lookup"),
                ("to_bibtex", "export"),
                ("cite", "export"),
                ("citation_keys", "export"),
                ("Entry", "library"),
                ("Library", "library"),
            )
        ),
    ),
    "engines": (
        "Engines",
        "An engine takes token ids and yields scored token ids. `decode` brings our decoding to "
        "any causal language model of transformers; `ScriptedEngine` says what a test tells it "
        "to.",
        (
            (
                "galai_jupyter.engines.decoding.decode",
                "galai_jupyter.engines.decoding.decode.decode",
            ),
            (
                "galai_jupyter.engines.scripted.ScriptedEngine",
                "galai_jupyter.engines.scripted.ScriptedEngine",
            ),
            ("galai_jupyter.engines.base.Engine", "galai_jupyter.engines.base.Engine"),
            ("galai_jupyter.engines.base.Step", "galai_jupyter.engines.base.Step"),
            ("galai_jupyter.engines.base.ScoredId", "galai_jupyter.engines.base.ScoredId"),
        ),
    ),
}
"""Pages of the API reference: title, introduction, and (public name, where it is defined)."""


def pages() -> dict[str, str]:
    """Return all generated pages by their path below ``docs/``."""
    reference = {
        "options": _options_page(),
        "commands": _commands_page(),
        "command-line": _command_line_page(),
        "models": _models_page(),
        **{f"api/{name}": _api_page(*parts) for name, parts in _API.items()},
        "api/errors": _errors_page(),
    }
    note = "<!-- Written by docs/generate.py: change the tables in the package, not this page. -->"
    return {
        f"reference/{name}.md": f"{note}\n\n{text.rstrip()}\n" for name, text in reference.items()
    }


def _options_page() -> str:
    parts = [
        "# Options",
        "Every option is defined once, in `galai_jupyter/options.py`, and works the same in a "
        "cell, in the panel and in Python: `--top-p 0.7` is `top_p=0.7`. Yes-or-no options have a "
        "`--no-` form. `%config GalacticaMagics.max_new_tokens = 200` sets a default for the "
        "session.",
    ]
    present = {option.group for option in OPTIONS.values()}
    others = {group: (group.capitalize(), "") for group in sorted(present - _GROUPS.keys())}
    for group, (heading, purpose) in {**_GROUPS, **others}.items():
        rows = [_option_row(option) for option in OPTIONS.values() if option.group == group]
        parts += [
            f"## {heading}",
            purpose,
            _table(("option", "what it does", "default", "values"), rows),
        ]
    parts += [
        "## Decodings to compare",
        "`--compare`, `session.compare` and `model.compare` take these, separated by commas; the "
        "values behind the colons are those of the options above, and those in brackets can be "
        "left out.",
        _table(
            ("decoding", "is", "left out"),
            [
                (
                    _code(each.usage),
                    each.term,
                    ", ".join(f"{name} {value:g}" for name, value in each.defaults.items()),
                )
                for each in STRATEGIES.values()
            ],
        ),
        "## Tasks",
        "`--task` puts the text of a cell, `…` below, into a template that Galactica or Galpaca "
        "was trained on, and sets options that suit it unless you give others. “New document” "
        "tasks begin with `</s>`.",
        _table(
            ("task", "what it does", "template", "options"),
            [_task_row(task) for task in TASKS.values()],
        ),
    ]
    return "\n\n".join(parts)


def _option_row(option: Option) -> tuple[str, ...]:
    if option.default in (None, ()):
        default = ""
    elif option.type is bool:
        default = "on" if option.default else "off"
    else:
        default = _code(str(option.default))
    kinds = {int: "whole number", float: "number", str: "text", bool: "yes or no"}
    values = option.range if option.range or option.type is bool else kinds[option.type]
    if not option.choices:
        values = values.replace(" ", "\N{NO-BREAK SPACE}")
    return f"{_code(option.flag)}", _prose(option.help), default, values


def _task_row(task: Task) -> tuple[str, ...]:
    template = task.build("…", PromptOptions()).replace("\n", r"\n")
    shown = ", ".join(
        f"{name} " + (r" or ".join(map(repr, value)) if isinstance(value, tuple) else str(value))
        for name, value in task.defaults.items()
        if name != "stop" or len(value) == 1
    )
    new_doc = "new document" if task.new_doc else ""
    options = "; ".join(filter(None, (new_doc, _code(shown) if shown else "")))
    return _code(task.name), _prose(task.help), _code(template), options


def _commands_page() -> str:
    rows = [
        (_code("%%galactica [options]"), "Continue the cell below."),
        (_code("%galactica [options] PROMPT"), "Continue a line."),
        (_code("%%galactica NAME << [options]"), "Keep the result in a variable, too."),
        (_code("NAME = %galactica [options] PROMPT"), "The same for a line."),
        (_code("%galactica cite [options] TEXT"), "Suggest references for a text."),
    ]
    commands = [
        (_code(f"%galactica {each.usage}"), f"{each.help[:1].upper()}{each.help[1:]}.")
        for each in COMMANDS.values()
    ]
    return "\n\n".join(
        (
            "# Magic commands",
            "`%load_ext galai_jupyter` registers `%%galactica` and `%galactica`. The options are "
            "in the [option reference](options.md).",
            "## Prompts",
            _table(("write", "to"), rows),
            "A prompt that begins with the name of a command goes behind `--`: "
            "`%galactica -- help me to understand …`.",
            "## Commands",
            _table(("write", "to"), commands),
        )
    )


def _command_line_page() -> str:
    parts = [
        "# Command line",
        "What `galai-jupyter` and its commands say when they are asked for `--help`.",
    ]
    for words in ([], *([name] for name in _subcommands())):
        command = " ".join(["galai-jupyter", *words])
        parts += [f"## {command}", f"```text\n{_help([*words, '--help'])}```"]
    return "\n\n".join(parts)


def _subcommands() -> Iterator[str]:
    for action in cli._parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices


def _help(words: Sequence[str]) -> str:
    """Return what the command line prints, 80 columns wide and without colours."""
    before = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR")}
    os.environ.update(COLUMNS="80", NO_COLOR="1")
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
            cli.main(words)
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return out.getvalue()


def _models_page() -> str:
    rows = []
    for info in map(ModelInfo.by_name, catalog.names()):
        memory = (info.memory_needed(dtype) for dtype in ("int8", "bfloat16", "float32"))
        shape = (info.num_layers, info.num_heads, info.head_size, info.vocab_size)
        rows.append(
            (
                _code(info.name),
                format_count(info.parameters),
                *map(str, shape),
                *map(format_bytes, memory),
                _code(info.hub_id) if info.hub_id else "in the package",
                info.licence,
            )
        )
    header = (
        *("name", "parameters", "layers", "heads", "head size", "vocabulary"),
        *("as int8", "16-bit", "float32", "on the hub", "licence"),
    )
    return "\n\n".join(
        (
            "# Models",
            "What `%galactica load` and `load_model` know by name; hub ids (`owner/name`) and "
            "local folders work, too. Memory is that of the weights, a tenth more to work with, "
            "and one full context.",
            _table(header, rows),
        )
    )


def _api_page(title: str, introduction: str, names: Iterable[tuple[str, str]]) -> str:
    parts = [f"# {title}", introduction]
    for public, path in names:
        short = public.removeprefix("galai_jupyter.")
        shown = public if "." not in short else short
        parts.append(
            f"::: {path}\n    options:\n      heading: {shown}\n      toc_label: "
            f"{short.rpartition('.')[2]}"
        )
    return "\n\n".join(parts)


def _errors_page() -> str:
    return "\n\n".join(
        (
            "# Errors",
            "What each of them means, and what to do, is on the page "
            "[Troubleshooting](../../troubleshooting.md).",
            "::: galai_jupyter.errors\n    options:\n      heading: galai_jupyter.errors\n"
            '      filters: ["!^_", "!^did_you_mean"]\n      heading_level: 2',
        )
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f'<div class="names" markdown="1">\n\n{table}\n\n</div>'


def _code(text: str) -> str:
    # A pipe would end the cell.
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|")


def _prose(text: str) -> str:
    for special, plain in (("\\", "\\\\"), ("<", "&lt;"), ("|", "\\|"), ("*", "\\*"), ("_", "\\_")):
        text = text.replace(special, plain)
    return text


def main() -> None:
    """Write the pages, and remove none: a page that is gone has to leave the navigation, too."""
    for path, text in pages().items():
        (DOCS / path).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / path).write_text(text, encoding="utf-8")
        print(f"Wrote docs/{path}")


if __name__ == "__main__":
    main()
