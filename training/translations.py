"""A random generator in, short programs in two languages out, with names and numbers at random.

What is learnt is to copy names and numbers into the grammar of another language; so the names and
numbers of a test are new to the model, and only the shapes of the programs are known.
"""

from __future__ import annotations

import random
import re
from functools import cache
from zlib import crc32

from training.asking import framed, question, task
from training.documents import Document, document
from training.tables import table

TAGS = {
    "Python": "python",
    "Javascript": "javascript",
    "C++": "cpp",
    "Java": "java",
    "R": "r",
    "Julia": "julia",
    "C": "c",
}
"""Languages and the names of their code blocks."""

SYLLABLES = (
    "al", "be", "co", "da", "el", "fi", "ga", "ho", "in", "ka", "lo", "mi", "no", "or", "pa", "ra",
    "sa", "te", "un", "va", "we", "zo", "mass", "sum", "rate", "node", "cell", "unit", "step",
)  # fmt: skip
WORDS = (
    "total", "price", "speed", "area", "count", "mass", "energy", "width", "height", "score",
    "value", "offset", "scale", "index", "length", "volume", "weight", "power", "signal", "sample",
    "result", "distance", "force", "charge", "depth", "level", "margin", "budget", "tax", "age",
    "size", "time", "add", "square", "half", "data", "items", "limit", "rank", "user", "year",
)  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEYWORDS = frozenset(
    "as do if in is or and def del for int new not async class with global lambda break package "
    "operator sum interface template switch function end double public static null long signed "
    "goto private next local virtual super short repeat module".split()
)
"""Words that mean something in one of the languages, and so are no names."""


def is_reserved(name: str) -> bool:
    """Say whether a name is kept for the test: of made-up names one in ten, never trained on."""
    return len(name) > 1 and name not in WORDS and crc32(name.encode()) % 10 == 0


@cache
def _more_words() -> list[str]:
    """Words of other tables: whatever stands in a program is to be copied, not only usual names."""
    keywords = " ".join(word for paper in table("papers")["paper"] for word in paper["keywords"])
    return sorted({word for word in re.findall(r"(?<!\S)[a-z]{3,9}(?!\S)", keywords)} - KEYWORDS)


def _any_name(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(WORDS)
    if kind < 0.35:
        return rng.choice(_more_words())
    if kind < 0.5:
        return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3)))
    if kind < 0.6:
        return f"{rng.choice(WORDS)}_{rng.choice(WORDS)}"
    if kind < 0.65:
        return f"{rng.choice(_more_words())}_{rng.choice(_more_words())}"
    if kind < 0.75:
        return rng.choice(WORDS) + rng.choice(WORDS).capitalize()
    if kind < 0.85:
        return "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 6)))
    if kind < 0.9:
        return f"{rng.choice(WORDS)}{rng.randint(1, 9)}"
    return rng.choice(LETTERS)


def new_name(rng: random.Random, *, reserved: bool = False) -> str:
    """Return a letter, a word or two, or a few letters to call something by."""
    while True:
        name = _any_name(rng)
        if name not in KEYWORDS and is_reserved(name) == reserved:
            return name


def function(rng: random.Random, names: list[str]) -> dict[str, str]:
    """A function of one or two numbers."""
    f, a, b = names
    number, sign = rng.randint(2, 99), rng.choice("+-*")
    body = rng.choice((f"{a} {sign} {number}", f"{a} {sign} {b}", f"{a} * {a} {sign} {number}"))
    both = b in body.split()
    typed = f"double {a}, double {b}" if both else f"double {a}"
    inside = f"{a}, {b}" if both else a
    return {
        "Python": f"def {f}({inside}):\n    return {body}",
        "Javascript": f"function {f}({inside}) {{\n  return {body};\n}}",
        "C++": f"double {f}({typed}) {{\n    return {body};\n}}",
        "C": f"double {f}({typed}) {{\n    return {body};\n}}",
        "Java": f"static double {f}({typed}) {{\n    return {body};\n}}",
        "R": f"{f} <- function({inside}) {body}",
        "Julia": f"{f}({inside}) = {body}",
    }


