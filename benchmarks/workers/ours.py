"""Our local engine, with its default settings but for the number format."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.options import GenerationOptions, LoadOptions

folder, number_format = sys.argv[1:]
engine = LocalEngine.load(folder, LoadOptions(dtype=number_format))


def generate(prompts: Sequence[Sequence[int]], new: int, options: dict[str, Any]) -> None:
    """Continue prompts by exactly `new` tokens."""
    values = {name: value for name, value in options.items() if name != "num_beam_groups"}
    chosen = GenerationOptions(max_new_tokens=new, min_new_tokens=new, **values)
    for _ in engine.steps(prompts, chosen, lambda: False):
        pass


for line in sys.stdin:
    work = json.loads(line)
    options = work["options"]
    if "before" in work:  # the prompt has been run, and is run again with another option
        generate(work["before"], work["new"], options)
        options = {"top_p": 0.9, "seed": 1}
    start = time.perf_counter()
    generate(work["prompts"], work["new"], options)
    print("DONE", json.dumps({"seconds": time.perf_counter() - start}), flush=True)
