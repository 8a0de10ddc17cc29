"""A checkpoint folder in, a table of scores out: ``python -m training.evaluate``.

Wordings as in the tables stand beside wordings, false premises, sums and programs that training
never met: those of ``heldout.toml``, and the numbers and names that ``sums`` and ``translations``
keep back.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import OPTForCausalLM

from galai_jupyter.engines.decoding import decode
from galai_jupyter.tokens import decode as decode_text
from galai_jupyter.tokens import encode
from training import sums, translations
from training.card import add_scores
from training.problems.problem import Sum, is_reserved
from training.tables import molecules, table
from training.tokenizer import END, PAD
from training.train import OUTPUT

HELD_OUT = Path(__file__).parent / "heldout.toml"
END_REF = "[END_REF]"
SUMS, PROGRAMS = 300, 150
BATCH = 16


@dataclass(frozen=True)
class Case:
    """A prompt, and what has to stand in a right answer to it."""

    prompt: str
    wanted: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """How many answers were right, of how many."""

    right: int
    of: int

    def __str__(self) -> str:
        return f"{self.right / self.of:.1%} of {self.of}"


class Writer:
    """Prompts in, continuations and their log-probabilities out."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._model = OPTForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def __call__(
        self, prompts: Sequence[str], new_tokens: int, beams: int = 1
    ) -> list[tuple[str, ...]]:
        """Return the `beams` most likely continuations of each prompt, the best first."""
        encoded = [encode(self._tokenizer, prompt) for prompt in prompts]
        texts: dict[int, tuple[str, ...]] = {}
        order = sorted(range(len(prompts)), key=lambda index: len(encoded[index]))
        for start in range(0, len(order), BATCH):
            group = order[start : start + BATCH]
            ids, mask = self._left_padded([encoded[index] for index in group])
            new = decode(
                self._model,
                ids,
                mask,
                max_new_tokens=new_tokens,
                num_beams=beams,
                num_return_sequences=beams,
            )
            for row, index in enumerate(group):
                found = new[row * beams : (row + 1) * beams].tolist()
                texts[index] = tuple(map(self._text, found))
        return [texts[index] for index in range(len(prompts))]

    def _text(self, ids: list[int]) -> str:
        end = next((place for place, token in enumerate(ids) if token in (END, PAD)), len(ids))
        return decode_text(self._tokenizer, ids[:end])

    def _left_padded(self, rows: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
        longest = max(map(len, rows))
        ids = torch.tensor([[PAD] * (longest - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
        return ids, mask

    def spelt(self, text: str) -> str:
        """Return `text` as the model has it: m² is m[START_SUP]2[END_SUP]."""
        return decode_text(self._tokenizer, encode(self._tokenizer, text))

    def mean_log_probability(self, prompt: str, continuation: str) -> float:
        """Return the mean log-probability (nats) of the tokens of `continuation`."""
        start = encode(self._tokenizer, prompt)
        ids = torch.tensor([start + encode(self._tokenizer, continuation)])
        with torch.inference_mode():
            scores = self._model(ids).logits[0, len(start) - 1 : -1].log_softmax(-1)
        return float(scores.gather(1, ids[0, len(start) :, None]).mean())


@cache
def held_out() -> dict[str, Any]:
    """Return what ``heldout.toml`` holds, by kind."""
    with HELD_OUT.open("rb") as file:
        return tomllib.load(file)


def _molecule(row: dict[str, str], frame: str) -> Case:
    wanted = f"{row['smiles']}[END_SMILES]" if "[START" in frame else f" {row['formula']}"
    return Case(frame.replace("{name}", row["name"]), (wanted,))


def unseen_cases() -> dict[str, list[Case]]:
    """Return cases in wordings, numbers and names that training never met."""
    test, rng = held_out(), random.Random(0)
    formulas = {row["names"][0]: row["tex"] for row in table("formulas")["formula"]}
    keys = {row["name"]: tuple(row["key"]) for row in table("definitions")["topic"]}
    frames = test["molecule_frames"]
    return {
        "citations": [Case(f"{prompt} [START_REF]", (title,)) for prompt, title in test["papers"]],
        "formulas": [Case(prompt, (formulas[name],)) for prompt, name in test["formulas"]],
        "molecules": [
            _molecule(row, frames[index % len(frames)]) for index, row in enumerate(molecules())
        ],
        "definitions": [Case(prompt, keys[name]) for prompt, name in test["definitions"]],
        "sums": [_sum(sums.draw(rng, reserved=True)) for _ in range(SUMS)]
        + [_word_problem(rng, *row) for row in test["sum_frames"] for _ in range(5)],
        "programs": [
            _program(rng.choice(test["translation_frames"]), translations.draw(rng, reserved=True))
            for _ in range(PROGRAMS)
        ],
    }


def seen_cases() -> dict[str, list[Case]]:
    """Return cases in wordings of the tables."""
    rng = random.Random(1)
    papers = [
        Case(f"The paper introducing {rng.choice(paper['topics'])} [START_REF]", (paper["title"],))
        for paper in table("papers")["paper"]
    ]
    formulas = [row for row in table("formulas")["formula"] if "translate_only" not in row]
    return {
        "citations": papers,
        "formulas": [Case(f"{r['names'][0]} is given by:\n\n\\[", (r["tex"],)) for r in formulas],
        "molecules": [_molecule(r, "The SMILES of {name} is [START_SMILES]") for r in molecules()],
        "definitions": [
            Case(f"Question: What is {row['name']}?\n\nAnswer:", tuple(row["key"]))
            for row in table("definitions")["topic"]
        ],
        "sums": [_sum(sums.draw(rng)) for _ in range(SUMS)],
        "programs": [
            _program(translations.ASK[0], translations.draw(rng)) for _ in range(PROGRAMS)
        ],
    }


def _sum(task: Sum) -> Case:
    return Case(f"Question: {task.question}\n\n<work>", (f"Answer: {task.answer}\n",))


def _word_problem(rng: random.Random, template: str, rule: str, answer: str) -> Case:
    operations: dict[str, Callable[[int, int], int]] = {
        "+": int.__add__,
        "-": int.__sub__,
        "*": int.__mul__,
    }
    sign = rule.split()[1]
    while True:
        a, b = rng.randint(2, 99), rng.randint(2, 9 if sign == "*" else 99)
        a, b = max(a, b), min(a, b)
        if a > b and is_reserved(a, b):
            break
    first, second = (a, b) if rule.split()[0] == "a" else (b, a)
    result = operations[sign](first, second)
    return Case(template.format(a=a, b=b), (f"Answer: {answer.format(r=result)}\n",))


def _program(frame: str, drawn: tuple[str, str, str, str]) -> Case:
    source, code, target, text = drawn
    block = f"```{translations.TAGS[source]}\n{code}\n```"
    if "{block}" in frame:
        frame = f"Question: {frame}\n\nAnswer:"
    prompt = frame.format(
        source=source, target=target, block=block, code=code, tag=translations.TAGS[source]
    )
    return Case(prompt, (f"\n{text}\n```",))


NEW_TOKENS = {
    "citations": 60,
    "formulas": 110,
    "molecules": 90,
    "definitions": 70,
    "sums": 220,
    "programs": 110,
}


def _right(kind: str, case: Case, text: str) -> bool:
    if kind == "citations":
        return _title(text) == case.wanted[0]
    text = f"{text}\n".lower()
    return all(wanted.lower() in text for wanted in case.wanted)


def _title(text: str) -> str:
    return text.split(END_REF)[0].strip().rpartition(",")[0]


def evaluate(write: Writer, *, verbose: bool = False) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of the table: what was asked, in seen and in unseen wordings."""
    seen, unseen = seen_cases(), unseen_cases()
    for kind in seen:
        scores = []
        for cases in (seen[kind], unseen[kind]):
            cases = [replace(each, wanted=tuple(map(write.spelt, each.wanted))) for each in cases]
            answers = write([case.prompt for case in cases], NEW_TOKENS[kind])
            right = [_right(kind, case, text) for case, (text,) in zip(cases, answers, strict=True)]
            scores.append(Score(sum(right), len(right)))
        if verbose:
            for case, (text,), good in zip(unseen[kind], answers, right, strict=True):
                if not good:
                    print(f"- {case.prompt!r} → {text!r}, not {case.wanted[-1]!r}", flush=True)
        name = f"{kind}, first answer" if kind == "citations" else kind
        yield name, str(scores[0]), str(scores[1])
        if kind == "citations":
            yield ("citations, among five", "", str(_among_five(write, unseen[kind])))
            yield ("real against false premises, ROC AUC", "", f"{separation(write):.3f}")


def _among_five(write: Writer, cases: list[Case]) -> Score:
    answers = write([case.prompt for case in cases], NEW_TOKENS["citations"], beams=5)
    right = [
        case.wanted[0] in map(_title, texts) for case, texts in zip(cases, answers, strict=True)
    ]
    return Score(sum(right), len(right))


def separation(write: Writer) -> float:
    """Return the ROC AUC of the mean log-probability of citations, real against false premises."""
    from sklearn.metrics import roc_auc_score

    real = [prompt for prompt, _ in held_out()["papers"]]
    prompts = [f"{prompt} [START_REF]" for prompt in (*real, *held_out()["false_premises"])]
    answers = write(prompts, NEW_TOKENS["citations"])
    confidences = [
        write.mean_log_probability(prompt, text.split(END_REF)[0] + END_REF)
        for prompt, (text,) in zip(prompts, answers, strict=True)
    ]
    is_real = [index < len(real) for index in range(len(prompts))]
    return float(roc_auc_score(is_real, confidences))


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=OUTPUT)
    parser.add_argument("--verbose", action="store_true", help="show what went wrong")
    parser.add_argument("--card", action="store_true", help="write the table into the model card")
    chosen = parser.parse_args()
    lines = ["| | as in the tables | never seen |", "|---|---|---|"]
    print("\n".join(lines), flush=True)
    for row in evaluate(Writer(chosen.folder), verbose=chosen.verbose):
        lines.append(f"| {' | '.join(row)} |")
        print(lines[-1], flush=True)
    if chosen.card:
        add_scores(chosen.folder, "\n".join(lines), when=date.today(), commit=_commit())


def _commit() -> str:
    command = ("git", "rev-parse", "--short", "HEAD")
    found = subprocess.run(command, cwd=HELD_OUT.parent, capture_output=True, text=True, check=True)
    return found.stdout.strip()


if __name__ == "__main__":
    main()
