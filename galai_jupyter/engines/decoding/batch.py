"""Prompts as token ids in, next-token logits out: one model over a batch that changes its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from galai_jupyter.engines.base import ALTERNATIVES, ScoredId
from galai_jupyter.engines.decoding.cache import growing_cache
from galai_jupyter.engines.decoding.opt_steps import OptSteps
from galai_jupyter.engines.decoding.prefix_cache import Prefix, PrefixCache, fingerprint


class CachedBatch:
    """Rows of tokens, left-padded, with the keys and values that the model computed for them.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model in evaluation mode.
    prompts : sequence of sequences of int
        Token ids of each row, none empty.
    padding : int
        Id that fills the left of shorter rows.
    prefixes : PrefixCache, optional
        What was read before, for a single prompt; several are read anew.

    Attributes
    ----------
    ids : torch.Tensor, shape (rows, length)
        All tokens, padding included.
    """

    _compares = False
    """Whether the hidden states of all tokens are needed."""

    def __init__(
        self,
        model: Any,
        prompts: Sequence[Sequence[int]],
        padding: int,
        prefixes: PrefixCache | None = None,
    ) -> None:
        self._model = model
        self._decoder, self._head = model.get_decoder(), model.get_output_embeddings()
        self._steps = OptSteps(self._decoder) if OptSteps.fits(self._decoder) else None
        self._device = model.get_input_embeddings().weight.device
        longest = max(len(prompt) for prompt in prompts)
        self.ids = torch.tensor(
            [[padding] * (longest - len(prompt)) + list(prompt) for prompt in prompts],
            device=self._device,
        )
        self._mask: Tensor | None = None
        if any(len(prompt) < longest for prompt in prompts):
            lengths = torch.tensor([len(prompt) for prompt in prompts], device=self._device)
            columns = torch.arange(longest, device=self._device)
            self._mask = (columns >= longest - lengths[:, None]).long()
        self._cache = growing_cache()
        self._prefixes = prefixes if len(prompts) == 1 else None
        self._prompt_length = longest

    @torch.inference_mode()
    def prefill(self) -> Tensor:
        """Read the prompts; return the logits that follow, float32, shape (rows, vocabulary)."""
        return self._logits(self._read(1)[:, -1])

    @torch.inference_mode()
    def read_last(self, count: int) -> Tensor:
        """Read one row; return the logits after each of its last tokens, (count, vocabulary)."""
        return self._logits(self._read(count)[0, -count:])

    @torch.inference_mode()
    def advance(self, tokens: Tensor) -> Tensor:
        """Append one token to each row; return the logits that follow, shape (rows, vocabulary)."""
        self._append(tokens)
        states = self._hidden(input_ids=self.ids[:, -1:], attention_mask=self._mask)
        return self._logits(states[:, -1])

    @torch.inference_mode()
    def extend(self, tokens: Sequence[int]) -> Tensor:
        """Append tokens to one row; return the logits after each, (tokens, vocabulary)."""
        new = torch.tensor([tokens], device=self._device)
        self.ids = torch.cat([self.ids, new], dim=1)
        return self._logits(self._hidden(input_ids=new, attention_mask=self._mask)[0])

    def shorten(self, count: int) -> None:
        """Drop the newest `count` tokens of one row, that were appended after the prompt."""
        if count:
            self.ids = self.ids[:, :-count]
            for layer in self._cache.layers:
                layer.shorten(count)

    @torch.inference_mode()
    def select(self, rows: Tensor) -> None:
        """Keep, repeat or reorder rows: row ``i`` becomes what row ``rows[i]`` was."""
        if rows.tolist() == list(range(len(self.ids))):
            return
        rows = rows.to(self._device)
        self.ids = self.ids[rows]
        if self._mask is not None:
            self._mask = self._mask[rows]
        self._cache.batch_select_indices(rows)

    def _append(self, tokens: Tensor) -> None:
        self.ids = torch.cat([self.ids, tokens.to(self._device).view(-1, 1)], dim=1)
        if self._mask is not None:
            self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)

    @torch.inference_mode()
    def remember(self, length: int | None = None) -> None:
        """Leave the first row, or its first `length` tokens, in the prefix cache."""
        if self._prefixes is None:
            return
        read = min(self.ids.shape[1], self._cache.get_seq_length())
        layers = [(layer.keys[:1], layer.values[:1]) for layer in self._cache.layers]
        text = Prefix(
            tuple(self.ids[0].tolist()), layers, self._directions[:1], self._prompt_length
        )
        self._prefixes.keep(self._weights, text.cut(read if length is None else length))

    def _read(self, last: int) -> Tensor:
        """Read the prompts but for what is known; return the states, of `last` tokens at least."""
        known: Prefix | None = None
        if self._prefixes is not None:
            self._weights = fingerprint(self._model)
            ids, most = self.ids[0].tolist(), self.ids.shape[1] - last
            known = self._prefixes.find(self._weights, ids, most, directions=self._compares)
        if known:
            self._cache = growing_cache(known.layers)
        length = len(known.ids) if known else 0
        states = self._by_modules(self.ids[:, length:], self._mask)
        if self._compares or self._prefixes is not None:
            self._directions = normalize(states.float(), dim=-1)
            if known:
                # Those between the known ones and the new ones may be missing: then these end here.
                complete = known.directions.shape[1] == length
                new = [self._directions] if complete else []
                self._directions = torch.cat([known.directions, *new], dim=1)
        return states

    def _hidden(
        self, input_ids: Tensor, attention_mask: Tensor | None, position_ids: Tensor | None = None
    ) -> Tensor:
        """Read tokens after those in the cache; return their states, (rows, tokens, width)."""
        if self._steps and self._steps.reads(input_ids, attention_mask, self._cache):
            return self._steps(input_ids, attention_mask, position_ids, self._cache)
        return self._by_modules(input_ids, attention_mask, position_ids)

    def _by_modules(
        self, input_ids: Tensor, attention_mask: Tensor | None, position_ids: Tensor | None = None
    ) -> Tensor:
        """Read tokens with the model's own modules, as prompts are, known in part or not at all."""
        output = self._decoder(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=self._cache,
            use_cache=True,
        )
        states: Tensor = output.last_hidden_state.to(self._device)
        return states

    def _logits(self, states: Tensor) -> Tensor:
        logits: Tensor = self._head(states).to(self._device).float()
        return logits


