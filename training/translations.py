"""A random generator in, short programs in two languages out, with names and numbers at random.

What is learnt is to copy names and numbers into the grammar of another language; so the names and
numbers of a test are new to the model, and only the shapes of the programs are known.
"""

from __future__ import annotations

import random
import re
from functools import cache
from typing import cast
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
LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEYWORDS = frozenset(
    "as do if in is or and def del for int new not async class with global lambda break package "
    "operator sum interface template switch function end double public static null long signed "
    "goto private next local virtual super short repeat module char float print list string "
    "union const auto register struct enum extern mean range".split()
)
"""Words that mean something in one of the languages, and so are no names."""


@cache
def usual_names() -> list[str]:
    """Return the usual names of ``facts/translations.toml``."""
    usual = cast(list[str], table("translations")["names"])
    return [name for name in usual if name not in KEYWORDS]


def is_reserved(name: str) -> bool:
    """Say whether a name is kept for the test: of unusual names one in ten, never trained on."""
    return len(name) > 1 and name not in usual_names() and crc32(name.encode()) % 10 == 0


@cache
def _more_words() -> list[str]:
    """Words of other tables: whatever stands in a program is to be copied, not only usual names."""
    keywords = " ".join(word for paper in table("papers")["paper"] for word in paper["keywords"])
    return sorted({word for word in re.findall(r"(?<!\S)[a-z]{3,9}(?!\S)", keywords)} - KEYWORDS)


def _any_name(rng: random.Random) -> str:
    usual, kind = rng.choice(usual_names()), rng.random()
    if kind < 0.42:
        return usual
    if kind < 0.6:
        return rng.choice(LETTERS)
    if kind < 0.7:
        return rng.choice(_more_words())
    if kind < 0.82:
        return f"{usual}_{rng.choice(usual_names())}"
    if kind < 0.85:
        return f"{rng.choice(_more_words())}_{usual}"
    if kind < 0.9:
        return usual + rng.choice(usual_names()).capitalize()
    if kind < 0.94:
        return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3)))
    if kind < 0.96:
        return "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 5)))
    return f"{usual}{rng.randint(1, 9)}"


def new_name(rng: random.Random, *, reserved: bool = False) -> str:
    """Return a word or two, a letter or a few to call something by."""
    while True:
        name = _any_name(rng)
        if name not in KEYWORDS and is_reserved(name) == reserved:
            return name


def function(rng: random.Random, names: list[str]) -> dict[str, str]:
    """A function of one or two numbers."""
    f, a, b = names
    number, sign = rng.randint(2, 99), rng.choice("+-*/")
    body = rng.choice(
        (f"{a} {sign} {number}", f"{a} {sign} {b}", f"{a} {sign} {b}", f"{a} * {a} {sign} {number}")
    )
    if rng.random() < 0.1:
        body = f"{a} * {a}"
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


def greeting(rng: random.Random, names: list[str]) -> dict[str, str]:
    """A line of text to print."""
    frame = rng.choice(("Hello {}!", "Hello, {}!", "{}", "{} {}", "{} {} {}", "The {} is {}."))
    text = frame.format(*names)
    return {
        "Python": f'print("{text}")',
        "Javascript": f'console.log("{text}");',
        "C++": f"std::cout << \"{text}\" << '\\n';",
        "C": f'printf("{text}\\n");',
        "Java": f'System.out.println("{text}");',
        "R": f'print("{text}")',
        "Julia": f'println("{text}")',
    }


def accumulation(rng: random.Random, names: list[str]) -> dict[str, str]:
    """A loop over the items of a list that adds them up; C has no such loop."""
    total, items, item = names
    start = rng.choice((0, 0, 0, rng.randint(1, 20)))
    return {
        "Python": f"{total} = {start}\nfor {item} in {items}:\n    {total} += {item}",
        "Javascript": (
            f"let {total} = {start};\nfor (const {item} of {items}) {{\n  {total} += {item};\n}}"
        ),
        "C++": (
            f"double {total} = {start};\nfor (double {item} : {items}) {{\n"
            f"    {total} += {item};\n}}"
        ),
        "Java": (
            f"double {total} = {start};\nfor (double {item} : {items}) {{\n"
            f"    {total} += {item};\n}}"
        ),
        "R": f"{total} <- {start}\nfor ({item} in {items}) {{\n  {total} <- {total} + {item}\n}}",
        "Julia": f"{total} = {start}\nfor {item} in {items}\n    {total} += {item}\nend",
    }


SHAPES = (
    *4 * (function,), *2 * (loop,), *2 * (assignment,), *2 * (condition,), *2 * (listing,),
    greeting, accumulation,
)  # fmt: skip


def draw(rng: random.Random, *, reserved: bool = False) -> tuple[str, str, str, str]:
    """Return source language, source, target language and target of a random program.

    In a `reserved` program the first name, at least, is one that training never meets.
    """
    chosen = [new_name(rng, reserved=reserved)]
    while len(chosen) < 3:
        name = new_name(rng)
        if name not in chosen:
            chosen.append(name)
    texts = rng.choice(SHAPES)(rng, chosen)
    source = rng.choice([*2 * ("Python",), *texts])
    target = rng.choice([language for language in texts if language != source])
    return source, texts[source], target, texts[target]


ASK = (
    "Translate the following {source} code:\n\n{block}\n\ninto {target}.",
    "Translate the following {source} code:\n\n{block}\n\ninto {target}.",
    "Translate this {source} code into {target}:\n\n{block}",
    "Rewrite the following program in {target}:\n\n{block}",
    "Convert this {source} code to {target}.\n\n{block}",
    "How do you write this in {target}?\n\n{block}",
)
THINGS = ("code", "program", "function", "snippet", "script", "example", "piece of code")
SHOWN = (
    "{asked}\n\n{block}\n\n", "{asked}\n\n{block}\n\n", "{block}\n\n{asked}\n\n",
    "Question: {asked}\n\n{block}\n\nAnswer:", "Question: {asked}\n\n{block}\n\nAnswer:",
    "Q: {asked}\n\n{block}\n\nA:", "Q: {asked}\n{block}\nA:", "{asked}\n{block}\n",
)  # fmt: skip
"""Where the program stands beside a question or a request."""


def _prompt(rng: random.Random, source: str, target: str, block: str) -> tuple[str, str]:
    """One of the many ways to ask for a translation, and the gap before it."""
    shown = rng.choice((source, source, source.lower())) if len(source) > 1 else source
    values = {"source": shown, "target": target, "thing": rng.choice(THINGS)}
    ways, kind = table("translations"), rng.random()
    if kind < 0.3:
        return framed(rng, rng.choice(ASK).format(block=block, **values))
    if kind < 0.65:
        prompt = str(rng.choice(ways["frames"])).format(source=source, target=target, block=block)
        framing = rng.random()
        if framing < 0.25:
            return f"Question: {prompt}\n\nAnswer:", ""
        return (prompt, "") if framing < 0.35 else (f"{prompt.rstrip()}\n\n", "")
    put, wordings = rng.choice(((task, "wordings"), (question, "questions")))
    asked = put(rng, str(rng.choice(ways[wordings])).format(**values))
    return rng.choice(SHOWN).format(asked=asked, block=block), ""


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
    prompt, gap = _prompt(rng, source, target, f"```{TAGS[source]}\n{code}\n```")
    gap = gap.rstrip(" ")
    begun = prompt + gap
    gap += "" if begun.endswith("\n\n") else "\n" if begun.endswith("\n") else "\n\n"
    return document(prompt, f"{gap}```{TAGS[target]}\n{text}\n```")
