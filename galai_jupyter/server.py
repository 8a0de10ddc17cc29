"""A plan in; a vLLM server that follows it, started, awaited and stopped, out."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from galai_jupyter.catalog import format_bytes
from galai_jupyter.engines.remote import KEY_VARIABLE
from galai_jupyter.engines.remote_tokenizer import find_tokenizer
from galai_jupyter.errors import EngineError, InsufficientMemoryError, OptionError
from galai_jupyter.server_plan import ServerPlan, problems

_PATIENCE = 20.0
"""Seconds that a server has for putting its affairs in order."""


def check_machine(plan: ServerPlan) -> None:
    """Raise what speaks against a plan on this machine.

    Raises
    ------
    OptionError
        If heads or layers do not come out even, there are fewer GPUs, or the port is taken.
    InsufficientMemoryError
        If this node's share of the model does not fit.
    EngineError
        If vLLM is not installed.
    """
    for problem in problems(plan):
        raise problem
    vllm_path()
    with socket.socket() as probe:
        if probe.connect_ex((plan.url.split("//")[1].rsplit(":", 1)[0], plan.port)) == 0:
            raise OptionError(f"Port {plan.port} is taken: choose another one with --port.")
    import torch

    from galai_jupyter.engines.hardware import free_gpu_memory, free_memory

    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if there and plan.gpus > there:
        raise OptionError(f"This machine has {there} GPUs: choose at most as many with --gpus.")
    if plan.info:
        dtype = plan.dtype if plan.dtype != "auto" else "float16"
        need = plan.info.memory_needed(dtype) // plan.nodes
        free = sum(free_gpu_memory("cuda", plan.gpus).values()) if there else free_memory()
        if need > free:
            raise InsufficientMemoryError(
                f"{plan.model} needs {format_bytes(need)} on each of {plan.nodes} nodes as {dtype} "
                f"and {format_bytes(free)} is free: use more --gpus or --nodes."
            )


def vllm_path() -> str:
    """Return the ``vllm`` program, of this Python or of the path.

    Raises
    ------
    EngineError
        If there is none.
    """
    beside = Path(sys.executable).parent / "vllm"
    found = str(beside) if beside.exists() else shutil.which("vllm")
    if not found:
        raise EngineError(
            "vLLM is not installed here: pip install vllm, best in an environment of its own that "
            "is on the PATH; --dry-run prints the command for another machine."
        )
    return found


class ServerProcess:
    """A vLLM server that was started here.

    Parameters
    ----------
    plan : ServerPlan
        Checked by :func:`check_machine`.
    log : pathlib.Path, optional
        Where it writes; to this process's own output if left out.
    """

    def __init__(self, plan: ServerPlan, log: Path | None = None) -> None:
        self.plan, self._log = plan, log
        _write_tokenizer(plan)
        # vLLM reports its use to its makers unless it is told not to.
        environment = {"VLLM_NO_USAGE_STATS": "1", **os.environ}
        if environment.get(KEY_VARIABLE):  # not as an argument, which every user can see
            environment["VLLM_API_KEY"] = environment[KEY_VARIABLE]
        output = log.open("wb") if log else None
        try:
            self._process = subprocess.Popen(
                [vllm_path(), *plan.command()[1:]],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,  # an interrupt reaches it through stop(), in good order
            )
        finally:
            if output:
                output.close()

    def wait_until_ready(self, waiting: Callable[[], None] = lambda: None) -> None:
        """Return when it answers.

        Parameters
        ----------
        waiting : callable
            Called between two attempts.

        Raises
        ------
        EngineError
            If it ends before.
        """
        while not self._answers():
            if self._process.poll() is not None:
                where = f"{self._log} says why" if self._log else "the lines above say why"
                raise EngineError(
                    f"vLLM ended before it answered (status {self._process.returncode}): {where}."
                )
            waiting()
            time.sleep(0.2)

    def wait(self) -> int:
        """Return its exit status once it has ended."""
        return self._process.wait()

    def stop(self) -> None:
        """End it and all processes that it has started."""
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                break
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal_number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.plan.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_tokenizer(plan: ServerPlan) -> None:
    """Write the model's tokenizer where vLLM will look, with the class that reads it rightly."""
    folder = plan.tokenizer_folder
    if folder is None:
        return
    tokenizer = find_tokenizer((plan.source,))
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false}\n',
        encoding="utf-8",
    )
