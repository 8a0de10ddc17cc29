"""Prompts in, a table out: what galai 1.1.6 and this package say on the same checkpoint.

::

    python3.11 -m venv peer
    peer/bin/pip install torch transformers==4.25.1 accelerate==0.20.3 "numpy<2" "safetensors<0.5"
    peer/bin/pip install "setuptools<70" dacite psutil "markdown>=3.4" "bleach[css]~=5.0.1"
    peer/bin/pip install --no-deps --no-build-isolation galai==1.1.6 parallelformers==1.2.7
    python -m tests.peers.galai_side_by_side peer/bin/python

The weights are those of the bundled model in float32, in the layout of the hub; ``--checkpoint``
takes another folder. It exits with 1 if a greedy or contrastive text differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

PROMPTS = (
    "The Transformer architecture [START_REF]",
    "The formula for the area of a circle is given by:\n\n\\[",
    "Question: What is 12 + 35?\n\nAnswer:",
    "Question: A train goes 60 km in 2 hours. How fast is it?\n\n<work>",
    "[START_SMILES]CCO[END_SMILES]\n\n## Chemical and Physical Properties\n\n",
    "[START_AMINO]MKTAYIAKQR[END_AMINO] ## Keywords",
    "Gravity is a force that",
    "# Neural network\n\n",
)
CITED = (
    "The Transformer architecture",
    "Residual networks ",
    "We train with Adam [START_REF]",
    "Word vectors [START_REF] Efficient Estimation",
    "BERT [START_REF] BERT: Pre-training, Devlin[END_REF] and dropout",
)


@dataclass(frozen=True)
class Case:
    """One call, made on both sides.

    Attributes
    ----------
    kind : str
        Its row in the summary.
    method : str
        ``"generate"`` or ``"generate_reference"``.
    text : str or list of str
        The prompts.
    options : dict
        The method's keyword arguments.
    """

    kind: str
    method: str
    text: str | list[str]
    options: dict[str, Any] = field(default_factory=dict)


def cases() -> Iterator[Case]:
    for text in PROMPTS:
        yield Case("greedy", "generate", text)
        yield Case("greedy, new_doc", "generate", text, {"new_doc": True, "max_new_tokens": 30})
        yield Case("greedy, answer only", "generate", text, {"return_full_text": False})
        yield Case("greedy, max_length", "generate", text, {"max_length": 50})
        yield Case("contrastive", "generate", text, {"top_k": 4, "penalty_alpha": 0.6})
        yield Case("beam 5", "generate", text, {"num_beams": 5})
        yield Case("beam 4, 3 texts", "generate", text, {"num_beams": 4, "num_return_sequences": 3})
    yield Case("greedy, batch", "generate", list(PROMPTS))
    yield Case("greedy, batch", "generate", list(PROMPTS), {"new_doc": True})
    yield Case("greedy, batch", "generate", list(PROMPTS[:3]), {"max_length": 60})
    yield Case("beam 3, batch", "generate", list(PROMPTS[:4]), {"num_beams": 3})
    for text in CITED:
        yield Case("reference", "generate_reference", text)
        yield Case("reference, new_doc", "generate_reference", text, {"new_doc": True})
        yield Case("references, 5", "generate_reference", text, {"suggestions": 5})
        yield Case(
            "references, 3 diverse",
            "generate_reference",
            text,
            {"suggestions": 3, "diversity_penalty": 0.9},
        )
    yield Case("reference, batch", "generate_reference", list(CITED))


EQUAL, WHOLE, REPEATED, FIRST, DIFFERENT = COLUMNS = (
    "equal", "whole title", "galai repeats", "first equal", "different",
)  # fmt: skip
"""Equal; equal but that ours holds the title's begun part, too; and that galai's repeats are
dropped; only the first suggestion is equal (transformers 4.25.1 lets finished references go on,
so that their beams mix); other texts (4.25.1 counts the prompt in a beam's length penalty)."""


def verdict(case: Case, their: Any, our: Any) -> str:
    """Return the column of the table that a case belongs into."""
    if their == our:
        return EQUAL
    if case.method == "generate":
        return DIFFERENT
    if isinstance(case.text, list):
        each = zip(case.text, their, our, strict=True)
        found = [verdict(replace(case, text=text), one, two) for text, one, two in each]
        return max(found, key=COLUMNS.index)
    begun = open_title(case.text)
    if not isinstance(our, list):
        return WHOLE if f"{begun} {their}".strip() == our else DIFFERENT
    theirs = list(dict.fromkeys(f"{begun} {title}".strip() for title in their))
    if theirs == our:
        return REPEATED
    return FIRST if theirs[0] == our[0] else DIFFERENT


def open_title(text: str) -> str:
    """Return what stands behind a ``[START_REF]`` that is still open."""
    _, opening, title = text.rpartition("[START_REF]")
    return title.strip() if opening and "[END_REF]" not in title else ""


def export(source: Path, folder: Path) -> Path:
    """Write a checkpoint as the hub has Galactica's, in float32, readable to old libraries."""
    import torch
    from safetensors.torch import load_file

    weights = {key: value.float() for key, value in load_file(source / "model.safetensors").items()}
    weights.pop("lm_head.weight", None)
    torch.save(weights, folder / "pytorch_model.bin")
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    config.pop("dtype", None)
    (folder / "config.json").write_text(json.dumps(config | {"torch_dtype": "float32"}))
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    merges = tokenizer["model"]["merges"]
    # The tokenizers library of that time knows pairs as one string.
    tokenizer["model"]["merges"] = [m if isinstance(m, str) else " ".join(m) for m in merges]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"})
    )
    (folder / "special_tokens_map.json").write_text("{}")
    return folder


