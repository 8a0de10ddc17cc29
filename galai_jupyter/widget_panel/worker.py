"""A function in; its run on a thread of its own, one at a time, out."""

from __future__ import annotations

import threading
from collections.abc import Callable

THREAD_NAME = "galai-panel"


class Worker:
    """Runs one job at a time, so that whoever asks for it can go on answering messages.

    Parameters
    ----------
    on_end : callable
        Called on the thread when a job has ended and the next one may begin.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.busy = False

    def start(self, job: Callable[[], None]) -> bool:
        """Run `job`, which must not raise, on a new thread; return False while another runs."""
        with self._lock:
            if self.busy:
                return False
            self.busy = True
        # A kernel that is shut down does not wait for it.
        thread = threading.Thread(target=self._run, args=(job,), daemon=True, name=THREAD_NAME)
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left: the panel must not stay busy
            self.busy = False
            raise
        self._thread = thread
        return True

    def _run(self, job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            self.busy = False
            self._on_end()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the job, if there is one."""
        if self._thread is not None:
            self._thread.join(timeout)
