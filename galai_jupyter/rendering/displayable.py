"""A text in; one object that a notebook shows with our rendering out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from galai_jupyter.rendering.front_ends import typesets_html
from galai_jupyter.rendering.text import to_html, to_markdown


@dataclass(frozen=True)
class RenderedText:
    """A text that a notebook shows typeset when it is the last value of a cell.

    Attributes
    ----------
    data : str
        The text itself.
    """

    data: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": self.data, "text/markdown": to_markdown(self.data)}
        if typesets_html():
            bundle["text/html"] = to_html(self.data)
        return bundle


def display_markdown(text: str) -> RenderedText:
    r"""Return `text` as an object that a notebook shows: Markdown, formulas, special tokens.

    Parameters
    ----------
    text : str
        What was generated; formulas stand between ``\(…\)``, ``\[…\]``, ``$…$`` or ``$$…$$``.
    """
    return RenderedText(text)


def display_latex(text: str) -> RenderedText:
    """Return `text` as an object that a notebook shows; the same as :func:`display_markdown`.

    Galactica mixes Markdown and formulas freely, so both names understand both.
    """
    return RenderedText(text)
