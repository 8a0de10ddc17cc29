"""A generation, finished or under way, in; what a notebook shows and keeps of it, out."""

from __future__ import annotations

from typing import Any

from galai_jupyter.branches import Branch
from galai_jupyter.generation import MIME_TYPE, GeneratedSequence, Generation
from galai_jupyter.rendering import styles
from galai_jupyter.rendering.branch_view import branch_html, branch_markdown, branch_plain
from galai_jupyter.rendering.footer import facts, finish_words
from galai_jupyter.rendering.front_ends import typesets_html
from galai_jupyter.rendering.sanitise import sanitise
from galai_jupyter.rendering.scores_view import scores_html, scores_markdown, scores_plain
from galai_jupyter.rendering.suggestions_view import (
    suggestions_html,
    suggestions_latex,
    suggestions_markdown,
    suggestions_plain,
)
from galai_jupyter.rendering.text import (
    continuation_html,
    continuation_markdown,
    html_fragment,
    to_latex,
    to_markdown,
)
from galai_jupyter.rendering.words import words_html, words_markdown

_GENERATING = "generating…"


def generation_bundle(
    generation: Generation,
    *,
    special_tokens: str = "badge",
    scores: bool = False,
    html: bool | None = None,
) -> dict[str, Any]:
    """Return the MIME bundle of a finished generation; nothing in it needs a kernel.

    Parameters
    ----------
    generation : Generation
        The record; it is part of the bundle.
    special_tokens : str
        ``"badge"``, ``"plain"`` or ``"hide"``, for HTML and Markdown.
    scores : bool, default False
        Whether to show how likely the texts are; a text that was given always shows it.
    html : bool, optional
        Whether to include ``text/html``; left out where the front-end would not typeset it.

    Returns
    -------
    dict
        ``text/plain``, ``text/html``, ``text/markdown`` and the record, JSON-ready. Suggested
        references have ``text/latex``, too, where they have HTML: front-ends that typeset only
        Markdown would show it as it is.
    """
    scores = scores or generation.finish_reason == "given"
    bundle: dict[str, Any] = {"text/plain": _plain(generation, scores)}
    if html if html is not None else typesets_html():
        bundle["text/html"] = _html(generation, special_tokens, scores)
        if generation.suggestions:
            bundle["text/latex"] = suggestions_latex(generation, generation.suggestions)
    bundle["text/markdown"] = _markdown(generation, special_tokens, scores)
    bundle[MIME_TYPE] = generation.to_dict()
    return bundle


def streaming_bundle(
    prompt: str,
    text: str,
    *,
    special_tokens: str = "badge",
    html: bool | None = None,
    branch: Branch | None = None,
) -> dict[str, Any]:
    """Return a small MIME bundle of a text that still grows.

    What is not closed yet, a formula, a fence or a special token, is shown as text.
    """
    bundle: dict[str, Any] = {"text/plain": branch_plain(branch) + prompt + text}
    if html if html is not None else typesets_html():
        fragment = html_fragment(text, prompt=prompt, special_tokens=special_tokens, streaming=True)
        bundle["text/html"] = sanitise(
            f"{branch_html(branch)}{fragment}<small>{_GENERATING}</small>"
        )
    else:
        markdown = to_markdown(text, prompt=prompt, special_tokens=special_tokens)
        heading = f"{branch_markdown(branch)}\n\n" if branch else ""
        bundle["text/markdown"] = f"{heading}{markdown}\n*{_GENERATING}*\n"
    return bundle


def generation_latex(generation: Generation) -> str:
    """Return all texts of a generation as the body of a LaTeX document."""
    if generation.suggestions:
        return suggestions_latex(generation, generation.suggestions)
    texts = [to_latex(each.text, prompt=generation.prompt) for each in generation.sequences]
    count = len(texts)
    if count > 1:
        texts = [f"% {index} of {count}\n{text}" for index, text in enumerate(texts, 1)]
    return "\n".join(texts)


def _plain(generation: Generation, scores: bool) -> str:
    shown = branch_plain(generation.branch) + _plain_texts(generation)
    return f"{shown}\n\n{scores_plain(generation)}" if scores else shown


def _plain_texts(generation: Generation) -> str:
    if generation.suggestions:
        return suggestions_plain(generation, generation.suggestions)
    texts = [generation.prompt + sequence.text for sequence in generation.sequences]
    if len(texts) == 1:
        return texts[0]
    count = len(texts)
    return "\n\n".join(f"--- {i} of {count} ---\n{text}" for i, text in enumerate(texts, 1))


def _html(generation: Generation, special_tokens: str, scores: bool) -> str:
    prompt, sequences = generation.prompt, generation.sequences
    if generation.suggestions:
        shown = suggestions_html(generation, generation.suggestions, special_tokens)
    elif len(sequences) == 1:
        shown = html_fragment(sequences[0].text, prompt=prompt, special_tokens=special_tokens)
    else:
        width = 48 if len(sequences) in (2, 4) else 31
        style = f"{styles.ALTERNATIVE};width:{width}%"
        panels = "".join(
            f'<div style="{style}"><p><strong>{_label(generation, index)}</strong> '
            f"<small>{words_html(_outcome(generation, sequence))}</small></p>"
            f"{continuation_html(prompt, sequence.text, special_tokens=special_tokens)}</div>"
            for index, sequence in enumerate(sequences, 1)
        )
        shown = html_fragment(prompt, special_tokens=special_tokens) + f"<div>{panels}</div>"
    shown = branch_html(generation.branch) + shown
    if scores:
        shown += scores_html(generation)
    told = "".join(
        f'<p style="{styles.NOTICE}"><strong>Note:</strong> {words_html(notice)}</p>'
        for notice in generation.notices
    )
    below = " · ".join(words_html(fact) for fact in facts(generation))
    return sanitise(f'{shown}\n{told}<footer style="{styles.FOOTER}">{below}</footer>')


def _markdown(generation: Generation, special_tokens: str, scores: bool) -> str:
    prompt, sequences = generation.prompt, generation.sequences
    if generation.suggestions:
        parts = [suggestions_markdown(generation, generation.suggestions, special_tokens)]
    elif len(sequences) == 1:
        parts = [to_markdown(sequences[0].text, prompt=prompt, special_tokens=special_tokens)]
    else:
        parts = [to_markdown(prompt, special_tokens=special_tokens)] if prompt.strip() else []
        for index, sequence in enumerate(sequences, 1):
            outcome = words_markdown(_outcome(generation, sequence))
            text = continuation_markdown(prompt, sequence.text, special_tokens=special_tokens)
            parts.append(f"**{_label(generation, index)}** {outcome}\n\n{text}")
    if generation.branch:
        parts.insert(0, branch_markdown(generation.branch))
    if scores:
        parts.append(scores_markdown(generation))
    parts += [f"**Note:** {words_markdown(notice)}" for notice in generation.notices]
    parts.append("---\n\n" + " · ".join(words_markdown(fact) for fact in facts(generation)))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _label(generation: Generation, index: int) -> str:
    return f"{index} of {len(generation.sequences)}"


def _outcome(generation: Generation, sequence: GeneratedSequence) -> str:
    count = len(sequence.tokens)
    return f"{count} tokens · {finish_words(generation, sequence)}"
