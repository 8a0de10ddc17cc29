"""The shape of the package: layers, public names, what importing costs, one version."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import galai_jupyter

PACKAGE = Path(galai_jupyter.__file__).parent

LAYERS = {
    "vocabulary": (
        {
            "errors", "catalog", "tokens", "prompts", "options", "flags", "traits", "generation",
            "references", "scores", "scaling", "strategies", "comparison", "replay", "confidence",
            "suggestions", "branches", "programs", "citing",
        },
        {"tokenizers", "jinja2", "traitlets"},
    ),
    "bibliography": ({"bibliography"}, {"bibtexparser", "pylatexenc", "rapidfuzz", "httpx2"}),
    "engines": (
        {"engines"},
        {
            "tokenizers", "torch", "transformers", "safetensors", "huggingface_hub", "accelerate",
            "psutil", "tqdm", "openai",
        },
    ),
    "rendering": ({"rendering"}, {"markdown_it", "nh3"}),
    "session": (
        {
            "streaming", "scoring", "constraining", "arguments", "galai_methods", "comparing",
            "model", "session", "loading", "connecting", "batch", "batch_file", "server",
            "server_plan", "parallel", "beginnings", "branching", "sandbox", "sandbox_guard",
        },
        {"tokenizers", "torch", "tqdm", "pandas", "pyarrow"},
    ),
    "shells": (
        {
            "display", "runner", "commands", "completion", "input_transforms", "magic",
            "preload", "quickstart", "export", "cli", "serve", "comparison_display",
            "replay_command", "run_command", "widget_panel", "comm", "vocabulary", "suggesting",
            "generation_requests",
        },
        {
            "IPython", "comm", "ipywidgets", "traitlets", "torch", "huggingface_hub", "nbformat",
            "nbclient", "nbconvert", "playwright",
        },
    ),
}  # fmt: skip
"""Layer → (its modules, the outside packages that it may import), lowest first."""

MAY_IMPORT = {
    "vocabulary": {"vocabulary"},
    "engines": {"vocabulary", "engines"},
    "bibliography": {"vocabulary", "bibliography"},
    "rendering": {"vocabulary", "rendering"},
    "session": {"vocabulary", "engines", "bibliography", "rendering", "session"},
    "shells": {"vocabulary", "engines", "bibliography", "rendering", "session", "shells"},
}
MODULES = {name for modules, _ in LAYERS.values() for name in modules}
ENGINES = {"local", "remote", "scripted"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module
            if node.module == "galai_jupyter":
                yield from (f"galai_jupyter.{alias.name}" for alias in node.names)


def layer_of(module: str) -> str:
    return next(layer for layer, (modules, _) in LAYERS.items() if module in modules)


def sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    layer = layer_of(name_of(path))
    _, outside = LAYERS[layer]
    for imported in imports(path):
        parts = imported.split(".")
        if parts[0] != "galai_jupyter":
            assert parts[0] in sys.stdlib_module_names | outside, f"{path.name}: {imported}"
        elif parts[1:] and parts[1] in MODULES:
            assert layer_of(parts[1]) in MAY_IMPORT[layer], f"{path.name}: {imported}"
        if path.parent.name == "engines" and path.stem in ENGINES:
            others = ENGINES - {path.stem}
            assert parts[1:2] != ["engines"] or parts[-1] not in others, imported


def test_every_module_begins_by_saying_what_it_is() -> None:
    for path in PACKAGE.rglob("*.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path


def test_importing_the_package_costs_nothing() -> None:
    heavy = "torch,transformers,IPython,jinja2,tokenizers,nh3,markdown_it,ipywidgets,httpx2"
    code = (
        "import sys, galai_jupyter\n"
        f"loaded = [name for name in '{heavy}'.split(',') if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_loading_the_extension_does_not_import_torch() -> None:
    code = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'galai_jupyter')\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names_are_pinned() -> None:
    assert galai_jupyter.__all__ == [
        "Comparison",
        "Generation",
        "GenerationOptions",
        "Model",
        "ModelInfo",
        "Prompt",
        "Reference",
        "Replay",
        "Session",
        "connect",
        "display_latex",
        "display_markdown",
        "escape_custom_split_sequence",
        "extract_references_from_text",
        "generations",
        "get_session",
        "load_model",
        "panel",
        "__version__",
    ]
    for name in galai_jupyter.__all__:
        assert getattr(galai_jupyter, name)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        galai_jupyter.nothing_like_it  # noqa: B018


def test_the_version_stands_in_one_place() -> None:
    manifest = json.loads((PACKAGE.parent / "labextension" / "package.json").read_text())
    assert galai_jupyter.__version__ == manifest["version"]
    text = (PACKAGE.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {galai_jupyter.__version__}" in text
