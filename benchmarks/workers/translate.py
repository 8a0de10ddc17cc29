"""CTranslate2's generator on the same weights; its tokens are called by their ids."""

import json
import sys
import tempfile
import time
from pathlib import Path

import ctranslate2
from ctranslate2.converters import TransformersConverter
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

folder, compute_type = sys.argv[1:]
size = json.loads(Path(folder, "config.json").read_text(encoding="utf-8"))["vocab_size"]
with tempfile.TemporaryDirectory() as place:
    named, converted = Path(place, "named"), Path(place, "converted")
    words = Tokenizer(models.WordLevel({str(number): number for number in range(size)}, "3"))
    PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="0", pad_token="1", eos_token="2", unk_token="3"
    ).save_pretrained(named)
    for name in ("config.json", "model.safetensors"):
        (named / name).symlink_to(Path(folder, name).resolve())
    TransformersConverter(str(named)).convert(str(converted), quantization=compute_type)
    generator = ctranslate2.Generator(str(converted), compute_type=compute_type)

for line in sys.stdin:
    work = json.loads(line)
    tokens = [[str(token) for token in prompt] for prompt in work["prompts"]]
    start = time.perf_counter()
    generator.generate_batch(
        tokens, max_length=work["new"], min_length=work["new"], include_prompt_in_result=False
    )
    print("DONE", json.dumps({"seconds": time.perf_counter() - start}), flush=True)
