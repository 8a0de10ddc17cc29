"""No input; the segment tree: what a generated text consists of, for all writers.

Every segment knows its ``source``; the sources of all segments in order are the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Text:
    """Markdown."""

    source: str


@dataclass(frozen=True)
class Literally:
    """Text that is shown letter by letter: a delimiter that nothing closes, say."""

    source: str


@dataclass(frozen=True)
class Formula:
    """Maths that is safe to typeset.

    Attributes
    ----------
    source : str
        As generated, with delimiters.
    tex : str
        Prepared TeX, without delimiters; an environment keeps its ``\\begin`` and ``\\end``.
    display : bool
        Whether it stands on a line of its own.
    """

    source: str
    tex: str
    display: bool


@dataclass(frozen=True)
class RawFormula:
    """Maths that is not typeset, because it is broken or uses a command that is not allowed."""

    source: str


@dataclass(frozen=True)
class CodeSpan:
    """Code within a line."""

    source: str
    code: str


@dataclass(frozen=True)
class CodeBlock:
    """Code on lines of its own.

    Attributes
    ----------
    source : str
        As generated, with the fences.
    code : str
        The code, without the indentation of the list or quotation that it stands in.
    language : str
        The first word after the opening fence.
    closed : bool
        Whether there is a closing fence.
    """

    source: str
    code: str
    language: str
    closed: bool


@dataclass(frozen=True)
class Sequence:
    """A DNA, amino acid or SMILES sequence; one that is still open ends with the word."""

    kind: str
    letters: str
    closed: bool

    @property
    def source(self) -> str:
        """As generated."""
        return f"[START_{self.kind}]{self.letters}" + (f"[END_{self.kind}]" if self.closed else "")


@dataclass(frozen=True)
class Token:
    """A special token on its own: ``[IMAGE]``, ``</s>``, one whose partner is missing."""

    source: str


@dataclass(frozen=True)
class Seam:
    """Where the prompt ends and the continuation begins.

    Attributes
    ----------
    inside : bool
        Whether that is inside the next segment, a formula or code, which stays in one piece.
    """

    inside: bool = False
    source: str = ""


@dataclass(frozen=True)
class Span:
    """What stands between two special tokens within a line."""

    kind: Literal["reference", "superscript", "subscript"]
    children: tuple[Segment, ...]

    @property
    def source(self) -> str:
        """As generated."""
        return _enclosed(self)


@dataclass(frozen=True)
class Block:
    """What stands between two special tokens on lines of their own: Markdown with everything."""

    kind: Literal["work", "fragments"]
    children: tuple[Segment, ...]

    @property
    def source(self) -> str:
        """As generated."""
        return _enclosed(self)


Segment: TypeAlias = (
    Text
    | Literally
    | Formula
    | RawFormula
    | CodeSpan
    | CodeBlock
    | Sequence
    | Token
    | Seam
    | Span
    | Block
)

SPAN_TOKENS = {
    "reference": ("[START_REF]", "[END_REF]"),
    "superscript": ("[START_SUP]", "[END_SUP]"),
    "subscript": ("[START_SUB]", "[END_SUB]"),
    "work": ("<work>", "</work>"),
    "fragments": ("<fragments>", "</fragments>"),
}
"""Opening and closing token by kind of `Span` and `Block`."""


def _enclosed(segment: Span | Block) -> str:
    opening, closing = SPAN_TOKENS[segment.kind]
    return opening + "".join(child.source for child in segment.children) + closing
