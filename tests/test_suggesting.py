"""Suggestions for an editor: what they answer, when they stop, and what they leave alone."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from galai_jupyter.comm import METHODS, Request
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import LibraryError, OptionError, PromptError, SessionBusyError
from galai_jupyter.generation import Generation
from galai_jupyter.prompts import Prompt
from galai_jupyter.session import get_session
from galai_jupyter.suggesting import Wish, last_sentences

LIBRARY = """@article{vaswani2017,
  title = {Attention is All you Need},
  author = {Vaswani, Ashish},
  doi = {10.1/x},
  url = {https://example.org/attention},
}
"""


def ask(**parameters: Any) -> list[dict[str, Any]]:
    return list(METHODS["suggest"](Request(parameters)))


def say(*texts: str) -> ScriptedEngine:
    engine = ScriptedEngine(texts)
    get_session().use(engine)
    return engine


def test_a_continuation_grows_token_by_token() -> None:
    engine = say(" is an attention network")
    answers = ask(text="The Transformer ", max_new_tokens=8)
    texts = [answer["text"] for answer in answers]
    assert texts[-1] == " is an a" and all(b.startswith(a) for a, b in pairwise(texts))
    ((prompt,), options) = engine.requests[0]
    assert prompt == "The Transformer"  # Galactica's words begin with their space
    assert options.strategy == "greedy"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\n\nA new paragraph.\n\nAnd one more", "\n\nA new paragraph."),
        (" goes on.\n\nNext", " goes on."),
        (" goes on.\nNext line", " goes on.\nNext line"),
    ],
)
def test_a_continuation_ends_with_its_paragraph(written: str, shown: str) -> None:
    say(written)
    assert ask(text="It", max_new_tokens=60)[-1]["text"] == shown


def test_references_in_a_continuation_are_told_apart() -> None:
    say(" [START_REF] Deep Learning, LeCun[END_REF] is")
    (reference,) = ask(text="See", max_new_tokens=60)[-1]["references"]
    assert (reference["title"], reference["author"]) == ("Deep Learning", "LeCun")
    assert reference["key"] == "lecun-deep-learning"


def test_citations_are_ranked_judged_and_have_keys() -> None:
    engine = say(" A, B[END_REF]", " C, D[END_REF]", " A, b[END_REF]")
    (answer,) = ask(kind="citation", text="The Transformer", least_confidence=0.0)
    assert [each["title"] for each in answer["references"]] == ["A", "C"]
    assert [each["key"] for each in answer["references"]] == ["b-a", "d-c"]
    assert {each["label"] for each in answer["references"]} == {"probably invented"}
    assert 0 < answer["references"][0]["confidence"] < 0.4
    assert answer["left_out"] == 0 and not answer["calibrated"]
    assert engine.requests[0][0] == ["The Transformer [START_REF]"]
    assert engine.requests[0][1].num_beams == 3


def test_papers_that_the_model_doubts_are_left_out() -> None:
    say(" A, B[END_REF]")
    (answer,) = ask(kind="citation", text="The Transformer")
    assert answer["references"] == [] and answer["left_out"] == 1


def test_a_reference_that_is_not_finished_is_none() -> None:
    say(" A title without an end")
    (answer,) = ask(kind="citation", text="x", least_confidence=0.0)
    assert answer["references"] == []


def test_what_was_typed_of_a_reference_is_part_of_it() -> None:
    engine = say("ntion, Vaswani[END_REF]")
    (answer,) = ask(kind="citation", text="See [START_REF] Atte", least_confidence=0.0)
    assert engine.requests[0][0] == ["See [START_REF] Atte"]
    assert answer["references"][0]["title"] == "Attention"


@pytest.fixture
def library(tmp_path: Path) -> str:
    path = tmp_path / "refs.bib"
    path.write_text(LIBRARY, encoding="utf-8")
    return str(path)


def test_a_library_gives_key_and_address_and_settles_the_doubt(library: str) -> None:
    say(" Attention is all you need, Vaswani[END_REF]")
    (answer,) = ask(kind="citation", text="The Transformer", library=library)
    (reference,) = answer["references"]
    assert reference["key"] == "vaswani2017" and reference["source"] == "refs.bib"
    assert (reference["doi"], reference["url"]) == ("10.1/x", "https://example.org/attention")
    (cited,) = ask(text="See [START_REF]", max_new_tokens=60, library=library)[-1:]
    assert cited["references"] == []  # the prompt's own open reference is not the continuation's
    say(" [START_REF] Attention is all you need, Vaswani[END_REF]")
    (found,) = ask(text="See", max_new_tokens=60, library=library)[-1]["references"]
    assert found["key"] == "vaswani2017"


def test_the_library_that_the_session_used_last_is_used(
    library: str, run: Callable[[str], Any]
) -> None:
    say(" Attention is all you need, Vaswani[END_REF]")
    run(f"%galactica cite --library {library} --suggestions 1 The Transformer")
    (answer,) = ask(kind="citation", text="The Transformer")
    assert answer["references"][0]["key"] == "vaswani2017"


def test_a_library_that_is_not_there_is_named() -> None:
    say("x")
    with pytest.raises(LibraryError, match=r"no library nowhere\.bib"):
        ask(kind="citation", text="x", library="nowhere.bib")
    assert not get_session().busy


def test_what_was_read_before_stands_in_front_within_the_budget() -> None:
    engine = say("x")
    ask(text="We", before="# Title\n\n## Methods")
    assert engine.requests[-1][0] == ["# Title\n\n## Methods\n\nWe"]
    ask(text="We", before="# Title\n\n## Methods", context_tokens=16)
    assert engine.requests[-1][0] == ["\n## Methods\n\nWe"]


def test_whole_sentences_are_cut() -> None:
    text = "First one. Second one? Third"
    assert last_sentences(text, len, 100) == text
    assert last_sentences(text, len, 20) == "Second one? Third"
    assert last_sentences(text, len, 12) == "Third"
    assert last_sentences(text, len, 3) == "ird"


def test_no_text_is_no_prompt() -> None:
    say("x")
    with pytest.raises(PromptError, match="write a few words"):
        ask(text=" ")


def test_the_history_stays_as_it_was_and_nobody_is_told() -> None:
    say("one")
    told: list[None] = []
    get_session().subscribe(lambda: told.append(None))
    assert ask(text="a") and ask(kind="citation", text="a")
    assert get_session().history == [] and told == []
    assert not get_session().busy


def test_without_a_model_one_is_loaded_on_demand_only() -> None:
    assert ask(text="The Transformer", automatic=True) == []
    assert get_session().model is None
    first, *rest = ask(text="The Transformer", max_new_tokens=2)
    assert first == {"loading": "demo"} and rest
    assert get_session().model is not None


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"max_new_tokens": "many"}, "max_new_tokens of a suggestion must be int"),
        ({"kind": "poem"}, "no suggestions of the kind 'poem'"),
        ({"max_new_tokens": 0}, "max_new_tokens"),
        ({"kind": "citation", "suggestions": 1000}, "suggestions"),
    ],
)
def test_settings_that_make_no_sense_are_named(parameters: dict[str, Any], words: str) -> None:
    say("x")
    with pytest.raises(OptionError, match=words):
        ask(text="x", **parameters)


def test_numbers_of_javascript_have_no_kinds() -> None:
    assert Wish.read({"least_confidence": 0}).least_confidence == 0.0


def test_the_extension_has_the_same_defaults() -> None:
    """The extension itself has none: it reads its schema."""
    schema = Path(__file__).resolve().parents[1] / "labextension" / "schema" / "suggestions.json"
    properties = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    settings = {
        re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name): each["default"]
        for name, each in properties.items()
    }
    shared = {name: settings[name] for name in vars(Wish()) if name in settings}
    assert len(shared) == 6
    assert Wish.read(shared) == Wish()


def wait_until_told_to_end() -> None:
    end = time.monotonic() + 30
    while not get_session()._aside.interrupted:  # type: ignore[union-attr]
        assert time.monotonic() < end


class Cell:
    """A generation in another thread that waits at a token until it is let go."""

    def __init__(self, at: int) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._at = at
        self.engine = ScriptedEngine(["abcdefghij"], on_token=self._pause)
        get_session().use(self.engine)

    def _pause(self, said: int) -> None:
        if said == self._at and not self.go_on.is_set():
            self.reached.set()
            assert self.go_on.wait(30)


def test_nothing_is_suggested_and_nothing_waits_while_a_cell_generates() -> None:
    cell = Cell(at=3)
    thread = threading.Thread(target=get_session().generate, args=("cell",))
    thread.start()
    assert cell.reached.wait(30)
    for kind in ("continuation", "citation"):
        with pytest.raises(SessionBusyError, match="ask again when it has ended"):
            ask(kind=kind, text="x")
    assert get_session().waiting == 0 and len(cell.engine.requests) == 1
    cell.go_on.set()
    thread.join(30)
    assert get_session().history[0].text == "abcdefghij"


@pytest.mark.parametrize("kind", ["continuation", "citation"])
def test_a_suggestion_gives_way_to_a_cell(kind: str) -> None:
    suggestion = Cell(at=3)
    seen: list[Any] = []

    def run() -> None:
        try:
            seen.extend(ask(kind=kind, text="x"))
        except SessionBusyError as error:
            seen.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert suggestion.reached.wait(30)
    assert not get_session().busy  # a cell need not wait for more than a token
    made: list[Generation] = []
    cell = threading.Thread(target=lambda: made.append(get_session().generate("cell")))
    cell.start()
    wait_until_told_to_end()
    suggestion.go_on.set()
    thread.join(30), cell.join(30)
    if kind == "continuation":
        assert seen[-1]["text"] == "abcd"
    else:
        assert "ask again" in seen[-1]
    assert (
        [generation.text for generation in get_session().history]
        == ["abcdefghij"]
        == [generation.text for generation in made]
    )


def test_a_request_that_is_cancelled_ends_within_a_token() -> None:
    engine = say("abcdefghij")
    request = Request({"text": "x"})
    answers = METHODS["suggest"](request)
    next(answers), next(answers)
    request.cancelled.set()
    assert list(answers) == []
    assert not get_session().busy and len(engine.requests) == 1
    assert get_session().generate("x").text == "abcdefghij"


def test_an_answer_that_nobody_reads_on_is_let_go() -> None:
    say("abcdefghij")
    answers = METHODS["suggest"](Request({"text": "x"}))
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert not get_session()._lock.locked()


def test_a_cancelled_citation_answers_nothing() -> None:
    request = Request({"kind": "citation", "text": "x"})
    get_session().use(ScriptedEngine(["abc"], on_token=lambda said: request.cancelled.set()))
    assert list(METHODS["suggest"](request)) == []
    assert not get_session().busy


def test_a_new_suggestion_takes_the_place_of_the_old_one() -> None:
    old = Cell(at=3)
    first: list[Any] = []
    thread = threading.Thread(target=lambda: first.extend(ask(text="old")))
    thread.start()
    assert old.reached.wait(30)
    second: list[Any] = []
    other = threading.Thread(target=lambda: second.extend(ask(text="new")))
    other.start()
    wait_until_told_to_end()
    old.go_on.set()
    thread.join(30), other.join(30)
    assert first[-1]["text"] == "abcd" and second[-1]["text"] == "abcdefghij"


def test_a_stream_of_the_cell_itself_is_not_mixed_with_a_suggestion() -> None:
    say("abcdefghij")
    with get_session().stream(Prompt("cell")) as stream:
        next(stream)
        with pytest.raises(SessionBusyError):
            ask(text="x")
        rest: Iterator[Any] = stream
        assert "".join(event.text for event in rest) == "bcdefghij"
