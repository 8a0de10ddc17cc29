"""References and a library or service in; the same with what is known of them out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace

from galai_jupyter.bibliography.library import Library, read_library
from galai_jupyter.bibliography.lookup import LookupService, look_up
from galai_jupyter.bibliography.matching import match_reference
from galai_jupyter.confidence import label
from galai_jupyter.errors import LookupServiceError
from galai_jupyter.generation import Generation, Reference
from galai_jupyter.references import (
    START_REF,
    begun_reference,
    extract_references_from_text,
)
from galai_jupyter.suggestions import with_suggestions


def check_references(
    references: Iterable[Reference],
    library: str | None = None,
    lookup: str | LookupService | None = None,
) -> list[Reference]:
    """Return references with the keys, DOIs and sources that a library and a service know.

    Of several that are the same entry of the library, the first stays. A service that does not
    answer is warned of; nothing is lost.

    Parameters
    ----------
    references : iterable of Reference
        What a model suggested.
    library : str, optional
        A .bib file.
    lookup : str or LookupService, optional
        The service that is asked over the network, ``"crossref"`` or ``"openalex"``.

    Raises
    ------
    LibraryError
        If the library cannot be read.
    OptionError
        If there is no such service, or what asks it is not installed.
    """
    found = list(references)
    if library:
        read = read_library(library)
        found = _each_once(_known(match_reference(reference, read)) for reference in found)
    if lookup:
        try:
            found = look_up(found, lookup)
        except LookupServiceError as error:
            warnings.warn(str(error), UserWarning, stacklevel=3)
    return found


def _known(reference: Reference) -> Reference:
    """Return a reference that the library has without the doubt that it exists."""
    if not reference.key or reference.confidence is None:
        return reference
    return replace(reference, label=label(reference.confidence, exists=True))


def suggest(generation: Generation, threshold: float | None = None) -> Generation:
    """Return a generation with its suggestions, and the keys of the library that it was given.

    Parameters
    ----------
    generation : Generation
        Its prompt ends in an open reference.
    threshold : float, optional
        The least log-probability of a suggestion that counts.

    Raises
    ------
    LibraryError
        If the library cannot be read.
    """
    generation = with_suggestions(generation, threshold)
    found, name = generation.suggestions, generation.options.library
    if not found or not name:
        return generation
    texts = [sequence.text for sequence in generation.sequences]
    told = check_texts(generation.prompt, texts, read_library(name))
    return replace(
        generation,
        suggestions=replace(found, references=tuple(check_references(found.references, name))),
        notices=tuple(each for each in generation.notices if each not in told),
    )


def library_notices(library: str | None) -> tuple[str, ...]:
    """Return what is wrong with a .bib file, if one is used."""
    return read_library(library).notices() if library else ()


def _each_once(references: Iterable[Reference]) -> list[Reference]:
    kept: dict[str, Reference] = {}
    for number, reference in enumerate(references):
        kept.setdefault(reference.key or f" {number}", reference)
    return list(kept.values())


def check_texts(prompt: str, texts: Iterable[str], library: Library) -> tuple[str, ...]:
    """Return a sentence for each reference that was generated: its key, or that there is none.

    Parameters
    ----------
    prompt : str
        Its references do not count, but for one that it leaves open.
    texts : iterable of str
        What continues it.
    library : Library
        Where references should be found.
    """
    begun = begun_reference(prompt)
    front = "" if begun is None else START_REF + begun
    found = dict.fromkeys(
        reference for text in texts for reference in extract_references_from_text(front + text)
    )
    return tuple(_said(reference, library) for reference in found if reference)


def _said(text: str, library: Library) -> str:
    title, _, author = text.rpartition(", ")
    reference = Reference(title or author, author if title else "")
    key = match_reference(reference, library).key
    return f"`{key}` in {library.name}: {text}" if key else f"not in {library.name}: {text}"
