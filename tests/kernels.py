"""Names of older kernels in; kernels that JupyterLab can start beside its own, out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.browser_tools import BUILD

KERNELS = {"ipykernel-7.3": "ipykernel==7.3.*", "ipykernel-6": "ipykernel==6.*"}
"""What they are called here, and what pip calls them. They share all other packages."""


def install_kernel(name: str) -> Path:
    """Return the folder that holds a kernel alone; pip fills it the first time."""
    folder = BUILD / "kernels" / name
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--target", str(folder), KERNELS[name]]
        subprocess.run(command, check=True)
    return folder


def offer_kernel(name: str, data: Path) -> None:
    """Write a kernel's description below Jupyter's data folder `data`."""
    path = os.pathsep.join(filter(None, (str(install_kernel(name)), os.environ.get("PYTHONPATH"))))
    spec = data / "kernels" / name / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    spec.write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": name,
                "language": "python",
                "env": {"PYTHONPATH": path},
            }
        )
    )
