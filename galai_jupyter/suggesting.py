"""What an editor shows before its cursor in; how to go on, or what to cite, as it is found, out.

A suggestion is a by-product of writing: it runs only where nothing else does, gives way to any
cell that generates, and leaves no trace in the history.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from galai_jupyter import catalog
from galai_jupyter.arguments import reference_options
from galai_jupyter.bibliography import citation_keys, match_reference, read_library
from galai_jupyter.bibliography.checking import suggest as judge_references
from galai_jupyter.confidence import INVENTED
from galai_jupyter.errors import EngineError, OptionError, PromptError, SessionBusyError
from galai_jupyter.generation import Reference
from galai_jupyter.options import GenerationOptions, build_options
from galai_jupyter.preload import wait_for_imports
from galai_jupyter.prompts import Prompt
from galai_jupyter.references import END_REF, extract_references_from_text, open_reference
from galai_jupyter.session import BUSY, Session, get_session
from galai_jupyter.tokens import encode

if TYPE_CHECKING:
    from threading import Event

    from galai_jupyter.streaming import GenerationStream

_END_OF_PARAGRAPH = re.compile(r"[^\n]\n\n")
_END_OF_SENTENCE = re.compile(r"(?<=\n)|(?<=[.!?] )")


@dataclass(frozen=True)
class Wish:
    """What an editor asks for.

    Attributes
    ----------
    kind : str
        ``"continuation"`` or ``"citation"``.
    text : str
        What stands before the cursor. A citation is put where its open ``[START_REF]`` is, or
        else at its end.
    before : str
        What a reader has read before that: headings, other cells.
    automatic : bool
        Nobody pressed a key: then no model is loaded.
    max_new_tokens : int
        Length of a continuation, at most.
    context_tokens : int
        How many tokens of `before` and `text` the model reads, at most.
    suggestions : int
        How many papers, at most.
    least_confidence : float
        Papers below it are not suggested, unless the library has them.
    library : str
        A .bib file; ``""`` for the one that the session used last, if any.
    """

    kind: str = "continuation"
    text: str = ""
    before: str = ""
    automatic: bool = False
    max_new_tokens: int = 24
    context_tokens: int = 400
    suggestions: int = 3
    least_confidence: float = INVENTED
    library: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the wish that `parameters` hold; what is left out has its default.

        Raises
        ------
        OptionError
            If one is of another type, or there is no such kind.
        """
        known: dict[str, Any] = {}
        for field in fields(cls):
            expected = type(field.default)
            value = parameters.get(field.name, field.default)
            if expected is float and type(value) is int:
                value = float(value)
            if type(value) is not expected:
                raise OptionError(
                    f"{field.name} of a suggestion must be {expected.__name__}: correct {value!r} "
                    "in the settings."
                )
            known[field.name] = value
        wish = cls(**known)
        if wish.kind not in _KINDS:
            raise OptionError(f"There are no suggestions of the kind {wish.kind!r}.")
        return wish


def suggest(parameters: Mapping[str, Any], cancelled: Event) -> Iterator[dict[str, Any]]:
    """Answer an editor's request for suggestions, on the session's model.

    Parameters
    ----------
    parameters : mapping
        The fields of a `Wish`.
    cancelled : threading.Event
        Set when the answer is no longer wanted: it then ends within a token.

    Yields
    ------
    dict
        ``{"loading": name}`` while a model is loaded; for a continuation its whole text so far
        and the references in it, ``{"text": …, "references": […]}``; for a citation
        ``{"references": […], "left_out": count, "calibrated": bool}``, once.

    Raises
    ------
    SessionBusyError
        If a cell or the panel is generating, or begins to.
    GalacticaError
        If the request cannot be run, or the engine fails.
    """
    wish, session = Wish.read(parameters), get_session()
    if session.busy:
        raise SessionBusyError(BUSY)
    if session.model is None:
        if wish.automatic:
            return
        yield {"loading": catalog.DEMO}
        wait_for_imports()
        session.ensure_model()
    if not cancelled.is_set():
        yield from _KINDS[wish.kind](wish, session, cancelled)


