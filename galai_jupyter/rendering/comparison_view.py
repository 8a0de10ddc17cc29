"""A comparison, finished or under way, in; the texts side by side and a table of figures, out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from galai_jupyter.comparison import COMPARISON_MIME_TYPE, Comparison
from galai_jupyter.generation import Generation
from galai_jupyter.rendering import styles
from galai_jupyter.rendering.footer import finish_words
from galai_jupyter.rendering.front_ends import typesets_html
from galai_jupyter.rendering.html_writer import text_html
from galai_jupyter.rendering.markdown_writer import escape_markdown
from galai_jupyter.rendering.sanitise import sanitise
from galai_jupyter.rendering.tables import table_bundle
from galai_jupyter.rendering.text import (
    continuation_html,
    continuation_markdown,
    html_fragment,
    to_markdown,
)
from galai_jupyter.rendering.words import words_html, words_markdown
from galai_jupyter.strategies import STRATEGY_OPTIONS

_HEADER = ("decoding", "mean log-probability", "tokens", "seconds", "tokens/s")


@dataclass(frozen=True)
class _Column:
    """One decoding: its label, how it stands, its text so far, and its prompt if it has its own."""

    label: str
    state: str = "waiting…"
    text: str = ""
    growing: bool = False
    prompt: str = ""


def comparison_bundle(
    comparison: Comparison, *, special_tokens: str = "badge", html: bool | None = None
) -> dict[str, Any]:
    """Return the MIME bundle of a comparison; nothing in it needs a kernel.

    Parameters
    ----------
    comparison : Comparison
        The record; it is part of the bundle.
    special_tokens : str
        ``"badge"``, ``"plain"`` or ``"hide"``, for HTML and Markdown.
    html : bool, optional
        Whether to include ``text/html``; left out where the front-end would not typeset it.
    """
    prompt, columns = comparison.prompt, _finished(comparison.labels, comparison.generations)
    notes = _notes(comparison)
    figures = [
        _figures(label, generation)
        for label, generation in zip(comparison.labels, comparison.generations, strict=True)
    ]
    table = table_bundle(_HEADER, figures)["text/plain"]
    bundle = {"text/plain": "\n\n".join([_plain(prompt, columns), table, *notes])}
    if html if html is not None else typesets_html():
        below = [_html_table(figures)]
        below += [f'<p style="{styles.NOTICE}">{words_html(note)}</p>' for note in notes]
        bundle["text/html"] = _html(prompt, columns, special_tokens, "".join(below))
    below = [_markdown_table(figures), *map(words_markdown, notes)]
    bundle["text/markdown"] = _markdown(prompt, columns, special_tokens, below)
    return {**bundle, COMPARISON_MIME_TYPE: comparison.to_dict()}


def comparing_bundle(
    prompt: str,
    labels: Sequence[str],
    finished: Sequence[Generation],
    text: str,
    *,
    special_tokens: str = "badge",
    html: bool | None = None,
) -> dict[str, Any]:
    """Return a small MIME bundle of a comparison that is under way.

    Parameters
    ----------
    prompt : str
        What is continued.
    labels : sequence of str
        The decodings.
    finished : sequence of Generation
        What came of the first of them.
    text : str
        What the one behind those has said so far.
    special_tokens, html
        As for :func:`comparison_bundle`.
    """
    done = len(finished)
    columns = _finished(labels[:done], finished)
    columns += [_Column(label, "generating…", text, True) for label in labels[done : done + 1]]
    columns += [_Column(label) for label in labels[done + 1 :]]
    bundle = {"text/plain": _plain(prompt, columns)}
    if html if html is not None else typesets_html():
        bundle["text/html"] = _html(prompt, columns, special_tokens)
    else:
        bundle["text/markdown"] = _markdown(prompt, columns, special_tokens)
    return bundle


def _finished(labels: Sequence[str], generations: Sequence[Generation]) -> list[_Column]:
    common = _common(generations)
    same_prompt = len({generation.prompt for generation in generations}) == 1
    return [
        _Column(
            label,
            _state(generation, common),
            generation.text,
            prompt="" if same_prompt else generation.prompt,
        )
        for label, generation in zip(labels, generations, strict=True)
    ]


def _common(generations: Sequence[Generation]) -> dict[str, Any]:
    """Return the model and the options that all have, but for those of the decoding."""
    facts = [{"model": each.model.name, **each.options.to_dict()} for each in generations]
    return {
        name: value
        for name, value in (facts[0] if facts else {}).items()
        if name not in (*STRATEGY_OPTIONS, "seed")
        and all(other.get(name) == value for other in facts)
    }


def _state(generation: Generation, common: Collection[str]) -> str:
    """Return how a text was decoded, why it ended, and what else the others do not have."""
    options = generation.options
    own = {name: value for name, value in options.to_dict().items() if name not in common}
    details = ", ".join(f"{name}={value}" for name, value in own.items())
    words = finish_words(generation, generation.sequences[0])
    ending = words.partition(": `%galactica")[0]  # only the last text can be continued
    count = len(generation.sequences)
    parts = [
        "" if "model" in common else generation.model.name,
        f"{options.strategy}{f' ({details})' if details else ''}",
        f"the first of {count}" if count > 1 else "",
        ending,
    ]
    return " · ".join(filter(None, parts))


def _notes(comparison: Comparison) -> list[str]:
    """Return what a reader should know, each once, and what all decodings have in common."""
    notes = dict.fromkeys(notice for each in comparison.generations for notice in each.notices)
    found = [f"Note: {notice}." for notice in notes]
    if comparison.skipped:
        found.append(f"Not run: {', '.join(comparison.skipped)}.")
    common = _common(comparison.generations)
    model = common.pop("model", "")
    options = [f"{name}={value}" for name, value in common.items()]
    facts = " · ".join(filter(None, [model, *options]))
    return [*found, facts] if facts else found


def _figures(label: str, generation: Generation) -> tuple[str, ...]:
    sequence = generation.sequences[0]
    return (
        label,
        f"{sequence.mean_log_probability:.3f}",
        str(len(sequence.tokens)),
        f"{generation.seconds:.2f}",
        f"{generation.tokens_per_second:.1f}",
    )


def _plain(prompt: str, columns: Sequence[_Column]) -> str:
    return "\n\n".join(
        f"--- {column.label}: {column.state} ---\n{prompt}{column.prompt}{column.text}".rstrip("\n")
        for column in columns
    )


def _html(prompt: str, columns: Sequence[_Column], special_tokens: str, below: str = "") -> str:
    width = 48 if len(columns) in (2, 4) else 31
    style = f"{styles.ALTERNATIVE};width:{width}%"
    panels = []
    for column in columns:
        if column.growing:
            shown = html_fragment(column.text, special_tokens=special_tokens, streaming=True)
        elif column.prompt:
            shown = html_fragment(column.text, prompt=column.prompt, special_tokens=special_tokens)
        else:
            shown = continuation_html(prompt, column.text, special_tokens=special_tokens)
        panels.append(
            f'<div style="{style}"><p><strong>{text_html(column.label)}</strong><br>'
            f"<small>{words_html(column.state)}</small></p>{shown}</div>"
        )
    asked = html_fragment(prompt, special_tokens=special_tokens)
    return sanitise(f"{asked}<div>{''.join(panels)}</div>{below}")


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        inner = "".join(f'<{tag} style="{styles.CELL}">{text_html(cell)}</{tag}>' for cell in cells)
        return f"<tr>{inner}</tr>"

    body = "".join(line(row, "td") for row in rows)
    return (
        f'<div style="{styles.TABLE_FRAME}"><table style="{styles.TABLE}">'
        f"<thead>{line(_HEADER, 'th')}</thead><tbody>{body}</tbody></table></div>"
    )


def _markdown(
    prompt: str, columns: Sequence[_Column], special_tokens: str, below: Sequence[str] = ()
) -> str:
    parts = [to_markdown(prompt, special_tokens=special_tokens)] if prompt.strip() else []
    for column in columns:
        if column.prompt:
            shown = to_markdown(column.text, prompt=column.prompt, special_tokens=special_tokens)
        else:
            shown = continuation_markdown(prompt, column.text, special_tokens=special_tokens)
        head = f"**{escape_markdown(column.label)}** {words_markdown(column.state)}"
        parts.append(f"{head}\n\n{shown}")
    return "\n\n".join(part.strip("\n") for part in [*parts, *below]) + "\n"


def _markdown_table(rows: Sequence[Sequence[str]]) -> str:
    lines = [_HEADER, ["---"] + ["---:"] * (len(_HEADER) - 1), *rows]
    written = [
        "| " + " | ".join(cells if index == 1 else map(words_markdown, cells)) + " |"
        for index, cells in enumerate(lines)
    ]
    return "\n".join(written)
