"""A generation in; the references in its texts, with the model's confidence, as HTML out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from galai_jupyter.bibliography.export import to_bibtex
from galai_jupyter.errors import LibraryError
from galai_jupyter.generation import GeneratedSequence, Generation, Reference
from galai_jupyter.references import (
    END_REF,
    START_REF,
    is_open,
    rank_references,
    read_reference,
    without_repeats,
)
from galai_jupyter.rendering.html_writer import VERBATIM
from galai_jupyter.rendering.sanitise import sanitise
from galai_jupyter.rendering.suggestions_view import suggestions_html
from galai_jupyter.rendering.tables import message_bundle, table_bundle

_NONE = "No references: they stand between `[START_REF]` and `[END_REF]`; the task cite asks."
_BIBTEX = "white-space:pre-wrap;overflow-wrap:anywhere;user-select:all;line-height:1.4"


def references_html(generation: Generation) -> str:
    """Return a table of the references that the sequences hold or complete."""
    found = find_references(generation)
    if not found:
        return message_bundle(_NONE)["text/html"]
    judged = generation.suggestions
    if judged:
        table = sanitise(suggestions_html(generation, judged, "plain"))
        return table + _bibtex_html(judged.accepted, generation.options.library)
    rows = [
        (
            f"{100 * math.exp(reference.log_probability):.1f} %",
            reference.title if reference.complete else f"{reference.title}… (not complete)",
            reference.author,
            f"{100 * math.exp(reference.min_log_probability):.1f} %",
        )
        for reference in found
    ]
    header = ("confidence", "title", "first author", "weakest token")
    note = "The probability that the model gave to exactly these tokens. Check what it cites."
    table = table_bundle(header, rows, note)["text/html"]
    return table + _bibtex_html([each for each in found if each.complete])


def _bibtex_html(references: Sequence[Reference], library: str | None = None) -> str:
    """Return references as a .bib file has them, folded."""
    if not references:
        return ""
    try:
        text = to_bibtex(references, library)
    except LibraryError:  # it was moved since
        text = to_bibtex(references)
    return (
        "<details><summary>BibTeX</summary>"
        f'<pre {VERBATIM} style="{_BIBTEX}">{escape(text)}</pre></details>'
    )


def find_references(generation: Generation) -> list[Reference]:
    """Return the references in all sequences, each once, the likeliest first."""
    found = [
        reference
        for sequence in generation.sequences
        for reference in _in_sequence(generation.prompt, sequence)
    ]
    return rank_references(without_repeats(found))


def _in_sequence(prompt: str, sequence: GeneratedSequence) -> list[Reference]:
    found: list[Reference] = []
    begin = 0 if is_open(prompt) else None
    for index, token in enumerate(sequence.tokens):
        if token.text.strip() == START_REF:
            begin = index + 1
        elif token.text.strip() == END_REF and begin is not None:
            found.append(_read(prompt, sequence, begin, index + 1))
            begin = None
    if begin is not None and begin < len(sequence.tokens):
        found.append(_read(prompt, sequence, begin, len(sequence.tokens)))
    return found


def _read(prompt: str, sequence: GeneratedSequence, begin: int, end: int) -> Reference:
    tokens = sequence.tokens[begin:end]
    text = "".join(token.text for token in tokens)
    part = GeneratedSequence(text, tokens, sequence.finish_reason)
    return read_reference(START_REF if begin else prompt, part)
