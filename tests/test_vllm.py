"""The remote engine against a real vLLM on the CPU: ``make test-vllm`` installs and starts it."""

from __future__ import annotations

import os
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import galai_jupyter as gal
from galai_jupyter import server
from galai_jupyter.engines.base import Engine, Step
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.engines.remote import RemoteEngine
from galai_jupyter.errors import EngineError
from galai_jupyter.options import ConnectOptions, GenerationOptions, LoadOptions
from galai_jupyter.server import ServerProcess, free_port
from galai_jupyter.server_plan import ServerPlan
from galai_jupyter.session import get_session
from galai_jupyter.tokens import encode
from tests.install_vllm import install

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]

PROMPTS = (
    "The Transformer architecture [START_REF]",
    "Question: What is 2 + 2?\n\n<work>",
    "The sequence [START_DNA]GATT",
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for the bundled model, started as ``galai-jupyter serve`` does."""
    program = install(Path(os.environ.get("GALAI_VLLM", "build/vllm")).resolve())
    patch = pytest.MonkeyPatch()
    patch.setattr(server, "vllm_path", lambda: str(program))
    patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
    gpus = int(os.environ.get("GALAI_VLLM_GPUS", "1"))  # processes, on a machine without GPUs
    plan = ServerPlan("demo", gpus=gpus, port=free_port(), dtype="float32")
    process = ServerProcess(plan, tmp_path_factory.mktemp("vllm") / "log")
    try:
        process.wait_until_ready()
        yield plan.url
    finally:
        process.stop()
        patch.undo()


@pytest.fixture
def remote(url: str) -> Iterator[RemoteEngine]:
    # The first request compiles kernels, which takes minutes where others use the processors.
    engine = RemoteEngine.connect(url, ConnectOptions(timeout=900))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def local() -> LocalEngine:
    return LocalEngine.load("demo", LoadOptions(device="cpu", dtype="float32"))


def run(engine: Engine, **options: Any) -> dict[tuple[int, int], list[Step]]:
    prompts = [encode(engine.tokenizer, text) for text in PROMPTS]
    found: dict[tuple[int, int], list[Step]] = {}
    for step in engine.steps(prompts, GenerationOptions(**options).checked(), lambda: False):
        place = (step.prompt_index, step.sequence_index)
        found[place] = [step] if step.replaces else [*found.get(place, []), step]
    return found


def metric(url: str, name: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        found = re.findall(rf"^vllm:{name}{{.*}} ([\d.e+]+)$", answer.read().decode(), re.M)
    return sum(map(float, found))


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    "options",
    [
        {"max_new_tokens": 40},
        {"stop": ("[END_REF]", "\n")},
        {"min_new_tokens": 20, "max_new_tokens": 30},
        {"repetition_penalty": 1.3},
        {"num_beams": 3, "num_return_sequences": 3, "stop": ("[END_REF]",)},
    ],
    ids=str,
)
def test_the_same_tokens_as_the_local_engine(
    remote: RemoteEngine, local: LocalEngine, options: dict[str, Any]
) -> None:
    there, here = run(remote, **options), run(local, **options)
    assert there.keys() == here.keys()
    for place, steps in here.items():
        ours = [token for step in steps for token in step.ids]
        theirs = [token for step in there[place] for token in step.ids]
        assert [token.id for token in theirs] == [token.id for token in ours]
        assert there[place][-1].finish_reason == steps[-1].finish_reason
        for token, own in zip(theirs, ours, strict=True):
            assert token.log_probability == pytest.approx(own.log_probability, abs=1e-3)
            assert len(token.alternatives) == len(own.alternatives)


def test_seeds_and_several_sequences(remote: RemoteEngine) -> None:
    options = {"top_p": 0.9, "temperature": 1.5, "seed": 1, "num_return_sequences": 2}
    first, second = (
        {place: [token.id for step in steps for token in step.ids] for place, steps in each.items()}
        for each in (run(remote, **options), run(remote, **options))
    )
    assert first == second
    assert first[0, 0] != first[0, 1]


def test_scores_are_those_of_the_local_engine(remote: RemoteEngine, local: LocalEngine) -> None:
    prompt = encode(local.tokenizer, PROMPTS[0])
    ids = encode(local.tokenizer, " Attention is all you need, Vaswani[END_REF]")
    for there, here in zip(remote.score(prompt, ids), local.score(prompt, ids), strict=True):
        assert there.log_probability == pytest.approx(here.log_probability, abs=1e-3)
        assert there.alternatives[0][0] == here.alternatives[0][0]


@pytest.mark.parametrize("how", ["closed", "interrupted"])
def test_leaving_a_stream_cancels_on_the_server(remote: RemoteEngine, url: str, how: str) -> None:
    options = GenerationOptions(max_new_tokens=1900, min_new_tokens=1899).checked()
    asked = threading.Event()
    stream = remote.steps([encode(remote.tokenizer, "# Topic\n\n")], options, asked.is_set)
    next(stream), next(stream)
    assert metric(url, "num_requests_running") == 1
    if how == "closed":
        stream.close()
    asked.set()
    assert [step.finish_reason for step in stream] == ["interrupted"] * (how == "interrupted")
    until(lambda: metric(url, "num_requests_running") == 0)


def test_vllms_own_words_are_passed_on(remote: RemoteEngine) -> None:
    with pytest.raises(EngineError, match="maximum context length is 2048"):
        list(remote.steps([[5] * 2049], GenerationOptions(), lambda: False))


def test_sixteen_at_a_time_are_faster(url: str, tmp_path: Path) -> None:
    """Ours is the ratio; what it is depends on the machine, so only the work is asserted."""
    gal.connect(url, timeout=900)
    prompts = [f"# Topic {number}\n\n" for number in range(16)]
    seconds: dict[int, float] = {}
    # The server prepares itself for each size of a batch when it meets it: the best time counts.
    for concurrency in (16, 1, 16, 1, 16, 16):
        begun = time.perf_counter()
        table = get_session().map(
            prompts,
            concurrency=concurrency,
            max_new_tokens=64,
            min_new_tokens=64,
            progress=False,
        )
        taken = time.perf_counter() - begun
        seconds[concurrency] = min(taken, seconds.get(concurrency, taken))
        assert list(table["new_tokens"]) == [64] * 16
    for concurrency, each in seconds.items():
        print(f"\n{concurrency:2} at a time: {16 * 64 / each:.0f} tokens/s")
    print(f"ratio {seconds[1] / seconds[16]:.1f}")
