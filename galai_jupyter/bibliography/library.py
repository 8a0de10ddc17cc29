"""A .bib file in; its entries as plain text, and what is wrong with it, out."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from galai_jupyter.bibliography.latex import plain_text
from galai_jupyter.errors import LibraryError
from galai_jupyter.tokens import unmark_scripts

if TYPE_CHECKING:
    from bibtexparser.library import Library as ParsedLibrary
    from bibtexparser.model import Block

_NO_AT_SIGN = re.compile(
    r"^\s*(article|book|inproceedings|incollection|misc|\w+thesis)\s*[{(]", re.I
)


@dataclass(frozen=True)
class Entry:
    """A paper that is known to exist.

    Attributes
    ----------
    key : str
        Its citation key; ``""`` where it has none (yet).
    title : str
        Plain text.
    surnames : tuple of str
        Of its authors, in their order, without particles such as "von".
    particle : str
        What stands before the first author's surname: ``"van den"``, mostly ``""``.
    year, doi, url : str
        Where known.
    line : int
        Where it begins in the file; 0 if it is in none.
    bibtex : str
        The entry as the file has it.
    """

    key: str
    title: str
    surnames: tuple[str, ...] = ()
    particle: str = ""
    year: str = ""
    doi: str = ""
    line: int = 0
    bibtex: str = ""
    url: str = ""

    def __str__(self) -> str:
        """Return the entry as Galactica writes it: title and first author's surname."""
        return f"{self.title}, {self.surnames[0]}" if self.surnames else self.title


@dataclass(frozen=True, eq=False)
class Library:
    """A person's own bibliography.

    Attributes
    ----------
    path : str
        The file.
    entries : tuple of Entry
        All entries that have a key and a title, in the file's order.
    problems : tuple of str
        What is wrong with the file: a sentence that names the line, each.
    """

    path: str
    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return Path(self.path).name

    @cached_property
    def by_reference(self) -> dict[str, Entry]:
        """The entries by what Galactica writes for them; of several alike, the first."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            found.setdefault(normal_form(str(entry)), entry)
        return found

    def notices(self, most: int = 5) -> tuple[str, ...]:
        """Return the problems, the first few of them if there are many."""
        more = len(self.problems) - most
        if more <= 0:
            return self.problems
        return (*self.problems[:most], f"there are {more} more problems like these in {self.name}")


def normal_form(reference: str) -> str:
    """Return a reference with the characters that it has once it was tokenized and decoded."""
    return unicodedata.normalize("NFKC", unmark_scripts(reference))


def read_library(path: str | PathLike[str]) -> Library:
    """Read a BibTeX file.

    What cannot be read is left out, and named in the library's `problems`; the rest is used. A
    file that has not changed is read once.

    Parameters
    ----------
    path : str or path-like
        The file; ``~`` is the home folder.

    Raises
    ------
    LibraryError
        If the file is not there or cannot be opened.
    """
    file = Path(fspath(path)).expanduser()
    try:
        state = file.stat()
        return _read(str(file), state.st_mtime_ns, state.st_size)
    except FileNotFoundError:
        raise LibraryError(
            f"There is no library {path} (seen from {Path.cwd()}): correct the path."
        ) from None
    except OSError as error:
        raise LibraryError(
            f"The library {path} cannot be read ({error.strerror}): give a .bib file."
        ) from error


@lru_cache(maxsize=8)
def _read(path: str, modified: int, size: int) -> Library:
    file = Path(path)
    text, problems = _decoded(file.read_bytes())
    parsed = _parse(text)
    entries: list[Entry] = []
    for found in parsed.entries:
        values = {key.lower(): field.value for key, field in found.fields_dict.items()}
        line = (found.start_line or 0) + 1
        title = plain_text(str(values.get("title", "")))
        if not found.key or not title:
            missing = "title" if found.key else "key"
            name = f"the entry {found.key}" if found.key else "an entry"
            problems.append((line, f"{name} has no {missing}, so it is left out"))
            continue
        particle, surnames = _surnames(str(values.get("author") or values.get("editor") or ""))
        entries.append(
            Entry(
                key=found.key,
                title=title,
                surnames=surnames,
                particle=particle,
                year=plain_text(str(values.get("year", ""))),
                doi=plain_text(str(values.get("doi", ""))),
                line=line,
                bibtex=(found.raw or "").strip(),
                url=str(values.get("url", "")).strip(),
            )
        )
    problems += [((block.start_line or 0) + 1, _failure(block)) for block in parsed.failed_blocks]
    problems += [
        ((comment.start_line or 0) + 1, "an entry seems to lack its @, so it is left out")
        for comment in parsed.comments
        if _NO_AT_SIGN.match(comment.comment)
    ]
    named = tuple(f"line {line} of {file.name}: {problem}" for line, problem in sorted(problems))
    return Library(path, tuple(entries), named)


def _decoded(raw: bytes) -> tuple[str, list[tuple[int, str]]]:
    """Return a file's text, and its lines that are not UTF-8; those are taken for Latin-1."""
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    lines: list[str] = []
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(raw.split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8-sig"))
        except UnicodeDecodeError:
            lines.append(line.decode("latin-1"))
            problems.append((number, "this is not UTF-8, so it is read as Latin-1"))
    return "\n".join(lines), problems


def _parse(text: str) -> ParsedLibrary:
    from bibtexparser.entrypoint import parse_string

    with _silent("bibtexparser.splitter"):
        return parse_string(text.replace("\r\n", "\n"))


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep a logger silent: what it says is told in our own words."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _failure(block: Block) -> str:
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock

    if isinstance(block, DuplicateBlockKeyBlock):
        return f"the key {block.key} is there already, so this entry is left out"
    if isinstance(block, DuplicateFieldKeyBlock):
        names = " and ".join(sorted(block.duplicate_keys))
        return f"the entry has {names} twice, so it is left out"
    begun = " ".join((block.raw or "").split())[:40]
    return f"the entry that begins with {begun!r} is broken (is a brace, quote or comma missing?)"


def _surnames(names: str) -> tuple[str, tuple[str, ...]]:
    """Return the first author's particle, and the surnames of all."""
    from bibtexparser.middlewares.names import (
        InvalidNameError,
        parse_single_name_into_parts,
        split_multiple_persons_names,
    )

    particle = ""
    surnames: list[str] = []
    for name in split_multiple_persons_names(names):
        try:
            parts = parse_single_name_into_parts(name)
        except InvalidNameError:
            continue
        surname = plain_text(" ".join(parts.last))
        if not surname or surname == "others":
            continue
        if not surnames:
            particle = plain_text(" ".join(parts.von))
        surnames.append(surname)
    return particle, tuple(surnames)
