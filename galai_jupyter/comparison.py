"""Several generations side by side: a frozen record, in and out of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from galai_jupyter.generation import Generation

FORMAT_VERSION = 1
COMPARISON_MIME_TYPE = f"application/vnd.galai.comparison.v{FORMAT_VERSION}+json"


@dataclass(frozen=True)
class Comparison:
    """What came of one prompt under several decodings, or of several requests.

    Attributes
    ----------
    labels : tuple of str
        The decodings that were run, in short form, or what else tells the generations apart.
    generations : tuple of Generation
        What came of each; never empty.
    skipped : tuple of str
        The decodings that an interrupt left no time for.
    """

    labels: tuple[str, ...]
    generations: tuple[Generation, ...]
    skipped: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """The prompt that all of them continue; ``""`` if each has its own."""
        prompts = {generation.prompt for generation in self.generations}
        return self.generations[0].prompt if len(prompts) == 1 else ""

    def __getitem__(self, label: str) -> Generation:
        """Return what came of the decoding called `label`."""
        return dict(zip(self.labels, self.generations, strict=True))[label]

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.labels)}>"

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {
            "format": FORMAT_VERSION,
            "labels": list(self.labels),
            "skipped": list(self.skipped),
            "generations": [generation.to_dict() for generation in self.generations],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the comparison of :meth:`to_dict`.

        Raises
        ------
        ValueError
            If `values` has another format version.
        """
        if values.get("format") != FORMAT_VERSION:
            raise ValueError(
                f"This comparison has format {values.get('format')!r}; this version of "
                f"galai_jupyter reads format {FORMAT_VERSION}."
            )
        return cls(
            tuple(values["labels"]),
            tuple(Generation.from_dict(record) for record in values["generations"]),
            tuple(values["skipped"]),
        )
