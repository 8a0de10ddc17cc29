"""A server's address in; the session's model, which runs there, out."""

from __future__ import annotations

import getpass

from galai_jupyter.engines.remote import RemoteEngine
from galai_jupyter.errors import ServerKeyError
from galai_jupyter.model import Model
from galai_jupyter.options import OPTIONS, ConnectOptions, build_options
from galai_jupyter.session import get_session


def connect(
    url: str,
    model: str | None = None,
    *,
    tokenizer: str | None = None,
    timeout: float = OPTIONS["timeout"].default,
) -> Model:
    """Use a model that a vLLM server runs; it becomes the session's, so the magics use it, too.

    ``galai-jupyter serve`` starts such a server. Its key is that of the environment variable
    ``GALAI_API_KEY``; where the server wants another one, it is asked for. It is not stored.

    Parameters
    ----------
    url : str
        For example ``"http://server:8000"``.
    model : str, optional
        The server's name of the model; needed when it has several.
    tokenizer : str, optional
        Catalog name, hub id or folder whose tokenizer the model has; needed where its own name
        does not tell.
    timeout : float, default 120
        Seconds without news after which the server is given up.

    Raises
    ------
    GalacticaError
        If the server cannot be used; one sentence says what to do.

    Examples
    --------
    >>> model = connect("http://localhost:8000")  # doctest: +SKIP
    """
    values = {"model": model, "tokenizer": tokenizer, "timeout": timeout}
    found = open_connection(url, build_options(ConnectOptions, values))
    print(f"Connected to {found.description}")
    return found


def open_connection(url: str, options: ConnectOptions) -> Model:
    """Return the session's model after it has become that of a server; ask for a key if need be.

    Raises
    ------
    GalacticaError
        As :func:`connect`.
    """
    try:
        engine = RemoteEngine.connect(url, options)
    except ServerKeyError:
        key = _ask_for_key()
        if not key:
            raise
        engine = RemoteEngine.connect(url, options, key)
    return get_session().use(engine)


def _ask_for_key() -> str:
    """Return what a person types, unseen; ``""`` where nobody can be asked."""
    try:
        return getpass.getpass("Key of the server (it is not stored): ").strip()
    except (EOFError, OSError, NotImplementedError):  # no terminal; a notebook that is executed
        return ""
