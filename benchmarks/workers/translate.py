"""CTranslate2's generator on the same weights."""

import json
import sys
import tempfile
import time

import ctranslate2
from ctranslate2.converters import TransformersConverter

folder, compute_type = sys.argv[1:]
with tempfile.TemporaryDirectory() as place:
    TransformersConverter(folder).convert(place, quantization=compute_type, force=True)
    generator = ctranslate2.Generator(place, compute_type=compute_type)

for line in sys.stdin:
    work = json.loads(line)
    tokens = [[str(token) for token in prompt] for prompt in work["prompts"]]
    start = time.perf_counter()
    generator.generate_batch(
        tokens, max_length=work["new"], min_length=work["new"], include_prompt_in_result=False
    )
    print("DONE", json.dumps({"seconds": time.perf_counter() - start}), flush=True)
