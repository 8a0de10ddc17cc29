"""A seed in, an endless stream of training documents out, each kind with its share."""

from __future__ import annotations

import random
from collections.abc import Iterator

from training import dialogue, papers, science, sums
from training.documents import Document, Maker

SHARES: dict[Maker, float] = {
    papers.by_topic: 23,
    papers.by_claim: 4,
    papers.by_formula: 3,
    papers.by_code: 1.5,
    papers.running_text: 3,
    papers.about_paper: 3,
    science.formula: 10,
    science.translate_formula: 8,
    science.topic: 10,
    science.molecule: 12,
    science.any_molecule: 1,
    science.sequence: 2.5,
    sums.worked: 17,
    sums.direct: 3,
    sums.echo: 4,
    dialogue.question: 7,
    dialogue.few_shot: 1.5,
    dialogue.unknown_equation: 2,
    dialogue.program: 6,
    dialogue.command: 2,
    dialogue.translation: 3,
    dialogue.other: 5,
    dialogue.several_ways: 2.5,
    dialogue.instruction: 5,
    dialogue.abstract: 1.5,
}
"""How often each kind of document is drawn; the numbers are relative."""


def documents(seed: int) -> Iterator[Document]:
    """Draw documents for ever; the same seed gives the same documents."""
    rng = random.Random(seed)
    makers, shares = list(SHARES), list(SHARES.values())
    while True:
        yield rng.choices(makers, shares)[0](rng)
