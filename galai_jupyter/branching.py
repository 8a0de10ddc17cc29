"""A recorded text and another token for one of its places in; the request to go on from out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from galai_jupyter.beginnings import token_texts
from galai_jupyter.branches import Branch
from galai_jupyter.engines.base import Engine, ScoredId
from galai_jupyter.errors import OptionError, PromptError
from galai_jupyter.generation import Generation, ModelDescription
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.replay import same_checkpoint
from galai_jupyter.scores import TokenAlternative, TokenScore
from galai_jupyter.scoring import continuation_ids
from galai_jupyter.streaming import encode_prompt, token_score
from galai_jupyter.tokens import TokenTexts

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Score = Callable[[Sequence[int], Sequence[int]], tuple[ScoredId, ...]]
"""``score(prompt, continuation)``, as engines have it."""


def branch_request(
    engine: Engine,
    score: Score,
    recorded: Generation,
    place: int,
    chosen: int | str,
    sequence: int = 0,
) -> tuple[Prompt, GenerationOptions]:
    """Return the prompt and the options of a text that leaves a recorded one.

    The tokens before the place are those of the record, so that nothing is tokenised anew. Only
    where the tokenizer is another one are they read from their text; where the model is another
    one it says how likely it finds them.

    Parameters
    ----------
    engine : Engine
        What runs the model now.
    score : callable
        Its method of that name, when its turn comes.
    recorded : Generation
        What to leave.
    place : int
        Number of the token to replace, from 1.
    chosen : int or str
        What takes its place: the id of a token of the record's tokenizer, or a text.
    sequence : int, default 0
        Which of its sequences.

    Raises
    ------
    OptionError
        If there is no such sequence, place or token.
    PromptError
        If the chosen text is empty.
    """
    kept, here = _up_to(recorded, place, sequence)
    prompt = Prompt(recorded.prompt, recorded.new_doc)
    tokenizer = engine.tokenizer
    same_tokens = _spelt_alike(tokenizer, [*kept, here])
    ids = [token.id for token in kept]
    words = chosen if isinstance(chosen, str) else _text_of(tokenizer, here, chosen, same_tokens)
    if same_tokens and isinstance(chosen, int):
        added = [chosen]
    else:
        before = "".join(token.text for token in kept)
        if not same_tokens:
            ids = continuation_ids(tokenizer, prompt.text, before)
        added = continuation_ids(tokenizer, prompt.text + before, words)
    if not added:
        raise PromptError("The text to go on from is empty: write what is to stand there.")
    options = _options(recorded, len(kept) + len(added), sequence)
    then, now = recorded.model, engine.description
    same_model = same_checkpoint(then, now)
    same_scores = same_tokens and same_model
    known = [_scored(token) for token in kept] if same_scores else []
    choice = _choice(here, added) if same_scores else None
    if choice:
        known.append(choice)
    else:
        room = max(options.max_new_tokens, len(ids) + len(added))
        read, _ = encode_prompt(tokenizer, prompt, room, engine.context_size)
        known += score([*read, *ids[: len(known)]], [*ids[len(known) :], *added])
    texts = TokenTexts(tokenizer)
    given = tuple(
        token_score(texts, text, token)
        for text, token in zip(token_texts(tokenizer, [*ids, *added]), known, strict=True)
    )
    branch = Branch(place, here.text, words, len(given))
    notices = () if same_model else (f"{_name(then)} wrote the beginning, {_name(now)} went on",)
    return replace(prompt, given=given, branch=branch, notices=notices), options


def alternatives_at(
    engine: Engine, score: Score, recorded: Generation, place: int, sequence: int = 0
) -> tuple[TokenAlternative, ...]:
    """Return the likeliest tokens in one place of a recorded text; see :func:`branch_request`."""
    kept, here = _up_to(recorded, place, sequence)
    tokenizer = engine.tokenizer
    if not _spelt_alike(tokenizer, [*kept, here]):
        raise PromptError(
            "The text was written with another tokenizer than this model's: load the model that "
            "wrote it, or type what is to stand there."
        )
    prompt = Prompt(recorded.prompt, recorded.new_doc)
    read, _ = encode_prompt(tokenizer, prompt, place, engine.context_size)
    (token,) = score([*read, *(each.id for each in kept)], [here.id])
    return token_score(TokenTexts(tokenizer), here.text, token).alternatives


def _up_to(
    recorded: Generation, place: int, sequence: int
) -> tuple[tuple[TokenScore, ...], TokenScore]:
    """Return the tokens before a place, and the one that stands there."""
    if not 0 <= sequence < len(recorded.sequences):
        raise OptionError(
            f"The record has {len(recorded.sequences)} texts, and no number {sequence + 1}."
        )
    tokens = recorded.sequences[sequence].tokens
    if not 1 <= place <= len(tokens):
        raise OptionError(f"The text has {len(tokens)} tokens, and no number {place}.")
    return tokens[: place - 1], tokens[place - 1]


def _spelt_alike(tokenizer: Tokenizer, tokens: Sequence[TokenScore]) -> bool:
    """Return whether the tokens of a record are those of `tokenizer`."""
    size = tokenizer.get_vocab_size()
    ids = [token.id for token in tokens]
    known = all(isinstance(each, int) and 0 <= each < size for each in ids)
    return known and token_texts(tokenizer, ids) == [token.text for token in tokens]


def _text_of(tokenizer: Tokenizer, here: TokenScore, chosen: int, same_tokens: bool) -> str:
    """Return what a token says: as the record has it, or as the tokenizer does."""
    for other in here.alternatives:
        if other.id == chosen:
            return other.text
    if same_tokens and 0 <= chosen < tokenizer.get_vocab_size():
        return TokenTexts(tokenizer)[chosen]
    raise OptionError(f"There is no token {chosen} in this place: choose one of the alternatives.")


def _choice(here: TokenScore, added: Sequence[int]) -> ScoredId | None:
    """Return the chosen token with what the record knows of it, if it knows anything."""
    others = tuple((other.id, other.log_probability) for other in here.alternatives)
    if len(added) == 1:
        for token_id, value in ((here.id, here.log_probability), *others):
            if token_id == added[0]:
                return ScoredId(token_id, value, others)
    return None


def _name(model: ModelDescription) -> str:
    return model.name or "another model"


def _scored(token: TokenScore) -> ScoredId:
    others = tuple((other.id, other.log_probability) for other in token.alternatives)
    return ScoredId(token.id, token.log_probability, others)


def _options(recorded: Generation, given: int, sequence: int) -> GenerationOptions:
    """Return the record's options for a single text; one that was not generated had no length."""
    options = replace(recorded.options, num_return_sequences=1)
    if recorded.sequences[sequence].finish_reason == "given":
        return replace(options, max_new_tokens=options.max_new_tokens + given)
    return options
