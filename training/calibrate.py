"""A checkpoint in, how far to believe its references out: ``python -m training.calibrate``.

Prompts that ask for papers of the tables, in other words than theirs, and prompts that ask for
papers that do not exist show how sure the model is where it is right and where it is wrong; a
logistic regression on the mean and the minimum of the log-probabilities turns that into a
probability. How well it tells real from false is measured on the prompts of ``heldout.toml``.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from galai_jupyter import load_model
from galai_jupyter.catalog import DEMO
from galai_jupyter.confidence import CALIBRATION_FILE, Calibration, label
from galai_jupyter.generation import Reference
from galai_jupyter.model import Model
from galai_jupyter.references import START_REF
from training import papers
from training.documents import Document, upper
from training.evaluate import held_out
from training.tables import table

PROMPTS = 200
"""Real prompts, and false ones, to fit on."""

HELD_OUT = 160
"""Real prompts, and false ones, to measure on."""

FRAMES = (
    "Where does the idea of {x} come from?", "{X} goes back to", "{X}, first published in",
    "Name the article behind {x}", "To learn about {x}, begin with", "Credit for {x} belongs to",
    "The discovery of {x} is due to", "About {x}", "See, for {x}, the original source",
    "{X} as its authors explained it in",
)  # fmt: skip
"""None of them stands in the training documents."""

Real = tuple[str, str]
"""A prompt and the title of the paper that it means."""


@dataclass(frozen=True)
class Judged:
    """A reference that a model suggested, and whether it was the right one."""

    reference: Reference
    right: bool

    @property
    def features(self) -> tuple[float, float]:
        """What the logistic function looks at."""
        return self.reference.mean_log_probability, self.reference.min_log_probability


def real_prompts(rng: random.Random, number: int) -> list[Real]:
    """Return prompts for papers of the tables: new frames, and now and then a word is missing."""
    rows = table("papers")["paper"]
    found = []
    for _ in range(number):
        paper = rng.choice(rows)
        words = rng.choice(paper["topics"]).split()
        kept = [word for word in words if len(words) < 4 or rng.random() < 0.85] or words
        topic = " ".join(kept)
        found.append((rng.choice(FRAMES).format(x=topic, X=upper(topic)), paper["title"]))
    return found


def false_prompts(
    rng: random.Random, number: int, make: Callable[[random.Random], Document]
) -> list[str]:
    """Return prompts for papers that do not exist, out of documents that ask for such."""
    prompts = (make(rng).pieces[0][0] for _ in range(number))
    return [prompt.removesuffix(START_REF).rstrip(" ") for prompt in prompts]


def first_suggestions(model: Model, real: Sequence[Real], false: Sequence[str]) -> list[Judged]:
    """Return what the model suggests first for each prompt; for a false premise nothing is right.

    Parameters
    ----------
    model : Model
        The model.
    real : sequence of (str, str)
        Prompts and the titles that are meant.
    false : sequence of str
        Prompts that ask for papers that do not exist.
    """
    judged = []
    for prompt, title in [*real, *((prompt, None) for prompt in false)]:
        found = [each for each in model.suggest_references(prompt) if each.complete]
        if found:
            judged.append(Judged(found[0], found[0].title == title))
    return judged


def fit(judged: Sequence[Judged]) -> Calibration:
    """Return the logistic function of mean and minimum that explains `judged` best.

    A feature with a negative weight, by which the less likely would be the more credible, is
    left out.

    Raises
    ------
    ValueError
        If all or none of the references are right.
    """
    from sklearn.linear_model import LogisticRegression

    right = [each.right for each in judged]
    weights = {0: 0.0, 1: 0.0}
    columns = [0, 1]
    while columns:
        rows = [[each.features[column] for column in columns] for each in judged]
        # Log-probabilities of sure references are small, so a usual penalty would hide them.
        fitted = LogisticRegression(C=100.0).fit(rows, right)
        found = dict(zip(columns, map(float, fitted.coef_[0]), strict=True))
        if min(found.values()) >= 0:
            weights |= found
            break
        columns.remove(min(found, key=lambda column: found[column]))
    bias = float(fitted.intercept_[0])
    return Calibration(*(round(value, 3) for value in (bias, weights[0], weights[1])))


def measure(calibration: Calibration, judged: Sequence[Judged], real: int) -> dict[str, Any]:
    """Return how well `calibration` tells real prompts from false ones, and right from wrong.

    Parameters
    ----------
    calibration : Calibration
        What to measure.
    judged : sequence of Judged
        First suggestions, those for real prompts first.
    real : int
        How many of them are for real prompts.
    """
    from sklearn.metrics import brier_score_loss, roc_auc_score

    believed = [calibration.probability(*each.features) for each in judged]
    right = [each.right for each in judged]
    is_real = [index < real for index in range(len(judged))]
    labels: dict[str, list[bool]] = {}
    for value, each in zip(believed, judged, strict=True):
        labels.setdefault(label(value), []).append(each.right)
    return {
        "roc_auc_real_against_false": round(float(roc_auc_score(is_real, believed)), 3),
        "roc_auc_right_against_wrong": round(float(roc_auc_score(right, believed)), 3),
        "brier_score": round(float(brier_score_loss(right, believed)), 3),
        "right_of_label": {
            name: f"{sum(found)} of {len(found)}" for name, found in sorted(labels.items())
        },
    }


def write(name: str, calibration: Calibration, report: dict[str, Any]) -> None:
    """Keep a model's calibration, and how it was found, in the package."""
    known = json.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))
    known[name] = {**vars(calibration), **report}
    CALIBRATION_FILE.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


def calibrate(
    model: Model,
    real: Sequence[Real],
    false: Sequence[str],
    held_out_real: Sequence[Real],
    held_out_false: Sequence[str],
) -> tuple[Calibration, dict[str, Any]]:
    """Fit on some prompts, measure on others; return the calibration and the report."""
    calibration = fit(first_suggestions(model, real, false))
    unseen_real = first_suggestions(model, held_out_real, [])
    unseen_false = first_suggestions(model, [], held_out_false)
    report = measure(calibration, unseen_real + unseen_false, len(unseen_real))
    return calibration, {
        "fitted_on": f"{len(real)} real and {len(false)} false prompts",
        "held_out": f"{len(held_out_real)} real and {len(held_out_false)} false prompts",
        **report,
    }


def main() -> None:
    """Read the command line, calibrate and write the result into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default=DEMO, help="a name, a hub id or a folder")
    parser.add_argument("--name", help="what the model is called where it is used")
    parser.add_argument("--prompts", type=int, default=PROMPTS, help="to fit on, of each kind")
    parser.add_argument(
        "--held-out", type=int, default=HELD_OUT, help="to measure on, of each kind"
    )
    chosen = parser.parse_args()
    rng = random.Random(0)
    unseen: Any = held_out()

    def some(rows: list[Any]) -> list[Any]:
        return rng.sample(rows, min(chosen.held_out, len(rows)))

    calibration, report = calibrate(
        load_model(chosen.model, num_gpus=0),
        real_prompts(rng, chosen.prompts),
        false_prompts(rng, chosen.prompts, papers.no_such_paper),
        [(prompt, title) for prompt, title in some(unseen["papers"])],
        some(unseen["false_premises"]),
    )
    write(chosen.name or Path(chosen.model).name, calibration, report)
    print(json.dumps({**vars(calibration), **report}, indent=2))


if __name__ == "__main__":
    main()
