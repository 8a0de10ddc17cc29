"""The kernel's side of the protocol, with a comm that keeps what is said; docs/protocol.md."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import ipywidgets
import pytest

from galai_jupyter import comm as protocol
from galai_jupyter.comm import METHODS, PROTOCOL, Request
from galai_jupyter.errors import Interrupted, OptionError
from galai_jupyter.vocabulary import vocabulary
from galai_jupyter.widget_panel.view import GalacticaPanel

WAIT = 20
"""Seconds after which a test gives up; none of them waits for as long when it passes."""


class FakeComm:
    """The kernel's comm, and an extension at its other end."""

    def __init__(self) -> None:
        self.sent: Queue[dict[str, Any]] = Queue()
        self.closed = False
        self._on_msg: Callable[[Any], None] = lambda message: None
        self._on_close: Callable[[Any], None] = lambda message: None

    # As the kernel uses it

    def send(self, data: Any) -> None:
        self.sent.put(json.loads(json.dumps(data)))

    def close(self) -> None:
        self.closed = True

    def on_msg(self, callback: Callable[[Any], None]) -> None:
        self._on_msg = callback

    def on_close(self, callback: Callable[[Any], None]) -> None:
        self._on_close = callback

    # As the extension does

    def open(self, data: Any) -> dict[str, Any]:
        """Open the connection; return the kernel's first message."""
        protocol._open(self, {"content": {"data": data}})  # type: ignore[arg-type]
        return self.next()

    def say(self, data: Any) -> None:
        self._on_msg({"content": {"data": data}})

    def ask(self, method: str, number: int = 1, **parameters: Any) -> None:
        self.say({"type": "request", "id": number, "method": method, "parameters": parameters})

    def leave(self) -> None:
        self._on_close({"content": {"data": {}}})

    def next(self) -> dict[str, Any]:
        return self.sent.get(timeout=WAIT)


@pytest.fixture(autouse=True)
def no_connections() -> Iterator[None]:
    yield
    protocol.unregister()
    assert not protocol._connections


@pytest.fixture
def connect() -> Callable[[], FakeComm]:
    def connected() -> FakeComm:
        comm = FakeComm()
        assert comm.open({"protocol": PROTOCOL})["type"] == "hello"
        return comm

    return connected


@pytest.fixture
def method(monkeypatch: pytest.MonkeyPatch) -> Callable[[protocol.Method], None]:
    """Let the kernel answer ``test`` by a function."""
    return lambda function: monkeypatch.setitem(METHODS, "test", function)


def count(request: Request) -> Iterator[int]:
    yield from range(request.parameters["to"])


# Greetings


def test_the_kernel_says_hello() -> None:
    hello = FakeComm().open({"protocol": PROTOCOL})
    assert (hello["type"], hello["protocol"]) == ("hello", PROTOCOL)
    assert hello["vocabulary"] == json.loads(json.dumps(vocabulary()))
    assert "--top-p" in [option["flag"] for option in hello["vocabulary"]["options"]]
    assert "[START_REF]" in hello["vocabulary"]["special_tokens"]


@pytest.mark.parametrize(
    ("greeting", "advice"),
    [
        ({"protocol": PROTOCOL - 1}, "upgrade galai-jupyter where JupyterLab runs"),
        ({"protocol": PROTOCOL + 1}, "upgrade galai-jupyter in the kernel"),
        ({"protocol": "1"}, "where JupyterLab runs"),
        ({"protocol": True}, "where JupyterLab runs"),
        ({}, "where JupyterLab runs"),
        (None, "where JupyterLab runs"),
        ([1], "where JupyterLab runs"),
    ],
)
def test_another_version_is_refused_with_advice(greeting: Any, advice: str) -> None:
    comm = FakeComm()
    refusal = comm.open(greeting)
    assert refusal["type"] == "refused" and advice in refusal["message"]
    assert comm.closed and not protocol._connections


# Requests


def test_values_arrive_one_by_one_and_then_the_end(
    connect: Callable[[], FakeComm], method: Callable[[Any], None]
) -> None:
    method(count)
    comm = connect()
    comm.ask("test", to=2)
    assert [comm.next() for _ in range(3)] == [
        {"type": "update", "id": 1, "value": 0},
        {"type": "update", "id": 1, "value": 1},
        {"type": "done", "id": 1},
    ]


