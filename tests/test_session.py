"""The session: one model for all, one request at a time, nothing forgotten."""

from __future__ import annotations

import os
import signal
import threading
import weakref
from pathlib import Path

import pytest

from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import EngineError, ModelNotFoundError, PromptError, SessionBusyError
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.session import get_session


def test_there_is_one_session() -> None:
    assert get_session() is get_session()
    assert get_session().model is None


def test_everything_that_was_generated_is_in_the_history() -> None:
    session = get_session()
    model = session.use(ScriptedEngine(["one", "two"]))
    first = session.generate("a")
    model.generate("b")
    assert [generation.text for generation in session.history] == ["one", "two"]
    assert session.history[0] is first


def test_a_new_model_takes_the_place_of_the_old_one() -> None:
    session = get_session()
    old, new = ScriptedEngine(["old"]), ScriptedEngine(["new"])
    session.use(old)
    session.use(new)
    assert session.generate("x").text == "new"
    session.unload()
    assert new.closed and session.model is None


def test_a_model_that_somebody_holds_goes_on_working() -> None:
    session = get_session()
    first = session.use(ScriptedEngine(["first"]))
    session.use(ScriptedEngine(["second"]))
    assert first.generate("x", return_full_text=False) == "first"
    assert session.history[-1].text == "first"


def test_a_model_that_nobody_holds_gives_its_memory_back(checkpoint: Path) -> None:
    session = get_session()
    weights = weakref.ref(session.load(str(checkpoint)).engine.model)
    session.use(ScriptedEngine(["other"]))
    assert weights() is None


def test_a_model_that_was_unloaded_says_so() -> None:
    session = get_session()
    model = session.use(ScriptedEngine(["text"]))
    waiting = session.stream(Prompt("x"))
    session.unload()
    with pytest.raises(EngineError, match="load it again"):
        model.generate("x")
    with pytest.raises(EngineError, match="load it again"):
        next(waiting)
    assert not session.busy


def test_a_model_that_cannot_be_loaded_leaves_the_old_one() -> None:
    session = get_session()
    session.use(ScriptedEngine(["still here"]))
    with pytest.raises(ModelNotFoundError):
        session.load("minni")
    assert session.generate("x").text == "still here"


def test_checkpoints_are_loaded_by_folder(checkpoint: Path) -> None:
    stages: list[str] = []
    model = get_session().load(
        str(checkpoint), LoadOptions(device="cpu"), lambda label, fraction: stages.append(label)
    )
    assert get_session().model is model
    assert "Loading" in stages


def test_two_threads_take_turns() -> None:
    started = threading.Event()
    go_on = threading.Event()

    def wait(said: int) -> None:
        started.set()
        assert go_on.wait(10)

    session = get_session()
    session.use(ScriptedEngine(lambda prompt: prompt * 3, on_token=wait))
    threads = [threading.Thread(target=session.generate, args=(text,)) for text in "ab"]
    threads[0].start()
    assert started.wait(10)
    threads[1].start()
    assert session.busy
    assert session.history == []
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert [generation.text for generation in session.history] == ["aaa", "bbb"]
    assert not session.busy


def test_a_thread_cannot_wait_for_itself() -> None:
    session = get_session()
    session.use(ScriptedEngine(["some text"]))
    with session.stream(Prompt("a")) as stream:
        next(stream)
        with pytest.raises(SessionBusyError, match=r"close\(\)"):
            session.generate("b")
    assert session.generate("c").text == "some text"


def test_stop_ends_the_running_generation() -> None:
    session = get_session()
    session.use(ScriptedEngine(["long text"], on_token=lambda said: said == 4 and session.stop()))
    generation = session.generate("x")
    assert generation.finish_reason == "interrupted"
    assert generation.text == "long "
    assert session.history == [generation]


def test_the_first_interrupt_stops_the_second_insists() -> None:
    session = get_session()
    session.use(
        ScriptedEngine(
            ["long text"], on_token=lambda said: said == 2 and os.kill(os.getpid(), signal.SIGINT)
        )
    )
    before = signal.getsignal(signal.SIGINT)
    with session.interrupt_stops() as interrupted:
        assert session.generate("x").text == "lon"
    assert interrupted()
    with pytest.raises(KeyboardInterrupt), session.interrupt_stops():
        os.kill(os.getpid(), signal.SIGINT)  # nothing runs: as usual
    assert signal.getsignal(signal.SIGINT) is before


def test_texts_go_on_where_they_stopped() -> None:
    session = get_session()
    with pytest.raises(PromptError, match="nothing to continue yet"):
        session.continuation()
    session.use(ScriptedEngine(["one two three"]))
    session.stream(Prompt("x ", new_doc=True), GenerationOptions(max_new_tokens=4)).drain()
    assert session.continuation() == Prompt("x one ", new_doc=True)
    session.generate("y")
    with pytest.raises(PromptError, match="complete"):
        session.continuation()
