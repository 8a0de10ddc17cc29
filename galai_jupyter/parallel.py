"""A model's name and a number of GPUs in; the session's model, run by a server of its own, out."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path

from galai_jupyter.connecting import connect
from galai_jupyter.errors import EngineError
from galai_jupyter.model import Model
from galai_jupyter.server import ServerProcess, check_machine, free_port, vllm_path
from galai_jupyter.server_plan import ServerPlan


def can_serve() -> bool:
    """Return whether vLLM is installed."""
    try:
        return bool(vllm_path())
    except EngineError:
        return False


def start_parallel(name: str, gpus: int, dtype: str) -> Model:
    """Start a vLLM server on this machine's GPUs and connect to it.

    The server ends when nobody holds the model any more, and with this process.

    Parameters
    ----------
    name : str
        A catalog name, a hub id or a local folder.
    gpus : int
        How many share each layer.
    dtype : str
        Number format of the weights.

    Raises
    ------
    GalacticaError
        If it cannot be started; one sentence says what to do.
    """
    plan = ServerPlan(name, gpus, port=free_port(), dtype=dtype)
    check_machine(plan)
    log = Path(tempfile.mkdtemp(prefix="galai-")) / "vllm.log"
    print(f"Starting vLLM on {gpus} GPUs; it writes to {log}", flush=True)
    server = ServerProcess(plan, log)
    try:
        server.wait_until_ready()
        model = connect(plan.url)
    except BaseException:
        server.stop()
        raise
    weakref.finalize(model.engine, server.stop)
    return model