def ask_peer(python: str, folder: Path, asked: Sequence[Case]) -> list[Any]:
    work = {
        "folder": str(folder),
        "cases": [{"method": c.method, "text": c.text, "options": c.options} for c in asked],
    }
    script = Path(__file__).with_name("galai_peer.py")
    done = subprocess.run(
        [python, str(script)], input=json.dumps(work), capture_output=True, text=True, cwd=folder
    )
    if done.returncode:
        raise SystemExit(f"galai did not run:\n{done.stderr}")
    return list(json.loads(done.stdout.splitlines()[-1]))


def ask_ours(folder: Path, asked: Sequence[Case]) -> list[Any]:
    import galai_jupyter as gal

    warnings.simplefilter("ignore")
    model = gal.load_model(str(folder), num_gpus=0)
    return [getattr(model, case.method)(case.text, **case.options) for case in asked]


def main() -> int:
    parser = argparse.ArgumentParser(description="galai 1.1.6 beside galai_jupyter")
    parser.add_argument("python", help="the interpreter that has galai 1.1.6")
    parser.add_argument("--checkpoint", type=Path, default=None, help="default: the bundled model")
    parser.add_argument("--show", action="store_true", help="print the texts that differ")
    parsed = parser.parse_args()
    from galai_jupyter import catalog

    source = parsed.checkpoint or catalog.checkpoint_path(catalog.DEMO)
    asked = list(cases())
    with tempfile.TemporaryDirectory() as temporary:
        folder = export(source, Path(temporary))
        theirs, ours = ask_peer(parsed.python, folder, asked), ask_ours(folder, asked)
    table: dict[str, Counter[str]] = {}
    for case, their, our in zip(asked, theirs, ours, strict=True):
        found = verdict(case, their, our)
        table.setdefault(case.kind, Counter())[found] += 1
        if parsed.show and found != EQUAL:
            print(f"--- {found}: {case}\n  galai {their!r}\n  ours  {our!r}")
    print(f"{'':24}" + "".join(f"{column:>18}" for column in COLUMNS))
    for kind, counts in table.items():
        print(f"{kind:24}" + "".join(f"{counts[column]:18}" for column in COLUMNS))
    exact = [counts for kind, counts in table.items() if kind.startswith(("greedy", "contras"))]
    return 0 if all(set(counts) == {EQUAL} for counts in exact) else 1


if __name__ == "__main__":
    sys.exit(main())
