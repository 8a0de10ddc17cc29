"""Prompts as ids in, scored ids out, from a vLLM server elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from galai_jupyter.catalog import ModelInfo
from galai_jupyter.engines import vllm_dialect
from galai_jupyter.engines.base import ScoredId, Step, cannot_constrain
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.engines.remote_beams import Candidates, beam_search
from galai_jupyter.engines.remote_tokenizer import check_vocabulary, find_tokenizer
from galai_jupyter.engines.wire import GO_ON, Wire
from galai_jupyter.errors import EngineError, ModelNotFoundError, PromptError, did_you_mean
from galai_jupyter.generation import FinishReason, ModelDescription
from galai_jupyter.options import ConnectOptions, GenerationOptions
from galai_jupyter.tokens import CONTEXT_SIZE, END_OF_DOCUMENT, StopStrings, special_id

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from galai_jupyter.engines.reference_trie import ReferenceTrie

KEY_VARIABLE = "GALAI_API_KEY"
"""The environment variable that holds a server's key."""

_CONCURRENCY = 16


class RemoteEngine:
    """A model that a vLLM server runs.

    Prompts are split into tokens here, as Galactica needs it, and sent as ids; answers come back
    as ids. When a text ends is decided here, too, by the rules of all engines.

    Parameters
    ----------
    wire : Wire
        The connection.
    name : str
        What the server calls the model.
    tokenizer : tokenizers.Tokenizer
        The model's.
    context_size : int
        Tokens that prompt and continuation may have together.
    info : ModelInfo, optional
        What the catalog knows of the model.

    Attributes
    ----------
    concurrency : int
        How many requests are worth sending at a time.
    """

    concurrency = _CONCURRENCY

    def __init__(
        self,
        wire: Wire,
        name: str,
        tokenizer: Tokenizer,
        context_size: int = CONTEXT_SIZE,
        info: ModelInfo | None = None,
    ) -> None:
        self._wire, self._name, self._info = wire, name, info
        self._tokenizer = tokenizer
        self._context_size = context_size

    @classmethod
    def connect(
        cls, url: str, options: ConnectOptions | None = None, key: str | None = None
    ) -> RemoteEngine:
        """Ask a server which model it has, and check that its token ids are ours.

        Parameters
        ----------
        url : str
            For example ``"http://server:8000"``.
        options : ConnectOptions, optional
            Model, tokenizer, timeout.
        key : str, optional
            The server's key; that of ``GALAI_API_KEY`` when left out. Nothing stores it.

        Raises
        ------
        ServerKeyError
            If the server wants a key, or refuses this one.
        EngineError
            If it cannot be reached or is no vLLM server.
        ModelNotFoundError
            If it has no such model, or several and none was named.
        CheckpointError
            If the tokenizer is not the model's.
        """
        options = options or ConnectOptions()
        wire = Wire(url, os.environ.get(KEY_VARIABLE, "") if key is None else key, options.timeout)
        try:
            served = _choose_model(wire, options.model)
            name, root = str(served["id"]), str(served.get("root") or "")
            tokenizer = find_tokenizer((options.tokenizer,) if options.tokenizer else (name, root))
            check_vocabulary(wire, name, tokenizer)
        except BaseException:
            wire.close()
            raise
        size = int(served.get("max_model_len") or CONTEXT_SIZE)
        return cls(wire, name, tokenizer, size, _catalog_entry(name, root))

    @property
    def description(self) -> ModelDescription:
        """Which model this is, and at which server; the key is not in it."""
        info = self._info
        return ModelDescription(
            name=self._name,
            engine="remote",
            device=self._wire.url,
            parameters=info.parameters if info else 0,
            licence=info.licence if info else "",
        )

    @property
    def tokenizer(self) -> Tokenizer:
        """Galactica's, as it was found on this machine or the hub."""
        return self._tokenizer

    @property
    def context_size(self) -> int:
        """What the server allows."""
        return self._context_size

    def check(self, options: GenerationOptions) -> None:
        """Refuse what vLLM would ignore.

        Raises
        ------
        OptionError
            If it cannot decode so.
        EngineError
            If references are to be kept to a library.
        """
        if options.constrain:
            raise cannot_constrain("remote")
        vllm_dialect.check_options(options)

    @property
    def model(self) -> Any:
        """Not here: the weights are elsewhere.

        Raises
        ------
        EngineError
            Always; the message says what to use.
        """
        raise EngineError(
            f"The weights of {self._name} are on the server at {self._wire.url}: use generate, "
            "suggest_references and score, or load_model for a transformers model on this machine."
        )

    def steps(
        self,
        prompts: Sequence[Sequence[int]],
        options: GenerationOptions,
        interrupted: Callable[[], bool],
        constraint: ReferenceTrie | None = None,
    ) -> Iterator[Step]:
        """Continue the prompts in one request (beam search: one for each token).

        Raises
        ------
        OptionError
            If the server cannot do it; nothing has been sent then.
        EngineError
            If the server fails; what it said before has been yielded.
        """
        if constraint is not None:
            raise cannot_constrain("remote")
        self.check(options)
        stopping = Stopping(
            options.max_new_tokens,
            special_id(self._tokenizer, END_OF_DOCUMENT),
            StopStrings(self._tokenizer, options.stop),
            options.min_new_tokens,
        )
        if options.num_beams == 1:
            return self._sample(prompts, options, stopping, interrupted)

        def ask(texts: Sequence[Sequence[int]], count: int) -> list[Candidates] | None:
            request = vllm_dialect.next_token_request(texts, count)
            choices = self._choices(request, interrupted)
            return choices and [
                vllm_dialect.likeliest(choice.logprobs.top_logprobs[0], count) for choice in choices
            ]

        return beam_search(ask, prompts, options, stopping, interrupted)

    def score(self, prompt: Sequence[int], continuation: Sequence[int]) -> tuple[ScoredId, ...]:
        """Score a continuation by the log-probabilities that the server gives its prompt.

        The server adds a token of its own: where there is no room for it, the first token of
        `prompt` is left out.

        Raises
        ------
        PromptError
            If there is no room even so.
        """
        if len(prompt) + len(continuation) >= self._context_size:
            prompt = prompt[1:]
        if not prompt:
            raise PromptError(
                "A server needs a token's room beside the text that it scores: score a shorter one."
            )
        request = vllm_dialect.scoring_request([*prompt, *continuation])
        choices = self._choices(request, lambda: False) or []
        return vllm_dialect.scored_prompt(choices[0], continuation)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _choices(
        self, request: dict[str, Any], interrupted: Callable[[], bool]
    ) -> list[Any] | None:
        """Return the choices of an answer that is not streamed, in order; `None` if interrupted."""
        for answer in self._wire.completions({"model": self._name, **request}, interrupted):
            return sorted(answer.choices, key=lambda choice: choice.index)
        return None

    def _sample(
        self,
        prompts: Sequence[Sequence[int]],
        options: GenerationOptions,
        stopping: Stopping,
        interrupted: Callable[[], bool],
    ) -> Iterator[Step]:
        count = options.num_return_sequences
        said: dict[tuple[int, int], list[int]] = {
            (prompt, sequence): [] for prompt in range(len(prompts)) for sequence in range(count)
        }
        request = vllm_dialect.sampling_request(prompts, options, stopping.end_of_document)
        stopped = interrupted()
        parts = self._wire.completions({"model": self._name, **request}, interrupted)
        try:
            for choice in () if stopped else (c for part in parts for c in part.choices):
                place = divmod(choice.index, count)
                for token in vllm_dialect.scored_ids(choice):
                    if place not in said or interrupted():
                        break
                    said[place].append(token.id)
                    reason, stop = stopping.reason(said[place])
                    yield Step(*place, (token,), reason, stop)
                    if reason:
                        del said[place]
                if not said or interrupted():
                    break
                if place in said and choice.finish_reason:
                    yield Step(*place, finish_reason=self._reason(choice.finish_reason))
                    del said[place]
        finally:
            parts.close()  # which ends the request on the server, if it has not ended
        if said and not interrupted():
            raise EngineError(
                f"The server at {self._wire.url} ended its answer in mid-text; the text so far is "
                f"kept: {GO_ON}."
            )
        yield from (Step(*place, finish_reason="interrupted") for place in said)

    def _reason(self, reason: str) -> FinishReason:
        """Return why the server ended a text, where the rules here would go on."""
        if reason == "stop":
            return "stop_string"
        if reason == "length":
            return "max_new_tokens"
        raise EngineError(
            f"The server at {self._wire.url} gave up ({reason}); the text so far is kept: look at "
            f"its log, then {GO_ON}."
        )


def _choose_model(wire: Wire, wanted: str | None) -> dict[str, Any]:
    answer = wire.get("/v1/models")
    models = answer.get("data") if isinstance(answer, dict) else None
    if not models:
        raise EngineError(f"{wire.url} is no OpenAI-compatible server, or has no model.")
    names = [str(model["id"]) for model in models]
    if wanted is None and len(names) == 1:
        return dict(models[0])
    if wanted not in names:
        asked = f"no model {wanted!r}" if wanted else "several models"
        hint = did_you_mean(wanted, names) if wanted else ""
        raise ModelNotFoundError(
            f"{wire.url} has {asked}.{hint} Name one with --model: {', '.join(names)}."
        )
    return dict(models[names.index(wanted)])


def _catalog_entry(*names: str) -> ModelInfo | None:
    for name in names:
        try:
            return ModelInfo.by_name(name)
        except ModelNotFoundError:
            continue
    return None
