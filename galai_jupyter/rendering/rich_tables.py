"""Rows of generated text, numbers and bars in; a table in a writer's language out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token as MarkdownToken

from galai_jupyter.rendering.latex_writer import LatexWriter
from galai_jupyter.rendering.markdown_engine import clean_text
from galai_jupyter.rendering.segmenter import segment
from galai_jupyter.rendering.segments import Block, CodeBlock, Text, Token
from galai_jupyter.rendering.writer import Writer

_BAR_LENGTH = 10


@dataclass(frozen=True)
class Bar:
    """A share of the whole, 0 to 1, that is drawn in front of words."""

    share: float
    words: str

    @property
    def blocks(self) -> str:
        """The bar as characters: they need no style to be seen."""
        filled = round(_BAR_LENGTH * self.share)
        return "█" * filled + "░" * (_BAR_LENGTH - filled)


Cell = str | Bar


def write_table(writer: Writer, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table; formulas in its cells are typeset, everything else stands letter by letter.

    Parameters
    ----------
    writer : Writer
        Which language; HTML is not yet sanitised.
    header : sequence of str
        Names of the columns.
    rows : sequence of sequences of str or Bar
        The cells; generated text may be among them.
    """
    if isinstance(writer, LatexWriter):
        return _latex_table(writer, header, rows)
    head = writer.tr("".join(writer.th(writer.text(name), _mark("th")) for name in header), _ROW)
    body = "".join(
        writer.tr("".join(writer.td(_cell(writer, cell), _mark("td")) for cell in row), _ROW)
        for row in rows
    )
    inner = writer.thead(head, _mark("thead")) + writer.tbody(body, _mark("tbody"))
    return writer.table(inner, _mark("table"))


def _cell(writer: Writer, cell: Cell) -> str:
    if isinstance(cell, Bar):
        return f"{cell.blocks} {writer.text(cell.words)}"
    writer.in_table = True
    inner = "".join(
        writer.text(piece.source)
        if isinstance(piece, (Text, Block, CodeBlock, Token))
        else writer.segment(piece)
        for piece in segment(clean_text(" ".join(cell.split())))
    )
    writer.in_table = False
    return inner


def _latex_table(writer: LatexWriter, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table as wide as the text; long texts get more of it, and break."""

    def line(cells: Sequence[str]) -> str:
        return " & ".join(cells) + r" \\" + "\n"

    longest = [
        max(len(cell.words) if isinstance(cell, Bar) else len(cell) for cell in column)
        for column in zip(header, *rows, strict=True)
    ]
    narrow = [max(3, min(length, 30)) for length in longest]
    columns = "".join(rf"p{{{0.8 * length / sum(narrow):.2f}\linewidth}}" for length in narrow)
    head = line([writer.text(name) for name in header])
    body = "".join(line([_latex_cell(writer, cell) for cell in row]) for row in rows)
    return (
        f"\\begingroup\\small\\raggedright\\noindent\n\\begin{{tabular}}{{{columns}}}\n"
        f"{head}\\hline\n{body}\\end{{tabular}}\\par\\endgroup\n\n"
    )


def _latex_cell(writer: LatexWriter, cell: Cell) -> str:
    if isinstance(cell, Bar):
        return rf"\rule{{{3 * cell.share:.2f}em}}{{1.2ex}} {writer.text(cell.words)}"
    return _cell(writer, cell)


def _mark(name: str) -> MarkdownToken:
    return MarkdownToken(f"{name}_open", name, 1)


_ROW = _mark("tr")
