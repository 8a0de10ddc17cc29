"""Tokens in; every token in a box of its own, with its probability or id, out: static HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from galai_jupyter.generation import Generation
from galai_jupyter.rendering import styles
from galai_jupyter.rendering.html_writer import VERBATIM
from galai_jupyter.rendering.sanitise import sanitise
from galai_jupyter.scores import TokenScore
from galai_jupyter.tokens import CONTEXT_SIZE

_LEGEND = (
    "Small numbers are probabilities in percent; the stronger the shade, the less sure the model "
    "was. ▁ is a space."
)
_STRONGEST = 0.45


def visible_token(text: str) -> str:
    """Return a token's text with its spaces and newlines visible."""
    if not text:
        return "…"  # one of several tokens that make up a character
    shown = text.replace(" ", "▁").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)


def tokens_html(tokens: Sequence[TokenScore], *, legend: bool = True) -> str:
    """Return the token view of `tokens` as sanitised HTML.

    Parameters
    ----------
    tokens : sequence of TokenScore
        The tokens of one sequence.
    legend : bool
        Whether to explain the view above it.
    """
    return sanitise(scored_tokens_fragment(tokens, _LEGEND if legend else ""))


def tokens_bundle(generation: Generation) -> dict[str, Any]:
    """Return the token view of all sequences of `generation` as a MIME bundle."""
    html, plain = [], []
    count = len(generation.sequences)
    for index, sequence in enumerate(generation.sequences, 1):
        if count > 1:
            html.append(f"<p><strong>{index} of {count}</strong></p>")
            plain.append(f"--- {index} of {count} ---")
        html.append(scored_tokens_fragment(sequence.tokens, _LEGEND if index == 1 else ""))
        plain += [
            f"{percent(token.log_probability):>6} %  {visible_token(token.text)}"
            for token in sequence.tokens
        ]
    return {"text/plain": "\n".join(plain), "text/html": sanitise("\n".join(html))}


def prompt_tokens_bundle(
    pieces: Sequence[tuple[int, str]],
    *,
    normalised: Sequence[tuple[str, str]] = (),
    budget: int = CONTEXT_SIZE,
    max_new_tokens: int = 60,
) -> dict[str, Any]:
    """Return the tokens of a prompt as a MIME bundle.

    Parameters
    ----------
    pieces : sequence of (int, str)
        Id and text of each token.
    normalised : sequence of (str, str)
        What the tokenizer's normalisation changed: before and after.
    budget : int
        Tokens that prompt and continuation may have together.
    max_new_tokens : int
        How many of them the continuation may take.
    """
    count = len(pieces)
    changes = [f"{before!r} → {after!r}" for before, after in normalised]
    lines = [_budget_words(count, budget, max_new_tokens)]
    if changes:
        lines.append(f"NFKC normalisation changed {', '.join(changes)}.")
    boxes = "".join(
        _box(text, f"id {token_id}", styles.TOKEN, str(index))
        for index, (token_id, text) in enumerate(pieces, 1)
    )
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    listed = [f"{token_id:>6}  {visible_token(text)}" for token_id, text in pieces]
    return {
        "text/plain": "\n".join([*lines, *listed]),
        "text/html": sanitise(f"<div {VERBATIM}>{told}</div>{_frame(boxes)}"),
    }


def _budget_words(count: int, budget: int, max_new_tokens: int) -> str:
    words = (
        f"{count} token{'' if count == 1 else 's'} of {budget}; "
        f"with max_new_tokens={max_new_tokens}, "
    )
    left = budget - count - max_new_tokens
    if left >= 0:
        return f"{words}{left} are left."
    return f"{words}{-left} are too many: they will be cut from the left end of the prompt."


def scored_tokens_fragment(tokens: Sequence[TokenScore], legend: str, *, log: bool = False) -> str:
    """Return the token view of `tokens` as HTML, not yet sanitised.

    Parameters
    ----------
    tokens : sequence of TokenScore
        The tokens of one sequence.
    legend : str
        What explains the view above it, if anything.
    log : bool, default False
        Whether the small numbers are log-probabilities instead of percent.
    """
    boxes = "".join(_scored_box(token, log) for token in tokens)
    explained = f"<p><small>{escape(legend)}</small></p>" if legend else ""
    return explained + _frame(boxes)


def _frame(boxes: str) -> str:
    classes = VERBATIM.replace('class="', 'class="galai-tokens ')
    return f'<div {classes} style="{styles.TOKENS}">{boxes}</div>'


def _scored_box(token: TokenScore, log: bool) -> str:
    probability = math.exp(min(token.log_probability, 0.0))
    shade = round(_STRONGEST * (1 - probability), 2)
    value = nats(token.log_probability)
    lines = [f"{percent(token.log_probability)} %, log-probability {value}, id {token.id}"]
    lines += [
        f"{visible_token(other.text)}  {percent(other.log_probability)} %"
        for other in token.alternatives
    ]
    style = f"{styles.TOKEN};background-color:rgba(127,127,127,{shade})"
    return _box(token.text, "\n".join(lines), style, value if log else f"{100 * probability:.0f}")


def _box(text: str, title: str, style: str, cue: str) -> str:
    line_break = "<br>" if "\n" in text else ""
    return (
        f'<span title="{escape(title)}" style="{style}">{escape(visible_token(text))}'
        f'<sub style="{styles.CUE}">{cue}</sub></span>{line_break}'
    )


def percent(log_probability: float) -> str:
    """Return a probability in percent, with one decimal."""
    return f"{100 * math.exp(min(log_probability, 0.0)):.1f}"


def nats(log_probability: float) -> str:
    """Return a log-probability with two decimals; what is nearly certain has no sign."""
    return f"{log_probability:.2f}".replace("-0.00", "0.00")
