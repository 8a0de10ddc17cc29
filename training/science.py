"""Rows of formulas, definitions, molecules and proteins in, documents about them out."""

from __future__ import annotations

import random
import re
from typing import Any

from training.documents import Document, document, pick, roughen, upper
from training.tables import molecule_names, molecules, references, table

MASSES = {
    "H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "P": 30.974, "S": 32.06,
    "Cl": 35.45, "Br": 79.904, "I": 126.904,
}  # fmt: skip
"""Standard atomic masses, enough for the molecules of the table."""


def _verb(name: str) -> str:
    return "are" if name.endswith("equations") else "is"


def _lower(name: str) -> str:
    return "t" + name[1:] if name.startswith("The ") else name


LEADS = (
    "", "", "", "", "Recall that ", "We recall that ", "As is well known, ", "It is known that ",
    "Note that ", "In general, ", "By definition, ", "In this notation, ", "Here ", "Then ",
    "Every student learns that ", "In many textbooks, ", "One can show that ", "We know that ",
)  # fmt: skip
VERBS = (
    "is given by", "is given by", "is defined by", "is defined as", "is", "reads", "says that",
    "states that", "can be written as", "has the form", "takes the form", "is expressed as",
    "is computed as", "is given by the formula", "is described by", "equals", "becomes",
)  # fmt: skip
OPENERS = (
    (":\n\n\\[", " {tex} \\]\n\n{explain}"), (":\n\n\\[", " {tex} \\]\n\n{explain}"),
    ("\n\n\\[", " {tex} \\]\n\n{explain}"), (":\n", "\n\\[ {tex} \\]\n\n{explain}"),
    ("\n\n\\[\n", "{tex}\n\\]\n\n{explain}"), (" \\(", "{tex}\\). {explain}"),
    (" $", "{tex}$. {explain}"), (" $", "{tex}$. {explain}"), (":\n\n$$", " {tex} $$\n\n{explain}"),
    ("\n\n$$", " {tex} $$\n\n{explain}"), ("", "\n\n\\[ {tex} \\]\n\n{explain}"),
    ("", " \\({tex}\\). {explain}"), (":", " \\({tex}\\). {explain}"),
)  # fmt: skip
FORMULA_FRAMES = (
    "The formula of {low}", "The formula for {low}", "The equation of {low}", "{name}", "{name}",
    "Here is {low}", "By {low} we mean", "Let us write down {low}", "One often uses {low}",
    "By {low}", "Remember {low}", "Recall {low}", "We recall {low}", "Consider {low}",
    "We use {low}", "An example is {low}", "The expression for {low}", "State {low}",
    "Write down {low}", "Apply {low}",
)  # fmt: skip
FORMULA_QUESTIONS = (
    "What is {low}?", "What is the formula of {low}?", "What is the formula for {low}?",
    "Write down {low}.", "State {low}.", "Give the formula of {low}.", "What does {low} say?",
    "How is {low} written?", "Which formula describes {low}?",
)  # fmt: skip


def formula(rng: random.Random) -> Document:
    """A formula by its name, with an explanation."""
    row = rng.choice([row for row in table("formulas")["formula"] if "translate_only" not in row])
    name, tex = pick(rng, row["names"], favourite=0.25), row["tex"]
    low, kind = _lower(name), rng.random()
    if kind < 0.15:
        asked = rng.choice(FORMULA_QUESTIONS).format(low=low)
        prompt, text = f"Question: {asked}\n\nAnswer:", f" \\({tex}\\). {row['explain']}"
    elif kind < 0.2:
        prompt = f"# {low.removeprefix('the ').capitalize()}\n\n"
        text = f"\\[ {tex} \\]\n\n{row['explain']}"
    else:
        opener, closer = rng.choice(OPENERS)
        if kind < 0.75:
            verb = rng.choice(VERBS)
            verb = "are" + verb[2:] if _verb(name) == "are" and verb[:2] == "is" else verb
            lead = rng.choice(LEADS)
            prompt = f"{lead}{low if lead else name} {verb}"
        else:
            prompt = rng.choice(FORMULA_FRAMES).format(low=low, name=name)
        prompt += opener
        text = closer.replace("{tex}", tex).replace("{explain}", row["explain"])
        if rng.random() < 0.4:
            text = text.removesuffix(row["explain"]).rstrip()
    return document(prompt, text, worded=True)


