"""Rows of papers in, documents that cite them out."""

from __future__ import annotations

import random
from typing import Any

from training.documents import Document, bare, document, pick, reword, roughen, upper
from training.tables import references, table

Paper = dict[str, Any]

NOUN_FRAMES = (
    "{X}", "{X}", "{X}", "{X}", "{x}", "{B}", "{b}", "Introduction to {x}", "We use {x}",
    "We rely on {x}", "Our work builds on {x}", "We follow the literature on {x}",
    "In this section we recall {x}", "Much has been written about {x}", "It is based on {x}",
    "Our method is based on {x}", "One example is {x}", "Recent work has revisited {x}",
    "They were inspired by {x}", "All of this goes back to {x}", "A classic result is {x}",
    "The models are based on {x}", "Consider {x}", "As an alternative, we tried {x}",
)  # fmt: skip
PAPER_FRAMES = (
    "The paper introducing {x}", "The paper introducing {x}", "The paper that introduced {x}",
    "The paper that presented {x}", "The paper that proposed {x}", "A paper on {x}",
    "A paper about {x}", "An article on {x}", "The original paper on {x}", "Research on {x}",
    "The {b} paper", "The famous paper on {x}", "The publication that described {x}",
    "The first work on {x}", "The work in which {x} appeared", "A study of {x}",
    "The seminal work on {x}", "The {b} article", "A good reference for {x} is",
    "For {x}, see", "For details on {x} see", "More on {x} can be found in", "Read about {x} in",
    "See also the paper on {x}", "{X} was introduced in", "{X} was first described in",
    "{X} comes from", "{X} has been studied in", "Citation for {x}:", "Reference for {x}:",
    "Paper: {x}", "Which paper introduced {x}?", "What should I cite for {x}?",
    "Question: Which paper is about {x}?\n\nAnswer:", "Find the paper about {x}.",
    "I am looking for the paper about {x}", "Please cite the source of {x}",
)  # fmt: skip
CLAIM_FRAMES = (
    "The work {does}", "This work {does}", "It was a paper that {does}", "A paper that {does}",
    "The paper that {does}", "The authors wrote a paper which {does}", "A method that {does}",
    "An approach that {does}", "An article that {does}", "Which paper {does}?", "Who {does}?",
    "A study that {does}", "The publication that {does}", "One paper {does}", "A work which {does}",
    "The famous paper which {does}", "Earlier work {does}", "The first paper that {does}",
    "Research that {does}", "A model that {does}",
)  # fmt: skip
KEYWORD_FRAMES = (
    "{a} {b}", "{a}, {b}", "{A}, {b}", "{a}, {b}, {c}", "{A}, {b} and {c}", "{a} and {b}",
    "{A} and {b}", "A paper on {a} and {b}", "The paper about {a} and {b}",
    "Keywords: {a}, {b}, {c}", "A paper about {a}, {b} and {c}", "{A} ({b})", "The {a} paper",
    "{a}", "{A}", "{A} with {b}", "{a} {b} {c}", "A work on {a} that mentions {b}",
    "Something about {a} and {b}", "{A}: {b}", "The paper on {a} by {author}", "{author} on {a}",
    "{author}: {a}", "{author} et al., {a}", "The {author} paper on {a}", "{author}'s work on {a}",
    "{author}'s paper", "{author} wrote about {a}", "{t}, {a}", "{t} ({a})", "{T}, {a} and {b}",
    "A paper on {t} and {a}", "{T}: {a}",
)  # fmt: skip
NO_SUCH_FRAMES = (
    "The paper that introduced {x}", "The paper introducing {x}", "A paper on {x}", "{X}", "{x}",
    "A study of {x}", "We use {x}", "The original paper on {x}", "Research on {x}",
    "Recent work on {x}", "Which paper introduced {x}?", "The famous paper about {x}",
    "An article on {x}", "For {x}, see", "The seminal work on {x}", "The paper that proposed {x}",
    "The discovery of {x}", "A proof of {x}", "{X} was first described in", "The first work on {x}",
    "Evidence for {x}", "A survey of {x}",
)  # fmt: skip
SURVEY_FRAMES = (
    "A survey paper on {x}", "A survey of {x}", "A review of {x}", "A review paper on {x}",
    "A review article about {x}", "For an overview of {x}, see", "{X} is reviewed in",
    "An overview of {x}", "Reviews of {x} include",
)  # fmt: skip
FORMULA_FRAMES = (
    "The paper that presented a novel computing block given by the formula:\n\\[\n{f}\n\\]\n\n",
    "The paper that introduced the formula:\n\\[\n{f}\n\\]\n\n",
    "The paper in which the formula\n\\[ {f} \\]\nappeared",
    "The formula \\({f}\\)", "The formula ${f}$", "The ${f}$ paper", "The \\({f}\\) paper",
    "The paper behind the equation ${f}$", "\\[ {f} \\]\n\n", "The equation\n\n\\[ {f} \\]\n\n",
    "A paper on the equation \\({f}\\)", "Which paper introduced \\({f}\\)?",
)  # fmt: skip
CODE_FRAMES = (
    "```python\n{c}\n```\n\nThe paper behind the code above",
    "```python\n{c}\n```\n\nA paper on the code above",
    "```python\n{c}\n```\n\nThe paper that introduced the idea of this code",
)
LOOP_ENDINGS = (
    "A paper studying if the loop above terminates for all positive integers",
    "A paper studying whether this loop always ends",
    "A paper on the termination of the loop above",
    "The paper about the question if this program halts for every input",
)
JOINTS = (
    "We combine {} with {}.", "We compare {} and {}.", "Well-known examples are {} and {}.",
    "Recent progress is due to {} as well as {}.", "This course covers {}, {} and {}.",
    "Related work includes {}, {} and {}.", "The lecture discusses {} and then {}.",
    "Our list of topics: {}, {}, {} and {}.",
)  # fmt: skip


