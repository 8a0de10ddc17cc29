"""The wheel: it holds the built JupyterLab extension, so that its users need no node."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / "galai_jupyter" / "labextension"
SHARED_ROOT = "share/jupyter/labextensions"
SHARED = f"{SHARED_ROOT}/galai-jupyter"
LARGEST = 120_000
"""Bytes of JavaScript, styles included, that JupyterLab has to load before it starts."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built where there is no node: with what `make extension` has built."""
    assert (BUILT / "package.json").is_file(), "run `make extension` first"
    folder = tmp_path_factory.mktemp("dist")
    command = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    environment = os.environ | {"PATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_the_extension_once(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    inside = [name.split("/data/", 1)[1] for name in names if ".data/data/" in name]
    assert f"{SHARED}/package.json" in inside and f"{SHARED}/install.json" in inside
    assert any(name.startswith(f"{SHARED}/static/remoteEntry.") for name in inside)
    assert {f"{SHARED}/schemas/galai-jupyter/{each.name}" for each in schemas()} <= set(inside)
    assert not [name for name in names if name.startswith("galai_jupyter/labextension")]
    assert not [name for name in names if "node_modules" in name or name.endswith(".ts")]


def schemas() -> list[Path]:
    found = sorted((ROOT / "labextension" / "schema").glob("*.json"))
    assert found
    return found


def test_jupyterlab_finds_it_in_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    install = ["-m", "pip", "install", "--no-deps", "--no-index", "--prefix", str(tmp_path)]
    subprocess.run(
        [sys.executable, *install, "--ignore-installed", str(wheel)],
        check=True,
        capture_output=True,
    )
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter", "labextension", "list"],
        env=os.environ | {"JUPYTER_PATH": str(tmp_path / "share" / "jupyter")},
        capture_output=True,
        text=True,
    )
    # It writes to both streams; what it finds first wins, which is this one.
    lines = (listed.stdout + listed.stderr).splitlines()
    first = next(i for i, line in enumerate(lines) if line.strip() == str(tmp_path / SHARED_ROOT))
    ours = next(line for line in lines[first:] if "galai-jupyter" in line)
    assert "enabled" in ours and "OK" in ours


def test_its_scripts_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (BUILT / "static").glob("*.js")}
    assert 1_000 < sum(sizes.values()) <= LARGEST, sizes
    # Nothing that a page loads lies outside of the scripts.
    others = {path.name for path in (BUILT / "static").iterdir()} - set(sizes)
    assert others <= {"third-party-licenses.json"}


def test_its_scripts_hold_the_styles() -> None:
    scripts = "".join(path.read_text("utf-8") for path in (BUILT / "static").glob("*.js"))
    for path in (ROOT / "labextension" / "style").glob("*.css"):
        for name in re.findall(r"^\.([\w-]+)", path.read_text("utf-8"), re.MULTILINE):
            assert f".{name}" in scripts, path.name


def test_it_is_built_from_this_version() -> None:
    source = json.loads((ROOT / "labextension" / "package.json").read_text(encoding="utf-8"))
    built = json.loads((BUILT / "package.json").read_text(encoding="utf-8"))
    assert built["version"] == source["version"]
