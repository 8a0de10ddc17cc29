"""Suggested references: ranked, judged, kept in the record, shown as a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from galai_jupyter.confidence import CAUTIOUS
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import OptionError
from galai_jupyter.generation import (
    MIME_TYPE,
    GeneratedSequence,
    Generation,
    ModelDescription,
    Reference,
    Suggestions,
)
from galai_jupyter.model import Model
from galai_jupyter.rendering import generation_bundle
from galai_jupyter.scores import TokenScore
from galai_jupyter.session import get_session
from galai_jupyter.suggestions import judge, with_suggestions


def sequence(text: str, *scores: float) -> GeneratedSequence:
    tokens = tuple(TokenScore(9, "x", score) for score in scores)
    return GeneratedSequence(text, tokens, "stop_string")


GENERATION = Generation(
    prompt="The Transformer [START_REF]",
    sequences=(
        sequence(" Deep $x_1$ | <b>nets</b>, Doe[END_REF]", -0.5, -2.5),
        sequence(" Attention, Vaswani[END_REF]", -0.01, -0.02),
        sequence(" attention, VASWANI[END_REF]", -4.0, -4.0),
        sequence(" Half a tit", -0.001),
        sequence("[END_REF]", -0.3),
    ),
    model=ModelDescription("nobody calibrated this"),
)


def suggestions(threshold: float | None = None, prompt: str = "") -> Suggestions:
    generation = replace(GENERATION, prompt=prompt) if prompt else GENERATION
    found = with_suggestions(generation, threshold).suggestions
    assert found
    return found


def test_suggestions_are_ranked_distinct_and_judged() -> None:
    found = suggestions().references
    titles = [each.title for each in found]
    assert titles == ["Attention", "Deep $x_1$ | <b>nets</b>", "Half a tit"]
    assert [each.label for each in found] == ["likely", "probably invented", ""]
    assert found[0].confidence == pytest.approx(CAUTIOUS.probability(-0.015, -0.02))
    assert found[2].confidence is None


def test_a_calibrated_model_is_said_to_be_one() -> None:
    assert not suggestions().calibrated
    known = replace(GENERATION, model=ModelDescription("demo"))
    assert with_suggestions(known).suggestions.calibrated  # type: ignore[union-attr]


def test_a_threshold_accepts_complete_references_only_and_loses_nothing() -> None:
    found = suggestions(threshold=-1)
    assert [each.title for each in found.accepted] == ["Attention"]
    assert len(found.references) == 3
    assert suggestions(threshold=-0.001).accepted == ()


@pytest.mark.parametrize(
    ("prompt", "notice"),
    [
        ("See [START_REF] A, B[END_REF] [START_REF]", "ends in a reference already"),
        ("See [START_REF] Attention is", "begins the reference"),
        ("See [START_REF] A, B[END_REF] and then [START_REF]", None),
        ("See [START_REF]", None),
    ],
)
def test_the_end_of_the_prompt_is_explained(prompt: str, notice: str | None) -> None:
    notices = with_suggestions(replace(GENERATION, prompt=prompt)).notices
    assert len(notices) == (notice is not None)
    assert notice is None or notice in notices[0]


def test_a_reference_that_is_not_complete_has_no_confidence() -> None:
    reference = Reference("A", "B", -0.1, -0.1, -0.1, complete=False)
    assert judge(reference, CAUTIOUS) == reference


def test_records_keep_suggestions_and_scores() -> None:
    generation = with_suggestions(GENERATION, -5)
    record = json.loads(json.dumps(generation.to_dict()))
    assert Generation.from_dict(record) == generation
    first = record["suggestions"]["references"][0]
    assert (first["title"], first["author"], first["label"]) == ("Attention", "Vaswani", "likely")
    assert first["log_probability"] == pytest.approx(-0.03)
    assert record["sequences"][0]["scores"] == {
        "sum": -3.0,
        "mean": -1.5,
        "minimum": -2.5,
        "perplexity": pytest.approx(4.4817),
    }
    assert "suggestions" not in GENERATION.to_dict()


def test_a_bundle_shows_a_static_table_with_bars() -> None:
    bundle = generation_bundle(with_suggestions(GENERATION), html=True)
    assert list(bundle) == ["text/plain", "text/html", "text/latex", "text/markdown", MIME_TYPE]
    html = bundle["text/html"]
    assert html.count("<tr>") == 4 and html.index("Vaswani") < html.index("Doe")
    assert "█████████░ likely, 87 %" in html and "not finished" in html
    assert "\\(x_1\\)" in html and "<b>" not in html and "&lt;b&gt;nets" in html
    assert "<style" not in html and 'class="galai-text"' in html
    assert "3 of 5 suggestions are distinct." in html and "not calibrated" in html


def test_the_table_in_markdown_latex_and_plain_text() -> None:
    bundle = generation_bundle(with_suggestions(GENERATION), html=True)
    markdown, latex, plain = (bundle[f"text/{kind}"] for kind in ("markdown", "latex", "plain"))
    row = "| 1 | Attention | Vaswani | █████████░ likely, 87 % | -0.03 | -0.01 | -0.02 |"
    assert row in markdown.replace("\\-", "-")
    assert "$x_1$ \\|" in markdown and "<b>" not in markdown
    assert r"\begin{tabular}{p{" in latex and r"\rule{2.61em}{1.2ex} likely, 87 \%" in latex
    assert r"\(x_1\) \textbar{} \textless{}b\textgreater{}" in latex
    lines = [line.split() for line in plain.splitlines()]
    assert ["1", "Attention", "Vaswani", "█████████░", "likely,", "87", "%"] in [
        line[:7] for line in lines
    ]


def test_front_ends_that_would_show_latex_as_it_is_get_none() -> None:
    assert "text/latex" not in generation_bundle(with_suggestions(GENERATION), html=False)


@pytest.mark.parametrize(
    ("threshold", "generation", "words"),
    [
        (-0.001, GENERATION, "has a log-probability of -0.03, below the threshold of -0.001"),
        (None, replace(GENERATION, sequences=GENERATION.sequences[4:]), "finished no reference"),
    ],
)
def test_where_there_is_none_it_says_no_such_paper(
    threshold: float | None, generation: Generation, words: str
) -> None:
    bundle = generation_bundle(with_suggestions(generation, threshold), html=True)
    for kind in ("plain", "html", "latex", "markdown"):
        shown = bundle[f"text/{kind}"]
        assert "No such paper" in shown and words in shown.replace("\\_", "_")
        assert "Vaswani" not in shown


@pytest.mark.parametrize(
    ("reason", "error", "words"),
    [
        ("interrupted", "", "stopped before a reference was finished"),
        ("error", "A fuse blew.", "A fuse blew."),
    ],
)
def test_a_search_that_was_cut_short_says_nothing_about_papers(
    reason: Any, error: str, words: str
) -> None:
    empty = GeneratedSequence("", (), reason)
    generation = replace(GENERATION, sequences=(empty,), error=error)
    bundle = generation_bundle(with_suggestions(generation), html=True)
    for kind in ("plain", "html", "latex", "markdown"):
        shown = bundle[f"text/{kind}"].replace("\\.", ".")
        assert "No answer" in shown and words in shown and "No such paper" not in shown


def test_the_model_judges_and_the_history_keeps_what_it_suggests() -> None:
    model = get_session().use(ScriptedEngine([" B, Name[END_REF]"]))
    found = model.suggest_references("The paper", suggestions=2)
    assert [each.label for each in found] == ["probably invented"]
    kept = get_session().history[-1].suggestions
    assert kept and list(kept.references) == found


def test_a_threshold_above_certainty_is_refused() -> None:
    with pytest.raises(OptionError, match="threshold must be at most 0"):
        Model(ScriptedEngine(["x"])).suggest_references("x", threshold=0.5)


def test_keys_of_a_library_are_a_column_of_the_table(
    run: Callable[[str], Any], tmp_path: Path
) -> None:
    library = tmp_path / "refs.bib"
    entry = "@article{known2001,\n  title = {A Known Paper},\n  author = {Known, Ann},\n}\n"
    library.write_text(entry, encoding="utf-8")
    get_session().use(ScriptedEngine([" A Known Paper, Known[END_REF]"]))
    cited = run(f"%galactica cite --library {library} --suggestions 1 The known paper")
    assert cited.suggestions.references[0].key == "known2001"
    assert cited.suggestions.references[0].label == "unlikely"  # it exists, at least
    assert cited.notices == ()  # the table says it
    html = str(generation_bundle(cited)["text/html"])
    assert "known2001" in html and ">key<" in html