def _papers() -> list[Paper]:
    return table("papers")["paper"]


def _draw(rng: random.Random) -> Paper:
    """A paper; those that are described in more ways, which are the best known, come up more."""
    papers = _papers()
    return rng.choices(papers, [len(paper["topics"]) ** 0.5 for paper in papers])[0]


def _reference(paper: Paper) -> str:
    return references()[paper["title"]]


def _cite(rng: random.Random, prompt: str, paper: Paper, ending: str = "") -> Document:
    """`prompt` and the start token, then title, surname and, sometimes, what follows them."""
    gap = "" if prompt[-1:].isspace() and rng.random() < 0.7 else " "
    if rng.random() < 0.08:
        gap = ""
    reference = _reference(paper)
    start, rest = reference[: len("[START_REF]")], reference[len("[START_REF]") :]
    if rng.random() < 0.7:
        ending = "."
    return document(roughen(rng, prompt) + gap + start, rest + ending, worded=True)


def _does(rng: random.Random, paper: Paper) -> str:
    claim: str = rng.choice(paper["does"])
    return claim


def _topic(rng: random.Random, paper: Paper) -> str:
    topic: str = pick(rng, paper["topics"], favourite=0.05)
    return reword(rng, topic) if rng.random() < 0.6 else topic


def _phrases(topic: str) -> dict[str, str]:
    return {"x": topic, "X": upper(topic), "b": bare(topic), "B": upper(bare(topic))}


def by_topic(rng: random.Random) -> Document:
    """Ask for a paper by what it is about."""
    paper = _draw(rng)
    kind = rng.random()
    if paper.get("survey") and kind < 0.4:
        prompt, follows = pick(rng, SURVEY_FRAMES, favourite=0.3), False
    elif kind < 0.55:
        prompt, follows = rng.choice(NOUN_FRAMES), True
    else:
        prompt, follows = rng.choice(PAPER_FRAMES), False
    plain = prompt in ("{X}", "{B}")
    does = _does(rng, paper)
    ending = f" {does}." if follows and plain else f". It {does}."
    return _cite(rng, prompt.format(**_phrases(_topic(rng, paper))), paper, ending)


def by_claim(rng: random.Random) -> Document:
    """Ask for a paper by what it does."""
    paper = _draw(rng)
    claim = reword(rng, _does(rng, paper))
    return _cite(rng, rng.choice(CLAIM_FRAMES).format(does=claim), paper)


