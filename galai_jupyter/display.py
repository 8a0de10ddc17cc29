"""Stream events in; one output that grows in place, and its final static form, out.

In a notebook the output is one display that is updated; in a terminal the text is printed as it
comes. This module also teaches IPython to show results.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from galai_jupyter import rendering
from galai_jupyter.comparison import Comparison
from galai_jupyter.generation import Generation, StreamEvent
from galai_jupyter.options import DisplayOptions, GenerationOptions
from galai_jupyter.programs import Execution
from galai_jupyter.rendering import tables
from galai_jupyter.replay import Replay

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

UPDATE_INTERVAL = 0.1
"""Seconds between two updates, at least."""

_PATIENCE = 0.3
"""Seconds that work may take before a progress bar is worth its flicker."""

_WORKING_SHARE = 0.02
"""Share of the time that drawing updates may take."""

_BYTES_AT_ONCE, _BYTES_PER_TOKEN = 100_000, 500
"""Budget of a stream's updates; it keeps 2,000 tokens well under 2 MB."""


def publish(bundle: dict[str, Any], display_id: str, *, update: bool = False) -> None:
    """Show a MIME bundle as a display of its own, or in place of an earlier one."""
    from IPython.display import display

    display(bundle, raw=True, display_id=display_id, update=update)


class Display:
    """One output of a cell that can be drawn again: progress, then what came of it.

    Parameters
    ----------
    shell : InteractiveShell
        Decides between notebook and terminal.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._in_notebook = in_notebook(shell)
        self._id = uuid4().hex
        self._shown = False
        self._last = time.perf_counter() + _PATIENCE

    def progress(self, label: str, fraction: float) -> None:
        """Draw a bar, at most ten times a second, once the work has taken a moment."""
        now = time.perf_counter()
        if now - self._last >= UPDATE_INTERVAL:
            self._last = now
            self.show(tables.progress_bundle(label, fraction), end="\r")

    def show(self, bundle: dict[str, Any], end: str = "\n") -> None:
        """Put `bundle` in place of what was shown before."""
        if self._in_notebook:
            publish(bundle, self._id, update=self._shown)
        else:
            print(bundle["text/plain"].ljust(60), end=end, flush=True)
        self._shown = True


class GrowingOutput:
    """One output of a notebook that is drawn again and again, neither too often nor too large."""

    def __init__(self) -> None:
        self._id = uuid4().hex
        self._bytes = 0
        self._next = 0.0
        self._shown = False

    def update(self, tokens: int, draw: Callable[[], dict[str, Any]]) -> None:
        """Show what `draw` returns, unless the last update was too recent or too costly.

        Parameters
        ----------
        tokens : int
            How many there are by now; they earn the output its bytes.
        draw : callable
            Returns a MIME bundle.
        """
        now = time.perf_counter()
        if now < self._next or self._bytes > _BYTES_AT_ONCE + _BYTES_PER_TOKEN * tokens:
            return
        warm = self._shown  # the first drawing may have to import what draws
        bundle = draw()
        self.show(bundle)
        self._bytes += sum(len(value) for value in bundle.values())
        spent = time.perf_counter() - now if warm else 0.0
        self._next = time.perf_counter() + max(UPDATE_INTERVAL, spent / _WORKING_SHARE)

    def show(self, bundle: dict[str, Any]) -> None:
        """Put `bundle` in place of what was shown before."""
        publish(bundle, self._id, update=self._shown)
        self._shown = True


class StreamDisplay:
    """Shows one prompt's generation while it grows.

    Parameters
    ----------
    shell : InteractiveShell
        Decides between notebook and terminal.
    prompt : str
        What stands before the text.
    generation_options : GenerationOptions
        How it is decoded: what beams say now they may take back, and of several sequences only
        the first can be shown while it grows, so a terminal waits for the end of both.
    options : DisplayOptions
        How to show it.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        prompt: str,
        generation_options: GenerationOptions,
        options: DisplayOptions,
    ) -> None:
        self._in_notebook = in_notebook(shell)
        self._prompt, self._options = prompt, options
        self._one_after_another = (
            generation_options.num_beams == 1 and generation_options.num_return_sequences == 1
        )
        self._output = GrowingOutput()
        self._text = ""
        self._tokens = 0

    def take(self, event: StreamEvent) -> None:
        """Show an event, unless the last update was too recent or too costly."""
        if event.sequence_index or event.generation:
            return  # several sequences, and the finished record, are shown at the end
        self._text = event.text if event.replaces else self._text + event.text
        self._tokens = len(event.tokens) if event.replaces else self._tokens + len(event.tokens)
        if not self._in_notebook:
            if self._one_after_another and event.text:
                sys.stdout.write(event.text)
                sys.stdout.flush()
            return
        self._output.update(self._tokens, self._growing)

    def finish(self, generation: Generation) -> None:
        """Show the final, static form."""
        bundle = rendering.generation_bundle(
            generation, special_tokens=self._options.special_tokens, scores=self._options.score
        )
        if self._in_notebook:
            self._output.show(bundle)
            return
        plain = str(bundle["text/plain"])
        if self._one_after_another:
            print()
            below = plain.removeprefix(generation.full_text).strip("\n")
            if below:
                print(below)
        elif len(generation.sequences) == 1:
            print(plain.removeprefix(generation.prompt))
        else:
            print(plain)

    def _growing(self) -> dict[str, Any]:
        return rendering.streaming_bundle(
            self._prompt, self._text, special_tokens=self._options.special_tokens
        )


def in_notebook(shell: InteractiveShell) -> bool:
    """Return whether a shell's displays can be updated in place."""
    return hasattr(shell, "kernel")


Result = Generation | Comparison | Replay | Execution
"""What a cell can end with."""

BUNDLES: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    Generation: rendering.generation_bundle,
    Comparison: rendering.comparison_bundle,
    Replay: rendering.replay_bundle,
    Execution: rendering.execution_bundle,
}
"""How each of them is shown."""


class ResultFormatter:
    """Shows a result that a cell ends with, but never one that the cell has just shown."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._in_notebook = in_notebook(shell)
        self._fresh: Result | None = None

    def already_shown(self, result: Result) -> None:
        """Remember that a cell has shown `result`; it is the cell's result, too."""
        self._fresh = result

    def forget(self, *_: object) -> None:
        """Begin a new cell."""
        self._fresh = None

    def __call__(self, result: Result) -> None:
        """Show a result, for IPython's display hook."""
        if result is self._fresh:
            self._fresh = None
            if not self._in_notebook:
                print(repr(result))  # behind the Out[n]: that stands there already
            return
        publish(BUNDLES[type(result)](result), uuid4().hex)
