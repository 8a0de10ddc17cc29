"""Rows of formulas, definitions, molecules and proteins in, documents about them out."""

from __future__ import annotations

import random
import re
from typing import Any

from training.documents import Document, document, pick, roughen, upper
from training.tables import molecules, references, table

MASSES = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "S": 32.06, "Cl": 35.45}
"""Standard atomic masses, enough for the molecules of the table."""


def _verb(name: str) -> str:
    return "are" if name.endswith("equations") else "is"


def _lower(name: str) -> str:
    return "t" + name[1:] if name.startswith("The ") else name


def formula(rng: random.Random) -> Document:
    """A formula by its name, with an explanation."""
    row = rng.choice([row for row in table("formulas")["formula"] if "translate_only" not in row])
    name, tex = rng.choice(row["names"]), row["tex"]
    shown, inline, explain = f"\\[ {tex} \\]", f"\\({tex}\\)", row["explain"]
    verb = _verb(name)
    frames = (
        (f"{name} {verb} given by:\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"{name} {verb} given by:\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"{name} {verb} given by the formula:\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"{name} {verb} given by:\n", f"\n{shown}\n\n{explain}"),
        (f"{name} {verb} defined by\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"{name} reads:\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"{name} is given by", f"\n\n{shown}\n\n{explain}"),
        (f"The formula of {_lower(name)} is", f" {inline}. {explain}"),
        (f"The formula for {_lower(name)} is $", f"{tex}$. {explain}"),
        (f"{name} can be written as $", f"{tex}$. {explain}"),
        (f"{name}:\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"{name}.\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"Here is {_lower(name)}:\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"By {_lower(name)} we mean\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"Let us write down {_lower(name)}:\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"One often uses {_lower(name)}\n\n\\[", f" {tex} \\]\n\n{explain}"),
        (f"{name}:\n\n$$", f" {tex} $$\n\n{explain}"),
        (f"Question: What is {_lower(name)}?\n\nAnswer:", f" {inline}. {explain}"),
        (f"Question: What is the formula of {_lower(name)}?\n\nAnswer:", f" {inline}. {explain}"),
        (f"Question: Write down {_lower(name)}.\n\nAnswer:", f" {inline}. {explain}"),
        (f"# {_lower(name).removeprefix('the ').capitalize()}\n\n", f"{shown}\n\n{explain}"),
    )
    prompt, text = rng.choice(frames)
    return document(prompt, text)


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
    prompt = (
        f"Question: Translate the following math formula:\n\n{shown}\n\ninto {target}.\n\nAnswer:"
    )
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


def topic(rng: random.Random) -> Document:
    """A definition or a short article."""
    row = rng.choice(table("definitions")["topic"])
    name, text = rng.choice([row["name"], *row.get("also", [])]), row["text"]
    low = name if name[1:2].isupper() else name[:1].lower() + name[1:]
    article = _article(rng, row)
    if rng.random() < 0.06:
        name = low = name.upper()
    frames = (
        (f"# {name}\n", f"\n{article}"),
        (f"# {name}\n", f"\n{article}"),
        (f"# {name}\n\n", article),
        (f"# {name}\n\n", article),
        (f" # {name}\n", f"\n{article}"),
        (f"# {name}", f"\n\n{article}"),
        (f"## {name}\n\n", article),
        (f"Title: {name}\n\n", article),
        (f"Wikipedia: {name}\n\n", article),
        (f"Question: what is {low}?\n\nAnswer:", f" {text}"),
        (f"Question: What is {name}?\n\nAnswer:", f" {text}"),
        (f"Question: what is {name}?\n\n", f"Answer: {text}"),
        (f"Question: what is {low}?\n\n", f"Answer: {text}"),
        (f"Question: Define {low}.\n\nAnswer:", f" {text}"),
        (f"Question: Explain {low}.\n\nAnswer:", f" {text}"),
        (f"Q: What is {low}?\n\nA:", f" {text}"),
        (f"What is {low}?\n\n", text),
        (f"Definition of {low}:", f" {text}"),
        (f"Definition ({low}).", f" {text}"),
        (f"Lecture 1: {name}\n\n", article),
        (f"{name}:", f" {text}"),
        (f"Explain in simple words what {low} is.\n\n", text),
    )
    prompt, continuation = rng.choice(frames)
    return document(roughen(rng, prompt), continuation)


def _atoms(molecular_formula: str) -> dict[str, int]:
    parts = re.findall(r"([A-Z][a-z]?)(\d*)", molecular_formula)
    return {element: int(number or 1) for element, number in parts}


def molecular_weight(molecular_formula: str) -> float:
    """Return the molar mass of a formula such as C9H8O4 in grams per mole."""
    return sum(MASSES[element] * number for element, number in _atoms(molecular_formula).items())


def molecule(rng: random.Random) -> Document:
    """A molecule: its structure, its name, its formula or its properties."""
    row = rng.choice(molecules())
    name, smiles, about = row["name"], row["smiles"], row["about"]
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
    prompt, text = rng.choice(frames)
    return document(prompt, text)


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
