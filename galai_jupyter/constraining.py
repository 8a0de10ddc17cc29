"""A library, a tokenizer and prompts in; the references that may be generated, as a tree, out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from galai_jupyter.bibliography.library import Library
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.errors import LibraryError, PromptError
from galai_jupyter.references import END_REF, START_REF, begun_reference
from galai_jupyter.tokens import encode, special_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def reference_trie(library: Library, tokenizer: Tokenizer, prompts: Iterable[str]) -> ReferenceTrie:
    """Return the references of a library as a tree of token ids.

    They are spelt as the model writes them, ``[START_REF] Title, Surname[END_REF]`` with a space
    behind the first token. A reference that a prompt has begun, with or without that space and in
    any case of letters, may go on as those entries do that begin so.

    Parameters
    ----------
    library : Library
        Where references may come from.
    tokenizer : tokenizers.Tokenizer
        The model's.
    prompts : iterable of str
        The texts that are to be continued.

    Raises
    ------
    LibraryError
        If the library has no entries.
    PromptError
        If a prompt has begun a reference that none of the entries begins with.
    """
    if not library.entries:
        raise LibraryError(
            f"{library.name} has no entry with a title and a key, so there is nothing to suggest: "
            "add entries, or drop constrain."
        )
    begun = {text for prompt in prompts if (text := begun_reference(prompt))}
    if not begun:
        return _tree(library, tokenizer)
    continued = [ids for text in begun for ids in _continued(text, library, tokenizer)]
    return ReferenceTrie(
        special_id(tokenizer, START_REF), [*_spelt(library, tokenizer), *continued]
    )


def longest_reference(library: Library, tokenizer: Tokenizer) -> int:
    """Return how many tokens the longest reference of a library has."""
    return max((len(ids) for ids in _spelt(library, tokenizer)), default=0)


@lru_cache(maxsize=4)
def _tree(library: Library, tokenizer: Tokenizer) -> ReferenceTrie:
    return ReferenceTrie(special_id(tokenizer, START_REF), _spelt(library, tokenizer))


@lru_cache(maxsize=4)
def _spelt(library: Library, tokenizer: Tokenizer) -> list[list[int]]:
    """Return the ids of each reference, those of its last token included."""
    return [_inside(tokenizer, f" {entry}{END_REF}") for entry in library.by_reference.values()]


def _inside(tokenizer: Tokenizer, text: str) -> list[int]:
    """Return the ids of `text` behind the token that opens a reference."""
    return encode(tokenizer, START_REF + text)[1:]


def _continued(begun: str, library: Library, tokenizer: Tokenizer) -> Sequence[list[int]]:
    """Return the ids of references that go on from `begun`, which has its own ids already."""
    front = _inside(tokenizer, begun)
    wanted = begun.lstrip()
    found = []
    for reference in map(str, library.by_reference.values()):
        if reference[: len(wanted)].casefold() != wanted.casefold():
            continue
        rest = reference[len(wanted) :] + END_REF
        whole = _inside(tokenizer, begun + rest)
        # Where a word was cut off, its rest has tokens of its own.
        found.append(whole if whole[: len(front)] == front else front + encode(tokenizer, rest))
    if not found:
        raise PromptError(
            f"No reference of {library.name} begins with {wanted!r}: shorten what stands behind "
            f"the last {START_REF}, or drop constrain."
        )
    return found
