"""What streaming and log-probabilities cost: ratios of times measured in one run.

    python -m benchmarks.streaming [--rounds 7] [--tokens 64]

The model has the shape of `mini` (125 M parameters) and random weights. In a real kernel, four
ways of generating the same tokens take turns:

- bare: our batch over the model and an argmax, nothing else;
- engine: the local engine, which also scores every token and lists its alternatives;
- stream: engine, decoded to text and records;
- magic: the whole of `%%galactica`, displays included.

Printed are the medians of each round's ratios. The load time of the extension is measured in
processes of their own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from typing import Any

from jupyter_client.manager import start_new_kernel

LOAD = """
import time, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
start = time.perf_counter()
shell.run_line_magic("load_ext", "galai_jupyter")
print(time.perf_counter() - start)
"""

SETUP = """
import time, torch
from transformers import OPTConfig, OPTForCausalLM
from galai_jupyter import GenerationOptions, Prompt, get_session
from galai_jupyter.engines.decoding.batch import CachedBatch
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.tokens import byte_tokenizer, encode

torch.manual_seed(0)
config = OPTConfig(vocab_size=50_000, hidden_size=768, ffn_dim=3072, num_hidden_layers=12,
                   num_attention_heads=12, word_embed_proj_dim=768, max_position_embeddings=2048)
model = OPTForCausalLM(config).to(torch.{dtype}).eval()
# The byte tokenizer knows the first ids only: the head is kept from saying others.
with torch.no_grad():
    model.get_input_embeddings().weight[byte_tokenizer().get_vocab_size():] *= 0.01
    model.get_input_embeddings().weight[2] = 0
engine = LocalEngine(model, byte_tokenizer(), "mini-shape")
get_session().use(engine)
text = "a" * 100
ids = encode(engine.tokenizer, text)
options = GenerationOptions(max_new_tokens={tokens})
shell = get_ipython()

def bare():
    batch = CachedBatch(model, [ids], 1)
    logits = batch.prefill()
    for _ in range({tokens} - 1):
        logits = batch.advance(logits.argmax(-1))
    logits.argmax(-1).item()

def run_engine():
    for _ in engine.steps([ids], options, lambda: False):
        pass

def stream():
    get_session().stream(Prompt(text), options).drain()

def magic():
    shell.run_cell_magic("galactica", "--max-new-tokens {tokens}", text)

ways = dict(bare=bare, engine=run_engine, stream=stream, magic=magic)
"""

ROUND = """
import json
times = {}
for name, way in ways.items():
    start = time.perf_counter()
    way()
    times[name] = time.perf_counter() - start
    get_session().history.clear()
print("TIMES", json.dumps(times))
"""


def load_seconds(rounds: int) -> list[float]:
    """Return the seconds that ``%load_ext`` took in new processes."""
    runs = [
        subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True)
        for _ in range(rounds)
    ]
    return [float(run.stdout.split()[-1]) for run in runs]


def measure(rounds: int, tokens: int, dtype: str) -> list[dict[str, float]]:
    """Return each round's seconds by way, from one kernel."""
    manager, client = start_new_kernel(kernel_name="python3")

    def run(code: str) -> str:
        out: list[str] = []

        def hook(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                out.append(message["content"]["text"])
            if message["msg_type"] == "error":
                raise RuntimeError("\n".join(message["content"]["traceback"]))

        client.execute_interactive(code, timeout=600, output_hook=hook)
        return "".join(out)

    try:
        run("%load_ext galai_jupyter")
        run(SETUP.replace("{tokens}", str(tokens)).replace("{dtype}", dtype))
        run(ROUND)  # warm-up
        found = [run(ROUND) for _ in range(rounds)]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return [json.loads(text[text.index("TIMES") + 5 :].splitlines()[0]) for text in found]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--dtype", default="float32")
    parsed = parser.parse_args()
    rounds = measure(parsed.rounds, parsed.tokens, parsed.dtype)
    for name in rounds[0]:
        speed = parsed.tokens / statistics.median(times[name] for times in rounds)
        print(f"{name:8} {speed:7.1f} tokens/s")
    for name, base in (("engine", "bare"), ("stream", "engine"), ("magic", "engine")):
        ratios = sorted(times[name] / times[base] for times in rounds)
        print(
            f"{name} / {base}: {statistics.median(ratios):.3f} "
            f"(from {ratios[0]:.3f} to {ratios[-1]:.3f})"
        )
    seconds = statistics.median(load_seconds(parsed.rounds))
    print(f"%load_ext: {seconds:.3f} s, {seconds / 0.3:.2f} of 0.3 s")


if __name__ == "__main__":
    main()
