"""Generations in; what a person looks at, its generations, and how it is shown, out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from galai_jupyter import rendering
from galai_jupyter.comparison import Comparison
from galai_jupyter.display import BUNDLES
from galai_jupyter.generation import Generation
from galai_jupyter.options import DisplayOptions
from galai_jupyter.programs import Execution
from galai_jupyter.replay import Replay

Subject = Generation | Comparison | Replay
"""What the panel can show: the same results that a cell can end with."""


def generations_of(subject: Subject | None) -> tuple[Generation, ...]:
    """Return the generations that somebody who looks at `subject` sees."""
    match subject:
        case None:
            return ()
        case Comparison():
            return subject.generations
        case Replay():
            return (subject.repeated,)
    return (subject,)


def side_by_side(
    generations: Sequence[Generation], history: Sequence[Generation]
) -> Subject | None:
    """Return one generation as it is, several as a comparison that numbers them as `history`."""
    if len(generations) < 2:
        return generations[0] if generations else None
    numbers = {id(generation): number for number, generation in enumerate(history, 1)}
    labels = (f"{numbers.get(id(each), '?')} · {each.options.strategy}" for each in generations)
    return Comparison(tuple(labels), tuple(generations))


def bundle_of(subject: Subject | Execution) -> dict[str, Any]:
    """Return what a cell shows of it: a static MIME bundle."""
    return BUNDLES[type(subject)](subject)


def rendered_html(subject: Subject, options: DisplayOptions) -> str:
    """Return what a cell shows of it as HTML, and what only a panel has room for."""
    match subject:
        case Comparison():
            bundle = rendering.comparison_bundle(
                subject, special_tokens=options.special_tokens, html=True
            )
            return f"{bundle['text/html']}{_differences(subject)}"
        case Replay():
            told = str(rendering.replay_bundle(subject, html=True)["text/html"])
            return told + (rendered_html(subject.repeated, options) if subject.identical else "")
    bundle = rendering.generation_bundle(
        subject, special_tokens=options.special_tokens, scores=options.score, html=True
    )
    return str(bundle["text/html"])


def _differences(comparison: Comparison) -> str:
    """Return where two texts for one prompt differ, folded."""
    if len(comparison.generations) != 2 or not comparison.prompt:
        return ""
    first, second = (generation.text for generation in comparison.generations)
    if first == second:
        return "<p>The texts are identical.</p>"
    before, after = map(escape, comparison.labels)
    return (
        "<details><summary>Where the texts differ</summary>"
        f"{rendering.differences_html(first, second)}"
        f"<p><small>Struck out: {before}. Underlined: {after}.</small></p></details>"
    )
