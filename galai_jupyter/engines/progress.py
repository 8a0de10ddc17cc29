"""Somebody else's progress bars in; calls of one function that says how far the work is, out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Progress = Callable[[str, float], None]
"""Called with what is being done and the fraction that is done, 0 to 1."""


def reporting_tqdm(label: str, progress: Progress) -> type[Any]:
    """Return a tqdm class that reports the sum of its bars to `progress` and prints nothing."""
    from tqdm import tqdm

    bars: list[Any] = []

    class ReportingTqdm(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            kwargs |= {"disable": False, "file": _Nowhere(), "miniters": 1, "mininterval": 0}
            super().__init__(*args, **kwargs)
            bars.append(self)

        def update(self, n: float | None = 1) -> bool | None:
            updated = super().update(n)
            total = sum(bar.total or 0 for bar in bars)
            if total:
                progress(label, min(1.0, sum(bar.n for bar in bars) / total))
            return updated

    return ReportingTqdm


class _Nowhere:
    """A file that forgets what is written to it."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass
