"""Options in, a request to vLLM out; vLLM's answers in, scored ids out.

vLLM ignores what it does not know, so what it cannot do is refused here, before it is asked. Names
and meanings are those of vLLM's ``/v1/completions``; it adds token ids to the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from galai_jupyter.engines.base import ALTERNATIVES, ScoredId
from galai_jupyter.errors import EngineError, OptionError
from galai_jupyter.options import GenerationOptions

_ID_PREFIX = "token_id:"


def check_options(options: GenerationOptions) -> None:
    """Raise `OptionError` for what vLLM cannot do; the message names the engine that can."""
    cannot: list[str] = []
    if options.penalty_alpha is not None:
        cannot.append("contrastive search (penalty_alpha)")
    if options.diversity_penalty:
        cannot.append("diverse beam search (diversity_penalty)")
    if options.no_repeat_ngram_size:
        cannot.append("no_repeat_ngram_size")
    if options.num_beams > 1 and options.repetition_penalty != 1.0:
        cannot.append("beam search with a repetition_penalty")
    if cannot:
        raise OptionError(
            f"A server (vLLM) has no {' and no '.join(cannot)}: drop it, or load the model into "
            "the local engine with %galactica load or load_model, which can do it."
        )


def sampling_request(
    prompts: Sequence[Sequence[int]], options: GenerationOptions, end_of_document: int
) -> dict[str, Any]:
    """Return the request for greedy search or sampling, streamed.

    Parameters
    ----------
    prompts : sequence of sequences of int
        Token ids: the server's own tokenizer need not split text as Galactica does.
    options : GenerationOptions
        Checked by :func:`check_options`.
    end_of_document : int
        The id that ends a text, whatever the server takes for it.
    """
    extra = {
        # Said always: what is left out is filled in from the model's generation_config.json.
        "top_k": options.top_k or -1,
        "min_p": 0.0,
        "repetition_penalty": options.repetition_penalty,
        "min_tokens": options.min_new_tokens,
        "stop_token_ids": [end_of_document],
        **_EXACT_IDS,
    }
    temperature = (options.temperature or 1.0) if options.samples else 0.0
    return {
        "prompt": [list(prompt) for prompt in prompts],
        "max_tokens": options.max_new_tokens,
        "n": options.num_return_sequences,
        "temperature": temperature,
        "top_p": 1.0 if options.top_p is None else options.top_p,
        "stop": list(options.stop),
        "seed": options.seed,
        "logprobs": ALTERNATIVES,
        "stream": True,
        "extra_body": extra,
    }


def next_token_request(prompts: Sequence[Sequence[int]], candidates: int) -> dict[str, Any]:
    """Return the request for the likeliest next tokens of each prompt."""
    return {
        "prompt": [list(prompt) for prompt in prompts],
        "max_tokens": 1,
        "temperature": 0.0,
        "logprobs": candidates,
        "extra_body": {"ignore_eos": True, **_EXACT_IDS},
    }


def scoring_request(ids: Sequence[int]) -> dict[str, Any]:
    """Return the request for the log-probability of each token of a text."""
    extra = {"prompt_logprobs": ALTERNATIVES, **_EXACT_IDS}
    return {"prompt": [list(ids)], "max_tokens": 1, "temperature": 0.0, "extra_body": extra}


_EXACT_IDS = {
    "add_special_tokens": False,
    "skip_special_tokens": False,
    "spaces_between_special_tokens": False,
    "return_tokens_as_token_ids": True,
    "return_token_ids": True,
}


def scored_ids(choice: Any) -> list[ScoredId]:
    """Return the new tokens of a choice, or of the part of it that a stream brings.

    Raises
    ------
    EngineError
        If the server does not tell token ids: it is no vLLM, or an old one.
    """
    logprobs = choice.logprobs
    ids = getattr(choice, "token_ids", None)
    if logprobs is None or not logprobs.tokens:
        if ids or choice.text:
            raise EngineError(_NO_IDS)
        return []
    names: Sequence[str] = logprobs.tokens
    if ids is None:
        ids = [_id_of(name) for name in names]
    tops = logprobs.top_logprobs or [None] * len(ids)
    return [
        ScoredId(token_id, min(0.0, value), likeliest(top))
        for token_id, value, top in zip(ids, logprobs.token_logprobs or (), tops, strict=True)
    ]


def likeliest(top: Mapping[str, float] | None, count: int = ALTERNATIVES) -> Any:
    """Return the likeliest ids of one place with their log-probabilities, best first."""
    found = [(_id_of(name), min(0.0, value)) for name, value in (top or {}).items()]
    return tuple(sorted(found, key=lambda each: -each[1])[:count])


def scored_prompt(choice: Any, continuation: Sequence[int]) -> tuple[ScoredId, ...]:
    """Return the tokens at the end of a prompt as the server scored them.

    Raises
    ------
    EngineError
        If the server does not score prompts.
    """
    places = getattr(choice, "prompt_logprobs", None)
    if not places:
        raise EngineError(
            "The server does not tell how likely given texts are (prompt_logprobs): use vLLM, or "
            "score with the local engine (load_model)."
        )
    scored = []
    for token_id, place in zip(continuation, places[-len(continuation) :], strict=True):
        values = {int(name): min(0.0, entry["logprob"]) for name, entry in place.items()}
        best = sorted(values.items(), key=lambda each: -each[1])[:ALTERNATIVES]
        scored.append(ScoredId(token_id, values[token_id], tuple(best)))
    return tuple(scored)


_NO_IDS = (
    "The server sends texts without token ids (return_tokens_as_token_ids): use vLLM 0.11 or later."
)


def _id_of(name: str) -> int:
    if not name.startswith(_ID_PREFIX):
        raise EngineError(_NO_IDS)
    return int(name.removeprefix(_ID_PREFIX))