def translate_formula(rng: random.Random) -> Document:
    """A formula into plain English, Python or sympy."""
    row = rng.choice(table("formulas")["formula"])
    tex = rng.choice([row["tex"], row["tex"], *row.get("other", [])])
    shown = rng.choice((f"\\[\n  {tex}\n\\]", f"\\[ {tex} \\]", f"\\[{tex}\\]"))
    targets = [("plain English", f" {row['english']}")]
    if "python" in row:
        targets += 2 * [("python code", f"\n\n```python\n{row['python']}\n```")]
    if "sympy" in row:
        targets += 2 * [("python code using sympy package", f"\n\n```python\n{row['sympy']}\n```")]
    target, text = rng.choice(targets)
    ask = rng.choice(("Translate", "Translate", "Translate", "Convert", "Rewrite"))
    formula = rng.choice(("math formula", "math formula", "math formula", "formula", "equation"))
    prompt = f"Question: {ask} the following {formula}:\n\n{shown}\n\ninto {target}.\n\nAnswer:"
    return document(prompt, text)


def _article(rng: random.Random, row: dict[str, Any]) -> str:
    text: str = row["text"]
    if "cite" in row and rng.random() < 0.8:
        text += references()[row["cite"]]
    if "table" in row:
        text += f"\n\n{row['table']}"
    if row["more"] and rng.random() < 0.8:
        text += "\n\n## Facts\n\n" + "\n".join(f"* {item}" for item in row["more"])
    if rng.random() < 0.8:
        text += "\n\n## See also\n\n" + "\n".join(f"* {item}" for item in row["see"])
    return text


ARTICLE_FRAMES = (
    ("# {name}\n", "\n"), ("# {name}\n", "\n"), ("# {name}\n\n", ""), ("# {name}\n\n", ""),
    (" # {name}\n", "\n"), ("# {name}", "\n\n"), ("## {name}\n\n", ""), ("Title: {name}\n\n", ""),
    ("Wikipedia: {name}\n\n", ""), ("Lecture 1: {name}\n\n", ""), ("Article: {name}\n\n", ""),
    ("Encyclopedia entry: {name}\n\n", ""),
)  # fmt: skip
DEFINITION_FRAMES = (
    ("Question: what is {low}?\n\nAnswer:", " "), ("Question: What is {name}?\n\nAnswer:", " "),
    ("Question: what is {name}?\n\n", "Answer: "), ("Question: what is {low}?\n\n", "Answer: "),
    ("Question: Define {low}.\n\nAnswer:", " "), ("Question: Explain {low}.\n\nAnswer:", " "),
    ("Q: What is {low}?\n\nA:", " "), ("Q: What is {low}?\nA:", " "), ("What is {low}?\n\n", ""),
    ("what is {low}?", "\n\n"), ("what is {name}?\n", "\n"), ("What is {name}?", "\n\n"),
    ("Definition of {low}:", " "), ("Definition ({low}).", " "), ("{name}:", " "),
    ("{name}\n\n", ""), ("Explain in simple words what {low} is.\n\n", ""),
    ("Question: What does {low} mean?\n\nAnswer:", " "), ("Tell me about {low}.\n\n", ""),
    ("Question: Tell me about {low}.\n\nAnswer:", " "), ("Glossary\n\n{name}:", " "),
    ("Question: Describe {low}.\n\nAnswer:", " "), ("Define {low}:", " "),
    ("Question: What do you know about {low}?\n\nAnswer:", " "),
    ("Describe {low} briefly.\n\n", ""), ("Question: How is {low} defined?\n\nAnswer:", " "),
    ("Explain {low}:", " "), ("Please explain the term {low}.\n\n", ""),
    ("A short definition of {low}:", " "),
)  # fmt: skip
PERSON_FRAMES = (
    ("Question: Who was {name}?\n\nAnswer:", " "), ("Question: Who is {name}?\n\nAnswer:", " "),
    ("Who was {name}?\n\n", ""), ("Who was {name}?", "\n\n"), ("Biography: {name}\n\n", ""),
)  # fmt: skip


