"""A request and a model in; how much of the context it takes, in words, out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from galai_jupyter import catalog
from galai_jupyter.errors import GalacticaError
from galai_jupyter.model import Model
from galai_jupyter.streaming import encode_prompt
from galai_jupyter.tokens import CONTEXT_SIZE, encode, load_tokenizer
from galai_jupyter.widget_panel.request import Request


def budget_words(ask: Callable[[], Request], model: Model | None) -> str:
    """Return the tokens of prompt and continuation, or why the request cannot be run.

    Parameters
    ----------
    ask : callable
        Returns the request, or raises what is wrong with it.
    model : Model or None
        What is to run it; the tokens are those of the bundled model if there is none.
    """
    try:
        request = ask()
        tokenizer = model.engine.tokenizer if model else _bundled_tokenizer()
        context = model.engine.context_size if model else CONTEXT_SIZE
        given = [len(encode(tokenizer, text)) for text in request.continuations]
        if model and not given:
            model.engine.check(request.options)
        new = max(given, default=request.options.max_new_tokens)
        ids, cut = encode_prompt(tokenizer, request.prompt, new, context)
    except GalacticaError as error:
        return str(error)
    kind = "scored" if given else "new"
    words = [f"{len(ids) + cut:,} + {new:,} {kind} of {context:,} tokens"]
    if cut:
        words.append(f"{cut:,} will be cut from the left end of the prompt")
    return "; ".join([*words, *request.prompt.notices])


@cache
def _bundled_tokenizer() -> Any:
    return load_tokenizer(catalog.checkpoint_path(catalog.DEMO))
