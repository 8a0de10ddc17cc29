"""The exceptions of galai_jupyter; each message is one sentence that says what to do.

::

    GalacticaError
    ├── OptionError (ValueError)          an option is unknown, out of range or in conflict
    ├── PromptError (ValueError)          a prompt is empty, too long, or its {{…}} does not resolve
    ├── ModelNotFoundError (LookupError)  no checkpoint has that name, or it cannot be reached
    ├── CheckpointError                   a checkpoint is there but cannot be trusted or read
    ├── InsufficientMemoryError           weights or cache do not fit the memory that is free
    ├── SessionBusyError                  a generation is running, and this one is not to wait
    ├── LibraryError                      a .bib file is not there, cannot be read, or is empty
    ├── LookupServiceError                a service on the network did not answer
    ├── SandboxError                      no process could be started for a model's Python
    └── EngineError                       the engine failed (the cause is chained) or cannot do it
        └── ServerKeyError                a server wants a key, or another one

    KeyboardInterrupt
    └── Interrupted                       an interrupt that has been dealt with; texts are kept
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from galai_jupyter.generation import Generation


class GalacticaError(Exception):
    """Anything that galai_jupyter reports to a person."""


class OptionError(GalacticaError, ValueError):
    """An option is unknown, out of range or in conflict with another one."""


class PromptError(GalacticaError, ValueError):
    """A prompt cannot be used as it stands."""


class ModelNotFoundError(GalacticaError, LookupError):
    """No checkpoint is known under a name, or the hub cannot be reached."""


class CheckpointError(GalacticaError):
    """A checkpoint's files are missing, damaged, or not a Galactica model."""


class InsufficientMemoryError(GalacticaError):
    """The weights or the cache do not fit into the memory that is free."""


class SessionBusyError(GalacticaError):
    """A generation is running in this session, and this request cannot or must not wait."""


class LibraryError(GalacticaError):
    """A bibliography cannot be read, or holds nothing that can be used."""


class LookupServiceError(GalacticaError):
    """A catalog of papers on the network does not answer, or not as expected."""


class SandboxError(GalacticaError):
    """No process could be started to run a model's Python in."""


class EngineError(GalacticaError):
    """The engine failed (``__cause__`` holds its error), or cannot do what was asked of it."""


class ServerKeyError(EngineError):
    """A server wants a key, or refuses the one that it was given."""


class Interrupted(KeyboardInterrupt):
    """An interrupt that has been dealt with: one line instead of a traceback.

    It is still an error of the cell, so that "run all cells" stops here.

    Attributes
    ----------
    generations : sequence of Generation
        One for each prompt, in their order, with the texts so far.
    """

    def __init__(self, message: str, generations: Sequence[Generation] = ()) -> None:
        super().__init__(message)
        self.generations = generations

    def _render_traceback_(self) -> list[str]:
        return [f"Interrupted: {self}"]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'a' or 'b'?"`` for names close to `word`, else ``""``."""
    matches = difflib.get_close_matches(word, list(known), n=3, cutoff=0.6)
    if not matches:
        return ""
    return f" Did you mean {' or '.join(repr(match) for match in matches)}?"