def loop(rng: random.Random, names: list[str]) -> dict[str, str]:
    """A loop that prints."""
    i, _, _ = names
    end, factor = rng.randint(3, 60), rng.randint(2, 9)
    shown = rng.choice((i, f"{i} * {factor}", f"{i} + {factor}"))
    return {
        "Python": f"for {i} in range({end}):\n    print({shown})",
        "Javascript": (f"for (let {i} = 0; {i} < {end}; {i}++) {{\n  console.log({shown});\n}}"),
        "C++": (
            f"for (int {i} = 0; {i} < {end}; ++{i}) {{\n    std::cout << {shown} << '\\n';\n}}"
        ),
        "C": f'for (int {i} = 0; {i} < {end}; ++{i}) {{\n    printf("%d\\n", {shown});\n}}',
        "Java": (f"for (int {i} = 0; {i} < {end}; {i}++) {{\n    System.out.println({shown});\n}}"),
        "R": f"for ({i} in 0:{end - 1}) {{\n  print({shown})\n}}",
        "Julia": f"for {i} in 0:{end - 1}\n    println({shown})\nend",
    }


def assignment(rng: random.Random, names: list[str]) -> dict[str, str]:
    """A variable, and something that is computed from it."""
    a, b, _ = names
    first, second, sign = rng.randint(2, 500), rng.randint(2, 99), rng.choice("+-*/")
    return {
        "Python": f"{a} = {first}\n{b} = {a} {sign} {second}\nprint({b})",
        "Javascript": f"const {a} = {first};\nconst {b} = {a} {sign} {second};\nconsole.log({b});",
        "C++": f"double {a} = {first};\ndouble {b} = {a} {sign} {second};\nstd::cout << {b};",
        "C": f'double {a} = {first};\ndouble {b} = {a} {sign} {second};\nprintf("%f", {b});',
        "Java": (
            f"double {a} = {first};\ndouble {b} = {a} {sign} {second};\nSystem.out.println({b});"
        ),
        "R": f"{a} <- {first}\n{b} <- {a} {sign} {second}\nprint({b})",
        "Julia": f"{a} = {first}\n{b} = {a} {sign} {second}\nprintln({b})",
    }


def condition(rng: random.Random, names: list[str]) -> dict[str, str]:
    """A function that decides."""
    f, a, _ = names
    limit, sign = rng.randint(1, 99), rng.choice("<>")
    yes, no = rng.sample(("low", "high", "yes", "no", "warm", "cold", "old", "new"), 2)

    def body(tab: str) -> str:
        return (
            f'{tab}if ({a} {sign} {limit}) {{\n{2 * tab}return "{yes}";\n{tab}}}\n'
            f'{tab}return "{no}";\n'
        )

    inner = body("    ")
    return {
        "Python": (
            f'def {f}({a}):\n    if {a} {sign} {limit}:\n        return "{yes}"\n    return "{no}"'
        ),
        "Javascript": f"function {f}({a}) {{\n{body('  ')}}}",
        "C++": f"std::string {f}(double {a}) {{\n{inner}}}",
        "C": f"const char *{f}(double {a}) {{\n{inner}}}",
        "Java": f"static String {f}(double {a}) {{\n{inner}}}",
        "R": f'{f} <- function({a}) if ({a} {sign} {limit}) "{yes}" else "{no}"',
        "Julia": f'{f}({a}) = {a} {sign} {limit} ? "{yes}" : "{no}"',
    }


def listing(rng: random.Random, names: list[str]) -> dict[str, str]:
    """A list of numbers."""
    a, _, _ = names
    values = ", ".join(str(rng.randint(0, 99)) for _ in range(rng.randint(2, 5)))
    return {
        "Python": f"{a} = [{values}]",
        "Javascript": f"const {a} = [{values}];",
        "C++": f"std::vector<int> {a} = {{{values}}};",
        "C": f"int {a}[] = {{{values}}};",
        "Java": f"int[] {a} = {{{values}}};",
        "R": f"{a} <- c({values})",
        "Julia": f"{a} = [{values}]",
    }


SHAPES = (function, function, loop, assignment, condition, listing)


def draw(rng: random.Random, *, reserved: bool = False) -> tuple[str, str, str, str]:
    """Return source language, source, target language and target of a random program."""
    names: list[str] = []
    while len(names) < 3:
        name = new_name(rng, reserved=reserved)
        if name not in names:
            names.append(name)
    texts = rng.choice(SHAPES)(rng, names)
    source = rng.choice(("Python", "Python", "Python", *TAGS))
    target = rng.choice([language for language in TAGS if language != source])
    return source, texts[source], target, texts[target]