def score(log_probabilities: Tensor, tokens: Tensor, rows: Tensor | None = None) -> list[ScoredId]:
    """Return tokens with their log-probabilities and the likeliest alternatives.

    Parameters
    ----------
    log_probabilities : torch.Tensor, shape (rows, vocabulary)
        Of the model's own distribution.
    tokens : torch.Tensor, shape (tokens,)
        The chosen ids.
    rows : torch.Tensor, shape (tokens,), optional
        The row that each token belongs to; one token for each row when left out.
    """
    if rows is None:
        rows = torch.arange(len(tokens), device=tokens.device)
    count = min(ALTERNATIVES, log_probabilities.shape[-1])
    best, best_ids = log_probabilities.topk(count, dim=-1)
    alternatives = [
        tuple(zip(row_ids, row_best, strict=True))
        for row_ids, row_best in zip(best_ids.tolist(), best.tolist(), strict=True)
    ]
    chosen = log_probabilities[rows, tokens].tolist()
    return [
        ScoredId(token, value, alternatives[row])
        for token, value, row in zip(tokens.tolist(), chosen, rows.tolist(), strict=True)
    ]


@torch.inference_mode()
def score_continuation(
    model: Any,
    prompt: Sequence[int],
    continuation: Sequence[int],
    prefixes: PrefixCache | None = None,
) -> tuple[ScoredId, ...]:
    """Return the tokens of a continuation with the probabilities that the model gives them.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A causal language model in evaluation mode.
    prompt, continuation : sequence of int
        Token ids, none empty.
    prefixes : PrefixCache, optional
        What was read before; the prompt is left there for the next continuation.
    """
    batch = CachedBatch(model, [[*prompt, *continuation[:-1]]], 0, prefixes)
    logits = batch.read_last(len(continuation))
    batch.remember(len(prompt))
    tokens = torch.tensor(continuation, device=logits.device)
    return tuple(score(torch.log_softmax(logits, dim=-1), tokens))
