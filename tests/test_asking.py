"""Questions and tasks for the corpus: the same thing asked in many ways."""

from __future__ import annotations

import random
import re

from training.asking import framed, question, task
from training.documents import Document
from training.science import molecule, topic


def test_a_question_keeps_its_words_and_varies_around_them() -> None:
    rng = random.Random(1)
    asked = {question(rng, "what is light") for _ in range(300)}
    assert all("what is light" in text.lower() for text in asked)
    assert {"What is light?", "Tell me, what is light?"} <= asked
    assert len(asked) > 20


def test_a_task_that_asks_ends_in_a_question_mark() -> None:
    rng = random.Random(2)
    asked = {task(rng, "define light") for _ in range(300)}
    assert "Define light." in asked and "Can you define light?" in asked
    assert not any(text.startswith("Can") and text.endswith(".") for text in asked)


def test_a_frame_ends_where_the_answer_begins() -> None:
    rng = random.Random(3)
    found = {framed(rng, "What is \\(x^{2}\\)?") for _ in range(300)}
    assert ("Question: What is \\(x^{2}\\)?\n\nAnswer:", " ") in found
    assert all("What is \\(x^{2}\\)?" in prompt for prompt, _ in found)


def _drawn(maker: object, number: int) -> list[Document]:
    rng = random.Random(4)
    assert callable(maker)
    return [maker(rng) for _ in range(number)]


def test_definitions_are_asked_for_with_their_article() -> None:
    prompts = [item.pieces[0][0] for item in _drawn(topic, 60_000)]
    assert any("hat is a galaxy" in prompt or "efine a galaxy" in prompt for prompt in prompts)
    assert "A galaxy is" in prompts
    asked = {prompt for prompt in prompts if re.search(r"[Ww]hat is an? \w+|efine an? \w+", prompt)}
    begun = {prompt for prompt in prompts if re.fullmatch(r"An? [\w -]+ is", prompt)}
    assert len(asked) > 1000 and len(begun) > 60
    assert len(set(prompts)) > 40_000


def test_structures_follow_their_start_token_once() -> None:
    for item in _drawn(molecule, 2000):
        prompt, text = item.pieces[0][0], item.pieces[1][0]
        assert "::" not in prompt and prompt.count("[START") <= 1
        if prompt.endswith(("[START_SMILES]", "[START_I_SMILES]")):
            assert "[END" in text
