"""One prompt under several decodings: what runs, what is kept, what is shown."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.error import UsageError
from markdown_it import MarkdownIt

from galai_jupyter import display
from galai_jupyter.comparison import COMPARISON_MIME_TYPE, Comparison
from galai_jupyter.comparison_display import ComparisonDisplay
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import EngineError, OptionError, PromptError
from galai_jupyter.options import DisplayOptions, GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.rendering import comparing_bundle, comparison_bundle, generations
from galai_jupyter.runner import Interrupted
from galai_jupyter.session import get_session

Run = Callable[[str], Any]
SAYS = ["one *text*", "two \\(x^2\\)", "three"]


def use(**changes: Any) -> ScriptedEngine:
    engine = ScriptedEngine(SAYS, **changes)
    get_session().use(engine)
    return engine


def interrupting(at: int) -> Callable[[int], None]:
    """Interrupt the second text, behind this many tokens."""
    begun = [0]

    def on_token(said: int) -> None:
        begun[0] += said == 0
        if begun[0] == 2 and said == at:
            os.kill(os.getpid(), signal.SIGINT)

    return on_token


def failing(which: int) -> Callable[[int], None]:
    """Fail in a text, counted from 1, behind three tokens."""
    begun = [0]

    def on_token(said: int) -> None:
        begun[0] += said == 0
        if begun[0] == which and said == 3:
            raise OSError("gone")

    return on_token


def test_each_decoding_continues_the_same_prompt() -> None:
    engine = use()
    comparison = get_session().compare(
        Prompt("Prompt ", new_doc=True), "greedy,beam:3,nucleus:0.9", GenerationOptions(stop=("Z",))
    )
    assert comparison.labels == ("greedy", "beam:3", "nucleus:0.9")
    assert [generation.text for generation in comparison.generations] == SAYS
    assert comparison.prompt == "Prompt " and comparison.skipped == ()
    assert comparison["beam:3"] is comparison.generations[1]
    assert [texts for texts, _ in engine.requests] == [["</s>Prompt "]] * 3
    options = [options for _, options in engine.requests]
    assert [each.strategy for each in options] == ["greedy", "beam search", "nucleus sampling"]
    assert all(each.stop == ("Z",) for each in options)
    assert comparison["nucleus:0.9"].options.seed is not None
    assert get_session().history == list(comparison.generations)


def test_a_model_compares_too() -> None:
    model = get_session().use(ScriptedEngine(SAYS))
    comparison = model.compare("Prompt", ["greedy", "top-k:4"], max_new_tokens=3, new_doc=True)
    assert [generation.text for generation in comparison.generations] == ["one", "two"]
    assert all(generation.new_doc for generation in comparison.generations)
    with pytest.raises(OptionError, match="max_new_tokens"):
        model.compare("Prompt", "greedy", max_new_token=3)


def test_the_record_survives_json() -> None:
    use()
    comparison = get_session().compare("Prompt", "greedy,beam:2")
    again = Comparison.from_dict(json.loads(json.dumps(comparison.to_dict())))
    texts = [generation.text for generation in comparison.generations]
    assert [generation.text for generation in again.generations] == texts
    assert Comparison.from_dict(again.to_dict()) == again  # numbers are rounded once
    with pytest.raises(ValueError, match="format 9"):
        Comparison.from_dict(comparison.to_dict() | {"format": 9})


def test_nothing_runs_if_the_request_cannot() -> None:
    engine = use()
    with pytest.raises(PromptError, match="empty"):
        get_session().compare("", "greedy,beam:2")
    with pytest.raises(OptionError, match="'greedy'"):
        get_session().compare("x", "beam:2,gredy")
    assert engine.requests == [] and get_session().history == []


def test_a_decoding_that_fails_leaves_the_others() -> None:
    use(on_token=failing(2))
    with pytest.raises(EngineError, match="gone"):
        get_session().compare("x", "greedy,beam:2,beam:3")
    texts = [(each.text, each.finish_reason) for each in get_session().history]
    assert texts == [
        ("one *text*", "end_of_document"),
        ("two", "error"),
        ("three", "end_of_document"),
    ]


def test_a_cell_compares_and_keeps_the_record(run: Run, shell: Any) -> None:
    use()
    result = run("%%galactica answer << --compare greedy,beam:3 --max-new-tokens 5\nPrompt ")
    assert isinstance(result, Comparison)
    assert shell.user_ns["answer"] is shell.user_ns["_"] is result
    assert [generation.text for generation in result.generations] == ["one *", "two \\"]


def test_the_strategy_of_a_task_gives_way(run: Run) -> None:
    engine = use()
    run("%galactica --task molecule --compare greedy,nucleus:0.9")
    assert [options.top_p for _, options in engine.requests] == [None, 0.9]
    assert {options.max_new_tokens for _, options in engine.requests} == {200}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--compare greddy", "'greedy'"),
        ("--compare greedy --top-p 0.9", "drop --top-p"),
        ("--compare greedy --num-return-sequences 2", "drop --num-return-sequences"),
        ("--compare", "needs a value"),
        ("--compare ''", "for example greedy,beam:5"),
    ],
)
def test_mistakes_in_a_cell_are_one_sentence(run: Run, flags: str, message: str) -> None:
    engine = use()
    with pytest.raises(UsageError, match=message) as caught:
        run(f"%%galactica {flags}\nPrompt")
    assert "\n" not in str(caught.value)
    assert engine.requests == []


def test_an_interrupt_keeps_what_was_finished(run: Run, shell: Any, capsys: Any) -> None:
    use(on_token=interrupting(3))
    with pytest.raises(Interrupted, match="texts so far are kept"):
        run("%%galactica answer << --compare greedy,beam:2,contrastive\nx")
    kept = shell.user_ns["answer"]
    assert kept is shell.user_ns["_"]
    assert kept.labels == ("greedy", "beam:2") and kept.skipped == ("contrastive",)
    assert [each.finish_reason for each in kept.generations] == ["end_of_document", "interrupted"]
    assert kept["beam:2"].text == "two "
    assert "Not run: contrastive" in capsys.readouterr().out


def test_a_failure_in_a_cell_keeps_all(run: Run, shell: Any, capsys: Any) -> None:
    use(on_token=failing(1))
    with pytest.raises(UsageError, match="gone"):
        run("%%galactica answer << --compare greedy,beam:2\nx")
    assert [each.text for each in shell.user_ns["answer"].generations] == ["one", SAYS[1]]
    assert "error: gone" in capsys.readouterr().out


def compared(decodings: str = "greedy,nucleus:0.9", prompt: str = "Prompt ") -> Comparison:
    use()
    return get_session().compare(prompt, decodings, GenerationOptions(seed=5))


def test_a_bundle_shows_the_texts_and_their_figures() -> None:
    comparison = compared()
    bundle = comparison_bundle(comparison, html=True)
    assert list(bundle) == ["text/plain", "text/html", "text/markdown", COMPARISON_MIME_TYPE]
    plain, html, markdown = list(bundle.values())[:3]
    assert html.count("display:inline-block;vertical-align:top") == 2  # they stack if narrow
    assert "one <em>text</em>" in html and "\\(x^2\\)" in html
    assert "nucleus sampling (top_p=0.9, seed=5)" in html
    for text in (html, markdown, plain):
        assert "-0.693" in text  # each token of the scripted engine is as likely as not
        assert "scripted" in text
    assert MarkdownIt("commonmark").enable("table").render(markdown).count("<tr>") == 3
    assert plain.startswith("--- greedy: greedy (seed=5) · end of document ---\nPrompt one")
    assert bundle[COMPARISON_MIME_TYPE] == comparison.to_dict()


def test_labels_and_texts_cannot_become_markup() -> None:
    attack = "<img src=x onerror=alert(1)>"
    get_session().use(ScriptedEngine([attack]))
    comparison = get_session().compare(attack, "greedy")
    bundle = comparison_bundle(Comparison((attack,), comparison.generations, (attack,)), html=True)
    assert "<img" not in bundle["text/html"]
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table")
    assert "<img" not in rendered.render(bundle["text/markdown"])


def test_generations_of_a_comparison_are_found_in_a_notebook(tmp_path: Path) -> None:
    comparison = compared()
    outputs = [{"output_type": "display_data", "data": comparison_bundle(comparison)}]
    cells = [
        {"cell_type": "code", "execution_count": 1, "outputs": []},
        {"cell_type": "code", "execution_count": 4, "outputs": outputs},
    ]
    path = tmp_path / "saved.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": cells}), encoding="utf-8")
    found = generations(path)
    assert found == generations(path, cell=4)
    assert [each.text for each in found] == ["one *text*", "two \\(x^2\\)"]
    assert [each.options.strategy for each in found] == ["greedy", "nucleus sampling"]
    assert generations(path, cell=1) == []


def test_what_is_under_way_is_shown_as_such() -> None:
    first = compared("greedy").generations
    labels = ("greedy", "beam:2", "contrastive")
    html = comparing_bundle("Prompt ", labels, first, "tw \\(", html=True)["text/html"]
    assert "one <em>text</em>" in html and "generating…" in html and "waiting…" in html
    assert "galai-math" not in html  # an open formula is text
    markdown = comparing_bundle("Prompt ", labels, first, "tw", html=False)
    assert list(markdown) == ["text/plain", "text/markdown"]
    done = comparing_bundle("Prompt ", ("greedy",), first, "", html=True)
    assert "generating…" not in done["text/html"]


def test_texts_of_several_requests_stand_side_by_side() -> None:
    get_session().use(ScriptedEngine(["one", "two"]))
    options = GenerationOptions(temperature=1.0, num_return_sequences=2, seed=1)
    generations_ = (
        get_session().generate("First: ", GenerationOptions(max_new_tokens=20)),
        get_session().generate("Second: ", options),
    )
    other = replace(generations_[1], model=replace(generations_[1].model, name="another"))
    comparison = Comparison(("1", "2"), (generations_[0], other))
    assert comparison.prompt == ""
    bundle = comparison_bundle(comparison, html=True)
    for kind in ("text/plain", "text/html", "text/markdown"):
        text = bundle[kind]
        assert text.index("First:") < text.index("one") < text.index("Second:"), kind
    assert "max_new_tokens=20) · end" in bundle["text/plain"], "only one has it"
    assert "another · sampling (temperature=1.0" in bundle["text/plain"]
    assert "the first of 2 · end of document" in bundle["text/plain"]
    assert bundle["text/plain"].count("scripted") == 1, "not below, as what they share"


def test_columns_fill_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(display, "time", SimpleNamespace(perf_counter=lambda: moment[0]))
    sent: list[tuple[dict[str, Any], bool]] = []
    monkeypatch.setattr(
        display, "publish", lambda bundle, name, *, update=False: sent.append((bundle, update))
    )
    from galai_jupyter.comparing import ComparisonStream
    from galai_jupyter.strategies import parse_decodings

    use()
    decodings = parse_decodings("greedy,beam:2")
    notebook: Any = SimpleNamespace(kernel=object())
    shown = ComparisonDisplay(notebook, "x", [each.label for each in decodings], DisplayOptions())
    stream = ComparisonStream(get_session().stream, Prompt("x"), decodings)
    for event in stream:
        moment[0] += 1
        shown.take(event)
    shown.finish(stream.comparison)
    assert [update for _, update in sent] == [False] + [True] * (len(sent) - 1)
    states = [bundle["text/plain"] for bundle, _ in sent[:-1]]
    assert "beam:2: waiting…" in states[0]
    assert any("end of document" in text and "beam:2: generating…" in text for text in states)
    assert COMPARISON_MIME_TYPE in sent[-1][0]
