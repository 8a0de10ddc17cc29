"""A seed in, an endless stream of training documents out, each kind with its share."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from training import dialogue, papers, science, sums, translations
from training.documents import Document, Maker

SHARES: dict[Maker, float] = {
    papers.by_topic: 52,
    papers.by_claim: 20,
    papers.by_keywords: 34,
    papers.no_such_paper: 9,
    papers.by_formula: 3,
    papers.by_code: 1,
    papers.running_text: 3,
    papers.about_paper: 3,
    science.formula: 21,
    science.translate_formula: 7,
    science.topic: 23,
    science.molecule: 27,
    science.any_molecule: 0.5,
    science.sequence: 4,
    sums.worked: 32,
    sums.direct: 2,
    sums.drill: 7,
    sums.echo: 4,
    dialogue.question: 10,
    dialogue.few_shot: 1.5,
    dialogue.unknown_equation: 1.5,
    dialogue.program: 8,
    dialogue.command: 2.5,
    dialogue.translation: 3,
    translations.translation: 11,
    dialogue.other: 3,
    dialogue.several_ways: 1.5,
    dialogue.instruction: 5,
    dialogue.abstract: 1.5,
}
"""How often each kind of document is drawn; the numbers are relative."""


CHUNK = 1500
"""Documents that are drawn, encoded and sorted by length together."""


TITLES_FIRST = 55
"""Chunks in which citations are written out. By then the titles are known by heart, and what is
left to learn is which of them a wording means: the first words of a title show that as well as
all of it, in half the time."""

CITATIONS = (papers.by_topic, papers.by_claim, papers.by_keywords, papers.no_such_paper)


def chunk(seed: int, number: int) -> list[Document]:
    """Draw the documents of one chunk; the same seed and number give the same documents."""
    rng = random.Random(f"{seed}/{number}")
    later = number >= TITLES_FIRST
    weights = [
        share * 2.4 if later and maker in CITATIONS else share for maker, share in SHARES.items()
    ]
    makers = rng.choices(list(SHARES), weights, k=CHUNK)
    drawn = []
    for maker in makers:
        item = maker(rng)
        if later and maker in CITATIONS and rng.random() < 0.75:
            item = replace(item, kept=rng.randint(4, 8))
        drawn.append(item)
    return drawn


def documents(seed: int) -> Iterator[Document]:
    """Draw documents for ever, chunk by chunk."""
    for number in count():
        yield from chunk(seed, number)
