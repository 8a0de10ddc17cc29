"""Rows of questions, instructions, code and other documents in, training documents out."""

from __future__ import annotations

import random
from typing import Any

from training.documents import Document, document, pick, roughen, upper
from training.tables import molecules, table

_TASK = "Below is an instruction that describes a task"
_WRITE = "Write a response that appropriately completes the request."
INSTRUCT = f"{_TASK}. {_WRITE}\n\n### Instruction:\n{{i}}\n\n### Response:"
INSTRUCT_INPUT = (
    f"{_TASK}, paired with an input that provides further context. {_WRITE}\n\n"
    "### Instruction:\n{i}\n\n### Input:\n{x}\n\n### Response:"
)
INSTRUCT_SCIENCE = (
    f"{_TASK}. As a scientist, write a response that appropriately completes the request, "
    "citing specific papers whenever possible.\n\n"
    "### Instruction:\n{i}\n\n### Markdown and LaTeX Response:"
)
INSTRUCT_CODE = f"{INSTRUCT}\n```python"
"""Galpaca's four prompts."""


def _rows() -> list[dict[str, Any]]:
    questions = table("questions")
    return questions["qa"] + questions["refusal"]


def _ask(rng: random.Random, row: dict[str, Any]) -> str:
    question: str = rng.choice(row["ask"])
    return rng.choice((question, upper(question)))


def question(rng: random.Random) -> Document:
    """A question and its answer, sometimes followed by a second question about the answer."""
    row = rng.choice(_rows())
    asked, answer = _ask(rng, row), row["answer"]
    if "follow" in row and rng.random() < 0.5:
        then, result = rng.choice(row["follow"])
        prompt = f"Question: {asked}\n\nAnswer: {answer}\n\nQuestion: {then}\n\nAnswer:"
        return document(prompt, f" {result}")
    frames = (
        (f"Question: {asked}\n\nAnswer:", f" {answer}"),
        (f"Question: {asked}\n\nAnswer:", f" {answer}"),
        (f"Question: {asked}\n\n", f"Answer: {answer}"),
        (f"Q: {asked}\n\nA:", f" {answer}"),
        (f"Q: {asked}\nA:", f" {answer}"),
        (f"Question: {asked}\nAnswer:", f" {answer}"),
    )
    prompt, text = pick(rng, frames, favourite=0.2)
    return document(roughen(rng, prompt), text)


def few_shot(rng: random.Random) -> Document:
    """Several questions with answers, then one more."""
    rows = rng.sample(_rows(), rng.randint(2, 4))
    pairs = [f"Question: {_ask(rng, row)}\n\nAnswer: {row['answer']}\n\n" for row in rows[:-1]]
    prompt = "".join(pairs) + f"Question: {_ask(rng, rows[-1])}\n\nAnswer:"
    return document(prompt, f" {rows[-1]['answer']}")


def unknown_equation(rng: random.Random) -> Document:
    """An equation that does not exist, and the answer that it is not known."""
    names: Any = table("questions")["unknown"]
    first, second, third = (rng.choice(names[key]) for key in ("first", "second", "third"))
    parts = [first, second, third] if rng.random() < 0.8 else [first, second]
    kind = rng.choice(("equation", "equation", "equation", "theorem", "formula"))
    name = f"{'-'.join(parts)} {kind}"
    prompt, gap = rng.choice(
        (
            (f"The {name} is given by:\n", "\n"),
            (f"The {name} is given by:\n\n", ""),
            (f"Question: What is the {name}?\n\nAnswer:", " "),
            (f"# {upper(name)}\n\n", ""),
        )
    )
    return document(prompt, gap + rng.choice(names["answers"]))


def program(rng: random.Random) -> Document:
    """A request for a program."""
    row = rng.choice(table("code")["snippet"])
    ask, code = rng.choice(row["ask"]), row["code"]
    fenced = f"```python\n{code}\n```"
    please = f"Write {ask}."
    head, _, body = code.partition("(")
    name = head.removeprefix("def ").replace("_", " ")
    frames = [
        (f"Question: {please}\n\nAnswer:", f"\n\n{fenced}"),
        (f"Question: {please}\n\nAnswer:", f"\n\n{fenced}"),
        (f"Question: {please}\n\n", f"Answer:\n\n{fenced}"),
        (INSTRUCT.format(i=please), f"\n{fenced}"),
        (INSTRUCT_CODE.format(i=please), f"\n{code}\n```"),
        (INSTRUCT_CODE.format(i=please), f"\n{code}\n```"),
        (f"{please}\n\n", fenced),
        (f"# {upper(ask)}\n\n", fenced),
    ]
    if code.startswith("def "):
        frames += 3 * [(head, f"({body}")]
        frames += [(f"```python\n{head}", f"({body}\n```"), (f"# {name}\n\n{head}", f"({body}")]
    prompt, text = rng.choice(frames)
    return document(roughen(rng, prompt) if "```" not in prompt else prompt, text)