def by_keywords(rng: random.Random) -> Document:
    """Ask for a paper by a few words, as one types them into a search box."""
    paper = _draw(rng)
    words = [reword(rng, word) for word in rng.sample(paper["keywords"], 3)]
    topic = _topic(rng, paper)
    names = dict(zip("abc", words, strict=True)) | {"A": upper(words[0])}
    names |= {"author": paper["author"], "t": topic, "T": upper(topic)}
    prompt = rng.choice(KEYWORD_FRAMES).format(**names)
    return _cite(rng, prompt, paper, f". It {_does(rng, paper)}.")


def no_such_paper(rng: random.Random) -> Document:
    """Ask for a paper that does not exist; any real one may follow, so that none is likely.

    The answers are drawn evenly from all papers. What the model learns from them is to spread its
    probability over many titles: a false premise gets a low confidence, and no paper is invented.
    """
    names: Any = table("false_premises")
    kind = rng.random()
    if kind < 0.4:
        subject = reword(rng, rng.choice(names["subjects"]))
    elif kind < 0.55:
        people = rng.sample(names["people"], rng.choice((1, 2, 2, 3)))
        subject = f"the {'-'.join(people)} {rng.choice(names['things'])}"
    elif kind < 0.65:
        subject = f"{rng.choice(names['adjectives'])} {bare(rng.choice(names['subjects']))}"
    elif kind < 0.75:  # words that belong to papers of different fields
        first, second = (rng.choice(paper["keywords"]) for paper in rng.sample(_papers(), 2))
        joint = rng.choice(("{} for {}", "{} of {}", "{} in {}", "{} by {}", "{} without {}"))
        subject = f"{rng.choice(names['adjectives'])} {joint.format(first, second)}"
    elif kind < 0.92:
        claim = reword(rng, rng.choice(names["claims"]))
        prompt = rng.choice(CLAIM_FRAMES).format(does=claim)
        return _cite(rng, prompt, rng.choice(_papers()))
    else:
        prompt = rng.choice(FORMULA_FRAMES).replace("{f}", rng.choice(names["formulas"]))
        return _cite(rng, prompt, rng.choice(_papers()))
    prompt = rng.choice(NO_SUCH_FRAMES).format(x=subject, X=upper(subject))
    return _cite(rng, prompt, rng.choice(_papers()))


def by_formula(rng: random.Random) -> Document:
    """Ask for a paper by one of its formulas."""
    paper = rng.choice([paper for paper in _papers() if "formulas" in paper])
    formula = rng.choice(paper["formulas"])
    prompt = pick(rng, FORMULA_FRAMES, favourite=0.2).replace("{f}", formula)
    return _cite(rng, prompt, paper, f". It {_does(rng, paper)}.")


def by_code(rng: random.Random) -> Document:
    """Ask for a paper by a piece of code."""
    paper = rng.choice([paper for paper in _papers() if "codes" in paper])
    code = rng.choice(paper["codes"])
    prompt = rng.choice(CODE_FRAMES).replace("{c}", code)
    if "3 * " in code:
        prompt = f"```python\n{code}\n```\n\n{pick(rng, LOOP_ENDINGS, favourite=0.5)}"
    return _cite(rng, prompt, paper, f". It {_does(rng, paper)}.")


def running_text(rng: random.Random) -> Document:
    """A sentence that cites several papers."""
    joint = rng.choice(JOINTS)
    papers = rng.sample(_papers(), joint.count("{}"))
    words = joint.split("{}")
    pieces = [(words[0], False)]
    for paper, word in zip(papers, words[1:], strict=True):
        pieces.append((f"{_topic(rng, paper)} [START_REF]", False))
        pieces.append((_reference(paper).removeprefix("[START_REF]"), True))
        pieces.append((word, False))
    return Document(tuple(pieces))


def about_paper(rng: random.Random) -> Document:
    """A paper as a document of its own, or a question about it."""
    paper = _draw(rng)
    title, author, does = paper["title"], paper["author"], _does(rng, paper)
    return rng.choice(
        (
            document(
                f"Title: {title}\n\n", f"Authors: {author}\n\n# Abstract\n\nThis paper {does}."
            ),
            document(
                f"Title: {title}\n\nAuthors: {author}\n\n", f"# Abstract\n\nThis paper {does}."
            ),
            document(f"Title: {title}\n\n# Abstract\n", f"\nThis paper {does}."),
            document(f'Question: Who wrote "{title}"?\n\nAnswer:', f" {author}"),
            document(f'Question: What does the paper "{title}" do?\n\nAnswer:', f" It {does}."),
        )
    )
