"""Messages from the JupyterLab extension in, answers of the session out: the kernel's side.

docs/protocol.md describes the messages. Whatever takes longer than a moment runs in a thread of
its own, so that a request can be cancelled while another one is answered.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from galai_jupyter import __version__, generation_requests
from galai_jupyter.errors import GalacticaError
from galai_jupyter.vocabulary import vocabulary

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

PROTOCOL = 1
"""The version of the messages. It changes when an older extension would misread a message."""

TARGET = "galai_jupyter"

Message = dict[str, Any]


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
"""Yields values that JSON can hold, each as soon as it is known."""


def _panel(request: Request) -> Iterator[Message]:
    """Make a panel; the extension shows the widget of that id."""
    from galai_jupyter.widget_panel import panel

    yield {"model_id": panel().model_id}


METHODS: dict[str, Method] = {"panel": _panel, **generation_requests.METHODS}
"""The requests that the kernel answers."""


class Connection:
    """The kernel's end of one comm."""

    def __init__(self, comm: BaseComm) -> None:
        self._comm = comm
        self._requests: dict[int, Request] = {}
        self._sending = threading.Lock()
        if hasattr(comm, "_reply_subshell_for"):  # as the panel: see answer_on_any_subshell
            comm._reply_subshell_for = lambda data, default: default
        comm.on_msg(self._receive)
        comm.on_close(lambda message: self.close())

    def send(self, **message: Any) -> None:
        """Send one message to the extension."""
        with self._sending:
            self._comm.send(message)

    def close(self) -> None:
        """Cancel what is still running."""
        for request in [*self._requests.values()]:
            request.cancelled.set()
        _connections.discard(self)

    def _receive(self, message: Message) -> None:
        match message["content"]["data"]:
            case {"type": "request", "id": int(number), "method": str(method), **rest}:
                parameters = rest.get("parameters")
                request = Request(parameters if isinstance(parameters, dict) else {})
                self._requests[number] = request
                threading.Thread(
                    target=self._answer, args=(number, method, request), daemon=True
                ).start()
            case {"type": "cancel", "id": int(number)} if number in self._requests:
                self._requests[number].cancelled.set()

    def _answer(self, number: int, method: str, request: Request) -> None:
        try:
            for value in self._values(method, request):
                if request.cancelled.is_set():
                    break
                self.send(type="update", id=number, value=value)
            self.send(type="done", id=number)
        except GalacticaError as error:
            self.send(type="error", id=number, message=str(error))
        except Exception as error:
            logging.getLogger(__name__).exception("The request %s failed.", method)
            self.send(type="error", id=number, message=f"{method} failed: {error}")
        finally:
            self._requests.pop(number, None)

    def _values(self, method: str, request: Request) -> Iterator[Any]:
        if method not in METHODS:
            raise GalacticaError(
                f"galai_jupyter {__version__} cannot {method}: upgrade it, and restart the kernel."
            )
        return METHODS[method](request)


_connections: set[Connection] = set()


def _open(comm: BaseComm, message: Message) -> None:
    data = message["content"]["data"]
    theirs = data.get("protocol") if isinstance(data, dict) else None
    if theirs != PROTOCOL:
        old = not isinstance(theirs, int) or theirs < PROTOCOL
        sentence = (
            f"The JupyterLab extension speaks version {theirs} of the protocol, the kernel's "
            f"galai_jupyter {__version__} version {PROTOCOL}: "
            + (
                "upgrade galai-jupyter where JupyterLab runs, and reload the page."
                if old
                else "upgrade galai-jupyter in the kernel, and restart it."
            )
        )
        comm.send({"type": "refused", "protocol": PROTOCOL, "message": sentence})
        comm.close()
        return
    connection = Connection(comm)
    _connections.add(connection)
    connection.send(type="hello", protocol=PROTOCOL, package=__version__, vocabulary=vocabulary())


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
        connection._comm.close()


def _manager() -> Any:
    """Return the kernel's comm manager; nothing in a terminal, where there are no comms."""
    from IPython.core.getipython import get_ipython

    if getattr(get_ipython(), "kernel", None) is None:
        return None
    import comm

    return comm.get_comm_manager()