def test_requests_are_answered_side_by_side(
    connect: Callable[[], FakeComm], method: Callable[[Any], None]
) -> None:
    go_on = threading.Event()

    def wait(request: Request) -> Iterator[str]:
        if request.parameters.get("slow"):
            assert go_on.wait(WAIT)
        yield "here"

    method(wait)
    comm = connect()
    comm.ask("test", 1, slow=True)
    comm.ask("test", 2)
    assert [comm.next()["id"], comm.next()["id"]] == [2, 2]
    go_on.set()
    assert [comm.next()["id"], comm.next()["id"]] == [1, 1]


def test_a_request_is_cancelled(
    connect: Callable[[], FakeComm], method: Callable[[Any], None]
) -> None:
    cleaned = threading.Event()

    def endless(request: Request) -> Iterator[str]:
        try:
            yield "begun"
            assert request.cancelled.wait(WAIT)
            yield "nobody wants this"
        finally:
            cleaned.set()

    method(endless)
    comm = connect()
    comm.ask("test", 7)
    assert comm.next()["value"] == "begun"
    comm.say({"type": "cancel", "id": 7})
    assert comm.next() == {"type": "done", "id": 7}
    assert cleaned.is_set()


def fail(request: Request) -> Iterator[Any]:
    yield "so far"
    raise request.parameters["error"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OptionError("top_p is 0 to 1."), "top_p is 0 to 1."),
        (Interrupted("The text so far is kept."), "The text so far is kept."),
        (ZeroDivisionError("division by zero"), "test failed: division by zero"),
        (AssertionError(), "test failed: AssertionError"),
    ],
)
def test_an_error_is_a_sentence_and_the_connection_lives(
    connect: Callable[[], FakeComm],
    method: Callable[[Any], None],
    error: BaseException,
    sentence: str,
) -> None:
    method(fail)
    comm = connect()
    comm.ask("test", error=error)
    assert comm.next()["value"] == "so far"
    assert comm.next() == {"type": "error", "id": 1, "message": sentence}
    method(count)
    comm.ask("test", 2, to=0)
    assert comm.next() == {"type": "done", "id": 2}


def test_a_value_that_json_cannot_hold_is_an_error(
    connect: Callable[[], FakeComm], method: Callable[[Any], None]
) -> None:
    method(lambda request: iter([object()]))
    comm = connect()
    comm.ask("test")
    last = comm.next()
    assert last["type"] == "error" and "JSON serializable" in last["message"]


def test_an_unknown_method_asks_for_an_upgrade(connect: Callable[[], FakeComm]) -> None:
    comm = connect()
    comm.ask("dance")
    assert re.search("cannot dance: upgrade it", comm.next()["message"])


MALFORMED = [
    None,
    [],
    "request",
    {},
    {"type": "unheard of"},
    {"type": "request"},
    {"type": "request", "id": "1", "method": "test"},
    {"type": "request", "id": True, "method": "test"},
    {"type": "cancel"},
    {"type": "cancel", "id": 99},
    {"type": "cancel", "id": [1]},
]


@pytest.mark.parametrize("data", MALFORMED, ids=repr)
def test_a_malformed_message_changes_nothing(
    connect: Callable[[], FakeComm], method: Callable[[Any], None], data: Any
) -> None:
    method(count)
    comm = connect()
    comm.say(data)
    comm.ask("test", 2, to=0)
    assert comm.next() == {"type": "done", "id": 2}


@pytest.mark.parametrize("rest", [{}, {"method": 3}, {"method": "test", "parameters": [1]}])
def test_a_malformed_request_is_answered(
    connect: Callable[[], FakeComm], rest: dict[str, Any]
) -> None:
    comm = connect()
    comm.say({"type": "request", "id": 4, **rest})
    assert (answer := comm.next())["type"] == "error" and answer["id"] == 4


def test_parameters_can_be_left_out(
    connect: Callable[[], FakeComm], method: Callable[[Any], None]
) -> None:
    method(lambda request: iter([request.parameters]))
    comm = connect()
    comm.say({"type": "request", "id": 1, "method": "test"})
    assert comm.next()["value"] == {}


