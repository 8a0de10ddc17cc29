"""How fast the decoding strategies are beside other engines: ratios of times from one run.

    python -m benchmarks.decoding [--peer PYTHON] [--rounds 5] [--only greedy beam ...]

The model has the shape of `mini` (125 M parameters) and random weights. Every engine runs in a
process of its own, all alive at once; in each round they take turns at the same work:

- ours: our engine with its default settings, and in int8;
- plain: `generate` of the installed transformers (contrastive and diverse beam search are no longer
  in it);
- peer: the stack of galai 1.1.6 in another interpreter, float32: a virtual environment with
  `transformers==4.25.1 "numpy<2" accelerate==0.20.3 "setuptools<70" "safetensors<0.5" torch`;
- ctranslate2: greedy search in int8, if the package is installed here;
- floor: reading all weights once per token, measured as a sum over them.

Ours, plain and floor have the same number format: what `dtype=auto` chooses here, measured before
the engines start, or what `--dtype` says.

Printed are medians over the rounds and the ratio of each engine's time to ours. It needs no
network.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from galai_jupyter.engines.precision import choose

WORKERS = Path(__file__).parent / "workers"
PROMPT, NEW = 100, 64


@dataclass(frozen=True)
class Case:
    """A piece of work and the engines that can do it; the first one is compared with the others."""

    name: str
    engines: tuple[str, ...]
    options: dict[str, Any]


STRATEGIES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "contrastive": {"penalty_alpha": 0.6, "top_k": 4},
    "beam": {"num_beams": 5},
    "diverse": {"num_beams": 5, "num_beam_groups": 5, "diversity_penalty": 0.9},
}
CASES = (
    Case("greedy", ("ours", "plain", "peer", "ctranslate2", "floor"), STRATEGIES["greedy"]),
    Case("greedy, int8", ("int8", "plain", "peer", "ctranslate2", "floor8"), STRATEGIES["greedy"]),
    Case("contrastive, k = 4", ("ours", "peer"), STRATEGIES["contrastive"]),
    Case("beam search, 5", ("ours", "plain", "peer"), STRATEGIES["beam"]),
    Case("diverse beams, 5", ("ours", "peer"), STRATEGIES["diverse"]),
    Case("first token again, other option", ("ours", "peer"), {"work": "again"}),
    Case("first token again, ten words more", ("ours", "peer"), {"work": "appended"}),
    Case("many prompts", ("ours", "peer"), {"work": "many"}),
)
AIMS = {
    "greedy": "2.3 (aim 4)",
    "greedy, int8": "4.4 (aim 8)",
    "contrastive, k = 4": "3 (aim 6)",
    "beam search, 5": "2.5 (aim 5)",
    "diverse beams, 5": "2.5 (aim 5)",
    "first token again, other option": "10 (aim 50)",
    "first token again, ten words more": "10 (aim 50)",
    "many prompts": "2.5 (aim 4)",
}


class WorkerEndedError(Exception):
    """An engine's process is gone: as a rule it wanted more memory than there is."""


