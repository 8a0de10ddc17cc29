"""transformers' own `generate`, of whichever version the interpreter has: 4.25.1 as well as 5."""

import json
import os
import sys
import time

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from transformers import OPTForCausalLM

folder, number_format = sys.argv[1:]
if number_format == "auto":
    from galai_jupyter.engines.hardware import choose_device, choose_dtype

    dtype = choose_dtype("auto", choose_device("auto", None), torch.float32)
else:
    dtype = torch.float32
model = OPTForCausalLM.from_pretrained(folder, torch_dtype=dtype).eval()


def generate(prompts, new, options):
    """Continue a block of prompts, padded on the left."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[1] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor(
        [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    )
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
