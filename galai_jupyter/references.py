"""Prompts and generated texts in; opened, closed and extracted references out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from galai_jupyter.generation import GeneratedSequence, Generation, Reference

START_REF = "[START_REF]"
END_REF = "[END_REF]"

_CLOSED = re.compile(r"\[START_REF\](.*?)\[END_REF\]", re.DOTALL)


def is_open(text: str) -> bool:
    """Return whether the last reference of `text` has not ended."""
    return text.rfind(START_REF) > text.rfind(END_REF)


def begun_reference(text: str) -> str | None:
    """Return what stands behind the last ``[START_REF]`` of `text`, or None if that has ended."""
    return text.rpartition(START_REF)[2] if is_open(text) else None


def open_reference(text: str) -> str:
    """Return `text` with an open ``[START_REF]`` at its end.

    A single space stands before the token, as in the training texts, unless the text ends with a
    newline; no space follows it. A text whose last reference is open already is left alone.
    """
    stripped = text.rstrip(" ")
    if is_open(text):
        return stripped
    space = " " if stripped and not stripped.endswith("\n") else ""
    return f"{stripped}{space}{START_REF}"


def extract_references_from_text(text: str) -> list[str]:
    """Return what stands between each ``[START_REF]`` and its ``[END_REF]``, in order.

    A reference that is never closed is not returned; where one is opened inside another, the
    inner one counts.

    Parameters
    ----------
    text : str
        A generated text, special tokens included.

    Examples
    --------
    >>> extract_references_from_text("BERT [START_REF] BERT: Pre-training, Devlin[END_REF] is")
    ['BERT: Pre-training, Devlin']
    """
    return [match.rpartition(START_REF)[2].strip() for match in _CLOSED.findall(text)]


def read_reference(prompt: str, sequence: GeneratedSequence) -> Reference:
    """Return the reference that a sequence completes.

    Parameters
    ----------
    prompt : str
        The text before it, its last reference open; what stands there already is part of the
        reference, but not of its scores.
    sequence : GeneratedSequence
        The continuation; only what comes before ``[END_REF]`` counts, and of a reference in which
        another one is opened the inner one.
    """
    begun = prompt[prompt.rindex(START_REF) + len(START_REF) :]
    inside, closing, _ = sequence.text.partition(END_REF)
    whole = (begun + inside).rpartition(START_REF)[2]
    title, _, author = whole.strip().rpartition(", ")
    return Reference(
        title=title or author,
        author=author if title else "",
        log_probability=sequence.log_probability,
        mean_log_probability=sequence.mean_log_probability,
        min_log_probability=sequence.min_log_probability,
        complete=bool(closing),
    )


def read_references(generation: Generation) -> list[Reference]:
    """Return the references that a generation's sequences complete, each once, in their order."""
    return without_repeats(
        read_reference(generation.prompt, sequence) for sequence in generation.sequences
    )


def rank_references(references: Iterable[Reference]) -> list[Reference]:
    """Return the references, the likeliest first, and those that are not complete last."""
    return sorted(references, key=lambda each: (not each.complete, -each.log_probability))


def without_repeats(references: Iterable[Reference]) -> list[Reference]:
    """Return the references, each once: case and punctuation make no difference.

    Of several that are the same the first stays; one that was not completed is dropped where a
    complete one begins with it.
    """
    kept: dict[str, Reference] = {}
    for reference in references:
        kept.setdefault(_key(reference), reference)
    complete = [key for key, reference in kept.items() if reference.complete]
    return [
        reference
        for key, reference in kept.items()
        if reference.complete or not any(other.startswith(key) for other in complete)
    ]


def _key(reference: Reference) -> str:
    """Return what identifies a reference; a complete one never shares it with an incomplete one."""
    letters = "".join(character for character in str(reference).casefold() if character.isalnum())
    return letters + ("." if reference.complete else "")