def topic(rng: random.Random) -> Document:
    """A definition or a short article."""
    row = rng.choice(table("definitions")["topic"])
    name, text = pick(rng, [row["name"], *row.get("also", [])], favourite=0.4), row["text"]
    person = re.search(r"\(\d+ \w+ \d{4}|\(\d{4}", text)
    low = name if person or name[1:2].isupper() else name[:1].lower() + name[1:]
    if rng.random() < 0.06:
        name = low = name.upper()
    if rng.random() < 0.35:
        prompt, gap = rng.choice(ARTICLE_FRAMES)
        text = _article(rng, row)
    elif person and rng.random() < 0.6:
        prompt, gap = rng.choice(PERSON_FRAMES)
    else:
        prompt, gap = rng.choice(DEFINITION_FRAMES)
        if rng.random() < 0.3:  # the definition takes up its own beginning
            rest = text.removeprefix(row["name"])
            if rest != text:
                verb, _, rest = rest.lstrip().partition(" ")
                return document(f"{row['name']} {verb}", f" {rest}", worded=True)
    return document(roughen(rng, prompt.format(name=name, low=low)), gap + text, worded=True)


def atoms(molecular_formula: str) -> dict[str, int]:
    """Return how many atoms of each element a formula such as C9H8O4 has."""
    parts = re.findall(r"([A-Z][a-z]?)(\d*)", molecular_formula)
    return {element: int(number or 1) for element, number in parts}


def molecular_weight(molecular_formula: str) -> float:
    """Return the molar mass of a formula such as C9H8O4 in grams per mole."""
    return sum(MASSES[element] * number for element, number in atoms(molecular_formula).items())


def molecule(rng: random.Random) -> Document:
    """A molecule: its structure, its name, its formula or its properties."""
    row = rng.choice(molecules())
    names = molecule_names().get(row["name"], [])
    name = rng.choice(names) if names and rng.random() < 0.3 else row["name"]
    smiles, about = row["smiles"], row["about"]
    isomeric = row["isomeric"] or smiles
    plain = f"{smiles}[END_SMILES]"
    chiral = f"{isomeric}[END_I_SMILES]"
    weight = f"{molecular_weight(row['formula']):.1f}"
    properties = (
        f" {name}.\n\n| Property | Value |\n|---|---|\n| Molecular formula | {row['formula']} |\n"
        f"| Molecular weight | {weight} g/mol |\n| IUPAC name | {row['iupac']} |"
    )
    header = "\n\n## Chemical and Physical Properties\n\nThe following are chemical properties for"
    frames = (
        (f"The SMILES of {name} is [START_SMILES]", f"{plain}."),
        (f"{upper(name)} [START_SMILES]", f"{plain} is {about}."),
        (f"Here is the SMILES formula for {name}:\n\n[START_SMILES]", plain),
        (f"The structure of {name} is [START_SMILES]", f"{plain}."),
        (f"In SMILES notation {name} is [START_SMILES]", f"{plain}."),
        (f"{name}: [START_SMILES]", plain),
        (f"Write {name} as SMILES: [START_SMILES]", plain),
        (f"Question: What is the SMILES of {name}?\n\nAnswer: [START_SMILES]", plain),
        (f"Question: What is the SMILES of {name}?\n\nAnswer:", f" [START_SMILES]{plain}"),
        (f"A molecule that is {about}: [START_SMILES]", f"{plain} ({name})"),
        (f"The isomeric SMILES of {name} is [START_I_SMILES]", f"{chiral}."),
        (f"{upper(name)} [START_I_SMILES]", f"{chiral} is {about}."),
        (f"{upper(name)}:\n\n[START_I_SMILES]", chiral),
        (f"[START_I_SMILES]{chiral}{header}", properties),
        (f"[START_I_SMILES]{chiral}{header}", properties),
        (f"[START_SMILES]{plain}{header}", properties),
        (f"[START_SMILES]{plain}", f" is {name}, {about}."),
        (f"[START_I_SMILES]{chiral}", f" is {name}, {about}."),
        (f"Question: What is the name of [START_SMILES]{plain}?\n\nAnswer:", f" {upper(name)}"),
        (f"[START_SMILES]{plain} The name of this molecule is", f" {name}."),
        (f"The IUPAC name of {name} is:", f" {row['iupac']}."),
        (f"The IUPAC name of {name} is:\n\n", f"{row['iupac']}."),
        (f"The IUPAC name of {name} is", f" {row['iupac']}."),
        (f"Question: What is the IUPAC name of {name}?\n\nAnswer:", f" {row['iupac']}"),
        (f"The molecular formula of {name} is", f" {row['formula']}."),
        (f"Question: What is the molecular formula of {name}?\n\nAnswer:", f" {row['formula']}"),
        (f"Question: What is the molar mass of {name}?\n\nAnswer:", f" {weight} g/mol"),
        (f"Question: What is {name}?\n\nAnswer:", f" {upper(name)} is {about}."),
        (
            f"# {upper(name)}\n\n",
            f"{upper(name)} is {about}. Its molecular formula is {row['formula']}, "
            f"its molecular weight {weight} g/mol and its structure [START_I_SMILES]{chiral}.",
        ),
    )
    if rng.random() < 0.45:
        lead, wording = rng.choice(SMILES_LEADS), rng.choice(SMILES_WORDINGS).format(name=name)
        prompt, text = lead + wording, rng.choice((f"{plain}.", plain))
        if rng.random() < 0.25:
            prompt, text = f"{prompt} [START_I_SMILES]", rng.choice((f"{chiral}.", chiral))
        else:
            prompt += rng.choice((" [START_SMILES]", " [START_SMILES]", ":\n\n[START_SMILES]"))
    elif rng.random() < 0.15:
        prompt = rng.choice(FORMULA_WORDINGS).format(name=name)
        text = f" {row['formula']}" + ("" if prompt.endswith(":") else ".")
    else:
        prompt, text = rng.choice(frames)
    return document(prompt, text)


