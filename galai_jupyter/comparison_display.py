"""Events of a comparison in; one output whose columns fill one after the other out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from galai_jupyter import rendering
from galai_jupyter.comparison import Comparison
from galai_jupyter.display import GrowingOutput, in_notebook
from galai_jupyter.generation import Generation, StreamEvent
from galai_jupyter.options import DisplayOptions

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class ComparisonDisplay:
    """Shows a prompt's decodings while they are run; a terminal waits for the end.

    Parameters
    ----------
    shell : InteractiveShell
        Decides between notebook and terminal.
    prompt : str
        What stands before the texts.
    labels : sequence of str
        The decodings.
    options : DisplayOptions
        How to show them.
    """

    def __init__(
        self, shell: InteractiveShell, prompt: str, labels: Sequence[str], options: DisplayOptions
    ) -> None:
        self._in_notebook = in_notebook(shell)
        self._prompt, self._labels, self._options = prompt, labels, options
        self._output = GrowingOutput()
        self._finished: list[Generation] = []
        self._text = ""
        self._tokens = 0

    def take(self, event: StreamEvent) -> None:
        """Show an event, unless the last update was too recent or too costly."""
        if event.generation:
            self._finished.append(event.generation)
            self._text, self._tokens = "", 0
        else:
            self._text = event.text if event.replaces else self._text + event.text
            count = len(event.tokens)
            self._tokens = count if event.replaces else self._tokens + count
        if self._in_notebook:
            done = sum(generation.new_tokens for generation in self._finished)
            self._output.update(done + self._tokens, self._growing)

    def finish(self, comparison: Comparison) -> None:
        """Show the final, static form."""
        bundle = rendering.comparison_bundle(
            comparison, special_tokens=self._options.special_tokens
        )
        if self._in_notebook:
            self._output.show(bundle)
        else:
            print(bundle["text/plain"])

    def _growing(self) -> dict[str, Any]:
        return rendering.comparing_bundle(
            self._prompt,
            self._labels,
            self._finished,
            self._text,
            special_tokens=self._options.special_tokens,
        )
