"""What a person looks at in; the cells and the Python calls that ask for the same, as text, out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from galai_jupyter.arguments import reference_options
from galai_jupyter.citing import citing_values
from galai_jupyter.comparison import Comparison
from galai_jupyter.errors import OptionError
from galai_jupyter.generation import Generation
from galai_jupyter.options import OPTIONS, GenerationOptions, RunOptions
from galai_jupyter.replay import Replay
from galai_jupyter.strategies import STRATEGIES, STRATEGY_OPTIONS, parse_decodings
from galai_jupyter.widget_panel.subject import Subject, generations_of

_PLAIN = re.compile(r"[\w.,:/+-]+")


@dataclass(frozen=True)
class Code:
    """A cell, and the Python call that does the same.

    Attributes
    ----------
    cell, python : str
        Their texts.
    """

    cell: str
    python: str


def codes_of(
    subject: Subject, history: Sequence[Generation], ran: RunOptions | None = None
) -> list[Code]:
    """Return what asks for a subject, and for the run of its Python if there was one.

    Parameters
    ----------
    subject : Generation, Comparison or Replay
        What a person looks at.
    history : sequence of Generation
        What numbers refer to.
    ran : RunOptions, optional
        How its Python was run.
    """
    numbers = {id(generation): number for number, generation in enumerate(history, 1)}
    found: list[Code] = []
    match subject:
        case Comparison() if code := _compare_code(subject):
            found.append(code)
        case Replay() if number := numbers.get(id(subject.recorded)):
            python = f"import galai_jupyter as gal\n\ngal.get_session().replay({number})"
            found.append(Code(f"%galactica replay {number}", python))
        case _:
            found += [Code(as_cell(each), as_python(each)) for each in generations_of(subject)]
    if ran and (number := numbers.get(id(generations_of(subject)[0]))):
        found.append(_run_code(number, ran))
    return found


def as_cell(generation: Generation) -> str:
    """Return the ``%%galactica`` cell that asks for the same, its seed included."""
    values = generation.options.to_dict()
    if generation.finish_reason == "given":
        values = {"continuation": _texts(generation)}
    elif generation.suggestions:
        values = {"task": "cite"} | citing_values(
            generation.options, generation.suggestions.threshold
        )
    return _cell(values, generation)


def as_python(generation: Generation) -> str:
    """Return the Python call that asks for the same, its seed included."""
    prompt, options = _prompt(generation), _options(generation.options)
    if generation.finish_reason == "given":
        return _call("gal.get_session().score", prompt, repr(_texts(generation)))
    if not generation.suggestions:
        return _call("gal.get_session().generate", prompt, options)
    if _is_simple(generation):
        return _suggest_references(generation)
    threshold = generation.suggestions.threshold
    imports = (
        "from functools import partial\n\nfrom galai_jupyter.bibliography.checking import suggest\n"
    )
    judge = f"partial(suggest, threshold={threshold!r})"
    return imports + _call("gal.get_session().stream", prompt, options, judge) + ".drain()"


def format_flags(values: Mapping[str, Any]) -> str:
    """Return options as the line of a magic: what `parse_flags` reads back."""
    words: list[str] = []
    for name, value in values.items():
        flag = OPTIONS[name].flag
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
            continue
        for item in value if isinstance(value, (list, tuple)) else (value,):
            words += [flag, _quoted(str(item))]
    return " ".join(words)


def _cell(values: Mapping[str, Any], generation: Generation) -> str:
    """Return a cell with the prompt of a generation; a line where there is no prompt."""
    values = dict(values)
    prompt = generation.prompt
    if generation.new_doc and prompt:
        values["new_doc"] = True
    if any("{{" in text for text in (prompt, *values.get("continuation", ()))):
        values["raw"] = True
    line = f"galactica {format_flags(values)}".rstrip()
    return f"%%{line}\n{prompt}" if prompt else f"%{line}"


def _texts(generation: Generation) -> list[str]:
    return [sequence.text for sequence in generation.sequences]


def _prompt(generation: Generation) -> str:
    new_doc = ", new_doc=True" if generation.new_doc else ""
    return f"gal.Prompt({generation.prompt!r}{new_doc})"


def _options(options: GenerationOptions) -> str:
    given = "".join(
        f"        {name}={tuple(value) if isinstance(value, list) else value!r},\n"
        for name, value in options.to_dict().items()
    )
    return f"gal.GenerationOptions(\n{given}    )" if given else "gal.GenerationOptions()"


def _call(function: str, *arguments: str) -> str:
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return f"import galai_jupyter as gal\n\n{function}(\n{lines})"


def _is_simple(generation: Generation) -> bool:
    """Return whether the model's own method asks for references with just these options."""
    options = generation.options
    if options.num_return_sequences == 1 and options.diversity_penalty:
        return False
    chosen = reference_options(options.num_return_sequences, None, options.diversity_penalty)
    same = ("max_new_tokens", "stop", "library")
    chosen |= {name: getattr(options, name) for name in same}
    return options == GenerationOptions(**chosen) and options.stop == ("[END_REF]",)


