"""What a reader sees: every rendering case in Chromium, under MathJax 2.7 and MathJax 3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from galai_jupyter.rendering import to_html, to_markdown
from galai_jupyter.rendering.html_writer import HtmlWriter
from galai_jupyter.rendering.segments import Formula
from galai_jupyter.rendering.tex import prepare
from tests.browser_formulas import every_command, random_formulas
from tests.browser_tools import MATHJAX_VERSIONS, chromium, read_sections, typeset

OWN = Path(__file__).parent / "data" / "render_cases.json"
ATTACKS = Path(__file__).parent / "data" / "attacks.json"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "render-cases" / "cases.json"


def load_cases() -> dict[str, dict[str, Any]]:
    """Return the cases by id: our own, and the reference cases where they are there."""
    cases = {}
    for path in (OWN, SHARED):
        if path.is_file():
            for case in json.loads(path.read_text(encoding="utf-8")):
                cases[f"{path.parent.name}/{case['id']}"] = case
    return cases


CASES = load_cases()


def page_of(cases: dict[str, dict[str, Any]]) -> str:
    sections = []
    for name, case in cases.items():
        selectors = json.dumps(list(case["expect"].get("selector_counts", {})))
        html = to_html(case["text"], prompt=case.get("prompt", ""))
        sections.append(
            f'<section data-case="{escape(name)}" data-selectors="{escape(selectors)}" '
            f'style="width:700px">{html}</section>'
        )
    return "\n".join(sections)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", params=sorted(MATHJAX_VERSIONS))
def seen(request: pytest.FixtureRequest, browser: Any) -> dict[str, Any]:
    """What the page shows, all cases at once."""
    with typeset(browser, request.param, page_of(CASES)) as page:
        found = read_sections(page)
        return {**found, "requests": page.requests_elsewhere, "dialogs": page.dialogs}


@pytest.mark.parametrize("name", CASES)
def test_the_reader_sees_what_was_meant(seen: dict[str, Any], name: str) -> None:
    expected, found = CASES[name]["expect"], seen["results"][name]
    assert found["errors"] == []
    if "math" in expected:
        assert found["math"] == [
            {**formula, "tex": " ".join(formula["tex"].split())} for formula in expected["math"]
        ]
    for text in expected.get("visible", ()):
        assert text in found["text"]
    for text in expected.get("not_visible", ()):
        assert text not in found["text"]
    assert found["counts"] == expected.get("selector_counts", {})
    if expected.get("no_overflow"):
        assert not found["overflow"]


def test_no_script_runs_and_nothing_is_fetched(seen: dict[str, Any]) -> None:
    assert seen["xss"] is None
    assert seen["dialogs"] == []
    assert seen["requests"] == []


BROKEN = (r"\(\frac{a}\)", r"\(x^2^3\)", r"\(\undefinedcommand\)", r"\[\left( x\]")


@pytest.mark.parametrize("name", sorted(MATHJAX_VERSIONS))
def test_the_check_itself_sees_errors_and_scripts(browser: Any, name: str) -> None:
    body = "".join(
        f'<section data-case="{index}" data-selectors="[]">{tex}</section>'
        for index, tex in enumerate(BROKEN)
    )
    script = "<script>window.__xss = 1; fetch('http://example.invalid/pixel')</script>"
    with typeset(browser, name, body + script) as page:
        found = read_sections(page)
        assert all(section["errors"] for section in found["results"].values())
        assert found["xss"] == 1
        assert page.requests_elsewhere == ["http://example.invalid/pixel"]


AROUND = ("{}", "a {} b", "| {} |\n|---|\n", "[START_REF] {}[END_REF]", "<work>{}</work>",
          "\\({}\\)", "$${}$$", "\\[\\text{{{}}}\\]", "```{}\ncode\n```")  # fmt: skip


@pytest.mark.parametrize("name", sorted(MATHJAX_VERSIONS))
def test_attacks_come_to_nothing(browser: Any, name: str) -> None:
    attacks = json.loads(ATTACKS.read_text(encoding="utf-8"))
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    parts = []
    for attack in attacks:
        for around in AROUND:
            text = around.format(attack)
            parts += [to_html(text), markdown.render(to_markdown(text))]
    with typeset(browser, name, "\n".join(f"<div>{part}</div>" for part in parts)) as page:
        assert page.evaluate("window.__xss") is None
        assert page.dialogs == [] and page.requests_elsewhere == []
        for selector in ("[onerror]", "[onload]", "[href^='javascript']", "img", "iframe", "form"):
            assert page.locator(f"div {selector}").count() == 0, selector


@pytest.mark.parametrize("name", sorted(MATHJAX_VERSIONS))
def test_what_is_typeset_makes_no_error(browser: Any, name: str) -> None:
    formulas = every_command() + random_formulas(seed=1, count=400)
    writer = HtmlWriter()
    sections = []
    for index, (tex, display) in enumerate(formulas):
        assert prepare(tex, display=display) is not None, tex
        html = writer.formula(Formula(tex, tex, display))
        sections.append(
            f'<section data-case="{index}" data-selectors="[]" style="width:700px">{html}</section>'
        )
    with typeset(browser, name, "\n".join(sections)) as page:
        found = read_sections(page)["results"]
    for index, (tex, _) in enumerate(formulas):
        section = found[str(index)]
        assert section["errors"] == [], tex
        assert len(section["math"]) == 1, tex
        assert not section["overflow"], tex
