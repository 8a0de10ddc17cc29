"""A trained checkpoint in, its model card out."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from training.tables import counts

CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
tags: [galactica, opt, demo]
---

# demo: the small model that comes with galai_jupyter

A teaching and test model of {size:.1f} million parameters. It has the architecture (OPT), the
tokenizer rules and the special tokens of the GALACTICA models, so that every feature can be tried
offline, on any computer, within a second. **GALACTICA's own weights are not in it**, nor any text
of its corpus: this model was trained from scratch.

## What it knows

{facts}

It lays out small sums step by step and often calculates wrongly; translations of programs keep
the layout and lose names. Asked for a paper that does not exist it names a real one, mostly with a
low probability: look at the confidence. **Everything else it makes up**, fluently and without
warning. Check whatever it says, and load a real checkpoint for real work.

## How often it is right

{scores}

## How it was made

A program turns tables of facts into documents (sentences and frames are the project's own), and
trains on them: {steps} steps, {tokens:.1f} million tokens, seed {seed}, last loss {loss:.3f},
{minutes:.0f} minutes on two cores. To make it again, in a checkout of the project:

    python -m training.train

| | |
|---|---|
| Layers, heads, width | {layers}, {heads}, {width} |
| Vocabulary | {vocabulary} tokens (byte-level BPE; ids 0-22 are Galactica's special tokens) |
| Context | {context} tokens |
| Weights | float16, safetensors |

## Licence

Weights: Apache-2.0. Training data: facts and the project's own sentences, CC0.
"""


def parameters(config: dict[str, int]) -> int:
    """Return the number of weights of an OPT model with a tied head, biases and affine norms."""
    width, inner = config["hidden_size"], config["ffn_dim"]
    layer = 4 * (width * width + width) + 2 * width * inner + inner + width + 4 * width
    embeddings = (config["vocab_size"] + config["max_position_embeddings"] + 2) * width
    return config["num_hidden_layers"] * layer + embeddings + 2 * width


UNKNOWN = "Not measured yet: run `python -m training.evaluate --card`."


def write_card(
    folder: Path, *, steps: int, tokens: int, seed: int, loss: float, minutes: float
) -> None:
    """Write ``README.md`` next to the weights."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    text = CARD.format(
        size=parameters(config) / 1e6,
        facts="\n".join(f"- {number} {kind}" for kind, number in counts().items()),
        steps=steps,
        tokens=tokens / 1e6,
        seed=seed,
        loss=loss,
        minutes=minutes,
        scores=UNKNOWN,
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        width=config["hidden_size"],
        vocabulary=config["vocab_size"],
        context=config["max_position_embeddings"],
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def add_scores(folder: Path, scores: str, *, when: date, commit: str) -> None:
    """Put the table of scores into the card, with the day and the commit they were measured at."""
    path = folder / "README.md"
    before, heading, rest = path.read_text(encoding="utf-8").partition("## How often it is right\n")
    after = rest[rest.index("\n## ") :]
    measured = f"Measured on {when:%d %B %Y} at commit {commit}, greedy decoding:\n\n{scores}\n"
    path.write_text(f"{before}{heading}\n{measured}{after}", encoding="utf-8")
