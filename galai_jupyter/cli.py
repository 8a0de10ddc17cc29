"""The command ``galai-jupyter``: words on a command line in, a demonstration or a report out."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from galai_jupyter import catalog, serve
from galai_jupyter.catalog import ModelInfo, format_bytes, format_count
from galai_jupyter.errors import GalacticaError

_PACKAGES = ("torch", "transformers", "accelerate", "tokenizers", "jupyterlab", "ipywidgets")
_OPTIONAL = {
    "nbclient": "demo",
    "nbconvert": "demo",
    "openai": "remote",
    "pandas": "batch",
    "playwright": "check",
    "pyarrow": "batch",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words behind the command's name; those of the process if left out.
    """
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except GalacticaError as error:
        print(f"galai-jupyter: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ngalai-jupyter: interrupted.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="galai-jupyter", description="Galactica in Jupyter.")
    parser.add_argument("--version", action="version", version=_version("galai-jupyter"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="run the quickstart notebook on the bundled model")
    demo.add_argument(
        "--output",
        type=Path,
        default=Path("build"),
        help="folder for the executed notebook and its HTML (default: build)",
    )
    demo.add_argument(
        "--notebook", type=Path, default=None, help="another notebook to run in its place"
    )
    demo.set_defaults(run=_demo)
    export = commands.add_parser(
        "export", help="write a notebook as one HTML page, for offline use"
    )
    export.add_argument("notebook", type=Path)
    export.add_argument(
        "--output", type=Path, default=None, help="the page (default: beside the notebook)"
    )
    export.add_argument(
        "--check", action="store_true", help="open the page in a browser and list its faults"
    )
    export.set_defaults(run=_export)
    serve.add_parser(commands)
    doctor = commands.add_parser("doctor", help="report what is installed and what fits here")
    doctor.set_defaults(run=_doctor)
    return parser


def _demo(parsed: argparse.Namespace) -> int:
    """Execute the quickstart in a real kernel; write notebook and HTML; print what was said."""
    from galai_jupyter.quickstart import execute_notebook, quickstart_path

    source = parsed.notebook or quickstart_path()
    if not source.is_file():
        raise GalacticaError(f"There is no notebook {source}: give the path of one.")
    print(f"Executing {source.name} in a new kernel …", flush=True)
    notebook, page, generations = execute_notebook(source, parsed.output)
    for generation in generations:
        print(f"\n{'─' * 72}\n{generation.prompt}⟫{generation.text}")
    print(f"{'─' * 72}\n{len(generations)} generations; the text behind each ⟫ is the model's.")
    print(f"Executed notebook: {notebook}\nAs a page:         {page}")
    return 0


def _export(parsed: argparse.Namespace) -> int:
    """Write the page; with --check, fail if a reader would see a fault."""
    from galai_jupyter.export import check_page, export_page, widgets_without_fallback

    page = parsed.output or parsed.notebook.with_suffix(".html")
    export_page(parsed.notebook, page)
    print(f"Wrote {page} ({format_bytes(page.stat().st_size)}); it needs no network.")
    if not parsed.check:
        return 0
    faults = [*widgets_without_fallback(parsed.notebook), *check_page(page)]
    for fault in faults:
        print(f"  {fault}")
    print(f"{len(faults)} faults.")
    return 1 if faults else 0


def _doctor(parsed: argparse.Namespace) -> int:
    """Print versions, devices, memory, caches, and which models fit."""
    for heading, lines in (
        ("Software", _software()),
        ("Devices", _devices()),
        ("Models", _models()),
    ):
        print(heading)
        for line in lines:
            print(f"  {line}")
    return 0


def _software() -> list[str]:
    lines = [f"python {platform.python_version()} on {platform.system()} {platform.machine()}"]
    for package in _PACKAGES:
        version = _version(package)
        lines.append(f"{package} {version}" if version else f"{package} MISSING: pip install it")
    for package, extra in _OPTIONAL.items():
        if not _version(package):
            hint = f"pip install 'galai-jupyter[{extra}]'"
            lines.append(f"{package} is not installed (optional): {hint}")
    return lines


def _devices() -> list[str]:
    from galai_jupyter.engines import hardware, precision

    lines = [
        f"memory free: {format_bytes(hardware.free_memory())}",
        f"processors: {os.cpu_count()}",
    ]
    try:
        import torch
    except ImportError:
        return [*lines, "torch is missing, so no model can be run: pip install torch"]
    device = hardware.choose_device()
    chosen = precision.choose("auto", device)
    lines.append(f"device auto is: {device}, dtype {chosen.dtype} ({chosen.reason})")
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        lines.append(f"cuda:{index}: {properties.name}, {format_bytes(properties.total_memory)}")
    return lines


def _models() -> list[str]:
    from galai_jupyter.engines import hardware

    free = hardware.free_memory()
    lines = []
    for name in catalog.names():
        info = ModelInfo.by_name(name)
        widest = info.widest_dtype(free)
        fits = f"fits as {widest}" if widest else "does not fit"
        lines.append(f"{name}: {format_count(info.parameters)} parameters, {fits}")
    from huggingface_hub.constants import HF_HUB_CACHE

    cache = Path(HF_HUB_CACHE)
    lines.append(f"download cache: {cache}{'' if cache.is_dir() else ' (empty)'}")
    folder = next(path for path in (cache, *cache.parents) if path.is_dir())
    lines.append(f"disk free there: {format_bytes(shutil.disk_usage(folder).free)}")
    return lines


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
