"""What the panel makes of a generation: the equal cell and call, and its references."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import galai_jupyter as gal
from galai_jupyter.citing import citing_options
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.flags import parse_flags
from galai_jupyter.generation import Generation
from galai_jupyter.options import DisplayOptions, GenerationOptions, RunOptions, build_options
from galai_jupyter.prompts import Prompt
from galai_jupyter.session import get_session
from galai_jupyter.widget_panel.cited import find_references, references_html
from galai_jupyter.widget_panel.code import Code, as_cell, as_python, codes_of, format_flags
from galai_jupyter.widget_panel.request import Request
from galai_jupyter.widget_panel.subject import side_by_side

REQUESTS = [
    (Prompt("Plain"), GenerationOptions()),
    (
        Prompt('Quotes " and \\(x^2\\)\n\nand {{braces}} ', new_doc=True),
        GenerationOptions(top_p=0.7, seed=4, num_return_sequences=2),
    ),
    (
        Prompt("What is 2 + 2?\n\nAnswer:"),
        GenerationOptions(stop=("\n\nQuestion:", 'a "b" \\n', "###"), max_new_tokens=9),
    ),
    (Prompt("-- load mini"), GenerationOptions(num_beams=4, diversity_penalty=0.5)),
    (
        Prompt("See [START_REF] Att"),
        GenerationOptions(library="refs.bib", constrain=True, penalty_alpha=0.6, top_k=4),
    ),
]

CITING: list[dict[str, Any]] = [
    {"suggestions": 5},
    {"suggestions": 1},
    {"suggestions": 3, "max_new_tokens": 30, "library": "refs.bib"},
    {"suggestions": 3, "diversity_penalty": 0.5},
    {"suggestions": 2, "num_beams": 4},
    {"suggestions": 2, "library": "refs.bib", "constrain": True},
    {"suggestions": 2, "top_p": 0.9, "seed": 3},
    {"penalty_alpha": 0.6, "top_k": 4},
    {"suggestions": 2, "stop": ("[END_REF]", ".")},
]
LIBRARY = "@misc{a, title={text}, author={Smith, A.}}\n@misc{b, title={Attention}, author={B, C}}\n"


class Obedient(ScriptedEngine):
    """Takes constraints for granted."""

    def steps(self, prompts: Any, options: Any, interrupted: Any, *constraint: Any) -> Any:
        return super().steps(prompts, options, interrupted)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "refs.bib").write_text(LIBRARY, encoding="utf-8")


def run_request(prompt: Prompt, options: GenerationOptions) -> Generation:
    get_session().use(Obedient(["text"]))
    return get_session().stream(prompt, options).drain()[0]


def cite(threshold: float | None = None, new_doc: bool = False, **given: Any) -> Generation:
    """Suggest references as the panel does."""
    get_session().use(Obedient([" text, Smith[END_REF]"]))
    values = citing_options({"stop": ("[END_REF]",), **given})
    request = Request(
        Prompt("See [START_REF]", new_doc),
        build_options(GenerationOptions, values),
        DisplayOptions(),
        citing=True,
        threshold=threshold,
    )
    return get_session().stream(request.prompt, request.options, request.complete).drain()[0]


def same(one: Generation, other: Generation) -> bool:
    return (one.prompt, one.new_doc, one.options) == (other.prompt, other.new_doc, other.options)


@pytest.mark.parametrize(("prompt", "options"), REQUESTS)
def test_the_cell_asks_for_the_same(
    prompt: Prompt, options: GenerationOptions, run: Callable[[str], Any]
) -> None:
    prompt = Prompt(prompt.text.rstrip(" "), prompt.new_doc)  # a cell drops spaces at its end
    generation = run_request(prompt, options)
    assert same(run(as_cell(generation)), generation)


@pytest.mark.parametrize(("prompt", "options"), REQUESTS)
def test_the_python_call_asks_for_the_same(prompt: Prompt, options: GenerationOptions) -> None:
    generation = run_request(prompt, options)
    exec(as_python(generation), {})
    assert same(get_session().history[-1], generation)


@pytest.mark.parametrize("options", CITING, ids=str)
@pytest.mark.parametrize(("threshold", "new_doc"), [(None, True), (-2.5, False)])
def test_what_cites_has_its_cell_and_its_call(
    options: dict[str, Any], threshold: float | None, new_doc: bool, run: Callable[[str], Any]
) -> None:
    generation = cite(threshold, new_doc, **options)
    assert generation.suggestions and generation.suggestions.threshold == threshold
    (code,) = codes_of(generation, get_session().history)
    assert code.cell.startswith("%%galactica --task cite")
    for ask in (lambda: run(code.cell), lambda: exec(code.python, {})):
        ask()
        again = get_session().history[-1]
        assert again is not generation and same(again, generation)
        assert again.suggestions == generation.suggestions


def test_the_usual_way_to_cite_is_a_short_call() -> None:
    code = as_python(cite(-3.0, suggestions=3))
    assert "suggest_references(" in code and "threshold=-3.0" in code
    assert as_cell(cite(-3.0, suggestions=3)).splitlines() == [
        "%%galactica --task cite --suggestions 3 --threshold -3.0",
        "See [START_REF]",
    ]


@pytest.mark.parametrize("prompt", [Prompt("See {{x}} "), Prompt("", new_doc=True)])
def test_what_was_scored_is_scored_by_cell_and_call(
    prompt: Prompt, run: Callable[[str], Any]
) -> None:
    get_session().use(Obedient(["text"]))
    prompt = Prompt(prompt.text.rstrip(), prompt.new_doc)
    generation = get_session().score(prompt, [" Yes", ' a "b"\n'])
    (code,) = codes_of(generation, get_session().history)
    for ask in (lambda: run(code.cell), lambda: exec(code.python, {})):
        ask()
        again = get_session().history[-1]
        assert again is not generation and same(again, generation)
        assert [each.text for each in again.sequences] == [" Yes", ' a "b"\n']


def test_decodings_of_one_prompt_are_compared_by_cell_and_call(run: Callable[[str], Any]) -> None:
    get_session().use(Obedient(["text"]))
    common = {"max_new_tokens": 9, "seed": 5, "stop": ("x",)}
    for options in (
        GenerationOptions(**common),
        GenerationOptions(**common, top_p=0.5, temperature=1.0),
        GenerationOptions(**common, num_beams=4, diversity_penalty=0.25),
    ):
        get_session().stream(Prompt("A prompt", new_doc=True), options).drain()
    before = list(get_session().history)
    subject = side_by_side(before, before)
    assert subject
    (code,) = codes_of(subject, before)
    assert "--compare greedy,nucleus:0.5,diverse:4:0.25" in code.cell
    for ask in (lambda: run(code.cell), lambda: exec(code.python, {})):
        ask()
        for one, other in zip(get_session().history[-3:], before, strict=True):
            options = replace(one.options, temperature=other.options.temperature)
            assert (one.prompt, one.new_doc, options) == ("A prompt", True, other.options)


def test_what_differs_in_more_than_its_decoding_has_a_cell_each() -> None:
    first = run_request(Prompt("A prompt"), GenerationOptions(top_p=0.5, seed=1))
    for prompt, options in (
        ("Another", GenerationOptions(top_p=0.5, seed=1)),
        ("A prompt", GenerationOptions(top_p=0.5, seed=2)),
        ("A prompt", GenerationOptions(max_new_tokens=9)),
        ("A prompt", GenerationOptions(top_p=0.5, seed=1, num_return_sequences=2)),
    ):
        subject = side_by_side([first, run_request(Prompt(prompt), options)], [])
        assert subject and len(codes_of(subject, [])) == 2


def test_a_replay_and_a_run_are_asked_for_by_their_number() -> None:
    first = run_request(Prompt("A prompt"), GenerationOptions())
    replay = get_session().replay(first)
    (code,) = codes_of(replay, get_session().history)
    assert code == Code(
        "%galactica replay 1", "import galai_jupyter as gal\n\ngal.get_session().replay(1)"
    )
    (code,) = codes_of(replay, [])
    assert code.cell == as_cell(first), "it is no longer in the history"
    run_code = codes_of(first, [first], RunOptions(block=2, time_limit=3.5))[-1]
    assert run_code.cell == "%galactica run 1 --block 2 --time-limit 3.5"
    assert "run(1, RunOptions(block=2, time_limit=3.5))" in run_code.python


def test_flags_are_read_back() -> None:
    values = {
        "top_p": 0.25,
        "stop": ("\n", '"', "a b", "\\n", "--"),
        "truncate": False,
        "raw": True,
    }
    line = format_flags(values)
    assert parse_flags(line, ("generation", "prompt")) == (values, "")


def generation_of(prompt: str, text: str, **options: Any) -> Generation:
    return (
        gal.Model(ScriptedEngine([text]))
        .stream(Prompt(prompt), GenerationOptions(max_new_tokens=200, **options))
        .drain()[0]
    )


def test_references_are_found_in_the_text() -> None:
    text = "x [START_REF] A, Smith[END_REF] y [START_REF] Longer title, Jones[END_REF]"
    found = find_references(generation_of("See", text))
    assert [str(each) for each in found] == ["A, Smith", "Longer title, Jones"]
    assert found[0].log_probability > found[1].log_probability


def test_a_reference_that_the_prompt_opened_is_found() -> None:
    (found,) = find_references(generation_of("See [START_REF] Att", "ention, Vaswani[END_REF]"))
    assert (found.title, found.author, found.complete) == ("Attention", "Vaswani", True)


def test_a_reference_that_is_not_closed_says_so() -> None:
    generation = generation_of("See [START_REF]", "Attention")
    assert "not complete" in references_html(generation)


def test_a_text_without_references_says_so() -> None:
    assert "No references" in references_html(generation_of("See", "nothing"))


def test_judged_references_are_shown_as_they_were_judged() -> None:
    generation = cite(library="refs.bib")
    html = references_html(generation)
    assert "refs.bib" not in html and ">a</td>" in html, "the key"
    assert "@misc{a," in html and "BibTeX" in html
    assert "No such paper" in references_html(cite(-1e-9))


def test_bibtex_does_not_need_the_library_any_longer() -> None:
    generation = cite(library="refs.bib")
    Path("refs.bib").unlink()
    assert "Smith" in references_html(generation)


def test_references_are_escaped() -> None:
    html = references_html(
        generation_of("[START_REF]", " <img src=x onerror=alert(1)>, X[END_REF]")
    )
    assert "<img" not in html and "&lt;img" in html
