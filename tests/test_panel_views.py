"""What the panel makes of a generation: the equal cell and call, and its references."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import galai_jupyter as gal
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.flags import parse_flags
from galai_jupyter.generation import Generation
from galai_jupyter.options import GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.session import get_session
from galai_jupyter.widget_panel.cited import find_references, references_html
from galai_jupyter.widget_panel.code import as_cell, as_python, format_flags

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
]


def run_request(prompt: Prompt, options: GenerationOptions) -> Generation:
    get_session().use(ScriptedEngine(["text"]))
    return get_session().stream(prompt, options).drain()[0]


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


def test_references_are_escaped() -> None:
    html = references_html(
        generation_of("[START_REF]", " <img src=x onerror=alert(1)>, X[END_REF]")
    )
    assert "<img" not in html and "&lt;img" in html
