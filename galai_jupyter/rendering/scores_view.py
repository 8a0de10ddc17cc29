"""A generation in; how likely its texts are, as a whole and token by token, out."""

from __future__ import annotations

from markdown_it.token import Token as MarkdownToken

from galai_jupyter.generation import GeneratedSequence, Generation
from galai_jupyter.rendering.html_writer import HtmlWriter
from galai_jupyter.rendering.markdown_writer import MarkdownWriter
from galai_jupyter.rendering.rich_tables import Cell, write_table
from galai_jupyter.rendering.tables import table_bundle
from galai_jupyter.rendering.token_view import (
    nats,
    percent,
    scored_tokens_fragment,
    visible_token,
)

_HEADER = ("", "text", "tokens", "perplexity", "sum", "mean", "minimum")
_TEXT_LENGTH = 48
LEGEND = (
    "Small numbers are log-probabilities (natural); the stronger the shade, the less sure the "
    "model is. ▁ is a space."
)


def scores_html(generation: Generation) -> str:
    """Return scores and token views as HTML, not yet sanitised."""
    views = []
    for index, sequence in enumerate(generation.sequences, 1):
        if len(generation.sequences) > 1:
            views.append(f"<p><strong>{index} of {len(generation.sequences)}</strong></p>")
        views.append(
            scored_tokens_fragment(sequence.tokens, LEGEND if index == 1 else "", log=True)
        )
    return write_table(HtmlWriter(), _HEADER, _rows(generation)) + "".join(views)


def scores_markdown(generation: Generation) -> str:
    """Return scores and tokens as Markdown."""
    writer = MarkdownWriter()
    parts = [write_table(writer, _HEADER, _rows(generation))]
    for index, sequence in enumerate(generation.sequences, 1):
        tokens = [
            f"{writer.code_span(visible_token(token.text))} {nats(token.log_probability)}"
            for token in sequence.tokens
        ]
        paragraph = f"{_label(generation, index)}{' · '.join(tokens)}"
        parts.append(writer.paragraph(paragraph, MarkdownToken("paragraph_open", "p", 1)))
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())


def scores_plain(generation: Generation) -> str:
    """Return scores and tokens as text, a token a line."""
    rows = [[str(cell) for cell in row] for row in _rows(generation)]
    lines = [table_bundle(_HEADER, rows)["text/plain"]]
    for index, sequence in enumerate(generation.sequences, 1):
        lines += ["", *([_label(generation, index)] if len(generation.sequences) > 1 else [])]
        lines += [
            f"{nats(token.log_probability):>8}  {percent(token.log_probability):>5} %  "
            f"{visible_token(token.text)}"
            for token in sequence.tokens
        ]
    return "\n".join(lines)


def _label(generation: Generation, index: int) -> str:
    count = len(generation.sequences)
    return f"{index} of {count}: " if count > 1 else ""


def _rows(generation: Generation) -> list[list[Cell]]:
    return [_row(index, each) for index, each in enumerate(generation.sequences, 1)]


def _row(index: int, sequence: GeneratedSequence) -> list[Cell]:
    text = " ".join(sequence.text.split())
    return [
        str(index),
        text if len(text) <= _TEXT_LENGTH else text[: _TEXT_LENGTH - 1] + "…",
        str(len(sequence.tokens)),
        f"{sequence.perplexity:.4g}",
        nats(sequence.log_probability),
        nats(sequence.mean_log_probability),
        nats(sequence.min_log_probability),
    ]
