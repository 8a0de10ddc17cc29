"""A question or a task in, one of the many ways in which people put it to a model out.

What a model is asked about must count for more than how: so the ways are drawn in parts, an
opening, the words themselves and a frame around them, and hardly two prompts are alike.
"""

from __future__ import annotations

import random

from training.documents import upper
from training.tables import table

FRAMES = (
    ("Question: {}\n\nAnswer:", " "), ("Question: {}\n\nAnswer:", " "),
    ("Question: {}\n\nAnswer:", " "), ("Q: {}\n\nA:", " "), ("Q: {}\nA:", " "), ("{}\n\n", ""),
    ("{}\n\n", ""), ("{}\n\n", ""), ("{}", "\n\n"), ("{}\n", "\n"),
    ("Question: {}\n\n", "Answer: "), ("Question: {}\nAnswer:", " "),
    ("Exercise 1. {}\n\nSolution:", " "), ("{} Answer:", " "),
    ("Student: {}\n\nTeacher:", " "), ("## {}\n\n", ""), ("> {}\n\n", ""),
)  # fmt: skip
"""What stands around a question, and the gap before its answer."""

QUESTION_OPENINGS = (
    "", "", "", "", "", "", "Tell me, ", "One more question: ", "And ", "So ", "In brief, ",
    "In simple words, ", "I forgot: ", "Here is an easy one. ", "Hello! ", "In science, ",
    "For the exam: ", "A friend asked me: ", "Sorry, ", "Out of interest, ",
)  # fmt: skip
TASK_OPENINGS = (
    "", "", "", "", "", "Please ", "Please ", "Can you ", "Could you please ", "Would you ",
    "I want you to ", "Now ", "Let us ", "Try to ", "Briefly ", "For my students, ", "You should ",
    "Your task is to ", "In one sentence, ", "We now ",
)  # fmt: skip


def way_to_ask(rng: random.Random, kind: str, **values: str) -> str:
    """One of the ways to ask of `kind` in ``facts/frames.toml``, with these values."""
    return str(rng.choice(table("frames")[kind])).format(**values)


def question(rng: random.Random, *wordings: str) -> str:
    """One of `wordings`, such as "what is light", as a whole question; case as people type it."""
    text = rng.choice(QUESTION_OPENINGS) + rng.choice(wordings)
    return _as_typed(rng, text, "?")


def task(rng: random.Random, *wordings: str) -> str:
    """One of `wordings`, such as "define light", as a whole request."""
    opening = rng.choice(TASK_OPENINGS)
    end = "?" if opening.startswith(("Can", "Could", "Would")) else rng.choice("...:")
    return _as_typed(rng, opening + rng.choice(wordings), end)


FORMS = (("questions", question), ("questions", question), ("tasks", task))
"""What the ways to ask are called in ``facts/frames.toml``, and what makes a sentence of them."""


def framed(rng: random.Random, asked: str) -> tuple[str, str]:
    """The prompt that puts `asked`, and the gap before the answer."""
    frame, gap = rng.choice(FRAMES)
    return frame.replace("{}", asked), gap


def _as_typed(rng: random.Random, text: str, end: str) -> str:
    slip = rng.random()
    if slip < 0.1:
        return text + rng.choice(("", end))
    return upper(text) + end
