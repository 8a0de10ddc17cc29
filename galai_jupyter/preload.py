"""A shell in; torch and transformers, imported in the background between its cells, out."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

THREAD_NAME = "galai-import"

_MODULES = (
    "torch",
    "transformers",
    "torch.distributed.tensor",
    "transformers.generation.utils",
    "transformers.modeling_utils",
    "galai_jupyter.engines.decoding.strategy",
    "galai_jupyter.engines.local",
)
"""In pieces of about a second each, so that a cell never waits long."""


def wait_for_imports() -> None:
    """Return when no import is under way in the background; for threads that are no cell's."""
    for thread in threading.enumerate():
        if thread.name == THREAD_NAME:
            thread.join()


class Preloader:
    """Imports what the first generation needs, beginning when the first cell has ended.

    Imports and cells take turns: transformers replaces its own module while it is imported, so a
    cell that imports it at that moment would fail.

    Parameters
    ----------
    shell : InteractiveShell
        Its cells give the turns.
    load : callable
        Imports a module, given its name.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        load: Callable[[str], object] = importlib.import_module,
    ) -> None:
        self._shell = shell
        self._load = load
        self._turn = threading.RLock()
        self._held = 0
        self._thread = threading.Thread(target=self._import, daemon=True, name=THREAD_NAME)

    def arm(self) -> None:
        """Wait for the end of the running cell."""
        self._shell.events.register("post_run_cell", self._start)

    def disarm(self) -> None:
        """Start no more; the pieces that are being imported are."""
        for event, callback in (
            ("post_run_cell", self._start),
            ("post_run_cell", self._after_cell),
            ("pre_run_cell", self._before_cell),
        ):
            if callback in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, callback)

    def _start(self, *_: object) -> None:
        self.disarm()
        self._shell.events.register("pre_run_cell", self._before_cell)
        self._shell.events.register("post_run_cell", self._after_cell)
        self._thread.start()

    def _import(self) -> None:
        for name in _MODULES:
            with self._turn:
                self._load(name)
            time.sleep(0.01)  # a waiting cell goes first

    def _before_cell(self, *_: object) -> None:
        if self._thread.is_alive():
            self._turn.acquire()
            self._held += 1

    def _after_cell(self, *_: object) -> None:
        if self._held:
            self._held -= 1
            self._turn.release()
        elif not self._thread.is_alive():
            self.disarm()
