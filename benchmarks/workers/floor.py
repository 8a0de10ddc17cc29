"""The bound of memory: the time to read all weights once for every new token."""

import json
import sys
import time

import torch
from transformers import OPTForCausalLM

folder, number_format = sys.argv[1:]
model = OPTForCausalLM.from_pretrained(folder)
size = sum(parameter.numel() for parameter in model.parameters())
width = getattr(torch, number_format).itemsize
block = torch.ones(size * width // 8, dtype=torch.int64)

for line in sys.stdin:
    work = json.loads(line)
    start = time.perf_counter()
    for _ in range(work["new"]):
        block.sum()
    print("DONE", json.dumps({"seconds": time.perf_counter() - start}), flush=True)
