"""The words behind ``galai-jupyter serve`` in; a server that runs until it is interrupted out."""

from __future__ import annotations

import argparse
import signal
import time

from galai_jupyter.options import OPTIONS
from galai_jupyter.server import ServerProcess, check_machine
from galai_jupyter.server_plan import LOCAL_DTYPE, ServerPlan, connect_line, problems

_DTYPES = tuple(each for each in OPTIONS["dtype"].choices if each != LOCAL_DTYPE)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand to the command line."""
    parser = commands.add_parser("serve", help="start a vLLM server for a Galactica model")
    parser.add_argument("model", help="a catalog name, a hub id (owner/name) or a folder")
    parser.add_argument(
        "--gpus", type=_count, default=1, help="GPUs of each node that share the model (default: 1)"
    )
    parser.add_argument(
        "--nodes", type=_count, default=1, help="machines, joined by Ray (default: 1)"
    )
    parser.add_argument("--port", type=int, default=8000, help="(default: 8000)")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="0.0.0.0 lets other machines in: set GALAI_API_KEY then (default: 127.0.0.1)",
    )
    parser.add_argument("--dtype", choices=_DTYPES, default="auto", help="(default: auto)")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the commands and do nothing else"
    )
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Print the command; unless it is a dry run, check, start, and wait for the end."""
    plan = ServerPlan(
        parsed.model, parsed.gpus, parsed.nodes, parsed.host, parsed.port, parsed.dtype
    )
    if parsed.dry_run:
        print(plan.explain())
        for problem in problems(plan):
            print(f"Note: {problem}")
        if plan.tokenizer_folder and not plan.tokenizer_folder.exists():
            print(
                f"Note: {plan.tokenizer_folder} is written by galai-jupyter serve when it starts "
                "the server: on another machine start it so there, or copy the folder."
            )
        return 0
    check_machine(plan)
    print(f"{plan.explain()}\n\nStarting …", flush=True)
    # Whoever ends this ends the server, too: batch systems terminate, people interrupt.
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = ServerProcess(plan)
    try:
        begun = time.monotonic()
        server.wait_until_ready()
        seconds = time.monotonic() - begun
        print(
            f"\nReady after {seconds:.0f} s. Paste into a notebook:\n\n    {connect_line(plan)}\n"
        )
        print("Interrupt (Ctrl-C) to stop.", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        return 0
    finally:
        server.stop()
        signal.signal(signal.SIGTERM, previous)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