def _suggest_references(generation: Generation) -> str:
    options, found = generation.options, generation.suggestions
    values: dict[str, Any] = {
        "diversity_penalty": options.diversity_penalty or None,
        "threshold": found.threshold if found else None,
        "new_doc": generation.new_doc or None,
        "max_new_tokens": options.max_new_tokens,
        "library": options.library,
    }
    if options.max_new_tokens == OPTIONS["max_new_tokens"].default:
        del values["max_new_tokens"]
    return _call(
        "gal.get_session().ensure_model().suggest_references",
        repr(generation.prompt),
        str(options.num_return_sequences),
        *(f"{name}={value!r}" for name, value in values.items() if value is not None),
    )


def _compare_code(comparison: Comparison) -> Code | None:
    """Return what compares decodings of one prompt; nothing if it is more that differs."""
    generations = comparison.generations
    first = generations[0]
    if not comparison.prompt or any(
        each.suggestions or each.branch or each.finish_reason == "given" for each in generations
    ):
        return None
    seeds = {each.options.seed for each in generations if each.options.samples}
    common = replace(first.options, seed=next(iter(seeds), None))
    labels = ",".join(_decoding(each.options) for each in generations)
    try:
        decodings = parse_decodings(labels, common)
    except OptionError:
        return None
    for decoding, generation in zip(decodings, generations, strict=True):
        seed = common.seed if generation.options.samples else generation.options.seed
        same = replace(decoding.options, seed=seed) == _without_idle(generation.options)
        if not same or generation.new_doc != first.new_doc:
            return None
    shared = {
        name: value for name, value in common.to_dict().items() if name not in STRATEGY_OPTIONS
    }
    return Code(
        _cell({"compare": labels} | shared, first),
        _call(
            "gal.get_session().compare",
            _prompt(first),
            repr(labels),
            _options(GenerationOptions.from_dict(shared)),
        ),
    )


def _without_idle(options: GenerationOptions) -> GenerationOptions:
    """Return options without a temperature that changes nothing."""
    idle = options.temperature == 1 and (options.top_p or options.top_k)
    return replace(options, temperature=None) if idle else options


def _decoding(options: GenerationOptions) -> str:
    """Return the short form of a decoding, all its values behind it."""
    strategy = next(each for each in STRATEGIES.values() if each.term == options.strategy)
    names = (*strategy.needed, *strategy.defaults)
    return ":".join([strategy.name, *(str(getattr(options, name)) for name in names)])


def _run_code(number: int, options: RunOptions) -> Code:
    values = {
        each.name: value
        for each in fields(options)
        if (value := getattr(options, each.name)) != each.default
    }
    words = f"%galactica run {number} {format_flags(values)}".rstrip()
    if not values:
        return Code(words, f"import galai_jupyter as gal\n\ngal.get_session().run({number})")
    given = ", ".join(f"{name}={value!r}" for name, value in values.items())
    imports = "import galai_jupyter as gal\nfrom galai_jupyter.options import RunOptions\n\n"
    return Code(words, f"{imports}gal.get_session().run({number}, RunOptions({given}))")


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(old, new)
    return f'"{text}"'
