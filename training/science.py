"""Rows of formulas, definitions, molecules and proteins in, documents about them out."""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Any

from training.asking import FORMS, framed, question, task, way_to_ask
from training.documents import Document, bare, document, pick, roughen, upper
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
    "In the last lecture we saw that ", "To see this, note that ", "For the next step, ",
    "In what follows, ", "In physics lessons, ", "Engineers often use this: ", "It follows that ",
    "Under these assumptions, ", "In the simplest case, ", "It has long been known that ",
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
MATHS = ("\\[", "\\[\n", "$", "\\(")
"""Ends of a prompt that only a formula can follow."""
HEADINGS = ("# {}\n\n", "## {}\n\n", "{}\n\n", "**{}.** ")


@cache
def _defined() -> frozenset[str]:
    """Names that have a definition as well: "What is entropy?" asks for that."""
    topics = table("definitions")["topic"]
    return frozenset(name.lower() for row in topics for name in (row["name"], *row.get("also", [])))


def _formula_asked(rng: random.Random, low: str) -> str:
    """A question or a task that is answered with a formula."""
    if bare(low).lower() not in _defined() and rng.random() < 0.25:
        return question(rng, f"what is {low}", f"what does {low} say", f"how does {low} read")
    kind, put = rng.choice(FORMS)
    return put(rng, way_to_ask(rng, f"formula_{kind}", low=low))


def formula(rng: random.Random) -> Document:
    """A formula by its name, with an explanation."""
    row = rng.choice([row for row in table("formulas")["formula"] if "translate_only" not in row])
    name, tex = pick(rng, row["names"], favourite=0.25), row["tex"]
    low, kind = _lower(name), rng.random()
    if rng.random() < 0.35:
        prompt, text = _formula_in_context(rng, row)
    elif kind < 0.18:
        prompt, gap = framed(rng, _formula_asked(rng, low))
        text = f"{gap}\\({tex}\\). {row['explain']}"
        if rng.random() < 0.3:
            prompt, text = f"{prompt}{gap}$", f"{tex}$. {row['explain']}"
    elif kind < 0.22:
        prompt = f"# {low.removeprefix('the ').capitalize()}\n\n"
        text = f"\\[ {tex} \\]\n\n{row['explain']}"
    else:
        opener, closer = rng.choice(OPENERS)
        while bare(low).lower() in _defined() and not opener.endswith(MATHS):
            opener, closer = rng.choice(OPENERS)
        if kind < 0.75:
            verb = rng.choice(VERBS)
            verb = "are" + verb[2:] if _verb(name) == "are" and verb[:2] == "is" else verb
            lead = rng.choice(LEADS)
            prompt = f"{lead}{low if lead else name} {verb}"
            if rng.random() < 0.3:  # what is known of it stands before
                prompt = f"{row['explain']} {upper(prompt)}"
        else:
            prompt = way_to_ask(rng, "formula_openings", low=low, name=name)
        prompt += opener
        text = closer.replace("{tex}", tex).replace("{explain}", row["explain"])
        if rng.random() < 0.4:
            text = text.removesuffix(row["explain"]).rstrip()
    return document(prompt, text, worded=True)


def _formula_in_context(rng: random.Random, row: dict[str, Any]) -> tuple[str, str]:
    """The beginning of a text that leads up to a formula, and the formula."""
    opener, closer = rng.choice(OPENERS)
    begun = rng.choice(row["contexts"])
    if rng.random() < 0.15:
        heading = upper(row["names"][0].removeprefix("The "))
        begun = rng.choice(HEADINGS).format(heading) + begun
    text = closer.replace("{tex}", row["tex"]).replace("{explain}", row["explain"])
    if rng.random() < 0.6:
        text = text.removesuffix(row["explain"]).rstrip()
    return begun + opener, text


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
FIELDS = (
    "biology", "physics", "chemistry", "mathematics", "statistics", "medicine", "astronomy",
    "computer science", "science", "geography", "engineering", "history", "psychology",
)  # fmt: skip
STATEMENT_FRAMES = (
    "{Subject} {verb}", "{Subject} {verb}", "{Subject} {verb}", "{lead}{subject} {verb}",
    "{lead}{subject} {verb}", "{Subject} {verb}, in short,", "{Subject} {verb} by definition",
)  # fmt: skip
STATEMENT_FRAMES_OF_IS = (
    "{Subject} means", "{Subject} refers to", "{Subject} can be defined as", "The term {low} means",
    "The word {low} stands for", "By {subject} one means", "We define {subject} as",
    "{lead}{subject} can be described as", "When we speak of {low}, we mean",
)  # fmt: skip
STATEMENT = re.compile(
    r"((?:An? |The )?.{2,60}?) (is|are|was|were) ((?:an?|the|any|one) .*)", re.DOTALL
)


def _definition_asked(rng: random.Random, low: str, subject: str) -> str:
    """A question or a task that is answered with a definition."""
    kind, put = rng.choice(FORMS)
    if rng.random() < 0.15:
        subject = rng.choice((low, upper(low)))
    values = {"low": low, "subject": subject, "field": rng.choice(FIELDS)}
    return put(rng, way_to_ask(rng, f"definition_{kind}", **values))


