"""A wheel and an sdist in; whether people can install and use them, found out by doing so.

``make dist-check`` runs ``python -m tests.check_dist dist``. It builds a wheel from the sdist and
compares it with the other one, installs the wheel with its dependencies into an empty environment,
where no node can be found, and runs the quickstart there. With ``--reuse`` dependencies come from
the environment that runs this, which takes a minute instead of several.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
VERSION = json.loads((ROOT / "labextension" / "package.json").read_text())["version"]
NAME = f"galai_jupyter-{VERSION}"
EXTENSION = f"{NAME}.data/data/share/jupyter/labextensions/galai-jupyter"
LARGEST = 60 * 2**20
"""Bytes that a wheel may have; PyPI takes 100 MB."""

NEEDED = (
    "galai_jupyter/__init__.py",
    "galai_jupyter/quickstart.ipynb",
    "galai_jupyter/calibration.json",
    "galai_jupyter/demo_model/model.safetensors",
    "galai_jupyter/demo_model/tokenizer.json",
    "galai_jupyter/assets/mathjax/LICENSE",
    "galai_jupyter/templates/standalone/index.html.j2",
    f"{EXTENSION}/package.json",
    f"{EXTENSION}/install.json",
    f"{NAME}.dist-info/licenses/LICENSE",
    f"{NAME}.dist-info/entry_points.txt",
)
UNWANTED = (
    *("tests/", "training/", "benchmarks/", "labextension/src", "galai_jupyter/labextension"),
    *("node_modules", "__pycache__", ".ts", ".tsbuildinfo", ".pyc"),
)


def the_one(folder: Path, pattern: str) -> Path:
    """Return the only file of `folder` with a name like `pattern`."""
    found = list(folder.glob(pattern))
    assert len(found) == 1, (
        f"{folder} should hold one {pattern}, and holds {found}: make clean dist"
    )
    return found[0]


def contents(wheel: Path) -> dict[str, str]:
    """Return the files of a wheel with their checksums; RECORD is made of these."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if not name.endswith(".dist-info/RECORD")
        }


def check_wheel(wheel: Path) -> None:
    """Check what a wheel holds, and how large it is."""
    files = contents(wheel)
    missing = [name for name in NEEDED if name not in files]
    assert not missing, f"the wheel lacks {missing}"
    built = [name for name in files if name.startswith(f"{EXTENSION}/static/remoteEntry")]
    assert built, "the wheel lacks the built JupyterLab extension"
    unwanted = [name for name in files if any(word in name for word in UNWANTED)]
    assert not unwanted, f"the wheel should not hold {unwanted}"
    assert wheel.name == f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{NAME}.dist-info/METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata
    size = wheel.stat().st_size
    assert size <= LARGEST, f"the wheel has {size:,} bytes"
    print(f"{wheel.name}: {size / 1e6:.1f} MB, {len(files)} files")


