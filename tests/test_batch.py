"""Batches: order, files, going on after interrupts, failures and crashes, several at a time."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

import galai_jupyter as gal
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import EngineError, OptionError
from galai_jupyter.generation import Generation
from galai_jupyter.session import Session, get_session
from tests.stand_in import Fault, StandIn

TEXTS = [f"Prompt {number}: " for number in range(5)]


def session_with(
    script: Callable[[str], str] = str.upper, on_token: Callable[[int], None] | None = None
) -> tuple[Session, ScriptedEngine]:
    engine = ScriptedEngine(script, on_token=on_token)
    session = get_session()
    session.use(engine)
    return session, engine


def asked(engine: ScriptedEngine) -> list[str]:
    return [texts[0] for texts, _ in engine.requests]


def nth_prompt(count: int, action: Callable[[], None]) -> Callable[[int], None]:
    """Do something before the second token of the prompt of that number."""
    begun = 0

    def on_token(said: int) -> None:
        nonlocal begun
        begun += said == 1
        if said == 1 and begun == count:
            action()

    return on_token


def test_a_table_has_a_row_for_each_prompt_in_their_order() -> None:
    session, _ = session_with()
    table = session.map(TEXTS, progress=False)
    assert list(table["prompt"]) == [text.rstrip() for text in TEXTS]
    assert list(table["text"]) == [text.rstrip().upper() for text in TEXTS]
    assert set(table["finish_reason"]) == {"end_of_document"}
    assert all(isinstance(each, Generation) for each in table["generation"])
    assert [each.text for each in session.history] == list(table["text"])


def test_a_column_gives_the_table_its_index() -> None:
    session, _ = session_with()
    frame = pandas.DataFrame({"question": ["a", "b"]}, index=["first", "second"])
    frame["answer"] = session.map(frame["question"], progress=False)["text"]
    assert frame.loc["second", "answer"] == "B"


def test_options_and_tasks_are_those_of_a_cell() -> None:
    session, engine = session_with()
    table = session.map(["Is 2 prime?"], task="answer", max_new_tokens=7, progress=False)
    assert engine.requests[0][1].max_new_tokens == 7
    assert engine.requests[0][1].stop == ("\n\nQuestion:",)
    assert table["prompt"][0] == "Question: Is 2 prime?\n\nAnswer:"
    for wrong, hint in (({"dtype": "float16"}, "load option"), ({"top_q": 1}, "top_p")):
        with pytest.raises(OptionError, match=hint):
            session.map(["x"], **wrong)
    with pytest.raises(OptionError, match="list of prompts"):
        session.map("x")


def test_a_progress_bar_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    session_with()[0].map(TEXTS)
    assert "5/5" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["answers.jsonl", "answers.parquet"])
def test_what_is_in_the_file_is_not_run_again(tmp_path: Path, name: str) -> None:
    session, engine = session_with()
    first = session.map(TEXTS[:3], tmp_path / name, progress=False)
    table = session.map(TEXTS, tmp_path / name, progress=False)
    assert len(engine.requests) == 5
    pandas.testing.assert_frame_equal(table[:3], first)
    again = session.map(TEXTS, tmp_path / name, progress=False)
    assert len(engine.requests) == 5
    pandas.testing.assert_frame_equal(again, table)
    assert os.listdir(tmp_path) == [name]
    assert session.history == []


def test_a_parquet_file_is_a_table_to_others(tmp_path: Path) -> None:
    session, _ = session_with()
    table = session.map(TEXTS, tmp_path / "answers.parquet", progress=False)
    read = pandas.read_parquet(tmp_path / "answers.parquet")
    assert list(read["text"]) == list(table["text"])


def test_other_options_models_and_repeats_are_other_results(tmp_path: Path) -> None:
    session, engine = session_with()
    path = tmp_path / "answers.jsonl"
    session.map(["a", "a"], path, progress=False)
    session.map(["a", "a"], path, max_new_tokens=9, progress=False)
    assert len(engine.requests) == 4
    session.map(["a", "a", "a"], path, progress=False)
    assert len(engine.requests) == 5


def test_an_interrupt_keeps_what_is_finished_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"

    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        assert get_session()._running._stop.wait(10)  # the main thread gets it, some time

    session, engine = session_with(on_token=nth_prompt(3, interrupt))
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match=r"2 of 5 prompts are done, and kept in .*jsonl"):
        session.map(TEXTS, path, progress=False)
    assert signal.getsignal(signal.SIGINT) is handler
    assert not session.busy
    assert len(path.read_text().splitlines()) == 2
    assert session.history[-1].finish_reason == "interrupted"  # the torn text is not lost, either
    table = session.map(TEXTS, path, progress=False)
    assert list(table["text"]) == [text.rstrip().upper() for text in TEXTS]
    assert len(engine.requests) == 6  # the third one was cut short


def test_stop_ends_a_batch(tmp_path: Path) -> None:
    session, _ = session_with(on_token=nth_prompt(2, lambda: get_session().stop()))
    with pytest.raises(KeyboardInterrupt, match="1 of 5"):
        session.map(TEXTS, progress=False)
    assert session.history[0].text == TEXTS[0].rstrip().upper()


def test_a_failing_engine_leaves_what_is_finished(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError("the cable is loose")

    session, engine = session_with(on_token=nth_prompt(4, fail))
    with pytest.raises(EngineError, match=r"cable is loose.* 3 of 5 prompts are done"):
        session.map(TEXTS, tmp_path / "answers.jsonl", progress=False)
    assert len(session.map(TEXTS, tmp_path / "answers.jsonl", progress=False)) == 5
    assert len(engine.requests) == 6


@pytest.mark.parametrize("cut", [1, 40, 10_000_000])
def test_a_line_that_a_crash_tore_is_run_again(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "answers.jsonl"
    session, engine = session_with()
    before = session.map(TEXTS, path, progress=False)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][: min(cut, len(lines[-1]) - 2)])
    after = session.map(TEXTS, path, progress=False)
    assert len(engine.requests) == 6
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == [
        json.loads(line)["key"] for line in whole.splitlines()
    ]
    assert list(after["text"]) == list(before["text"])


def test_a_line_that_lacks_only_its_newline_counts(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    session, engine = session_with()
    session.map(TEXTS[:2], path, progress=False)
    path.write_bytes(path.read_bytes()[:-1])
    session.map(TEXTS, path, progress=False)
    assert len(engine.requests) == 5
    assert len(path.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jsonl", "my notes"), ("a.jsonl", '{"a": 1}\n'), ("a.parquet", "my notes")],
)
def test_other_peoples_files_are_left_alone(tmp_path: Path, name: str, content: str) -> None:
    session, engine = session_with()
    (tmp_path / name).write_text(content)
    with pytest.raises(OptionError, match="choose another file"):
        session.map(TEXTS, tmp_path / name)
    assert (tmp_path / name).read_text() == content
    assert engine.requests == []


def test_a_prompt_that_cannot_be_run_is_a_row_with_the_reason() -> None:
    session, _ = session_with()
    prompts = ["a", "", gal.Prompt("x" * 3000, truncate=False), float("nan")]
    table = session.map(prompts, progress=False)
    assert list(table["text"])[:1] == ["A"]
    assert table["error"][0] == ""
    assert "empty" in table["error"][1]
    assert "3,000 tokens" in table["error"][2]
    assert "not a text but nan" in table["error"][3]


def test_this_machine_runs_one_at_a_time() -> None:
    with pytest.raises(OptionError, match="one prompt at a time"):
        session_with()[0].map(TEXTS, concurrency=4)


def test_a_server_answers_several_at_a_time(checkpoint: Path, tmp_path: Path) -> None:
    with StandIn(checkpoint) as server:
        gal.connect(server.url)
        server.gathering = threading.Barrier(3)
        table = get_session().map(
            [f"prompt {number}" for number in range(6)],
            tmp_path / "answers.jsonl",
            concurrency=3,
            max_new_tokens=4,
            progress=False,
        )
        assert server.most_at_once == 3
        server.gathering = None
        alone = [
            get_session().generate(prompt, table["generation"][0].options)
            for prompt in table["prompt"]
        ]
    assert list(table["text"]) == [generation.text for generation in alone]


def test_a_server_that_dies_leaves_what_is_finished(checkpoint: Path, tmp_path: Path) -> None:
    prompts = [f"prompt {number}" for number in range(6)]
    with StandIn(checkpoint) as server:
        gal.connect(server.url)
        server.faults = [Fault(), Fault(), Fault(after=2, then="die")]
        with pytest.raises(EngineError, match=r"was lost.*of 6 prompts are done"):
            get_session().map(prompts, tmp_path / "a.jsonl", concurrency=2, max_new_tokens=4)
        finished = (tmp_path / "a.jsonl").read_text().splitlines()
        assert 1 <= len(finished) <= 5
        before = len(server.requests)
        table = get_session().map(prompts, tmp_path / "a.jsonl", max_new_tokens=4)
        assert len(server.requests) - before == 6 - len(finished)
    assert list(table["new_tokens"]) == [4] * 6
