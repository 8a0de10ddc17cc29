"""A prompt and how to go on from it in; what came of a generation, references judged, out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from galai_jupyter.bibliography.checking import suggest
from galai_jupyter.generation import Generation
from galai_jupyter.options import DisplayOptions, GenerationOptions
from galai_jupyter.prompts import Prompt
from galai_jupyter.replay import request_of


@dataclass(frozen=True)
class Request:
    """What the controls ask for.

    Attributes
    ----------
    prompt : Prompt
        What is continued.
    options : GenerationOptions
        How; checked.
    display : DisplayOptions
        How it is shown.
    citing : bool
        Whether the continuations are references, to be ranked and judged.
    threshold : float or None
        The least log-probability of a reference that counts.
    continuations : tuple of str
        Texts that are scored; nothing is generated if there are some.
    """

    prompt: Prompt
    options: GenerationOptions
    display: DisplayOptions
    citing: bool = False
    threshold: float | None = None
    continuations: tuple[str, ...] = ()

    def complete(self, generation: Generation) -> Generation:
        """Return the record of a generation with what follows from it."""
        return suggest(generation, self.threshold) if self.citing else generation


def request_again(recorded: Generation, display: DisplayOptions, **changes: Any) -> Request:
    """Return the request that a generation came of, with other options where `changes` say so."""
    prompt, options = request_of(recorded)
    found = recorded.suggestions
    return Request(
        prompt,
        replace(options, **changes),
        display,
        citing=found is not None,
        threshold=found.threshold if found else None,
    )