def _definition_opening(rng: random.Random, name: str, low: str, subject: str) -> tuple[str, str]:
    """The beginning of a text that defines something, and the gap before the definition."""
    begun = way_to_ask(rng, "definition_openings", name=name, low=low, subject=subject)
    return (begun[:-1], " ") if begun.endswith(" ") else (begun, "")


def _definition_of_asked(rng: random.Random, row: dict[str, Any]) -> Document:
    """A definition after one of the prompts that its row holds."""
    asked = rng.choice(row["asks"])
    if asked.endswith(":"):
        prompt, gap = asked, rng.choice((" ", "\n", "\n\n"))
        prompt, gap = (prompt, gap) if gap == " " else (prompt + gap, "")
    else:
        prompt, gap = framed(rng, asked)
    return document(roughen(rng, prompt), gap + row["text"], worded=True)


def _definition_of_many(rng: random.Random, text: str) -> Document:
    """A definition in the plural, such as "Galaxies are systems of stars"."""
    name, _ = text.split(" are ", 1)
    low = _decapitalised(name)
    kind = rng.random()
    if kind < 0.4:
        begun = upper(f"{rng.choice(LEADS)}{low} are")
        return document(begun, text.removeprefix(f"{name} are"), worded=True)
    if kind < 0.8:
        many, put = rng.choice(FORMS)
        asked = put(rng, way_to_ask(rng, f"plural_{many}", low=low))
        prompt, gap = framed(rng, asked)
    else:
        prompt, gap = _definition_opening(rng, name, low, low)
    return document(roughen(rng, prompt), gap + text, worded=True)


PERSON_FRAMES = (
    ("Question: Who was {name}?\n\nAnswer:", " "), ("Question: Who is {name}?\n\nAnswer:", " "),
    ("Who was {name}?\n\n", ""), ("Who was {name}?", "\n\n"), ("Biography: {name}\n\n", ""),
)  # fmt: skip


def _statement(rng: random.Random, text: str, low: str) -> tuple[str, str] | None:
    """The beginning of a sentence that defines, and its rest; not all definitions can be cut so."""
    found = STATEMENT.match(text)
    if not found:
        return None
    subject, verb, rest = found.groups()
    inner = subject if subject[1:2].isupper() or low[:1].isupper() else _decapitalised(subject)
    frames = STATEMENT_FRAMES + (STATEMENT_FRAMES_OF_IS if verb == "is" else ())
    lead = rng.choice([lead for lead in LEADS if lead])
    frame = rng.choice(frames)
    begun = frame.format(Subject=subject, subject=inner, verb=verb, low=low, lead=lead)
    return begun, f" {rest}"


def _decapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]


def topic(rng: random.Random) -> Document:
    """A definition or a short article."""
    row = rng.choice(table("definitions")["topic"])
    if "many" in row and rng.random() < 0.2:
        return _definition_of_many(rng, row["many"])
    if rng.random() < 0.3:
        return _definition_of_asked(rng, row)
    name, text = pick(rng, [row["name"], *row.get("also", [])], favourite=0.4), row["text"]
    person = re.search(r"\(\d+ \w+ \d{4}|\(\d{4}", text)
    low = name if person or name[1:2].isupper() else _decapitalised(name)
    article = re.match(r"(An?|The) ", text)
    subject = f"{article[0].lower()}{low}" if article and name == row["name"] else low
    if rng.random() < 0.06:
        name = low = subject = name.upper()
    kind = rng.random()
    if kind < 0.3:
        prompt, gap = rng.choice(ARTICLE_FRAMES)
        text = _article(rng, row)
    elif person and kind < 0.7:
        prompt, gap = rng.choice(PERSON_FRAMES)
    elif kind < 0.45 and (begun := _statement(rng, text, low)):
        return document(*begun, worded=True)
    elif kind < 0.85:
        prompt, gap = framed(rng, _definition_asked(rng, low, subject))
    else:
        prompt, gap = _definition_opening(rng, name, low, subject)
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
    kind = rng.random()
    if kind < 0.43:
        prompt, text = _smiles_asked(rng, name), rng.choice((f"{plain}.", plain))
        if rng.random() < 0.25:
            prompt, text = f"{prompt} [START_I_SMILES]", rng.choice((f"{chiral}.", chiral))
        else:
            opener = rng.choice(SMILES_OPENERS)
            plainly = opener == SMILES_OPENERS[0]
            prompt = (prompt if plainly else prompt.rstrip(",:.=→ ")) + opener
            if "(" in opener:
                text = text.replace("[END_SMILES]", "[END_SMILES])")
    elif kind < 0.58:
        prompt = rng.choice(FORMULA_WORDINGS).format(name=name)
        text = f" {row['formula']}" + ("" if prompt.endswith(":") else ".")
    elif kind < 0.7:
        prompt, gap = framed(rng, _molecular_formula_asked(rng, name))
        text = f"{gap}{row['formula']}"
    else:
        prompt, text = rng.choice(frames)
    return document(prompt, text, worded=kind < 0.7)


