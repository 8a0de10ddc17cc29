"""The name of a table in, its rows out: reads `training/facts`, and nothing else."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent / "facts"


@cache
def table(name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of ``facts/<name>.toml`` by their kind."""
    with (FACTS / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def molecules() -> list[dict[str, str]]:
    """Return the rows of ``facts/molecules.csv``."""
    lines = (FACTS / "molecules.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines[1:], delimiter="|"))


@cache
def references() -> dict[str, str]:
    """Return the reference of every paper by its title, between the tokens that mark it."""
    return {
        paper["title"]: f"[START_REF] {paper['title']}, {paper['author']}[END_REF]"
        for paper in table("papers")["paper"]
    }


def counts() -> dict[str, int]:
    """Return how many facts of each kind the tables hold."""
    return {
        "papers": len(table("papers")["paper"]),
        "formulas": len(table("formulas")["formula"]),
        "definitions": len(table("definitions")["topic"]),
        "molecules": len(molecules()),
        "peptides and DNA words": sum(len(rows) for rows in table("proteins").values()),
        "code snippets and commands": sum(len(rows) for rows in table("code").values()),
        "questions": len(table("questions")["qa"]) + len(table("questions")["refusal"]),
        "other documents": len(table("documents")["document"]),
        "instructions": len(table("instructions")["pair"]),
        "abstracts": len(table("instructions")["abstract"]),
    }