def test_a_number_that_is_taken_is_left_to_its_request(
    connect: Callable[[], FakeComm], method: Callable[[Any], None]
) -> None:
    go_on = threading.Event()

    def wait(request: Request) -> Iterator[Any]:
        assert go_on.wait(WAIT)
        yield request.parameters

    method(wait)
    comm = connect()
    comm.ask("test", 1, turn="first")
    comm.ask("test", 1, turn="second")
    go_on.set()
    assert comm.next()["value"] == {"turn": "first"}
    assert comm.next()["type"] == "done"
    assert comm.sent.empty()


# Ends


@pytest.fixture
def waiting(method: Callable[[Any], None]) -> Queue[str]:
    """Requests that wait until they are cancelled; what became of them."""
    fates: Queue[str] = Queue()

    def wait(request: Request) -> Iterator[str]:
        yield "begun"
        fates.put("cancelled" if request.cancelled.wait(WAIT) else "forgotten")

    method(wait)
    return fates


def test_closing_the_comm_cancels_what_runs(
    connect: Callable[[], FakeComm], waiting: Queue[str]
) -> None:
    comm = connect()
    comm.ask("test")
    assert comm.next()["value"] == "begun"
    comm.leave()
    assert waiting.get(timeout=WAIT) == "cancelled"
    assert not protocol._connections and comm.sent.empty()


def test_unloading_closes_every_connection(
    connect: Callable[[], FakeComm], waiting: Queue[str]
) -> None:
    first, second = connect(), connect()
    first.ask("test"), second.ask("test")
    protocol.unregister()
    assert first.closed and second.closed
    assert {waiting.get(timeout=WAIT) for _ in range(2)} == {"cancelled"}


def test_two_connections_do_not_mix(
    connect: Callable[[], FakeComm], method: Callable[[Any], None]
) -> None:
    method(lambda request: iter([request.parameters["name"]]))
    first, second = connect(), connect()
    assert first.next() == {"type": "ping"}
    first.ask("test", name="one")
    second.ask("test", name="two")
    assert (first.next()["value"], second.next()["value"]) == ("one", "two")
    first.leave()
    second.ask("test", 2, name="still")
    second.next()
    assert second.next()["value"] == "still"


def test_a_page_that_has_gone_is_noticed_when_others_come(
    connect: Callable[[], FakeComm], waiting: Queue[str]
) -> None:
    gone, alive = connect(), connect()
    gone.ask("test")  # so it has given a sign of life since it was asked
    connect()
    assert not gone.closed
    alive.say({"type": "pong"})
    connect()
    assert gone.closed and not alive.closed
    assert waiting.get(timeout=WAIT) == "cancelled"


# The panel


def widgets_in_the_kernel() -> int:
    return len(ipywidgets.widgets.widget._instances)


def test_a_panel_lives_as_long_as_its_request(connect: Callable[[], FakeComm]) -> None:
    comm = connect()
    counts = []
    for number in range(3):
        comm.ask("panel", number)
        model_id = comm.next()["value"]["model_id"]
        panel = ipywidgets.widgets.widget._instances[model_id]
        assert isinstance(panel, GalacticaPanel)
        comm.say({"type": "cancel", "id": number})
        assert comm.next() == {"type": "done", "id": number}
        assert model_id not in ipywidgets.widgets.widget._instances
        counts.append(widgets_in_the_kernel())
    assert len(set(counts)) == 1


def test_a_panel_that_is_closed_in_the_kernel_ends_its_request(
    connect: Callable[[], FakeComm],
) -> None:
    comm = connect()
    comm.ask("panel")
    ipywidgets.widgets.widget._instances[comm.next()["value"]["model_id"]].close()
    assert comm.next() == {"type": "done", "id": 1}


# The page that describes it


def test_the_documentation_names_every_message_and_method() -> None:
    page = (Path(__file__).parents[1] / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert f"version {PROTOCOL}" in page
    for word in (
        "hello",
        "refused",
        "request",
        "cancel",
        "ping",
        "pong",
        "update",
        "done",
        "error",
    ):
        assert f"`{word}`" in page
    for name in METHODS:
        assert f"`{name}`" in page
