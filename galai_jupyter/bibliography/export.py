r"""References in; BibTeX entries and ``\cite{…}`` out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from os import PathLike

from galai_jupyter.bibliography.latex import latex_text
from galai_jupyter.bibliography.library import read_library
from galai_jupyter.generation import Reference

UNVERIFIED = "Unverified: suggested by a language model, and it may not exist"
"""What the note of an entry says that nobody has looked up."""

_SMALL_WORDS = frozenset("a an and at by for from in is of on or the to towards with".split())


def to_bibtex(references: Sequence[Reference], library: str | PathLike[str] | None = None) -> str:
    r"""Return references as the text of a .bib file.

    Parameters
    ----------
    references : sequence of Reference
        What a model suggested.
    library : str or path-like, optional
        The .bib file that they were matched with: entries that are in it are copied from there.

    Returns
    -------
    str
        An entry for each. Those that were neither found in a library nor by a look-up say so in
        their ``note``. A model names the first author only; ``and others`` stands for the rest.

    Raises
    ------
    LibraryError
        If the library cannot be read.

    Examples
    --------
    >>> print(to_bibtex([Reference("Attention is All you Need", "Vaswani")]))
    @misc{vaswani-attention-all,
      title = {{Attention is All you Need}},
      author = {Vaswani and others},
      note = {Unverified: suggested by a language model, and it may not exist},
    }
    <BLANKLINE>
    """
    known = {}
    if library is not None:
        known = {entry.key: entry.bibtex for entry in read_library(library).entries}
    entries = {
        key: known.get(reference.key) or _entry(key, reference)
        for key, reference in zip(citation_keys(references), references, strict=True)
    }
    return "\n\n".join(entries.values()) + "\n" if entries else ""


def cite(references: Reference | Sequence[Reference]) -> str:
    r"""Return what cites references in a LaTeX document: ``\cite{key}``, keys as in `to_bibtex`."""
    several = [references] if isinstance(references, Reference) else references
    keys = dict.fromkeys(citation_keys(several))
    return f"\\cite{{{','.join(keys)}}}" if keys else ""


def citation_keys(references: Sequence[Reference]) -> list[str]:
    """Return a citation key for each reference, in their order.

    It is that of the library where a reference was found in one, and otherwise made of the first
    author and the first words of the title; a number tells apart those that would be the same.
    """
    taken = {reference.key for reference in references if reference.key}
    keys = []
    for reference in references:
        key = reference.key
        if not key:
            made = key = _slug(reference)
            number = 2
            while key in taken:
                key, number = f"{made}-{number}", number + 1
            taken.add(key)
        keys.append(key)
    return keys


def _slug(reference: Reference) -> str:
    author, title = _words(reference.author), _words(reference.title)
    telling = [word for word in title if word not in _SMALL_WORDS] or title
    return "-".join([*author[-1:], *telling[:2]]) or "reference"


def _words(text: str) -> list[str]:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z0-9]+", parts.encode("ascii", "ignore").decode())


def _entry(key: str, reference: Reference) -> str:
    fields = {"title": f"{{{latex_text(reference.title)}}}"}
    if reference.author:
        fields["author"] = f"{latex_text(reference.author)} and others"
    if reference.doi:
        fields["doi"] = latex_text(reference.doi)
    found = f"Found in {latex_text(reference.source)}" if reference.source else UNVERIFIED
    fields["note"] = found
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])
