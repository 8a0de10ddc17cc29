"""A generation that suggests references in; these as a ranked table with bars out."""

from __future__ import annotations

from collections.abc import Callable

from galai_jupyter.generation import Generation, Reference, Suggestions
from galai_jupyter.rendering.html_writer import HtmlWriter, text_html
from galai_jupyter.rendering.latex_writer import LatexWriter, escape_latex
from galai_jupyter.rendering.markdown_writer import MarkdownWriter, escape_markdown
from galai_jupyter.rendering.rich_tables import Bar, Cell, write_table
from galai_jupyter.rendering.tables import table_bundle
from galai_jupyter.rendering.text import html_fragment, to_latex, to_markdown
from galai_jupyter.rendering.token_view import nats

_HEADER = ("", "title", "first author", "confidence", "sum", "mean", "minimum")
_KEY = "key"
"""A column more, where a library knows one of the references."""
_NONE = "No such paper"
_CUT_SHORT = "No answer"


def suggestions_html(generation: Generation, suggestions: Suggestions, special_tokens: str) -> str:
    """Return prompt and table as HTML, not yet sanitised."""
    table = (
        write_table(HtmlWriter(), _header(suggestions), _rows(suggestions))
        if _rows(suggestions)
        else ""
    )
    verdict = _verdict(generation, suggestions)
    told = f"<p><strong>{verdict[0]}</strong>: {text_html(verdict[1])}</p>" if verdict else ""
    note = f"<p><small>{text_html(_note(generation, suggestions))}</small></p>"
    return html_fragment(generation.prompt, special_tokens=special_tokens) + told + table + note


def suggestions_markdown(
    generation: Generation, suggestions: Suggestions, special_tokens: str
) -> str:
    """Return prompt and table as Markdown."""
    parts = _document(
        generation,
        suggestions,
        to_markdown(generation.prompt, special_tokens=special_tokens),
        lambda rows: write_table(MarkdownWriter(), _header(suggestions), rows),
        lambda verdict, why: f"**{verdict}**: {escape_markdown(why)}",
    )
    return "\n\n".join([*parts, escape_markdown(_note(generation, suggestions))])


def suggestions_latex(generation: Generation, suggestions: Suggestions) -> str:
    """Return prompt and table as the body of a LaTeX document."""
    parts = _document(
        generation,
        suggestions,
        to_latex(generation.prompt),
        lambda rows: write_table(LatexWriter(), _header(suggestions), rows),
        lambda verdict, why: rf"\textbf{{{verdict}}}: {escape_latex(why)}",
    )
    return "\n\n".join([*parts, escape_latex(_note(generation, suggestions))]) + "\n"


def suggestions_plain(generation: Generation, suggestions: Suggestions) -> str:
    """Return prompt and table as text."""
    parts = _document(
        generation,
        suggestions,
        generation.prompt,
        lambda rows: table_bundle(
            _header(suggestions),
            [
                [
                    f"{c.blocks} {c.words}" if isinstance(c, Bar) else " ".join(c.split())
                    for c in row
                ]
                for row in rows
            ],
        )["text/plain"],
        lambda verdict, why: f"{verdict}: {why}",
    )
    return "\n\n".join([*parts, _note(generation, suggestions)])


def _document(
    generation: Generation,
    suggestions: Suggestions,
    prompt: str,
    table: Callable[[list[list[Cell]]], str],
    write_verdict: Callable[[str, str], str],
) -> list[str]:
    verdict, rows = _verdict(generation, suggestions), _rows(suggestions)
    parts = [prompt, write_verdict(*verdict) if verdict else "", table(rows) if rows else ""]
    return [part.strip("\n") for part in parts if part.strip()]


def _header(suggestions: Suggestions) -> tuple[str, ...]:
    return (*_HEADER, _KEY) if _has_keys(suggestions) else _HEADER


def _has_keys(suggestions: Suggestions) -> bool:
    return any(each.key for each in suggestions.accepted)


def _rows(suggestions: Suggestions) -> list[list[Cell]]:
    rows = [_row(rank, each) for rank, each in enumerate(suggestions.accepted, 1)]
    if _has_keys(suggestions):
        for row, each in zip(rows, suggestions.accepted, strict=True):
            row.append(each.key or "not found")
    return rows


def _row(rank: int, reference: Reference) -> list[Cell]:
    confidence: Cell = "not finished"
    if reference.confidence is not None:
        words = f"{reference.label}, {100 * reference.confidence:.0f} %"
        confidence = Bar(reference.confidence, words)
    return [
        str(rank),
        reference.title,
        reference.author,
        confidence,
        nats(reference.log_probability),
        nats(reference.mean_log_probability),
        nats(reference.min_log_probability),
    ]


def _verdict(generation: Generation, suggestions: Suggestions) -> tuple[str, str] | None:
    """Return what follows from there being no suggestion, and why; nothing if there is one."""
    if suggestions.accepted:
        return None
    finished = [each for each in suggestions.references if each.complete]
    if finished:
        best, least = nats(finished[0].log_probability), f"{suggestions.threshold:g}"
        words = f"the likeliest suggestion has a log-probability of {best}, below the threshold of"
        return _NONE, f"{words} {least}."
    if generation.finish_reason in ("error", "interrupted"):
        return _CUT_SHORT, generation.error or "it was stopped before a reference was finished."
    return _NONE, "the model finished no reference; a larger max_new_tokens may help."


def _note(generation: Generation, suggestions: Suggestions) -> str:
    words = []
    asked, distinct = len(generation.sequences), len(suggestions.references)
    if distinct < asked:
        words.append(f"{distinct} of {asked} suggestions are distinct.")
    left_out = distinct - len(suggestions.accepted)
    if left_out and suggestions.accepted:
        words.append(f"{left_out} below the threshold of {suggestions.threshold:g} left out.")
    if suggestions.accepted:
        words.append("Ranked by the sum of the tokens' log-probabilities.")
        words.append(
            "Confidence: an estimate from their mean and minimum, calibrated for this model."
            if suggestions.calibrated
            else "Confidence: a cautious estimate from their mean and minimum, since it was not "
            "calibrated for this model."
        )
    return " ".join([*words, "Models invent papers: look each one up."])
