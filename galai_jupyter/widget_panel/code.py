"""A generation in; the cell and the Python call that ask for the same, as text, out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from galai_jupyter.generation import Generation
from galai_jupyter.options import OPTIONS

_PLAIN = re.compile(r"[\w.,:/+-]+")


def as_cell(generation: Generation) -> str:
    """Return the ``%%galactica`` cell that asks for the same, its seed included."""
    values = generation.options.to_dict()
    if generation.new_doc:
        values["new_doc"] = True
    if "{{" in generation.prompt:
        values["raw"] = True
    flags = format_flags(values)
    return f"%%galactica{' ' if flags else ''}{flags}\n{generation.prompt}"


def as_python(generation: Generation) -> str:
    """Return the Python call that asks for the same, its seed included."""
    new_doc = ", new_doc=True" if generation.new_doc else ""
    options = "".join(
        f"        {name}={tuple(value) if isinstance(value, list) else value!r},\n"
        for name, value in generation.options.to_dict().items()
    )
    given = f"gal.GenerationOptions(\n{options}    )" if options else "gal.GenerationOptions()"
    return (
        "import galai_jupyter as gal\n\n"
        "gal.get_session().generate(\n"
        f"    gal.Prompt({generation.prompt!r}{new_doc}),\n"
        f"    {given},\n"
        ")"
    )


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


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(old, new)
    return f'"{text}"'
