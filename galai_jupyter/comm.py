"""Messages from the JupyterLab extension in, answers of the session out: the kernel's side.

docs/protocol.md describes the messages. Every request runs in a thread of its own, so that it can
be cancelled while another one is answered. The thread that a message arrives on only starts it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from galai_jupyter import __version__
from galai_jupyter.errors import GalacticaError
from galai_jupyter.vocabulary import vocabulary

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

PROTOCOL = 1
"""The version of the messages. It changes when an older extension would misread a message."""

TARGET = "galai_jupyter"

Message = dict[str, Any]

_log = logging.getLogger(__name__)


class Request:
    """What the extension asked for.

    Attributes
    ----------
    parameters : dict
        As the extension sent them: they may hold anything.
    cancelled : threading.Event
        Set when the extension no longer wants the answer.
    """

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.parameters = parameters
        self.cancelled = threading.Event()


Method = Callable[[Request], Iterator[Any]]
"""Yields values that JSON can hold, each as soon as it is known.

It is closed when the request is cancelled between two values.
"""


def _panel(request: Request) -> Iterator[Message]:
    """Make a panel, whose widget the extension shows; it lives as long as the request."""
    from galai_jupyter.widget_panel import panel

    widget = panel()
    # Whoever closes it in the kernel ends the request.
    widget.observe(lambda change: request.cancelled.set(), "comm")
    try:
        yield {"model_id": widget.model_id}
        request.cancelled.wait()
    finally:
        widget.close()


METHODS: dict[str, Method] = {"panel": _panel}
"""The requests that the kernel answers."""


class Connection:
    """The kernel's end of one comm.

    Attributes
    ----------
    silent : bool
        Whether the other end was asked for a sign of life and has not given one.
    """

    def __init__(self, comm: BaseComm) -> None:
        self.silent = False
        self._comm = comm
        self._closed = False
        self._requests: dict[int, Request] = {}
        self._lock = threading.RLock()
        if hasattr(comm, "_reply_subshell_for"):  # as the panel: see answer_on_any_subshell
            comm._reply_subshell_for = lambda data, default: default
        comm.on_msg(self._receive)
        comm.on_close(lambda message: self.forget())

    def send(self, **message: Any) -> None:
        """Send one message to the extension, where it still listens."""
        with self._lock:
            if not self._closed:
                self._comm.send(message)

    def ping(self) -> None:
        """Ask for a sign of life."""
        self.silent = True
        self.send(type="ping")

    def close(self) -> None:
        """Tell the extension that this is the end, and cancel what is still running."""
        self.forget()
        self._comm.close()

    def forget(self) -> None:
        """Cancel what is still running, since the extension has gone."""
        with self._lock:
            self._closed = True
            running = [*self._requests.values()]
        for request in running:
            request.cancelled.set()
        _connections.discard(self)

    def _receive(self, message: Message) -> None:
        self.silent = False
        match message["content"].get("data"):
            case {"type": "request", "id": int(number), **rest} if type(number) is int:
                self._start(number, rest.get("method"), rest.get("parameters", {}))
            case {"type": "cancel", "id": int(number)} if type(number) is int:
                if (request := self._requests.get(number)) is not None:
                    request.cancelled.set()
            case {"type": "pong"}:
                pass
            case data:
                _log.warning("A message that galai_jupyter %s cannot read: %r", __version__, data)

    def _start(self, number: int, method: Any, parameters: Any) -> None:
        if not isinstance(method, str) or not isinstance(parameters, dict):
            sentence = "A request has a method, a string, and parameters, an object."
            self.send(type="error", id=number, message=sentence)
            return
        request = Request(parameters)
        with self._lock:
            if self._closed or number in self._requests:
                _log.warning("A second request with the number %s", number)
                return
            self._requests[number] = request
        work = threading.Thread(
            target=self._answer, args=(number, method, request), daemon=True, name="galai-comm"
        )
        work.start()

    def _answer(self, number: int, method: str, request: Request) -> None:
        last: Message = {"type": "done"}
        try:
            with closing(_values(method, request)) as values:
                for value in values:
                    if request.cancelled.is_set():
                        break
                    self.send(type="update", id=number, value=value)
        except (GalacticaError, KeyboardInterrupt) as error:
            last = {"type": "error", "message": str(error) or "It was interrupted."}
        except Exception as error:
            _log.exception("The request %s failed.", method)
            why = str(error) or type(error).__name__
            last = {"type": "error", "message": f"{method} failed: {why}"}
        finally:
            with self._lock:
                self._requests.pop(number, None)
        self.send(id=number, **last)


def _values(method: str, request: Request) -> Generator[Any, None, None]:
    if method not in METHODS:
        raise GalacticaError(
            f"galai_jupyter {__version__} cannot {method}: upgrade it, and restart the kernel."
        )
    yield from METHODS[method](request)


_connections: set[Connection] = set()


def _open(comm: BaseComm, message: Message) -> None:
    data = message["content"].get("data")
    theirs = data.get("protocol") if isinstance(data, dict) else None
    if type(theirs) is not int or theirs != PROTOCOL:
        comm.send({"type": "refused", "protocol": PROTOCOL, "message": _refusal(theirs)})
        comm.close()
        return
    _part_from_the_silent()
    connection = Connection(comm)
    _connections.add(connection)
    connection.send(type="hello", protocol=PROTOCOL, package=__version__, vocabulary=vocabulary())


def _refusal(theirs: Any) -> str:
    newer = type(theirs) is int and theirs > PROTOCOL
    return (
        f"The JupyterLab extension speaks version {theirs if type(theirs) is int else 'unknown'} "
        f"of the protocol, the kernel's galai_jupyter {__version__} version {PROTOCOL}: "
        + (
            "upgrade galai-jupyter in the kernel, and restart it."
            if newer
            else "upgrade galai-jupyter where JupyterLab runs, and reload the page."
        )
    )


def _part_from_the_silent() -> None:
    """Close the connections of pages that have gone, which don't say so when they are reloaded.

    Who has not answered since the last connection was opened is closed; the others are asked.
    """
    for connection in [*_connections]:
        if connection.silent:
            connection.close()
        else:
            connection.ping()


def register() -> None:
    """Let extensions open connections to this kernel; harmless where there is none."""
    manager = _manager()
    if manager is not None:
        manager.register_target(TARGET, _open)


def unregister() -> None:
    """Close all connections and refuse new ones."""
    manager = _manager()
    if manager is not None and TARGET in manager.targets:
        manager.unregister_target(TARGET, _open)
    for connection in [*_connections]:
        connection.close()


def _manager() -> Any:
    """Return the kernel's comm manager; nothing in a terminal, where there are no comms."""
    from IPython.core.getipython import get_ipython

    if getattr(get_ipython(), "kernel", None) is None:
        return None
    import comm

    return comm.get_comm_manager()
