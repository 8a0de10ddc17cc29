"""A reference and entries in; the entry that it names, if any, out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from galai_jupyter.bibliography.library import Entry, Library, normal_form
from galai_jupyter.generation import Reference
from galai_jupyter.tokens import unmark_scripts

TITLE_SIMILARITY = 90.0
"""Percent that titles must have in common (the normalised edit distance of insertions and
deletions), where the author agrees."""

LONE_TITLE_SIMILARITY = 95.0
"""The same where one of the two has no author."""

AUTHOR_SIMILARITY = 80.0
"""Percent that surnames must have in common."""

_NUMBER = re.compile(r"\b(?:\d+|[ivxl]+)\b")


def match_reference(reference: Reference, library: Library) -> Reference:
    """Return a reference with the key, the DOI and the name of the library that has it.

    Case, accents and punctuation make no difference, and a few letters may. Numbers must agree
    ("Part I" is not "Part II"), and so must the author, where there is one. A reference that is
    not finished, or is not in the library, is returned as it is.

    Parameters
    ----------
    reference : Reference
        What a model suggested.
    library : Library
        Where it should be found.
    """
    if not reference.complete:
        return reference
    entry = library.by_reference.get(normal_form(str(reference)))
    if entry is not None:
        author = entry.surnames[0] if entry.surnames else ""
        reference = replace(reference, title=entry.title, author=author)
    else:
        entry = find_entry(reference, library.entries)
    if entry is None:
        return reference
    return replace(reference, key=entry.key, doi=entry.doi, source=library.name)


def find_entry(reference: Reference, entries: Sequence[Entry]) -> Entry | None:
    """Return the entry that a reference names, or None."""
    readings = [(reference.title, reference.author)]
    if reference.author:
        # The part behind the last comma may belong to the title.
        readings.append((str(reference), ""))
    titles = [_normalised(entry.title) for entry in entries]
    for title, author in readings:
        found = _best(_normalised(title), _normalised(author), titles, entries)
        if found is not None:
            return found
    return None


def _best(title: str, author: str, titles: Sequence[str], entries: Sequence[Entry]) -> Entry | None:
    from rapidfuzz import fuzz, process

    if not title:
        return None
    alike = process.extract(
        title, titles, scorer=fuzz.ratio, score_cutoff=TITLE_SIMILARITY, limit=10
    )
    for other, similarity, index in alike:
        entry = entries[index]
        if _NUMBER.findall(title) != _NUMBER.findall(other):
            continue
        if author and entry.surnames:
            if any(_same_author(author, surname) for surname in _names(entry)):
                return entry
        elif similarity >= LONE_TITLE_SIMILARITY:
            return entry
    return None


def _names(entry: Entry) -> list[str]:
    names = [*entry.surnames, f"{entry.particle} {entry.surnames[0]}"]
    return [_normalised(name) for name in names]


def _same_author(author: str, surname: str) -> bool:
    """Return whether a name, of which the last word counts too, is a surname."""
    from rapidfuzz import fuzz

    similarity = max(fuzz.ratio(author, surname), fuzz.ratio(author.split()[-1], surname))
    return similarity >= AUTHOR_SIMILARITY


def _normalised(text: str) -> str:
    """Return the words of a text: small letters and digits, without accents."""
    from rapidfuzz.utils import default_process

    parts = unicodedata.normalize("NFKD", unmark_scripts(text))
    bare = "".join(character for character in parts if not unicodedata.combining(character))
    return " ".join(default_process(bare).split())
