"""Requests to an OpenAI-compatible server in; its answers, or one sentence on what went wrong, out.

The client's event loop runs in a thread of its own, so that whoever waits for an answer can look
up, notice an interrupt, and have the request cancelled: a closed connection ends it on the server.
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
import weakref
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from galai_jupyter.errors import EngineError, ServerKeyError

if TYPE_CHECKING:
    import openai

RETRIES = 3
"""How often a request is sent again that was refused for now; nothing has been generated then."""

GO_ON = "go on with `%galactica continue`, or Continue in the panel"
"""What a person can do when a text has ended too early."""

_LONGEST_DELAY = 30.0
_CONNECT_TIMEOUT = 10.0
_CLOSE_TIMEOUT = 2.0
_LOOK_UP = 0.05
"""Seconds between two looks at whether to stop."""

_END = object()


def server_url(url: str) -> str:
    """Return where a server is, without ``/v1``, user names and passwords.

    Raises
    ------
    EngineError
        If that is no address.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in ("http", "https"):
        raise EngineError(f"{url!r} is no address of a server: write http://HOST:PORT.")
    host = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/").removesuffix("/v1")
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, path, "", ""))


class Wire:
    """A connection to one server, for any number of requests and threads at a time.

    Parameters
    ----------
    url : str
        Where the server is; ``/v1`` may be left out.
    key : str
        What it wants to be told, or ``""``. It is held by the client and nowhere else.
    timeout : float
        Seconds without news after which a request is given up.
    first_delay : float, default 0.5
        Seconds before a request is sent again; each further delay is twice as long.

    Attributes
    ----------
    url : str
        The server without key and path.
    """

    def __init__(self, url: str, key: str, timeout: float, first_delay: float = 0.5) -> None:
        self.url = server_url(url)
        self._timeout, self._first_delay = timeout, first_delay
        self._client = _client(self.url, key, timeout)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="galai-wire", daemon=True
        )
        self._thread.start()
        # Also when nobody holds this any more: the thread would go on for ever.
        self._shut = weakref.finalize(self, _shut, self._loop, self._thread, self._client)

    def get(self, path: str) -> Any:
        """Return what a GET of `path` answers; it is asked once."""
        return self._once(lambda client: client.get(self.url + path, cast_to=object))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return what a POST to `path` answers; it is asked once."""
        return self._once(lambda client: client.post(self.url + path, cast_to=object, body=body))

    def completions(
        self, request: dict[str, Any], interrupted: Callable[[], bool]
    ) -> Generator[openai.types.Completion, None, None]:
        """Send a request to ``/v1/completions``; yield its parts, or its one answer, as they come.

        Leaving the iterator closes the connection, and so does an interrupt, which ends it without
        a word. A request that is refused for now, before anything was generated, is sent again
        after a while.

        Parameters
        ----------
        request : dict
            Arguments of ``client.completions.create``.
        interrupted : callable
            Asked again and again while there is nothing to yield.

        Raises
        ------
        EngineError
            One sentence; the client's own error is chained.
        """
        yield from self._run(
            lambda client: client.completions.create(**request), RETRIES, interrupted
        )

    def close(self) -> None:
        """Close all connections and end the thread."""
        self._shut()

    def _once(self, send: Callable[[openai.AsyncOpenAI], Awaitable[Any]]) -> Any:
        return next(self._run(send, 0, lambda: False))

    def _run(
        self,
        send: Callable[[openai.AsyncOpenAI], Awaitable[Any]],
        retries: int,
        interrupted: Callable[[], bool],
    ) -> Generator[Any, None, None]:
        if not self._shut.alive:
            raise EngineError(f"The connection to {self.url} was closed: connect again.")
        inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        task = asyncio.run_coroutine_threadsafe(self._read(send, retries, inbox), self._loop)
        ended = False
        try:
            while not interrupted():
                try:
                    item = inbox.get(timeout=_LOOK_UP)
                except queue.Empty:
                    continue
                if isinstance(item, Exception):
                    raise self._explained(item) from item
                if item is _END:
                    ended = True
                    return
                yield item
        finally:
            task.cancel()
            with suppress(queue.Empty):  # a task that had not begun says nothing
                while not ended:  # until the connection has been closed
                    ended = inbox.get(timeout=_CLOSE_TIMEOUT) is _END

    async def _read(
        self,
        send: Callable[[openai.AsyncOpenAI], Awaitable[Any]],
        retries: int,
        inbox: queue.SimpleQueue[Any],
    ) -> None:
        import openai

        try:
            answer = await self._patiently(send, retries)
            if isinstance(answer, openai.AsyncStream):
                async with answer:
                    async for part in answer:
                        inbox.put(part)
            else:
                inbox.put(answer)
        except Exception as error:  # the asking thread raises it
            inbox.put(error)
        finally:
            inbox.put(_END)

    async def _patiently(
        self, send: Callable[[openai.AsyncOpenAI], Awaitable[Any]], retries: int
    ) -> Any:
        """Send; and again, ever later, while the server is busy, starting or out of reach.

        Not after a timeout: an overloaded server is not helped by the same request once more.
        """
        import openai

        for attempt in range(retries + 1):
            try:
                return await send(self._client)
            except openai.APITimeoutError:
                raise
            except (
                openai.RateLimitError,
                openai.InternalServerError,
                openai.APIConnectionError,
            ) as error:
                if attempt == retries:
                    raise
                delay = _asked_delay(error)
                if delay is None:
                    delay = self._first_delay * 2**attempt * random.uniform(0.75, 1.0)
                await asyncio.sleep(min(delay, _LONGEST_DELAY))

    def _explained(self, error: Exception) -> EngineError:
        import openai

        said = _message(error)
        if isinstance(error, openai.APIConnectionError) and _is_refused(error):
            return EngineError(
                f"{self.url} cannot be reached: check the address, and that the server is running."
            )
        if isinstance(error, openai.APITimeoutError):
            return EngineError(
                f"{self.url} has said nothing for {self._timeout:g} s: try again when it is less "
                "busy, or connect with a longer --timeout."
            )
        if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
            return ServerKeyError(
                f"{self.url} refuses the key, or wants one: set GALAI_API_KEY and connect again."
            )
        if isinstance(error, openai.NotFoundError):
            return EngineError(
                f"{self.url} does not know what it was asked for ({said}): check address and model "
                "and connect again."
            )
        if isinstance(error, openai.RateLimitError):
            return EngineError(
                f"{self.url} has too much to do (429): try again later, or send fewer prompts at "
                "a time."
            )
        if isinstance(error, openai.InternalServerError):
            return EngineError(
                f"The server at {self.url} failed ({error.status_code}: {said}): look at its log, "
                "then try again."
            )
        if isinstance(error, openai.APIStatusError):
            return EngineError(f"{self.url} refuses the request ({error.status_code}): {said}")
        # The client's own words for a connection that breaks say no more than that.
        said = "" if isinstance(error, openai.APIConnectionError) else f" ({said})"
        return EngineError(
            f"The connection to {self.url} was lost{said}; the text so far is kept: {GO_ON}, once "
            "the server is there again."
        )


def _shut(
    loop: asyncio.AbstractEventLoop, thread: threading.Thread, client: openai.AsyncOpenAI
) -> None:
    if threading.current_thread() is thread:  # it happened to collect the garbage
        loop.stop()
        return
    with suppress(Exception):  # a server that is gone cannot be told
        asyncio.run_coroutine_threadsafe(client.close(), loop).result(_CLOSE_TIMEOUT)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(_CLOSE_TIMEOUT)
    if not thread.is_alive():
        loop.close()


def _client(url: str, key: str, timeout: float) -> openai.AsyncOpenAI:
    try:
        import openai
    except ImportError as error:
        raise EngineError(
            "A server is spoken to with the openai package: pip install 'galai-jupyter[remote]'."
        ) from error
    return openai.AsyncOpenAI(
        base_url=f"{url}/v1",
        api_key=key or "none",  # the client insists on one; without --api-key nobody reads it
        timeout=openai.Timeout(timeout, connect=min(timeout, _CONNECT_TIMEOUT)),
        max_retries=0,
    )


def _asked_delay(error: openai.APIError) -> float | None:
    """Return the seconds that the server asks to wait, if it does."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        with suppress(KeyError, ValueError):
            return max(0.0, float(headers[name]) / unit)
    return None


def _message(error: Exception) -> str:
    """Return the server's own words, on one line."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        body = body.get("error", body)
    said = body.get("message") if isinstance(body, dict) else None
    lines = str(said or error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _is_refused(error: BaseException) -> bool:
    """Return whether no connection came about at all."""
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ in ("ConnectError", "ConnectTimeout", "UnsupportedProtocol"):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