def check_sdist(sdist: Path) -> None:
    """Check what an sdist holds: everything to build, test and train from."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("pyproject.toml", "README.md", "CHANGELOG.md", "Makefile", "tests/conftest.py")
    wanted += ("training/README.md", "labextension/package-lock.json", "constraints.txt")
    wanted += ("galai_jupyter/labextension/package.json", "labextension/src/index.ts")
    missing = [name for name in wanted if name not in names]
    assert not missing, f"the sdist lacks {missing}"
    unwanted = [name for name in names if name.startswith((".venv", "build", "dist", ".ci"))]
    unwanted += [name for name in names if "node_modules" in name or "__pycache__" in name]
    assert not unwanted, f"the sdist should not hold {unwanted[:5]}"
    print(f"{sdist.name}: {sdist.stat().st_size / 1e6:.1f} MB, {len(names)} files and folders")


class Environment:
    """A new virtual environment, whose programs find nothing outside of it: no node, no make.

    Parameters
    ----------
    folder : Path
        Where to make it.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = str(self.bin / "python")
        kept = ("PIP_", "SYSTEMROOT", "SSL_", "HTTP", "http", "NO_PROXY", "no_proxy")
        self._variables: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if name.startswith(kept)},
            "PATH": str(self.bin),
            "HOME": str(folder),
            "HF_HUB_OFFLINE": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_QUIET": "1",
        }
        assert not shutil.which("node", path=str(self.bin))

    def run(self, command: Sequence[str], folder: Path) -> str:
        """Run a command in `folder`; return what it printed, or end with it."""
        ran = subprocess.run(
            command, cwd=folder, env=self._variables, capture_output=True, text=True
        )
        if ran.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{ran.stdout}\n{ran.stderr}")
        return ran.stdout + ran.stderr

    def reuse_this(self) -> None:
        """Let packages be found that are installed beside the running interpreter."""
        # What a new environment begins with would hide what is reused.
        self.run([self.python, "-m", "pip", "uninstall", "--yes", "setuptools"], ROOT)
        own = self.run([self.python, "-c", "import site; print(site.getsitepackages()[0])"], ROOT)
        (Path(own.strip()) / "reused.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
        templates = Path("share", "jupyter", "nbconvert")
        shutil.copytree(Path(sys.prefix) / templates, self.bin.parent / templates)


def check_build(sdist: Path, wheel: Path, environment: Environment, folder: Path) -> None:
    """Build a wheel from the sdist, without node; compare it with the wheel of the tree."""
    command = ["-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder), str(sdist)]
    environment.run([environment.python, *command], folder)
    ours, theirs = contents(wheel), contents(the_one(folder, "*.whl"))
    different = sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))
    assert not different, f"the wheel from the sdist differs in {different}"
    print("The wheel that is built from the sdist, without node, is the same, file for file.")


def check_installed(environment: Environment, folder: Path) -> None:
    """Check that what is installed works: dependencies, versions, extension, quickstart."""
    python, run = environment.python, environment.run
    run([python, "-m", "pip", "check"], folder)
    print("pip check finds no conflicts.")
    where = "import galai_jupyter as g; print(g.__version__, g.__file__)"
    version, path = run([python, "-c", where], folder).split()
    assert version == VERSION and Path(path).is_relative_to(environment.bin.parent), path
    command = str(environment.bin / "galai-jupyter")
    assert VERSION in run([command, "--version"], folder)
    listed = run([python, "-m", "jupyterlab.labextensions", "list"], folder)
    (line,) = (line for line in listed.splitlines() if "galai-jupyter" in line)
    assert "enabled" in line and "OK" in line and VERSION in line, listed
    run([command, "demo", "--output", "out"], folder)
    notebook = nbformat.read(the_one(folder / "out", "*.ipynb"), as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    texts = sum(kind.startswith("application/vnd.galai.generation") for kind in kinds)
    errors = [output for output in outputs if output.output_type == "error"]
    assert texts >= 5 and not errors, f"{texts} texts, {errors}"
    print(f"The quickstart ran in an environment of its own, without node: {texts} texts.")


def main() -> None:
    """Check the files of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dist", type=Path, help="the folder with the wheel and the sdist")
    parser.add_argument("--reuse", action="store_true", help="take dependencies from here")
    arguments = parser.parse_args()
    wheel = the_one(arguments.dist.resolve(), "*.whl")
    sdist = the_one(arguments.dist.resolve(), "*.tar.gz")
    check_wheel(wheel)
    check_sdist(sdist)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("built", "used"):
            (folder / name).mkdir()
        environment = Environment(folder / "environment")
        check_build(sdist, wheel, environment, folder / "built")
        install = [environment.python, "-m", "pip", "install", "-c", str(ROOT / "constraints.txt")]
        if arguments.reuse:
            environment.reuse_this()
            install.append("--no-deps")
        environment.run([*install, f"{wheel}[demo]"], folder)
        check_installed(environment, folder / "used")


if __name__ == "__main__":
    main()
