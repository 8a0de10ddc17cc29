"""The documentation: what is generated is up to date, links lead somewhere, examples run."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import galai_jupyter
from docs.docstrings import as_markdown
from docs.generate import DOCS, pages
from galai_jupyter import bibliography, catalog, cli, errors
from galai_jupyter.options import OPTIONS
from galai_jupyter.session import reset_session
from tests.documents import (
    LIBRARY,
    PAGES,
    ROOT,
    SERVER,
    Block,
    blocks,
    cells,
    fill_hub_cache,
    write_notebook,
)
from tests.stand_in import StandIn

MOST_THAT_CANNOT_RUN = 3
"""Blocks that need a network or other hardware; each one is an example that nobody checks."""

GALAI_NAMES = (
    "galai.load_model galai.HF_MAPPING galai.Model galai.ModelInfo galai.model.Model "
    "Model.generate Model.generate_reference Model.model Model.tokenizer Model.name Model.dtype "
    "Model.is_loaded Model.num_gpus Model.tensor_parallel Model.max_input_length Model._tokenize "
    "Model._set_tokenizer Model._load_checkpoint Model._parallelize "
    "galai.model.FinishedReferenceCriteria galai.utils.ModelInfo galai.utils.ModelInfoList "
    "ModelInfo.name num_layers num_heads head_size vocab_size max_positions "
    "ModelInfo.hidden_dimension ModelInfo.parameters disk_size weights_size memory_per_token "
    "ModelInfo.by_name ModelInfo.all galai.utils.escape_custom_split_sequence "
    "galai.utils.extract_references_from_text CUSTOM_SEQ_RE REFERENCE_RE SPLIT_MARKER "
    "galai.notebook_utils.display_markdown galai.notebook_utils.display_latex markdown2html "
    "clean_html ALLOWED_TAGS ALLOWED_ATTRIBUTES ALLOWED_CSS_PROPERTIES "
    "galai.parallel_policy.OPTDecoderLayerPolicyNoBias"
).split()
"""What galai 1.1.6 defines, as its sources have it."""


def exceptions() -> list[type[BaseException]]:
    found = [each for each in vars(errors).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, BaseException)]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


class _Links(HTMLParser):
    """Collects where a page links to, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value is not None}
        self.ids.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "link" and "href" in found and found.get("rel") != "canonical":
            self.loaded.append(found["href"])
        if "src" in found:
            self.loaded.append(found["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a link or anchor that leads nowhere fails."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "properdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def read(site: Path) -> dict[str, _Links]:
    """All pages of the site by their path, read."""
    found = {}
    for path in site.rglob("*.html"):
        found[str(path.relative_to(site))] = parser = _Links()
        parser.feed(path.read_text(encoding="utf-8"))
    assert len(found) > 20
    return found


def test_generated_pages_are_up_to_date() -> None:
    written = {
        str(path.relative_to(DOCS)): path.read_text(encoding="utf-8")
        for path in (DOCS / "reference").rglob("*.md")
    }
    assert written == pages(), "run python docs/generate.py (make docs), and commit"


def test_every_option_task_and_command_has_its_row() -> None:
    options = pages()["reference/options.md"]
    for option in OPTIONS.values():
        assert options.count(f"\n| `{option.flag}` |") == 1
    assert "\n| `--stop` | Stop before this text appears; may be given" in options
    commands = pages()["reference/commands.md"]
    assert "| `%galactica load NAME" in commands
    assert "usage: galai-jupyter serve" in pages()["reference/command-line.md"]


def test_every_public_name_is_in_the_api_reference(site: Path, read: dict[str, _Links]) -> None:
    api = [page for name, page in read.items() if name.startswith("reference/api/")]
    ids = set().union(*(page.ids for page in api))
    public = [getattr(galai_jupyter, name) for name in galai_jupyter.__all__ if name[0] != "_"]
    public += [getattr(bibliography, name) for name in bibliography.__all__]
    public += exceptions()
    for each in public:
        assert f"{each.__module__}.{each.__qualname__}" in ids
    assert "galai_jupyter.engines.decoding.decode.decode" in ids
    assert "galai_jupyter.engines.scripted.ScriptedEngine" in ids
    texts = [
        (site / name).read_text(encoding="utf-8") for name in read if name.startswith("reference/")
    ]
    for name in galai_jupyter.__all__[:-1]:
        heading = re.compile(rf"doc-symbol-heading[^>]*></code>\s*galai_jupyter\.{name}\b")
        assert any(heading.search(text) for text in texts), name
    assert not any(":func:" in text or ":class:" in text or "_option(" in text for text in texts)


def test_docstrings_become_markdown() -> None:
    text = "See :func:`score`, `x` and ``y``.\n\n::\n\n    a tree\n\n    └── b\n\nMore."
    assert as_markdown(text) == "See `score`, `x` and ``y``.\n\n\n    a tree\n\n    └── b\n\nMore."


def test_the_site_loads_nothing_from_elsewhere(read: dict[str, _Links]) -> None:
    for name, page in read.items():
        assert page.loaded
        for address in page.loaded:
            assert not urlsplit(address).netloc, f"{name} loads {address}"


def test_links_to_other_sites_are_well_formed(read: dict[str, _Links]) -> None:
    outside = {link for page in read.values() for link in page.links if urlsplit(link).scheme}
    assert outside
    for link in outside:
        parts = urlsplit(link)
        assert parts.scheme in ("https", "mailto"), link
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc), link
        assert not re.search(r"\s", link), link


def test_readme_links_to_files_that_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not urlsplit(link).scheme]
    assert "docs/index.md" in found
    for link in found:
        assert (ROOT / link.partition("#")[0]).exists(), link