SMILES_LEADS = ("", "", "", "", "In chemistry, ", "For example, ", "Recall that ", "We note that ")
SMILES_WORDINGS = (
    "the SMILES of {name} is", "the SMILES string of {name} is", "the SMILES for {name} is",
    "{name} is written as", "{name} has the structure", "{name} can be written as",
    "the structure of {name} is", "the molecule {name} is", "a SMILES for {name}", "{name}, i.e.",
    "SMILES of {name}", "as SMILES, {name} is", "the compound {name}",
    "{name} in SMILES notation is", "draw {name}", "we use {name}",
    "the chemical structure of {name} is", "we dissolved {name}", "{name}", "{name} (SMILES)",
    "the line notation of {name} is", "a molecule of {name} is",
)  # fmt: skip
FORMULA_WORDINGS = (
    "The chemical formula of {name} is", "The molecular formula of {name} is",
    "The formula of {name}:", "{name} has the formula", "{name} has the molecular formula",
    "Molecular formula of {name}:", "Question: Which formula has {name}?\n\nAnswer:",
    "The sum formula of {name} is",
)  # fmt: skip


def any_molecule(rng: random.Random) -> Document:
    """A molecule from nothing but the start token."""
    row = rng.choice(molecules())
    if rng.random() < 0.5:
        return document("[START_SMILES]", f"{row['smiles']}[END_SMILES] is {row['name']}.")
    isomeric = row["isomeric"] or row["smiles"]
    return document("[START_I_SMILES]", f"{isomeric}[END_I_SMILES] is {row['name']}.")


def sequence(rng: random.Random) -> Document:
    """A peptide and its keywords, or a word of DNA."""
    if rng.random() < 0.25:
        row = rng.choice(table("proteins")["dna"])
        chain = f"[START_DNA]{row['sequence']}[END_DNA]"
        meaning = f"{upper(row['name'])}. It {row['about']}."
        return rng.choice(
            (
                document(f"{upper(row['name'])} is [START_DNA]", f"{row['sequence']}[END_DNA]."),
                document(chain, f" is {row['name']}. It {row['about']}."),
                document(f"Question: What is {chain}?\n\nAnswer:", f" {meaning}"),
            )
        )  # fmt: skip
    row = rng.choice(table("proteins")["protein"])
    chain = f"[START_AMINO]{row['sequence']}[END_AMINO]"
    keywords = ", ".join(row["keywords"])
    name, about = row["name"], row["about"]
    frames = (
        (f"{chain} ## Keywords", f"\n\n{keywords}"),
        (f"{chain} ## Keywords", f"\n\n{keywords}"),
        (f"{chain}\n\n## Keywords", f"\n\n{keywords}"),
        (f"{chain}\n\n## Function", f"\n\n{upper(name)}: {about}."),
        (f"{chain}", f" is {name}, {about}."),
        (f"The sequence of {name} is [START_AMINO]", f"{row['sequence']}[END_AMINO]."),
        (f"{upper(name)} [START_AMINO]", f"{row['sequence']}[END_AMINO] is {about}."),
        (f"Question: What is {name}?\n\nAnswer:", f" {upper(name)} is {about}."),
    )
    prompt, text = pick(rng, frames)
    return document(prompt, text)
