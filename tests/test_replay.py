"""Recorded generations that are run again: the same text, or what differs and why."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import UsageError

from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import OptionError
from galai_jupyter.generation import MIME_TYPE, GeneratedSequence, Generation, ModelDescription
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.rendering import generation_bundle, replay_bundle
from galai_jupyter.replay import Replay
from galai_jupyter.runner import Interrupted
from galai_jupyter.scores import TokenScore
from galai_jupyter.session import get_session

Run = Callable[[str], Any]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"top_p": 0.9},
        {"temperature": 1.5, "num_return_sequences": 3},
        {"top_k": 40, "stop": ("e",)},
        {"num_beams": 3, "num_return_sequences": 2},
        {"num_beams": 4, "diversity_penalty": 0.5},
        {"penalty_alpha": 0.6, "top_k": 4},
    ],
    ids=str,
)
def test_every_strategy_replays_exactly(checkpoint: Path, options: dict[str, Any]) -> None:
    session = get_session()
    session.load(str(checkpoint), LoadOptions(device="cpu"))
    recorded = session.stream(
        Prompt("The Transformer", new_doc=True), GenerationOptions(max_new_tokens=20, **options)
    ).drain()[0]
    session.generate("something else", GenerationOptions(max_new_tokens=5, temperature=2.0))
    again = Generation.from_dict(json.loads(json.dumps(recorded.to_dict())))
    replay = session.replay(again)
    assert replay.identical and replay.changes == ""
    assert replay.repeated.sequences[0].tokens[0].id == recorded.tokens[0].id
    assert "identical" in replay.summary
    assert session.history[-1] is replay.repeated


def test_another_seed_is_another_text(checkpoint: Path) -> None:
    session = get_session()
    session.load(str(checkpoint), LoadOptions(device="cpu"))
    recorded = session.generate("The", GenerationOptions(temperature=3.0, seed=1))
    assert not session.replay(
        replace(recorded, options=GenerationOptions(temperature=3.0, seed=2))
    ).identical


def test_the_last_one_or_one_of_the_history_is_run_again() -> None:
    session = get_session()
    session.use(ScriptedEngine(lambda prompt: prompt.upper()))
    with pytest.raises(OptionError, match="nothing to replay"):
        session.replay()
    session.generate("one")
    session.generate("two")
    assert session.replay().recorded.prompt == "two"
    assert session.replay(1).repeated.text == "ONE"
    for number in (0, -1, 9):
        with pytest.raises(OptionError, match="texts 1 to 4"):
            session.replay(number)


HALF = -0.6931


def make(
    text: str = "a b",
    *,
    reason: Any = "end_of_document",
    versions: dict[str, str] | None = None,
    options: GenerationOptions | None = None,
    **model: Any,
) -> Generation:
    description = {
        "name": "mini", "engine": "local", "dtype": "float32", "device": "cpu", "fingerprint": "f1",
    }  # fmt: skip
    tokens = tuple(TokenScore(ord(letter), letter, HALF) for letter in text)
    return Generation(
        "x",
        (GeneratedSequence(text, tokens, reason),),
        options or GenerationOptions(),
        ModelDescription(**(description | model)),
        versions=versions or {"torch": "2.13.0"},
    )


def test_it_says_where_texts_part() -> None:
    replay = Replay(make("a b"), make("a cd"))
    assert replay.summary == (
        "The replay differs from token 3 on: 'b' (50.0 %) is recorded, 'c' (50.0 %) comes now."
    )
    assert "the end comes now" in Replay(make("ab"), make("a")).summary
    assert repr(replay).startswith("<Replay: The replay differs")


def test_of_several_texts_it_says_which() -> None:
    first, second = make("a").sequences[0], make("b").sequences[0]
    recorded = replace(make(), sequences=(first, second))
    assert "all texts are identical" in Replay(recorded, recorded).summary
    replay = Replay(recorded, replace(recorded, sequences=(first, first)))
    assert replay.summary.startswith("The replay differs in text 2 from token 1 on")


@pytest.mark.parametrize("reason", ["interrupted", "error"])
def test_texts_that_were_cut_short_agree_as_far_as_they_go(reason: str) -> None:
    cut, whole = make("a b", reason=reason), make("a b c")
    for replay in (Replay(cut, whole), Replay(whole, cut)):
        assert replay.identical
        assert "as far as both go" in replay.summary and "3 tokens" in replay.summary
    assert not Replay(cut, make("a c")).identical
    assert not Replay(make("a b"), whole).identical


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (make(), make(), ""),
        (make(), make(name="copy"), ""),  # the same files under another name
        (make(device="cuda:0"), make(device="cuda:1"), ""),
        (
            make(name="demo", dtype="bfloat16"),
            make(fingerprint="f2"),
            "It was recorded with demo, bfloat16 and is replayed with mini, float32; "
            "`%galactica load demo --dtype bfloat16` loads the recorded model.",
        ),
        (
            make(revision="0123456789"),
            make(revision="abcdef0123", fingerprint="f2"),
            "It was recorded with mini (01234567) and is replayed with mini (abcdef01); "
            "`%galactica load mini --revision 0123456789 --dtype float32` loads the recorded "
            "model.",
        ),
        (
            make(device="cuda:0"),
            make(),
            "It was recorded with cuda and is replayed with cpu; `%galactica load mini --dtype "
            "float32 --device cuda` loads the recorded model.",
        ),
        (
            make(name="my model"),
            make(name="my model", fingerprint="f2"),
            "It was recorded with my model (f1) and is replayed with other files of the same "
            "name (f2); its files have been replaced since.",
        ),
        (
            make(name="demo", versions={"galai-jupyter": "0.1.0"}),
            make(name="demo", fingerprint="f2", versions={"galai-jupyter": "0.2.0"}),
            "It was recorded with demo (f1), galai-jupyter 0.1.0 and is replayed with other files "
            "of the same name (f2), galai-jupyter 0.2.0; `%pip install galai-jupyter==0.1.0` and "
            "a new kernel bring that model back.",
        ),
        (
            make(versions={"torch": "2.12.0+cpu", "tokenizers": "unknown"}),
            make(versions={"torch": "2.13.0+cpu", "tokenizers": "0.23.3"}),
            "It was recorded with torch 2.12.0+cpu and is replayed with torch 2.13.0+cpu; "
            "`%pip install torch==2.12.0` and a new kernel bring that back.",
        ),
        (
            make(name="far", engine="remote", dtype="", fingerprint=""),
            make(),
            "It was recorded with far, remote and is replayed with mini, local.",
        ),
        (
            make(options=GenerationOptions(top_p=0.9)),
            make(),
            "The record has no seed, so what was drawn cannot be repeated.",
        ),
    ],
)
def test_it_says_what_has_changed_and_what_brings_it_back(
    then: Generation, now: Generation, said: str
) -> None:
    assert Replay(then, now).changes == said


def test_the_command_that_it_names_loads_the_recorded_model(run: Run, checkpoint: Path) -> None:
    run(f"%galactica load '{checkpoint}' --dtype float32")
    recorded = run("%galactica --top-p 0.9 --max-new-tokens 20 The Transformer")
    get_session().use(ScriptedEngine(["another"]))
    command = get_session().replay(recorded).changes.split("`")[1]
    run(command)
    replay = get_session().replay(recorded)
    assert replay.identical and replay.changes == ""


def test_a_text_that_agrees_is_one_line() -> None:
    bundle = replay_bundle(Replay(make(), make()), html=True)
    assert list(bundle) == ["text/plain", "text/html", "text/markdown"]
    assert bundle["text/plain"] == "The replay agrees: the text is identical (3 tokens)."
    assert "<ins" not in bundle["text/html"] and "```" not in bundle["text/markdown"]


def test_a_text_that_differs_is_shown_with_its_differences() -> None:
    recorded = make("It is a long text about one thing.\nAnd so on.")
    repeated = make("It is a long text about another thing.\nAnd so on.", dtype="float16")
    bundle = replay_bundle(Replay(recorded, repeated), html=True)
    html = bundle["text/html"]
    assert ">one</del>" in html and ">another</ins>" in html
    assert "<code>%galactica load mini --dtype float32</code>" in html
    diff = "  It is a long text about \n- one\n+ another\n   thing.\n  And so on."
    assert bundle["text/plain"].endswith(diff)
    assert f"```diff\n{diff}\n```" in bundle["text/markdown"]
    assert Generation.from_dict(bundle[MIME_TYPE]) == repeated
    assert "text/html" not in replay_bundle(Replay(recorded, repeated), html=False)


def test_texts_cannot_become_markup() -> None:
    attack = "<img src=x onerror=alert(1)> `\n```\n<script>alert(1)</script>\\(x\\)"
    bundle = replay_bundle(Replay(make(attack, name=attack), make("b" + attack)), html=True)
    assert "<img" not in bundle["text/html"] and "<script" not in bundle["text/html"]
    assert "mathjax_ignore" in bundle["text/html"]
    assert "````diff" in bundle["text/markdown"]


def test_a_cell_replays_and_says_so(run: Run, shell: Any, capsys: Any) -> None:
    get_session().use(ScriptedEngine(["the same", "the same", "another"]))
    run("%galactica Prompt")
    capsys.readouterr()
    result = run("%galactica replay")
    assert isinstance(result, Replay) and shell.user_ns["_"] is result
    assert "The replay agrees: the text is identical" in capsys.readouterr().out
    assert not run("%galactica replay 1").identical
    out = capsys.readouterr().out
    assert "The replay differs from token 1 on" in out and "- the same" in out


def test_an_interrupted_replay_compares_what_there_is(run: Run, shell: Any, capsys: Any) -> None:
    session = get_session()
    session.use(ScriptedEngine(["a long text"]))
    run("%galactica Prompt")
    session.use(
        ScriptedEngine(
            ["a long text"], on_token=lambda said: said == 4 and os.kill(os.getpid(), signal.SIGINT)
        )
    )
    with pytest.raises(Interrupted, match="as far as they go"):
        run("%galactica replay")
    assert shell.user_ns["_"].identical
    assert "as far as both go" in capsys.readouterr().out


def save(path: Path, *generations: Generation) -> Path:
    cells = [
        {
            "cell_type": "code",
            "execution_count": 10 * number,
            "outputs": [{"output_type": "display_data", "data": generation_bundle(generation)}],
        }
        for number, generation in enumerate(generations, 1)
    ]
    path.write_text(json.dumps({"nbformat": 4, "cells": cells}), encoding="utf-8")
    return path


def test_a_notebook_is_replayed_from_its_records(run: Run, tmp_path: Path, capsys: Any) -> None:
    session = get_session()
    session.use(ScriptedEngine(lambda prompt: prompt.upper()))
    texts = [session.generate(prompt) for prompt in ("one", "two", "three")]
    texts[1] = replace(texts[1], sequences=make("TWICE").sequences)
    path = save(tmp_path / "my notebook.ipynb", *texts)
    session.history.clear()
    run(f"%galactica replay '{path}'")
    out = capsys.readouterr().out
    assert "1 of 3: one" in out and "The replay differs from token 3 on" in out
    assert f"2 of 3 texts in {path} are identical." in out
    assert [each.text for each in session.history] == ["ONE", "TWO", "THREE"]
    assert run(f"%galactica replay '{path}' --cell 30").repeated.text == "THREE"


def test_a_record_that_cannot_run_does_not_keep_the_others(
    run: Run, tmp_path: Path, capsys: Any
) -> None:
    session = get_session()
    session.use(ScriptedEngine(lambda prompt: prompt.upper()))
    good = session.generate("one")
    bad = replace(good, options=GenerationOptions(top_p=7.0))
    path = save(tmp_path / "x.ipynb", bad, good)
    with pytest.raises(UsageError, match="top_p"):
        run(f"%galactica replay {path}")
    assert "1 of 2 texts" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("replay", "nothing to replay"),
        ("replay 3", "nothing to replay"),
        ("replay the experiment", "-- replay the experiment"),
        ("replay missing.ipynb", "no notebook missing.ipynb"),
        ("replay 1 --cell 3", "put the notebook before it"),
        ("replay --cell x", "whole number"),
        ("replay 'x.ipynb", "not closed"),
        ("replay {path} --cell 7", r"no cell \[7\]"),
        ("replay {path} --cell 20", "no generations in cell"),
    ],
)
def test_mistakes_are_one_sentence(run: Run, tmp_path: Path, line: str, message: str) -> None:
    get_session().use(ScriptedEngine(["text"]))
    path = save(tmp_path / "saved.ipynb", make(), make())
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][1]["outputs"] = []
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(UsageError, match=message) as caught:
        run(f"%galactica {line.replace('{path}', str(path))}")
    assert "\n" not in str(caught.value)


def test_a_record_that_is_damaged_is_one_sentence(run: Run, tmp_path: Path) -> None:
    path = save(tmp_path / "saved.ipynb", make())
    for change in ({"format": 9}, {"options": {"heat": 3}}, {"model": 3}, {"sequences": []}):
        notebook = json.loads(save(path, make()).read_text(encoding="utf-8"))
        notebook["cells"][0]["outputs"][0]["data"][MIME_TYPE] |= change
        path.write_text(json.dumps(notebook), encoding="utf-8")
        with pytest.raises(UsageError, match="cannot be read") as caught:
            run(f"%galactica replay {path}")
        assert "\n" not in str(caught.value)
