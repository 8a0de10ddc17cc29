"""Names of older releases in; kernels and a JupyterLab beside the installed ones, out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.browser_tools import BUILD

RELEASES = {
    "ipykernel-7.3": "ipykernel==7.3.*",
    "ipykernel-6": "ipykernel==6.*",
    "jupyterlab-4.4": "jupyterlab==4.4.*",
}
"""What they are called here, and what pip calls them. They share all other packages."""

KERNELS = ("ipykernel-7.3", "ipykernel-6")


def install_release(name: str) -> Path:
    """Return the folder that holds a release alone; pip fills it the first time."""
    folder = BUILD / "releases" / name
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--target", str(folder), RELEASES[name]]
        subprocess.run(command, check=True)
    return folder


def python_path(name: str) -> str:
    """Return a PYTHONPATH on which a release comes before what is installed."""
    return os.pathsep.join(filter(None, (str(install_release(name)), os.environ.get("PYTHONPATH"))))


def offer_kernel(name: str, data: Path) -> None:
    """Write a kernel's description below Jupyter's data folder `data`."""
    spec = data / "kernels" / name / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    spec.write_text(
        json.dumps(
            {
                "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": name,
                "language": "python",
                "env": {"PYTHONPATH": python_path(name)},
            }
        )
    )
