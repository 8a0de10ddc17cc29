"""Requests about a generation that a notebook shows in; branches, alternatives and LaTeX out.

The JupyterLab extension asks for them with the record of the output; see docs/protocol.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from galai_jupyter import rendering
from galai_jupyter.errors import GalacticaError
from galai_jupyter.generation import Generation
from galai_jupyter.session import get_session
from galai_jupyter.streaming import GenerationStream

if TYPE_CHECKING:
    from galai_jupyter.comm import Request

UPDATE_INTERVAL = 0.1
"""Seconds between two updates of a growing text, at least."""

_WORKING_SHARE = 0.1
"""Share of the time that drawing updates may take."""

_running: dict[str, GenerationStream] = {}
"""The branches that grow, by the names that the extension gave them."""


def branch(request: Request) -> Iterator[dict[str, Any]]:
    """Go on from another token; yield MIME bundles that grow, and the final one.

    Parameters are ``record``, ``place`` (from 1), ``sequence`` (from 0), ``chosen`` (the id of a
    token, or a text) and ``name``, which :func:`stop_branch` takes.
    """
    given = request.parameters
    recorded, (place, sequence) = _record(given), _place(given)
    chosen, name = given.get("chosen"), str(given.get("name"))
    if isinstance(chosen, bool) or not isinstance(chosen, (int, str)):
        raise GalacticaError("A branch needs the id of a token, or a text, to go on from.")
    stream = get_session().branch(recorded, place, chosen, sequence)
    _running[name] = stream
    try:
        with stream:
            yield from _bundles(stream, request)
    finally:
        _running.pop(name, None)


def stop_branch(request: Request) -> Iterator[bool]:
    """End the branch of that ``name`` now; its text so far is kept. Yield whether it was there."""
    stream = _running.get(str(request.parameters.get("name")))
    if stream:
        stream.interrupt()
    yield stream is not None


def alternatives(request: Request) -> Iterator[list[Any]]:
    """Yield the likeliest tokens in a ``place`` of a ``sequence`` of a ``record``, as lists."""
    recorded, (place, sequence) = _record(request.parameters), _place(request.parameters)
    yield [
        [each.id, each.text, each.log_probability]
        for each in get_session().alternatives(recorded, place, sequence)
    ]


def render(request: Request) -> Iterator[str]:
    """Yield a ``record`` as LaTeX."""
    yield rendering.generation_latex(_record(request.parameters))


METHODS: Mapping[str, Callable[[Request], Iterator[Any]]] = {
    "branch": branch,
    "stop_branch": stop_branch,
    "alternatives": alternatives,
    "render": render,
}
"""The requests that the renderer of generations makes."""


def _bundles(stream: GenerationStream, request: Request) -> Iterator[dict[str, Any]]:
    text, drawn_again = "", 0.0
    for event in stream:
        if request.cancelled.is_set():
            stream.interrupt()
        if event.generation:
            yield rendering.generation_bundle(event.generation, html=True)
            continue
        text = event.text if event.replaces else text + event.text
        began = time.perf_counter()
        if began >= drawn_again:
            prompt = stream.prompts[0]
            yield rendering.streaming_bundle(prompt.text, text, html=True, branch=prompt.branch)
            now = time.perf_counter()
            drawn_again = now + max(UPDATE_INTERVAL, (now - began) / _WORKING_SHARE)


def _record(parameters: Mapping[str, Any]) -> Generation:
    try:
        return Generation.from_dict(parameters["record"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise GalacticaError(
            "The record of this output cannot be read: run its cell again."
        ) from error


def _place(parameters: Mapping[str, Any]) -> tuple[int, int]:
    match parameters:
        case {"place": int(place), "sequence": int(sequence)}:
            return place, sequence
    raise GalacticaError("A request about a token needs its place and its sequence.")
