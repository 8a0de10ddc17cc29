"""A generation that completes references in; the same with these ranked and judged out."""

from __future__ import annotations

import re
from dataclasses import replace

from galai_jupyter.confidence import CAUTIOUS, Calibration, find_calibration, label
from galai_jupyter.generation import Generation, Reference, Suggestions
from galai_jupyter.references import START_REF, rank_references, read_references

_AFTER_A_REFERENCE = re.compile(r"\[END_REF\]\s*\[START_REF\]\s*\Z")


def with_suggestions(generation: Generation, threshold: float | None = None) -> Generation:
    """Return `generation` with the references that its sequences complete.

    Parameters
    ----------
    generation : Generation
        Its prompt ends in an open reference.
    threshold : float, optional
        The least log-probability (the sum over its tokens) of a reference that counts.
    """
    calibration = find_calibration(generation.model.name)
    references = tuple(
        judge(reference, calibration or CAUTIOUS)
        for reference in rank_references(read_references(generation))
        if reference.title
    )
    return replace(
        generation,
        suggestions=Suggestions(references, threshold, calibrated=calibration is not None),
        notices=generation.notices + _notices(generation.prompt),
    )


def judge(reference: Reference, calibration: Calibration) -> Reference:
    """Return `reference` with its confidence and label; one that is not complete has none."""
    if not reference.complete:
        return reference
    confidence = calibration.probability(
        reference.mean_log_probability, reference.min_log_probability
    )
    return replace(reference, confidence=confidence, label=label(confidence))


def _notices(prompt: str) -> tuple[str, ...]:
    """Return what a reader should know about the end of `prompt`."""
    if _AFTER_A_REFERENCE.search(prompt):
        return ("the text ends in a reference already: another one is suggested",)
    if prompt.rpartition(START_REF)[2].strip():
        return ("the text begins the reference: what stands there is not scored",)
    return ()
