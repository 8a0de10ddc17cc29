"""Generation options in; transformers' logits processors and warpers, in its order, out."""

from __future__ import annotations

import math

from torch import Tensor
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from galai_jupyter.engines.decoding.constraint import ReferenceConstraint
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.engines.reference_trie import ReferenceTrie
from galai_jupyter.options import GenerationOptions


def logits_processors(
    options: GenerationOptions,
    stopping: Stopping,
    ids: Tensor,
    constraint: ReferenceTrie | None = None,
) -> LogitsProcessorList:
    """Return what changes the scores of every strategy.

    Parameters
    ----------
    options : GenerationOptions
        For the penalties.
    stopping : Stopping
        For the least number of new tokens.
    ids : torch.Tensor, shape (rows, length)
        The prompts, padding included, on the device of the scores.
    constraint : ReferenceTrie, optional
        The only references that may be generated.
    """
    processors = LogitsProcessorList()
    if options.repetition_penalty != 1.0:
        processors.append(RepetitionPenaltyLogitsProcessor(options.repetition_penalty))
    if options.no_repeat_ngram_size:
        processors.append(NoRepeatNGramLogitsProcessor(options.no_repeat_ngram_size))
    if stopping.min_new_tokens:
        processors.append(
            _EndLater(ids.shape[1] + stopping.min_new_tokens, stopping.end_of_document)
        )
    if constraint is not None:
        processors.append(ReferenceConstraint(constraint))
    return processors


def sampling_warpers(options: GenerationOptions) -> LogitsProcessorList:
    """Return what shapes the distribution that tokens are drawn from."""
    warpers = LogitsProcessorList()
    if options.temperature is not None:
        warpers.append(TemperatureLogitsWarper(options.temperature))
    if options.top_k is not None:
        warpers.append(TopKLogitsWarper(options.top_k))
    if options.top_p is not None and options.top_p < 1.0:
        warpers.append(TopPLogitsWarper(options.top_p))
    return warpers


class _EndLater(LogitsProcessor):
    """Forbids a document's end in rows of less than `length` tokens.

    As transformers' own does, which looks for the token among all others at every step.
    """

    def __init__(self, length: int, end: int) -> None:
        self._length, self._end = length, end

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        if input_ids.shape[1] >= self._length:
            return scores
        scores = scores.clone()
        scores[:, self._end] = -math.inf
        return scores