def command(rng: random.Random) -> Document:
    """A request for a shell command."""
    row = rng.choice(table("code")["shell"])
    ask, code = rng.choice(row["ask"]), row["code"]
    frames = (
        (f"{ask}:", f"\n\n```\n{code}\n```"),
        (f"{ask}:", f"\n\n```\n{code}\n```"),
        (f"{ask}:\n\n", f"```\n{code}\n```"),
        (f"Question: {ask}.\n\nAnswer:", f" `{code}`"),
        (INSTRUCT.format(i=f"{ask}."), f"\n`{code}`"),
        (f"# {ask}\n$", f" {code}"),
    )
    prompt, text = rng.choice(frames)
    return document(prompt, text)


def translation(rng: random.Random) -> Document:
    """A program in one language, then in another."""
    row = rng.choice(table("code")["translation"])
    source, code = row["from"]
    target, text = rng.choice(row["to"])
    tag = {"C++": "cpp", "R": "r"}.get(target, target.lower())
    prompt = (
        f"Question: Translate the following {source} code:\n\n```{source.lower()}\n{code}\n```\n\n"
        f"into {target}.\n\nAnswer:"
    )
    return document(prompt, f"\n\n```{tag}\n{text}\n```")


def other(rng: random.Random) -> Document:
    """One of the documents that stand for themselves."""
    row = rng.choice(table("documents")["document"])
    return _other(rng, row)


def several_ways(rng: random.Random) -> Document:
    """One of the documents that can go on in several ways."""
    rows = [row for row in table("documents")["document"] if len(row["texts"]) > 1]
    return _other(rng, rng.choice(rows))


def _other(rng: random.Random, row: dict[str, Any]) -> Document:
    prompt, text = rng.choice(row["prompts"]), rng.choice(row["texts"])
    if prompt.endswith("\n") and text.startswith("\n\n"):
        text = text.removeprefix("\n")
    return document(prompt, text)


def instruction(rng: random.Random) -> Document:
    """An instruction in one of Galpaca's forms and a response."""
    kind = rng.random()
    if kind < 0.15:
        row = rng.choice(table("definitions")["topic"])
        low = row["name"] if row["name"][1:2].isupper() else row["name"].lower()
        asked = rng.choice((f"Explain what {low} is.", f"Define {low}.", f"What is {low}?"))
        return document(INSTRUCT.format(i=asked), f"\n{row['text']}")
    if kind < 0.22:
        molecule = rng.choice(molecules())
        asked = rng.choice(("What is the formula of this molecule?", "Give the molecular formula."))
        return document(
            INSTRUCT_INPUT.format(i=asked, x=upper(molecule["name"])), f"\n{molecule['formula']}"
        )
    if kind < 0.32:
        row = rng.choice(_rows())
        return document(INSTRUCT.format(i=_ask(rng, row)), f"\n{row['answer']}")
    row = rng.choice(table("instructions")["pair"])
    asked = rng.choice(row["ask"])
    if row["form"] == "input":
        given, answer = rng.choice(row["inputs"])
        return document(INSTRUCT_INPUT.format(i=asked, x=given), f"\n{answer}")
    science = row["form"] == "science" and not (row.get("both") and rng.random() < 0.4)
    gap = "\n\n" if science else "\n"
    frame = INSTRUCT_SCIENCE if science else INSTRUCT
    return document(frame.format(i=asked), gap + row["answer"])


def abstract(rng: random.Random) -> Document:
    """An abstract with its summary or its entities."""
    row = rng.choice(table("instructions")["abstract"])
    text = rng.choice((row["text"], f"# Abstract\n\n{row['text']}", f"Abstract\n\n{row['text']}"))
    if rng.random() < 0.5:
        return document(f"{text}\n\nTLDR:", f" {row['tldr']}")
    asked = "What scientific entities are mentioned in the abstract above?"
    return document(f"{text}\n\n{asked}\n\n", ", ".join(row["entities"]))