ASK = (
    "Translate the following {source} code:\n\n{block}\n\ninto {target}.",
    "Translate the following {source} code:\n\n{block}\n\ninto {target}.",
    "Translate this {source} code into {target}:\n\n{block}",
    "Rewrite the following program in {target}:\n\n{block}",
    "Convert this {source} code to {target}.\n\n{block}",
    "How do you write this in {target}?\n\n{block}",
)
VERBS = ("translate", "rewrite", "convert", "change", "turn", "transcribe", "bring")
THINGS = ("code", "program", "function", "snippet", "script", "example", "piece of code")
SHOWN = (
    "{asked}\n\n{block}\n\n", "{asked}\n\n{block}\n\n", "{block}\n\n{asked}\n\n",
    "Question: {asked}\n\n{block}\n\nAnswer:", "Q: {asked}\n\n{block}\n\nA:",
    "{source}:\n\n{block}\n\n{target}:\n\n", "In {source}:\n\n{block}\n\nIn {target}:\n\n",
    "{block}\n\nThe same in {target}:\n\n", "# {source} and {target}\n\n{block}\n\n",
    "This is {source}:\n\n{block}\n\nThis is {target}:\n\n",
    "I know only {target}. {asked}\n\n{block}\n\n",
    "{source}: {block}\n\n{target}:", "{block}\n\n{target}:\n",
    "{block}\n\nThat was {source}. Now in {target}:\n\n", "Wanted: {target}\n\n{block}\n\n",
    "From {source}:\n\n{block}\n\nto {target}:\n\n", "From {source} to {target}: {block}\n\n",
    "Can I have {target} instead of {source}?\n\n{block}\n\n",
    "{block}\n\nA {target} programmer would write:\n\n",
    "Our {source} code\n\n{block}\n\nreads as follows in {target}:\n\n",
    "We move a library from {source} to {target}. Before:\n\n{block}\n\nAfter:\n\n",
    "A {target} version of a {source} program\n\n{block}\n\n",
    "{block}\n\nThis was written in {source} and is needed in {target}.\n\n",
    "Lesson 4: {target} for people who know {source}\n\n{block}\n\n",
)  # fmt: skip


def _asked(rng: random.Random, source: str, target: str) -> str:
    thing, into = rng.choice(THINGS), rng.choice(("into", "to", "in"))
    if rng.random() < 0.3:
        return question(
            rng,
            f"how do I write this {thing} in {target}",
            f"what is this {source} {thing} in {target}",
            f"how is this {thing} written in {target}",
        )
    verb = rng.choice(VERBS)
    return task(
        rng,
        f"{verb} this {source} {thing} {into} {target}",
        f"{verb} this {thing} from {source} {into} {target}",
        f"{verb} the following {thing} {into} {target}",
        f"write this {thing} in {target}",
        f"give the {target} version of this {source} {thing}",
    )


BRACKETS = ("({})", "[{}]", "{{{}}}", "{};", "{}", "{}", " {}")


def listed_names(rng: random.Random) -> Document:
    """Names to write once more, in other brackets: whoever translates a program copies names."""
    names = [new_name(rng) for _ in range(rng.randint(2, 6))]
    listed = rng.choice((", ", " ", "\n", " + ", ": ", ",")).join(names)
    asked = rng.choice(("Repeat", "Copy", "Write again", "Say once more"))
    before, after = (rng.choice(BRACKETS).format(listed) for _ in range(2))
    frame = rng.choice(("Question: {}: {}\n\nAnswer:", "{}: {}\n\n", "{}:\n\n{}\n\n"))
    return document(frame.format(asked, before), after)


def translation(rng: random.Random) -> Document:
    """A request to translate a program, and the translation."""
    source, code, target, text = draw(rng)
    block = f"```{TAGS[source]}\n{code}\n```"
    shown = rng.choice((source, source.lower())) if len(source) > 1 else source
    if rng.random() < 0.5:
        asked = rng.choice(ASK).format(source=shown, target=target, block=block)
        prompt, answer = framed(rng, asked)
    else:
        asked = _asked(rng, shown, target)
        shape, answer = rng.choice(SHOWN), ""
        prompt = shape.format(asked=asked, source=source, target=target, block=block)
    begun = prompt + answer.rstrip(" ")
    gap = "" if begun.endswith("\n\n") else "\n" if begun.endswith("\n") else "\n\n"
    return document(prompt, f"{answer.rstrip(' ')}{gap}```{TAGS[target]}\n{text}\n```")