def _smiles_asked(rng: random.Random, name: str) -> str:
    """What stands before the start token when the structure of `name` is wanted."""
    kind = rng.random()
    if kind < 0.3:
        return way_to_ask(rng, "molecule_openings", name=name)
    if kind < 0.75:
        return rng.choice(SMILES_LEADS) + rng.choice(SMILES_WORDINGS).format(name=name)
    if rng.random() < 0.5:
        asked = question(
            rng, f"what is the SMILES of {name}", f"what is the structure of {name}",
            f"how is {name} written in SMILES", f"what does {name} look like",
            f"which SMILES string has {name}",
        )  # fmt: skip
    else:
        asked = task(
            rng, f"write {name} as SMILES", f"give the SMILES of {name}", f"draw {name}",
            f"give the structure of {name}", f"translate the name {name} to SMILES",
            f"show the molecule {name}",
        )  # fmt: skip
    prompt, gap = framed(rng, asked)
    return (prompt + gap).rstrip()


def _molecular_formula_asked(rng: random.Random, name: str) -> str:
    """A question or a task that is answered with a molecular formula."""
    if rng.random() < 0.6:
        return question(
            rng, f"what is the molecular formula of {name}", f"what is the formula of {name}",
            f"what is the chemical formula of {name}", f"which formula does {name} have",
            f"what atoms is {name} made of", f"which atoms does {name} contain",
        )  # fmt: skip
    return task(
        rng, f"give the molecular formula of {name}", f"write down the formula of {name}",
        f"name the atoms in {name} by its formula", f"count the atoms of {name}",
    )  # fmt: skip


SMILES_OPENERS = (
    " [START_SMILES]", " [START_SMILES]", " [START_SMILES]", ":\n\n[START_SMILES]",
    ": [START_SMILES]", " ([START_SMILES]", ", [START_SMILES]", "\n[START_SMILES]",
    " | [START_SMILES]", " (SMILES: [START_SMILES]", ", i.e. [START_SMILES]",
)  # fmt: skip
SMILES_LEADS = (
    "", "", "", "", "In chemistry, ", "For example, ", "Recall that ", "We note that ", "Here ",
    "As everybody knows, ", "In this experiment ", "Then ", "For the synthesis, ", "Example 1: ",
)  # fmt: skip
SMILES_WORDINGS = (
    "the SMILES of {name} is", "the SMILES string of {name} is", "the SMILES for {name} is",
    "{name} is written as", "{name} has the structure", "{name} can be written as",
    "the structure of {name} is", "the molecule {name} is", "a SMILES for {name}", "{name}, i.e.",
    "SMILES of {name}", "as SMILES, {name} is", "the compound {name}",
    "{name} in SMILES notation is", "draw {name}", "we use {name}",
    "the chemical structure of {name} is", "we dissolved {name}", "{name}", "{name} (SMILES)",
    "the line notation of {name} is", "a molecule of {name} is", "Molecule: {name}\nSMILES:",
    "{name} =", "{name} →", "we bought {name},", "one drop of {name},",
    "it turned out to be {name},", "Substance: {name}\n\nSMILES string:",
    "the reaction gives {name},", "a solution of {name},",
    "{name} is drawn as", "we start from {name},", "its main component is {name},",
    "the patient took {name}", "each tablet has 5 mg of {name}", "please encode {name}",
    "the next compound is {name}. Its structure as a string", "the spectrum belongs to {name}",
    "we washed the crystals with {name}", "the picture shows {name}. As a string it is",
    "we compute the energy of {name}. Input", "I need {name} for a simulation. Here it is",
    "the database has an entry for {name}. Structure", "a line of the table: {name}",
    "the students made {name}", "is {name} soluble? Its structure", "the plant contains {name}",
)  # fmt: skip
FORMULA_WORDINGS = (
    "The chemical formula of {name} is", "The molecular formula of {name} is",
    "The formula of {name}:", "{name} has the formula", "{name} has the molecular formula",
    "Molecular formula of {name}:", "Question: Which formula has {name}?\n\nAnswer:",
    "The sum formula of {name} is", "Molecule: {name}\nFormula:", "{name}, molecular formula:",
    "In chemistry, the formula of {name} is", "One molecule of {name} has the formula",
    "The elemental composition of {name} is", "Written as a formula, {name} is",
    "We weigh {name},", "Formula of {name}:",
    "Compound: {name}\n\nMolecular formula:", "{name} is a molecule with the formula",
    "Its formula tells the atoms of {name}:", "The bottle of {name} is labelled",
    "A chemist abbreviates {name} as", "What is {name} made of? As a formula, it is",
    "Burn {name} and weigh the products: its formula is", "{name} has the elements of",
    "Counting its atoms, {name} is", "How many atoms has {name}? The formula says",
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
