"""Serving: the command for each plan, what is refused, and a server's life from start to stop."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import galai_jupyter as gal
from galai_jupyter import parallel, server
from galai_jupyter.cli import main
from galai_jupyter.errors import EngineError, InsufficientMemoryError, OptionError
from galai_jupyter.server import ServerProcess, check_machine, free_port
from galai_jupyter.server_plan import ServerPlan
from galai_jupyter.session import get_session
from tests.stand_in import StandIn

FAKE_VLLM = """#!{python}
import http.server, json, os, sys, signal
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
if "{mode}" == "fails":
    sys.exit("no GPU was found")
names = "VLLM_API_KEY", "VLLM_NO_USAGE_STATS"
open({out!r}, "w").write(json.dumps([sys.argv[1:], *map(os.environ.get, names)]))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def fake_vllm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a program called vllm where it is found; it notes how it was called."""

    def write(mode: str) -> Path:
        program, called = tmp_path / "vllm", tmp_path / "called.json"
        text = FAKE_VLLM.format(python=sys.executable, mode=mode, out=str(called))
        program.write_text(text)
        program.chmod(0o755)
        monkeypatch.setattr(server, "vllm_path", lambda: str(program))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        return called

    return write


def flags(plan: ServerPlan) -> dict[str, str]:
    words = plan.command()
    return dict(zip(words[3::2], words[4::2], strict=True))


def test_the_command_is_galacticas() -> None:
    found = flags(ServerPlan("huge", gpus=8, port=9000, dtype="float16"))
    assert ServerPlan("huge").command()[:3] == ["vllm", "serve", "facebook/galactica-120b"]
    assert found["--served-model-name"] == "huge"
    assert found["--tensor-parallel-size"] == "8"
    assert found["--max-model-len"] == "2048"
    assert found["--dtype"] == "float16"
    assert found["--port"] == "9000"
    assert found["--generation-config"] == "vllm"
    assert "galactica-120b" in found["--tokenizer"]


def test_several_machines_are_joined_by_ray() -> None:
    plan = ServerPlan("huge", gpus=4, nodes=2)
    assert flags(plan)["--pipeline-parallel-size"] == "2"
    assert flags(plan)["--distributed-executor-backend"] == "ray"
    assert plan.ray_commands() == [
        "ray start --head --port=6379",
        "ray start --address=HEAD:6379",
    ]
    assert ServerPlan("huge", gpus=8).ray_commands() == []


def test_folders_and_the_bundled_model_are_served(checkpoint: Path) -> None:
    assert ServerPlan(str(checkpoint)).source == str(checkpoint.resolve())
    assert Path(ServerPlan("demo").source, "config.json").is_file()
    assert "--tokenizer" not in flags(ServerPlan("demo"))


@pytest.mark.parametrize(
    "words", [["huge", "--gpus", "8"], ["huge", "--gpus", "3"], ["someone/unknown"], ["/nowhere"]]
)
def test_a_dry_run_prints_and_never_refuses(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setenv("XDG_CACHE_HOME", "/nowhere")
    assert main(["serve", *words, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "vllm serve" in out
    assert "%galactica connect http://127.0.0.1:8000" in out
    assert "Note: /nowhere/galai-jupyter/tokenizers/" in out
    assert ("Note: The 80 heads of 'huge' cannot" in out) == (words[-1] == "3")


def test_what_cannot_run_here_is_refused(
    fake_vllm: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_vllm("runs")
    with pytest.raises(OptionError, match="56 heads of 'large'"):
        check_machine(ServerPlan("large", gpus=5))
    with pytest.raises(OptionError, match="no dtype int8"):
        check_machine(ServerPlan("mini", dtype="int8"))
    with pytest.raises(OptionError, match="12 layers, fewer than 13 nodes"):
        check_machine(ServerPlan("mini", nodes=13))
    monkeypatch.setattr("galai_jupyter.engines.hardware.free_memory", lambda *_: 10**9)
    with pytest.raises(InsufficientMemoryError, match=r"huge needs .* and 1\.0 GB is free"):
        check_machine(ServerPlan("huge", port=free_port()))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(OptionError, match="2 GPUs"):
        check_machine(ServerPlan("huge", gpus=4, port=free_port()))


def test_without_vllm_the_sentence_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineError, match="pip install vllm"):
        check_machine(ServerPlan("mini"))


def test_a_server_is_started_told_its_key_and_stopped(
    fake_vllm: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, checkpoint: Path
) -> None:
    called = fake_vllm("runs")
    monkeypatch.setenv("GALAI_API_KEY", "s3cret")
    plan = ServerPlan(str(checkpoint), port=free_port())
    process = ServerProcess(plan)
    try:
        process.wait_until_ready()
        with pytest.raises(OptionError, match="is taken"):
            check_machine(plan)
    finally:
        process.stop()
    assert process.wait() == 0
    words, key, tells_nobody = json.loads(called.read_text())
    assert words == plan.command()[1:]
    assert key == "s3cret" and "s3cret" not in words
    assert tells_nobody == "1"
    assert json.loads((plan.tokenizer_folder / "tokenizer_config.json").read_text())
    assert (plan.tokenizer_folder / "tokenizer.json").is_file()


def test_a_server_that_does_not_start_is_an_error(
    fake_vllm: Callable[[str], Path], tmp_path: Path
) -> None:
    fake_vllm("fails")
    process = ServerProcess(ServerPlan("demo", port=free_port()), tmp_path / "log")
    with pytest.raises(EngineError, match=r"ended before it answered.*log says why"):
        process.wait_until_ready()
    assert "no GPU was found" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_what_to_paste_and_ends_the_server(
    ending: signal.Signals,
    fake_vllm: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called = fake_vllm("runs")
    monkeypatch.setattr(ServerProcess, "wait", lambda self: os.kill(os.getpid(), ending) or 0)
    port = free_port()
    main(["serve", "demo", "--port", str(port)])
    out = capsys.readouterr().out
    assert f"%galactica connect http://127.0.0.1:{port}\n" in out
    assert called.exists()
    check_machine(ServerPlan("demo", port=port))  # nobody listens any more


def test_parallelize_starts_a_server_that_ends_with_the_model(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[ServerPlan] = []
    with StandIn(checkpoint) as stand_in:

        class Started:
            def __init__(self, plan: ServerPlan, log: Path) -> None:
                self.plan = plan

            def wait_until_ready(self) -> None:
                pass

            def stop(self) -> None:
                stopped.append(self.plan)

        monkeypatch.setattr(parallel, "ServerProcess", Started)
        monkeypatch.setattr(parallel, "check_machine", lambda plan: None)
        monkeypatch.setattr(parallel, "free_port", lambda: int(stand_in.url.rsplit(":")[-1]))
        monkeypatch.setattr("galai_jupyter.loading.can_serve", lambda: True)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        model = gal.load_model(str(checkpoint), parallelize=True)
        assert model.description.engine == "remote"
        assert model.generate("x", max_new_tokens=3)
        assert not stopped
        get_session().unload()
        del model
        gc.collect()
    assert [plan.gpus for plan in stopped] == [2]
