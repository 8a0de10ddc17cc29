"""A checkpoint folder and held-out phrasings in, a table of scores out."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import OPTForCausalLM

from galai_jupyter.tokens import decode, encode
from training.train import OUTPUT

HELD_OUT = Path(__file__).parent / "heldout.toml"
END_REF = "[END_REF]"


class Writer:
    """Prompts in, greedy continuations out."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._model = OPTForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def __call__(self, prompt: str, new_tokens: int = 60, new_doc: bool = False) -> str:
        """Return the most likely continuation of `prompt`."""
        ids = encode(self._tokenizer, ("</s>" if new_doc else "") + prompt)
        inputs = torch.tensor([ids])
        with torch.inference_mode():
            output = self._model.generate(
                inputs=inputs,
                attention_mask=torch.ones_like(inputs),
                max_new_tokens=new_tokens,
                do_sample=False,
            )
        return decode(self._tokenizer, output[0, len(ids) :].tolist())


def held_out() -> dict[str, list[tuple[str, str]]]:
    """Return prompts and what is expected, by kind."""
    with HELD_OUT.open("rb") as file:
        return tomllib.load(file)


def score(write: Writer, *, verbose: bool = False) -> dict[str, tuple[int, int]]:
    """Return for each kind how many answers are right, of how many."""
    table = {}
    for kind, rows in held_out().items():
        right = 0
        for prompt, expected in rows:
            if kind == "papers":
                text = write(f"{prompt} [START_REF]").split(END_REF)[0]
                correct = text.strip().rpartition(",")[0] == expected
            else:
                text = write(prompt, new_tokens=120)
                correct = expected in text.split("</s>")[0]
            right += correct
            if verbose and not correct:
                print(f"- {prompt!r} → {text!r}")
        table[kind] = (right, len(rows))
    return table


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=OUTPUT)
    parser.add_argument("--verbose", action="store_true", help="show what went wrong")
    chosen = parser.parse_args()
    scores = score(Writer(chosen.folder), verbose=chosen.verbose)
    print("| held-out phrasings | right | of | share |\n|---|---|---|---|")
    for kind, (right, number) in scores.items():
        print(f"| {kind} | {right} | {number} | {right / number:.0%} |")


if __name__ == "__main__":
    main()
