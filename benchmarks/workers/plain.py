"""transformers' own `generate`, of whichever version the interpreter has: 4.25.1 as well as 5."""

import json
import os
import sys
import time

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

from typing import Any

import torch
from transformers import OPTForCausalLM

folder, number_format = sys.argv[1:]
model = OPTForCausalLM.from_pretrained(folder, torch_dtype=getattr(torch, number_format)).eval()


def generate(prompts: list[list[int]], new: int, options: dict[str, Any]) -> None:
    """Continue a block of prompts, padded on the left."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[1] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    with torch.inference_mode():
        model.generate(
            ids,
            attention_mask=mask,
            max_new_tokens=new,
            min_length=longest + new,
            do_sample=False,
            **options,
        )


for line in sys.stdin:
    work = json.loads(line)
    start = time.perf_counter()
    generate(work["prompts"], work["new"], work["options"])
    print("DONE", json.dumps({"seconds": time.perf_counter() - start}), flush=True)
