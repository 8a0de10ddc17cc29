"""galai's arguments in; prompts and generation options, with warnings where galai had them, out.

The magics refuse a request that contradicts itself. `Model` runs it, as galai did, and says in a
warning what it left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from galai_jupyter.bibliography.library import read_library
from galai_jupyter.constraining import longest_reference
from galai_jupyter.engines.base import Engine
from galai_jupyter.errors import OptionError
from galai_jupyter.options import OPTIONS
from galai_jupyter.prompts import Prompt
from galai_jupyter.references import START_REF, is_open
from galai_jupyter.tokens import encode

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CALLER = 4
"""Frames from a warning here to the person's own line: `_warn`, its caller, the model's method."""


def build_prompts(texts: Sequence[str], new_doc: bool) -> list[Prompt]:
    """Return the prompts that texts stand for; an empty one begins a new document."""
    if not all(texts):
        _warn("A prompt is empty: a new document is begun in its place.")
    return [Prompt(text, new_doc or not text) for text in texts]


def ask_for_reference(text: str) -> str:
    """Return `text` with an open reference at its end, as galai asks for one.

    Nothing is put in front of ``[START_REF]``: whether a space stands there is up to the prompt.
    Spaces after an open one go.
    """
    return text.rstrip() if is_open(text) else text + START_REF


def choose_length(
    tokenizer: Tokenizer,
    prompts: Sequence[Prompt],
    max_length: int | None,
    max_new_tokens: int | None,
    context_size: int,
) -> int:
    """Return the number of new tokens.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        Counts the prompts' tokens.
    prompts : sequence of Prompt
        The longest one counts, as in a padded batch.
    max_length : int, optional
        Tokens of prompt and continuation together.
    max_new_tokens : int, optional
        Tokens of the continuation; it takes precedence.
    context_size : int
        The most that `max_length` can be.

    Raises
    ------
    OptionError
        If `max_length` leaves no room after the prompt.
    """
    if max_length is None:
        default: int = OPTIONS["max_new_tokens"].default
        return default if max_new_tokens is None else max_new_tokens
    if max_new_tokens is not None:
        _warn("max_length and max_new_tokens are both given: max_new_tokens counts.")
        return max_new_tokens
    if max_length > context_size:
        _warn(f"max_length={max_length} is lowered to the model's context of {context_size:,}.")
        max_length = context_size
    longest = max(len(encode(tokenizer, prompt.text)) + prompt.new_doc for prompt in prompts)
    if longest >= max_length:
        raise OptionError(
            f"max_length={max_length} counts the prompt, too, which has {longest:,} tokens: raise "
            "it, or give max_new_tokens instead."
        )
    return max_length - longest


def resolve_conflicts(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that can be used together; warn about those that are left out.

    Beam search goes before contrastive search, and both before sampling.
    """
    kept = dict(chosen)

    def drop(names: Sequence[str], reason: str) -> None:
        found = [name for name in names if kept.get(name) is not None]
        for name in found:
            kept[name] = None
        if found:
            are = "are" if len(found) > 1 else "is"
            _warn(f"{reason}: {' and '.join(found)} {are} ignored.")

    if kept.get("num_beams", 1) > 1:
        drop(("top_p", "top_k", "penalty_alpha"), "num_beams is beam search, which draws nothing")
    elif kept.get("penalty_alpha") is not None:
        drop(("top_p",), "penalty_alpha is contrastive search, which draws nothing")
    return kept


def reference_options(
    suggestions: int, top_p: float | None, diversity_penalty: float
) -> dict[str, Any]:
    """Return how references are decoded: greedily, by (diverse) beam search, or by sampling.

    Raises
    ------
    OptionError
        If there cannot be so many suggestions.
    """
    allowed = OPTIONS["num_return_sequences"]
    try:
        allowed.check(suggestions)
    except OptionError as error:
        raise OptionError(str(error).replace(allowed.name, "suggestions")) from None
    chosen: dict[str, Any] = {"num_return_sequences": suggestions}
    if top_p is not None:
        chosen["top_p"] = top_p
    else:
        chosen["num_beams"] = suggestions
    if diversity_penalty and (top_p is not None or suggestions == 1):
        why = "sampling has no beams" if top_p is not None else "one suggestion has no other"
        _warn(f"diversity_penalty is ignored: {why}.")
    elif diversity_penalty:
        chosen["diversity_penalty"] = diversity_penalty
    return chosen


def library_options(
    engine: Engine, library: str | PathLike[str] | None, constrain: bool, max_new_tokens: int
) -> dict[str, Any]:
    """Return how references are kept to a library, and how many tokens that takes.

    Raises
    ------
    LibraryError
        If the library cannot be read.
    """
    path = None if library is None else fspath(library)
    chosen: dict[str, Any] = {"library": path, "constrain": constrain}
    if path and constrain:
        longest = longest_reference(read_library(path), engine.tokenizer)
        room = min(longest, engine.context_size // 2)
        chosen["max_new_tokens"] = max(max_new_tokens, room)
    return chosen


def warn_of_cuts(notices: Sequence[str]) -> None:
    """Pass on what a generation says about its prompt."""
    for notice in dict.fromkeys(notices):
        _warn(f"{notice[:1].upper()}{notice[1:]}.")


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=_CALLER)