def _continue(wish: Wish, session: Session, cancelled: Event) -> Iterator[dict[str, Any]]:
    prompt = Prompt(_context(wish, session).rstrip(" \t"))
    options = build_options(GenerationOptions, {"max_new_tokens": wish.max_new_tokens})
    library = _library(wish, session)
    text = ""
    for piece in _pieces(session.aside(prompt, options), cancelled):
        text += piece
        ended = _END_OF_PARAGRAPH.search(text)
        if ended:
            text = text[: ended.start() + 1]
        found = [_read(reference) for reference in extract_references_from_text(text)]
        yield {"text": text, "references": _described(found, library)}
        if ended:
            return


def _cite(wish: Wish, session: Session, cancelled: Event) -> Iterator[dict[str, Any]]:
    prompt = Prompt(open_reference(_context(wish, session)))
    library = _library(wish, session)
    chosen = reference_options(wish.suggestions, None, 0.0)
    chosen |= {"stop": (END_REF,), "library": library or None}
    stream = session.aside(prompt, build_options(GenerationOptions, chosen), judge_references)
    for _ in _pieces(stream, cancelled):
        pass
    if cancelled.is_set():
        return
    (generation,) = stream.generations
    if generation.finish_reason == "interrupted":
        raise SessionBusyError(BUSY)
    found = generation.suggestions
    assert found  # judge_references always adds them
    kept = [each for each in found.references if _is_sure(each, wish)]
    yield {
        "references": _described(kept, library),
        "left_out": len(found.references) - len(kept),
        "calibrated": found.calibrated,
    }


_KINDS = {"continuation": _continue, "citation": _cite}


def _pieces(stream: GenerationStream, cancelled: Event) -> Iterator[str]:
    """Yield the text piece by piece, until it is no longer wanted."""
    with stream:
        for event in stream:
            if cancelled.is_set():
                return
            yield event.text


def _context(wish: Wish, session: Session) -> str:
    """Return what the model reads."""
    model = session.model
    if model is None:
        raise EngineError("The model was unloaded just now: ask again.")
    before = f"{wish.before.rstrip()}\n\n" if wish.before.strip() else ""
    text = before + wish.text
    if not text.strip():
        raise PromptError("There is no text yet to go on from: write a few words first.")
    tokenizer = model.tokenizer
    return last_sentences(text, lambda part: len(encode(tokenizer, part)), wish.context_tokens)


def last_sentences(text: str, count: Callable[[str], int], budget: int) -> str:
    """Return the end of a text that has at most about `budget` tokens.

    Whole sentences and lines are left out, so that the beginning stays the same while a sentence
    is typed: what the model has read of it need not be computed again. Of a last sentence that is
    too long itself, the end is kept.

    Parameters
    ----------
    text : str
        The text before a cursor.
    count : callable
        ``count(text) -> tokens``.
    budget : int
        How many there may be.
    """
    kept = ""
    left = budget
    for sentence in reversed(_END_OF_SENTENCE.split(text)):
        tokens = count(sentence)
        if tokens > left:
            break
        kept, left = sentence + kept, left - tokens
    return kept or text[-budget:]


def _library(wish: Wish, session: Session) -> str:
    if wish.library:
        return wish.library
    used = (generation.options.library for generation in reversed(session.history))
    return next((library for library in used if library), "")


def _read(text: str) -> Reference:
    title, _, author = text.rpartition(", ")
    return Reference(title or author, author if title else "")


def _is_sure(reference: Reference, wish: Wish) -> bool:
    confidence = reference.confidence or 0.0
    return reference.complete and bool(reference.key or confidence >= wish.least_confidence)


def _described(references: Sequence[Reference], library: str) -> list[dict[str, Any]]:
    """Return what an editor needs to write references: keys, and addresses where they are known."""
    read = read_library(library) if library else None
    if read:
        references = [each if each.key else match_reference(each, read) for each in references]
    addresses = {entry.key: entry.url for entry in read.entries} if read else {}
    return [
        {
            "title": reference.title,
            "author": reference.author,
            "key": key,
            "source": reference.source,
            "doi": reference.doi,
            "url": addresses.get(reference.key, ""),
            "confidence": reference.confidence,
            "label": reference.label,
        }
        for key, reference in zip(citation_keys(references), references, strict=True)
    ]