class Worker:
    """An engine in a process of its own: work as a line of JSON in, seconds out."""

    def __init__(self, python: str, script: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [python, str(WORKERS / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, work: dict[str, Any]) -> dict[str, Any]:
        """Do it and return what the worker reports, its `seconds` among it."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(work) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("DONE "):
                report: dict[str, Any] = json.loads(line[5:])
                return report
        raise WorkerEndedError

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()


def write_checkpoint(folder: Path) -> None:
    """Write the shape of `mini` with random weights and a tokenizer of bytes."""
    import torch
    from transformers import OPTConfig, OPTForCausalLM

    from galai_jupyter.tokens import byte_tokenizer

    torch.manual_seed(0)
    config = OPTConfig(
        vocab_size=50_000,
        hidden_size=768,
        ffn_dim=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
        word_embed_proj_dim=768,
        max_position_embeddings=2048,
        activation_function="gelu",
    )
    model = OPTForCausalLM(config)
    with torch.no_grad():  # so that no engine meets the end of a document
        model.get_input_embeddings().weight[2] = 0
    model.save_pretrained(folder)
    byte_tokenizer().save(str(folder / "tokenizer.json"))


def prompts(number: int, shortest: int, longest: int, seed: int) -> list[list[int]]:
    """Return prompts of random tokens."""
    rng = random.Random(seed)
    return [
        [rng.randrange(300, 50_000) for _ in range(rng.randint(shortest, longest))]
        for _ in range(number)
    ]


def work(case: Case, number: int, many: int) -> dict[str, Any]:
    """Return what the workers are to do in round `number`."""
    options = dict(case.options)
    kind = options.pop("work", "decode")
    new = {"decode": NEW, "many": 32}.get(kind, 1)
    found = {"name": case.name, "kind": kind, "options": options, "new": new}
    if kind == "many":
        return {**found, "prompts": prompts(many, 5, 400, number)}
    if kind == "decode":
        return {**found, "prompts": prompts(1, PROMPT, PROMPT, number)}
    before = prompts(1, 1500, 1500, number)
    after = before if kind == "again" else [before[0] + prompts(1, 15, 15, -number)[0]]
    return {**found, "before": before, "prompts": after}


@contextmanager
def workers(
    folder: Path, dtype: str, peer: str | None, engines: set[str]
) -> Iterator[dict[str, Worker]]:
    """Start the engines that are there; stop them at the end."""
    scripts = {
        "ours": (sys.executable, "ours.py", str(folder), dtype),
        "int8": (sys.executable, "ours.py", str(folder), "int8"),
        "plain": (sys.executable, "plain.py", str(folder), dtype),
        "floor": (sys.executable, "floor.py", str(folder), dtype),
        "floor8": (sys.executable, "floor.py", str(folder), "int8"),
    }
    if peer:
        scripts["peer"] = (peer, "plain.py", str(folder), "float32")
    try:
        import ctranslate2  # noqa: F401

        scripts["ctranslate2"] = (sys.executable, "translate.py", str(folder), "int8")
    except ImportError:
        pass
    with ExitStack() as stack:
        running = {}
        for name in engines & set(scripts):
            running[name] = Worker(*scripts[name])
            stack.callback(running[name].close)
        yield running


def measure(
    case: Case, running: dict[str, Worker], rounds: int, many: int
) -> dict[str, list[float]]:
    """Return each engine's seconds, round by round; none of one whose process ended."""
    names = [name for name in case.engines if name in running]
    times: dict[str, list[float]] = {name: [] for name in names}
    warm_up = 0 if "many" in case.options.values() else 1
    for number in range(rounds + warm_up):
        order = names if number % 2 else names[::-1]
        for name in order:
            if name not in running:
                continue
            try:
                seconds = running[name](work(case, number, many))["seconds"]
            except WorkerEndedError:
                running.pop(name).close()
                times[name] = []
                continue
            if number >= warm_up:
                times[name].append(seconds)
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", help="interpreter of galai's own stack")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=256, help="of the case with many prompts")
    parser.add_argument("--only", nargs="*", help="cases whose name starts so")
    parser.add_argument("--dtype", default="auto", help="number format of ours, plain and floor")
    chosen = parser.parse_args()
    precision = choose(chosen.dtype, "cpu")
    print(f"{precision.dtype}: {precision.reason}\n", flush=True)
    cases = [
        case
        for case in CASES
        if not chosen.only or any(case.name.startswith(name) for name in chosen.only)
    ]
    engines = {name for case in cases for name in case.engines}
    print("| | ours | " + "other | its time / ours | at least |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        write_checkpoint(Path(place))
        with workers(Path(place), precision.dtype, chosen.peer, engines) as running:
            for case in cases:
                rounds = min(chosen.rounds, 2) if "many" in case.options.values() else chosen.rounds
                times = measure(case, running, rounds, chosen.prompts)
                print_case(case, times)


def print_case(case: Case, times: dict[str, list[float]]) -> None:
    """Print a line for every other engine."""
    mine, *others = (name for name in case.engines if name in times)
    own = statistics.median(times[mine])
    for name in others:
        if not times[name]:
            print(f"| {case.name} | {own:.3f} s | {name} ended, out of memory? | | |", flush=True)
            continue
        ratios = [theirs / ours for theirs, ours in zip(times[name], times[mine], strict=True)]
        aim = AIMS[case.name] if name == "peer" else ""
        print(
            f"| {case.name} | {own:.3f} s | {name} {statistics.median(times[name]):.3f} s "
            f"| {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | {aim} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
