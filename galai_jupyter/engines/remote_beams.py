"""Prompts and a function that asks for next tokens in; the best beams, as steps, out.

vLLM's own beam search knows no stop strings and is not streamed. It asks its engine for the
likeliest next tokens of every beam, one token at a time; so does this, from here, with the rules
of the local engine. The server's prefix cache makes it cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from galai_jupyter.engines.base import ALTERNATIVES, ScoredId, Step
from galai_jupyter.engines.decoding.hypotheses import Hypothesis, best_of, results
from galai_jupyter.engines.decoding.stopping import Stopping
from galai_jupyter.generation import FinishReason
from galai_jupyter.options import GenerationOptions

Candidates = Sequence[tuple[int, float]]
"""Token ids with their log-probabilities, the likeliest first."""


@dataclass
class _Beams:
    """The beams of one prompt: hypotheses that still grow, and the best finished ones."""

    prompt_index: int
    prompt: Sequence[int]
    running: list[Hypothesis] = field(default_factory=lambda: [Hypothesis()])
    finished: list[Hypothesis] = field(default_factory=list)

    def texts(self) -> list[list[int]]:
        return [[*self.prompt, *(token.id for token in h.tokens)] for h in self.running]


def beam_search(
    ask: Callable[[Sequence[Sequence[int]], int], Sequence[Candidates] | None],
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    stopping: Stopping,
    interrupted: Callable[[], bool],
) -> Iterator[Step]:
    """Continue prompts with the sequences of highest mean log-probability that beams find.

    The rules are those of :func:`galai_jupyter.engines.decoding.beam.beam_search`.

    Parameters
    ----------
    ask : callable
        ``ask(texts, count)``: the `count` likeliest next tokens of each text; `None` after an
        interrupt.
    prompts, options, stopping, interrupted
        As there.

    Yields
    ------
    Step
        As there.
    """
    width = options.num_beams
    beams = [_Beams(index, prompt) for index, prompt in enumerate(prompts)]
    while beams:
        texts = [text for each in beams for text in each.texts()]
        # One more than is looked at, for the end of the document where it may not come yet.
        answers = None if interrupted() else ask(texts, 2 * width + bool(stopping.min_new_tokens))
        if answers is None:
            for each in beams:
                yield from _results(each, options.num_return_sequences, "interrupted")
            return
        going_on = []
        rows = iter(answers)
        for each in beams:
            done = _advance(each, [next(rows) for _ in each.running], width, stopping)
            if done:
                yield from _results(each, options.num_return_sequences)
                continue
            best = best_of(each.finished, each.running)
            yield Step(each.prompt_index, 0, best.tokens, replaces=True)
            going_on.append(each)
        beams = going_on


def _advance(beams: _Beams, answers: list[Candidates], width: int, stopping: Stopping) -> bool:
    """Move the beams one token on; return whether none of them can win any more."""
    ranked = sorted(
        (
            (hypothesis.score + value, hypothesis, ScoredId(token_id, value, tuple(top)))
            for hypothesis, candidates in zip(beams.running, answers, strict=True)
            for top in [candidates[:ALTERNATIVES]]
            for token_id, value in candidates
            if token_id != stopping.end_of_document
            or len(hypothesis.tokens) >= stopping.min_new_tokens
        ),
        key=lambda each: -each[0],
    )
    growing = []
    for rank, (score, hypothesis, token) in enumerate(ranked[: 2 * width]):
        longer = hypothesis.extended(token, score, stopping)
        if longer.finish_reason is None:
            growing.append(longer)
        elif rank < width:
            beams.finished.append(longer.averaged())
    beams.finished.sort(key=lambda hypothesis: -hypothesis.score)
    del beams.finished[width:]
    if not growing:
        return True
    beams.running = growing[:width]
    best = growing[0].averaged().score
    return len(beams.finished) == width and best <= beams.finished[-1].score


def _results(beams: _Beams, count: int, reason: FinishReason | None = None) -> Iterator[Step]:
    """Yield the best `count` sequences; those that were cut short end with `reason`."""
    ranked = list(beams.finished)
    if reason:
        ranked += [hypothesis.averaged(reason) for hypothesis in beams.running]
        ranked.sort(key=lambda hypothesis: -hypothesis.score)
        ranked += ranked[-1:] * (count - len(ranked))
    yield from results(beams.prompt_index, ranked[:count])
