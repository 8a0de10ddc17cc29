"""What a notebook is given to show and to keep."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from galai_jupyter.errors import GalacticaError
from galai_jupyter.generation import (
    MIME_TYPE,
    GeneratedSequence,
    Generation,
    ModelDescription,
)
from galai_jupyter.options import GenerationOptions
from galai_jupyter.rendering import (
    generation_bundle,
    generations,
    streaming_bundle,
)
from galai_jupyter.rendering.front_ends import typesets_html
from galai_jupyter.scores import TokenScore

TOKENS = (TokenScore(5, " mc", -0.1), TokenScore(6, "^2", -2.0), TokenScore(7, "\\]", -0.01))
GENERATION = Generation(
    prompt="It is \\[E =",
    sequences=(GeneratedSequence(" mc^2\\] *so*", TOKENS, "max_new_tokens"),),
    options=GenerationOptions(top_p=0.7, seed=1),
    model=ModelDescription("mini"),
    seconds=0.5,
)
ALTERNATIVES = replace(
    GENERATION,
    sequences=(
        GENERATION.sequences[0],
        GeneratedSequence(" ma\\] [START_REF] N, I[END_REF]", TOKENS[:1], "end_of_document"),
    ),
)


def test_a_bundle_holds_every_form_and_no_latex() -> None:
    bundle = generation_bundle(GENERATION, html=True)
    assert list(bundle) == ["text/plain", "text/html", "text/markdown", MIME_TYPE]
    assert bundle["text/plain"] == "It is \\[E = mc^2\\] *so*"
    assert "\\[E = mc^2\\]</span> <em>so</em>" in bundle["text/html"]
    assert "$$E = mc^2$$" in bundle["text/markdown"]
    assert Generation.from_dict(json.loads(json.dumps(bundle[MIME_TYPE]))) == GENERATION


def test_the_footer_tells_what_was_done() -> None:
    bundle = generation_bundle(GENERATION, html=True)
    footer = bundle["text/html"].split("<footer")[1]
    assert (
        "mini · nucleus sampling (top_p=0.7, seed=1) · 3 tokens · 6.0 tokens/s · "
        "stopped at max_new_tokens: <code>%galactica continue</code> goes on</footer>"
    ) in footer
    assert "`%galactica continue` goes on" in bundle["text/markdown"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"finish_reason": "end_of_document"}, "end of document"),
        ({"finish_reason": "interrupted"}, "interrupted: the text so far is kept"),
        ({"finish_reason": "stop_string"}, "stop string <code>\\n\\nQ:</code>"),
        ({"finish_reason": "error"}, "error: out of &lt;memory&gt;"),
    ],
)
def test_the_footer_says_why_it_ended(changes: dict[str, str], words: str) -> None:
    generation = replace(
        GENERATION,
        sequences=(replace(GENERATION.sequences[0], **changes),),
        options=GenerationOptions(stop=("\n\nQ:",)),
        error="out of <memory>",
    )
    html = generation_bundle(generation, html=True)["text/html"]
    shown = html.replace("<span>\\</span>", "\\").replace("&#x27;", "'")
    assert words.replace("&#x27;", "'") in shown


def test_notices_are_shown() -> None:
    generation = replace(GENERATION, notices=("dropped 1 space", "cut 1,012 tokens"))
    bundle = generation_bundle(generation, html=True)
    for text in (bundle["text/html"], bundle["text/markdown"]):
        assert text.count("dropped 1 space") == 1
        assert text.count("cut 1,012 tokens") == 1


def test_alternatives_stand_side_by_side() -> None:
    bundle = generation_bundle(ALTERNATIVES, html=True)
    html = bundle["text/html"]
    assert html.count("display:inline-block;vertical-align:top") == 2
    assert "<strong>1 of 2</strong>" in html and "<strong>2 of 2</strong>" in html
    assert "\\[E = mc^2\\]" in html and "\\[E = ma\\]" in html and "<cite>" in html
    assert "end of document" in html and "stopped at max_new_tokens" in html
    assert bundle["text/plain"].count("It is \\[E =") == 2
    assert "**2 of 2**" in bundle["text/markdown"]


def test_special_tokens_are_shown_as_asked() -> None:
    html = generation_bundle(ALTERNATIVES, html=True, special_tokens="hide")["text/html"]
    assert "START_REF" not in html
    assert "[START_REF]" in generation_bundle(ALTERNATIVES, special_tokens="hide")["text/plain"]


def test_front_ends_that_typeset_only_markdown_get_no_html() -> None:
    assert "text/html" not in generation_bundle(GENERATION, html=False)
    assert list(streaming_bundle("a", "b", html=False)) == ["text/plain", "text/markdown"]


def test_vs_code_and_colab_are_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VSCODE_PID", "COLAB_RELEASE_TAG", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    assert typesets_html()
    monkeypatch.setenv("VSCODE_PID", "1")
    assert not typesets_html()
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    assert typesets_html()
    monkeypatch.setattr(sys.modules["__main__"], "__vsc_ipynb_file__", "a.ipynb", raising=False)
    assert not typesets_html()
    monkeypatch.undo()
    monkeypatch.setenv("COLAB_RELEASE_TAG", "1")
    assert not typesets_html()


@pytest.mark.parametrize("text", ["\\[ E = mc", "```py\n# x *y*", "[START_REF] A", "<work>a"])
def test_while_a_text_grows_what_is_open_is_text(text: str) -> None:
    html = streaming_bundle("Say: ", text, html=True)["text/html"]
    assert "galai-math" not in html and "<cite>" not in html and "<details" not in html
    assert "generating…" in html
    opening = text.split()[0].rstrip("py").replace("<", "&lt;").replace(">", "&gt;")
    assert opening.rstrip("a") in html.replace("<span>", "").replace("</span>", "")


def test_a_growing_text_never_shows_half_a_formula() -> None:
    text = "Let \\(x_1\\) be. \\[ \\frac{a}{b} \\] and $y$ so."
    whole = {"\\(x_1\\)", "\\[ \\frac{a}{b} \\]", "\\(y\\)"}
    for end in range(len(text)):
        html = streaming_bundle("", text[:end], html=True)["text/html"]
        for part in html.split('<span class="galai-math"')[1:]:
            assert part.split(">", 1)[1].split("</span>")[0] in whole


def test_a_streaming_bundle_is_small() -> None:
    text = "It is *shown* that \\(x_1 > 0\\) holds.[START_REF] A title, Name[END_REF]\n\n" * 100
    bundle = streaming_bundle("", text, html=True)
    assert sum(len(value.encode()) for value in bundle.values()) < 6 * len(text.encode())


def test_generations_are_read_back_from_a_saved_notebook(tmp_path: Path) -> None:
    outputs = [
        {"output_type": "stream", "text": "x"},
        {"output_type": "display_data", "data": generation_bundle(GENERATION)},
        {"output_type": "display_data", "data": {"text/plain": "x"}},
        {
            "output_type": "display_data",
            "data": {MIME_TYPE: json.dumps(ALTERNATIVES.to_dict())},
        },
    ]
    cells = [{"cell_type": "markdown"}, {"cell_type": "code", "outputs": outputs}]
    path = tmp_path / "saved.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": cells}), encoding="utf-8")
    assert generations(path) == [GENERATION, ALTERNATIVES]


@pytest.mark.parametrize("content", ["not JSON", "[]", "{}"])
def test_what_is_no_notebook_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(GalacticaError, match="is not a notebook"):
        generations(path)
