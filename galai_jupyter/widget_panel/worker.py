"""A function in; its run on a thread of its own, one at a time, out."""

from __future__ import annotations

import threading
from collections.abc import Callable

THREAD_NAME = "galai-panel"


class Worker:
    """Runs one job at a time, so that whoever asks for it can go on answering messages."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether a job is running; a job itself sees that it is."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        """Whether the caller is the job."""
        return threading.current_thread() is self._thread

    def start(self, job: Callable[[], None]) -> bool:
        """Run `job` on a new thread; return False, and do nothing, while another one runs."""
        with self._lock:
            if self.busy:
                return False
            # A kernel that is shut down does not wait for it.
            self._thread = threading.Thread(target=job, name=THREAD_NAME, daemon=True)
            self._thread.start()
            return True

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the job, if there is one."""
        if self._thread is not None:
            self._thread.join(timeout)
