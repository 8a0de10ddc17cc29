"""The loss of a training in, a CSV file and a plot out."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class LogRow(NamedTuple):
    """The mean loss of the last steps, the time that training took so far, the tokens seen."""

    step: int
    loss: float
    minutes: float
    tokens: int


def write_log(path: Path, rows: Sequence[LogRow]) -> None:
    """Write the loss as a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(LogRow._fields)
        writer.writerows(rows)


def write_plot(path: Path, rows: Sequence[LogRow]) -> None:
    """Draw the loss over the tokens as an SVG file."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
    axes.plot([row.tokens / 1e6 for row in rows], [row.loss for row in rows], color="#30638e")
    axes.set(xlabel="tokens seen (millions)", ylabel="loss (nats per counted token)", yscale="log")
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
