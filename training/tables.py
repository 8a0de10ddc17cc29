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
    """Return the rows by their kind: of ``facts/<name>.toml``, or of all files of a folder."""
    folder = FACTS / name
    paths = sorted(folder.glob("*.toml")) if folder.is_dir() else [FACTS / f"{name}.toml"]
    rows: dict[str, list[dict[str, Any]]] = {}
    for path in paths:
        for kind, found in tomllib.loads(path.read_text(encoding="utf-8")).items():
            rows[kind] = rows[kind] + found if kind in rows else found
    return rows


def thesaurus() -> list[list[str]]:
    """Return groups of words that may stand for each other."""
    groups: list[list[str]] = table("thesaurus")["groups"]  # type: ignore[assignment]
    return groups


@cache
def molecules() -> list[dict[str, str]]:
    """Return the rows of ``facts/molecules.csv``."""
    lines = (FACTS / "molecules.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines[1:], delimiter="|"))


@cache
def molecule_names() -> dict[str, list[str]]:
    """Return further names of molecules by the name in ``molecules.csv``."""
    return {row["of"]: row["also"] for row in table("molecule_names")["names"]}


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
        "peptides and proteins": len(table("proteins")["protein"]),
        "words of DNA": len(table("proteins")["dna"]),
        "code snippets and commands": sum(len(rows) for rows in table("code").values()),
        "questions": len(table("questions")["qa"]) + len(table("questions")["refusal"]),
        "other documents": len(table("documents")["document"]),
        "instructions": len(table("instructions")["pair"]),
        "abstracts": len(table("instructions")["abstract"]),
    }