# Examples


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("notebook") / "notebook.ipynb"
    write_notebook(path)
    reset_session()
    return path


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn(catalog.checkpoint_path(catalog.DEMO), names=("demo",)) as stand_in:
        yield stand_in


@pytest.fixture
def world(
    tmp_path: Path, shell: Any, notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """The files, models and variables that examples name; returns the shell's variables."""
    import pandas as pd

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GALAI_API_KEY", "")
    fill_hub_cache(tmp_path / "hub", monkeypatch)
    (tmp_path / "refs.bib").write_text(LIBRARY, encoding="utf-8")
    (tmp_path / "notebook.ipynb").write_bytes(notebook.read_bytes())
    variables: dict[str, Any] = shell.user_ns
    variables["frame"] = pd.DataFrame({"question": ["Is two a prime number?", "What is DNA?"]})
    return variables


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("page", [page for page in PAGES if cells(page)], ids=name_of)
def test_examples_run(
    page: Path, world: dict[str, Any], run: Callable[[str], Any], request: pytest.FixtureRequest
) -> None:
    """Each page is a notebook, run from its first block to its last."""
    ran = 0
    for block in cells(page):
        if block.needs:
            ast.parse(block.text)
            continue
        text = block.text
        if SERVER in text:
            text = text.replace(SERVER, request.getfixturevalue("server").url)
        for cell in as_cells(text):
            try:
                run(cell)
            except BaseException as error:
                # Whether there is something to continue is up to the model.
                if "continue" not in cell or "The last text is complete" not in str(error):
                    raise AssertionError(f"{name_of(page)}:\n{cell}\n{error}") from error
            ran += 1
    assert ran


def as_cells(text: str) -> list[str]:
    """Return a block as a cell; lines of magics as one each."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(re.match(r"%\w", line) for line in lines):
        return lines
    return [text]


def test_few_examples_cannot_run() -> None:
    found = [block for page in PAGES for block in blocks(page) if block.needs]
    assert len(found) <= MOST_THAT_CANNOT_RUN


def test_a_block_that_needs_more_says_so_to_its_reader(site: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('  ```python title="Needs a GPU"\n  load()\n  ```\n\n```text\nx\n```\n')
    assert list(blocks(page)) == [
        Block(page, "python", "load()\n", "Needs a GPU"),
        Block(page, "text", "x\n"),
    ]
    text = (site / "tasks" / "large-models.html").read_text(encoding="utf-8")
    assert '<span class="filename">Needs GPUs' in text


def test_docs_have_no_remarks_behind_magics() -> None:
    """They would be taken for the prompt, or for an argument."""
    for page in PAGES:
        for block in cells(page):
            assert not re.search(r"^%galactica .* {2,}# ", block.text, re.MULTILINE), block.text


# Commands


def command_lines() -> list[tuple[str, str]]:
    lines = [
        (name_of(page), line.removeprefix("$ "))
        for page in [*PAGES, ROOT / "CONTRIBUTING.md"]
        for block in blocks(page)
        if block.language == "console"
        for line in block.text.splitlines()
        if line.startswith("$ ")
    ]
    assert len(lines) > 15
    return lines


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_command_lines_parse(page: str, line: str) -> None:
    program, *words = shlex.split(line, comments=True)
    if program == "galai-jupyter":
        assert cli._parser().parse_args(words).run
    elif program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{words[0]}:", makefile, re.MULTILINE)
    elif program == "pip":
        check_requirement(words)
    else:
        assert program == "ray", f"{page}: what is {program}?"


def check_requirement(words: list[str]) -> None:
    assert words[0] == "install"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    match = re.fullmatch(r"galai-jupyter(?:\[([a-z,]+)\])?", words[1])
    assert match
    for extra in filter(None, (match[1] or "").split(",")):
        assert extra in project["optional-dependencies"]


def test_options_in_the_text_exist() -> None:
    known = {option.flag for option in OPTIONS.values()}
    known |= {option.flag.replace("--", "--no-", 1) for option in OPTIONS.values()}
    for page in pages().values():
        known.update(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page))
    outside = {"--head", "--address", "--block", "--ntasks", "--to", "--no-"}
    for page in PAGES:
        found = re.findall(r"(?<![\w-])--[a-z][a-z-]*", page.read_text(encoding="utf-8"))
        assert set(found) <= known | outside, name_of(page)


def test_inline_requirements_exist() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for requirement in re.findall(r"`pip install '([^']+)'`", text):
            check_requirement(["install", requirement])


def test_the_help_of_the_command_line_names_its_page() -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        cli.main(["--help"])
    page = (DOCS / "tasks" / "command-line.md").read_text(encoding="utf-8")
    for command in re.findall(r"^    ([a-z]+) ", out.getvalue(), re.MULTILINE):
        assert f"| `{command}` |" in page


# What pages claim


def test_every_name_of_galai_has_its_row() -> None:
    text = (DOCS / "migrating.md").read_text(encoding="utf-8")
    column = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    for name in GALAI_NAMES:
        assert any(re.search(rf"`\.?{re.escape(name)}`", cell) for cell in column), name


def said(tree: ast.AST) -> Iterator[str]:
    """Yield the texts of a module, with … for what is put into them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield "".join(map(str, parts))


def test_every_error_is_explained_by_what_it_says() -> None:
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    for each in exceptions():
        if each is not errors.GalacticaError:
            assert f"\n### {each.__name__}\n" in text
    sources = [
        sentence.replace("`", "")
        for path in Path(galai_jupyter.__file__).parent.rglob("*.py")
        for sentence in said(ast.parse(path.read_text(encoding="utf-8")))
    ]
    rows = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    assert len(rows) > 20
    for row in rows:
        pieces = [piece.strip(" .") for piece in row.split("…") if piece.strip(" .,;()")]
        for piece in pieces:
            assert any(piece in sentence for sentence in sources), row
