"""A seed in, an endless stream of training documents out, each kind with its share."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from training import dialogue, papers, science, sums, translations
from training.documents import Document, Maker

SHARES: dict[Maker, float] = {
    papers.by_topic: 56,
    papers.by_claim: 21,
    papers.by_keywords: 36,
    papers.no_such_paper: 11,
    papers.by_formula: 3,
    papers.by_code: 1,
    papers.running_text: 3,
    papers.about_paper: 3,
    science.formula: 36,
    science.translate_formula: 9,
    science.topic: 32,
    science.molecule: 33,
    science.any_molecule: 0.5,
    science.sequence: 4,
    sums.worked: 90,
    sums.direct: 4,
    sums.drill: 12,
    sums.echo: 4,
    dialogue.question: 10,
    dialogue.few_shot: 2.5,
    dialogue.unknown_equation: 2,
    dialogue.program: 8,
    dialogue.command: 2.5,
    dialogue.translation: 3,
    translations.translation: 56,
    translations.listed_names: 12,
    dialogue.other: 3,
    dialogue.several_ways: 1.5,
    dialogue.instruction: 9,
    dialogue.abstract: 2.5,
}
"""How often each kind of document is drawn; the numbers are relative."""


READ: frozenset[Maker] = frozenset(
    {
        papers.by_topic,
        papers.by_claim,
        papers.by_keywords,
        papers.no_such_paper,
        papers.by_formula,
        papers.by_code,
        science.formula,
        science.topic,
        science.molecule,
    }
)
"""Documents whose answer hangs on the words of the prompt: `training.reading` learns these."""

CHUNK = 1500
"""Documents that are drawn, encoded and sorted by length together."""


WHOLE_FIRST = 55
"""Chunks in which everything is written out. By then titles, formulas and articles are known by
heart, and what is left to learn is which of them a wording means: their first words show that as
well as all of them, in half the time."""


@dataclass(frozen=True)
class Beginning:
    """How a kind of document is drawn later on: how much more often, and how many tokens are kept.

    `cut` is the share of documents of which only a beginning is kept, `shortest` to `longest`
    tokens of what follows the prompt.
    """

    times: float
    cut: float
    shortest: int
    longest: int


_CITATION = Beginning(times=1.4, cut=0.75, shortest=4, longest=8)
BEGINNINGS: dict[Maker, Beginning] = {
    papers.by_topic: _CITATION,
    papers.by_claim: _CITATION,
    papers.by_keywords: _CITATION,
    papers.no_such_paper: _CITATION,
    science.formula: Beginning(times=1.6, cut=0.65, shortest=6, longest=14),
    science.topic: Beginning(times=1.4, cut=0.65, shortest=7, longest=14),
}


def chunk(seed: int, number: int) -> list[Document]:
    """Draw the documents of one chunk; the same seed and number give the same documents."""
    rng = random.Random(f"{seed}/{number}")
    beginnings = BEGINNINGS if number >= WHOLE_FIRST else {}
    weights = [
        share * beginnings[maker].times if maker in beginnings else share
        for maker, share in SHARES.items()
    ]
    return [
        _drawn(rng, maker, beginnings.get(maker))
        for maker in rng.choices(list(SHARES), weights, k=CHUNK)
    ]


def _drawn(rng: random.Random, maker: Maker, beginning: Beginning | None) -> Document:
    item = maker(rng)
    if beginning and rng.random() < beginning.cut:
        return replace(item, kept=rng.randint(beginning.shortest, beginning.longest))
    return item


def documents(seed: int) -> Iterator[Document]:
    """Draw documents for ever, chunk by chunk."""
    for number in count():
        yield from chunk(seed, number)
