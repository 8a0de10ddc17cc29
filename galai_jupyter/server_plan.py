"""A model's name in; how vLLM is to serve it, as commands for one machine or several, out."""

from __future__ import annotations

import os
import shlex
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from galai_jupyter import catalog
from galai_jupyter.catalog import ModelInfo
from galai_jupyter.errors import GalacticaError, ModelNotFoundError, OptionError
from galai_jupyter.tokens import CONTEXT_SIZE

_RAY_PORT = 6379

LOCAL_DTYPE = "int8"
"""The number format that only the local engine has."""


@dataclass(frozen=True)
class ServerPlan:
    """How a model is to be served.

    Attributes
    ----------
    model : str
        A catalog name, a hub id or a local folder.
    gpus : int
        GPUs of each node that share every layer (tensor parallelism).
    nodes : int
        Machines that share the layers (pipeline parallelism).
    host, port : str, int
        Where it listens.
    dtype : str
        Number format of the weights.
    """

    model: str
    gpus: int = 1
    nodes: int = 1
    host: str = "127.0.0.1"
    port: int = 8000
    dtype: str = "auto"

    @property
    def info(self) -> ModelInfo | None:
        """What the catalog knows of the model."""
        with suppress(ModelNotFoundError):
            return ModelInfo.by_name(self.model)
        return None

    @property
    def source(self) -> str:
        """What vLLM loads: a folder or a hub id."""
        if self.model == catalog.DEMO:
            return str(catalog.checkpoint_path(self.model))
        folder = Path(self.model).expanduser()
        if folder.is_dir():
            return str(folder.resolve())
        return self.info.hub_id if self.info else self.model

    @property
    def tokenizer_folder(self) -> Path | None:
        """Where a tokenizer lies that vLLM cannot misread; `None` where the model's own is right.

        On the hub, Galactica's files name no class of tokenizer, and the one that is guessed then
        splits text otherwise.
        """
        if self.model == catalog.DEMO:
            return None
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        name = self.source.strip("/").replace("/", "--")
        return cache / "galai-jupyter" / "tokenizers" / name

    @property
    def url(self) -> str:
        """Where people on this machine reach it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{host}:{self.port}"

    def command(self) -> list[str]:
        """Return the words of ``vllm serve``."""
        words = ["vllm", "serve", self.source, "--served-model-name", self.model]
        if self.tokenizer_folder:
            words += ["--tokenizer", str(self.tokenizer_folder)]
        words += [
            *("--host", self.host, "--port", str(self.port), "--dtype", self.dtype),
            *("--max-model-len", str(self.info.max_positions if self.info else CONTEXT_SIZE)),
            *("--generation-config", "vllm"),  # no defaults but those that a request gives
            *("--max-logprobs", "129"),  # beam search asks for twice as many as beams
        ]
        words += ["--tensor-parallel-size", str(self.gpus)]
        if self.nodes > 1:
            words += ["--pipeline-parallel-size", str(self.nodes)]
            words += ["--distributed-executor-backend", "ray"]
        return words

    def ray_commands(self) -> list[str]:
        """Return what is to be run on each machine first, the head's first; none for one node."""
        if self.nodes == 1:
            return []
        other = f"ray start --address=HEAD:{_RAY_PORT}"
        return [f"ray start --head --port={_RAY_PORT}", *[other] * (self.nodes - 1)]

    def explain(self) -> str:
        """Return the commands as a person types them, and the line for a notebook."""
        lines = []
        for number, command in enumerate(self.ray_commands()):
            where = "on the head node" if number == 0 else f"on node {number + 1}"
            lines.append(f"{command}    # {where}")
        lines += [shlex.join(self.command()), "", f"In a notebook: {connect_line(self)}"]
        return "\n".join(lines)


def connect_line(plan: ServerPlan) -> str:
    """Return what a person pastes into a notebook."""
    host = socket.gethostname() if plan.host in ("0.0.0.0", "::") else plan.host
    return f"%galactica connect http://{host}:{plan.port}"


def problems(plan: ServerPlan) -> list[GalacticaError]:
    """Return what speaks against a plan, as far as it is known without the machines."""
    found: list[GalacticaError] = []
    info = plan.info
    if plan.dtype == LOCAL_DTYPE:
        found.append(
            OptionError(
                f"A server (vLLM) has no dtype {LOCAL_DTYPE}: choose float16 or bfloat16, or load "
                "the model into the local engine, on a CPU."
            )
        )
    if info and info.num_heads % plan.gpus:
        found.append(
            OptionError(
                f"The {info.num_heads} heads of {info.name!r} cannot be shared out evenly over "
                f"{plan.gpus} GPUs: choose another number with --gpus."
            )
        )
    if info and info.num_layers < plan.nodes:
        found.append(
            OptionError(
                f"{info.name!r} has {info.num_layers} layers, fewer than {plan.nodes} nodes: "
                "choose fewer with --nodes."
            )
        )
    return found
