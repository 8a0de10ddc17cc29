"""A program, before and after it is run, in; its code, its result and the model's claim out.

What a program prints is as little to be trusted as its code: nothing of it is interpreted,
characters that cannot be seen are spelt out, and long outputs are cut.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from galai_jupyter.options import RunOptions
from galai_jupyter.programs import GUARDS, Execution, Program
from galai_jupyter.rendering import styles
from galai_jupyter.rendering.front_ends import typesets_html
from galai_jupyter.rendering.html_writer import HtmlWriter
from galai_jupyter.rendering.markdown_writer import MarkdownWriter
from galai_jupyter.rendering.sanitise import sanitise
from galai_jupyter.rendering.segments import CodeBlock
from galai_jupyter.rendering.words import words_html, words_markdown
from galai_jupyter.rendering.writer import Writer

_LONGEST_LINE, _MOST_LINES, _MOST_CHARACTERS = 1_000, 100, 20_000
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_ENDINGS = {
    "failed": "The code failed.",
    "time": "The code was stopped at its time limit: `--time-limit SECONDS` gives it more.",
    "memory": "The code was stopped at its memory limit: `--memory-limit MB` gives it more.",
    "output": "The code was stopped for printing too much: `--output-limit BYTES` allows more.",
    "interrupted": "The code was interrupted.",
}
_NOT_CLOSED = "The block has no end, so some of the code may be missing."


def limits_words(options: RunOptions) -> str:
    """Return what a program gets, in words."""
    return (
        f"{options.time_limit:g} s, {options.memory_limit:,} MB of memory, "
        f"{options.output_limit:,} bytes of output"
    )


def guards_words(in_force: Collection[str]) -> str:
    """Return which guards are in force and which the platform lacks, in sentences."""
    held = [words for name, (words, _) in GUARDS.items() if name in in_force]
    missing = [words for name, (_, words) in GUARDS.items() if name not in in_force]
    sentences = []
    if held:
        sentences.append(f"In force: {', '.join(held)}.")
    if missing:
        sentences.append(f"Not in force on this system: {', '.join(missing)}.")
    return " ".join(sentences)


def program_bundle(
    program: Program, terms: str = "", *, html: bool | None = None
) -> dict[str, Any]:
    """Return the MIME bundle of code that is about to be run.

    Parameters
    ----------
    program : Program
        The code.
    terms : str, optional
        What it would get, for somebody who is asked.
    html : bool, optional
        Whether to include ``text/html``; left out where Markdown is shown in its place.
    """
    notes = [] if program.closed else [_NOT_CLOSED]
    notes += [terms] if terms else []
    bundle = {"text/plain": "\n".join([visible(program.code), *notes])}
    if html if html is not None else typesets_html():
        told = "".join(f"<p><small>{words_html(note)}</small></p>" for note in notes)
        code = _block(HtmlWriter(), program.code, "python")
        bundle["text/html"] = sanitise(f"<div>{code}{told}</div>")
    parts = [_block(MarkdownWriter(), program.code, "python"), *map(words_markdown, notes)]
    bundle["text/markdown"] = "\n\n".join(part.strip("\n") for part in parts) + "\n"
    return bundle


def execution_bundle(
    execution: Execution, *, code: bool = True, html: bool | None = None
) -> dict[str, Any]:
    """Return the MIME bundle of a program that was run; nothing in it needs a kernel.

    Parameters
    ----------
    execution : Execution
        The program, its outcome and the model's claim.
    code : bool, default True
        Whether to show the code, too.
    html : bool, optional
        Whether to include ``text/html``; left out where Markdown is shown in its place.
    """
    panels, below, told = _panels(execution), _below(execution), _told(execution)
    seconds = f"{execution.outcome.seconds:.2f} s. {guards_words(execution.outcome.in_force)}"
    blocks = [*panels, *below]
    plain = [f"--- {label.strip('`')} ---\n{visible(text).rstrip()}" for label, text in blocks]
    if code:
        plain.insert(0, visible(execution.program.code))
    bundle = {"text/plain": "\n\n".join([*plain, *told])}
    if html if html is not None else typesets_html():
        writer = HtmlWriter()
        # Narrow enough for a result to stand beside the claim in a side bar, too.
        style = f"{styles.ALTERNATIVE};padding:2px 10px 10px;min-width:140px;width:46%"
        shown = _block(writer, execution.program.code, "python") if code else ""
        columns = [f'<div style="{style}">{_labelled(writer, *each)}</div>' for each in panels]
        shown += f"<div>{''.join(columns)}</div>"
        shown += "".join(_labelled(writer, *each) for each in below)
        shown += "".join(f'<p style="{styles.NOTICE}">{words_html(note)}</p>' for note in told)
        footer = f'<footer style="{styles.FOOTER}">{words_html(seconds)}</footer>'
        bundle["text/html"] = sanitise(f"<div>{shown}{footer}</div>")
    markdown = MarkdownWriter()
    parts = [_block(markdown, execution.program.code, "python")] if code else []
    parts += [f"**{words_markdown(label)}**\n\n{_block(markdown, text)}" for label, text in blocks]
    parts += [*map(words_markdown, told), words_markdown(seconds)]
    bundle["text/markdown"] = "\n\n".join(part.strip("\n") for part in parts) + "\n"
    return bundle


def visible(text: str) -> str:
    r"""Return `text` without terminal codes, with other invisible characters spelt out, and cut.

    Examples
    --------
    >>> print(visible("\x1b[31mred\x1b[0m \u202eback"))
    red \u202eback
    """
    text = _TERMINAL.sub("", text)
    kept = text[:_MOST_CHARACTERS].split("\n")[:_MOST_LINES]
    left = len(text) - len("\n".join(kept))
    shown = "\n".join(map(_cut_line, kept))
    return f"{shown}\n… {left:,} more characters" if left else shown


def _cut_line(line: str) -> str:
    left = len(line) - _LONGEST_LINE
    line = "".join(
        letter if letter.isprintable() or letter == "\t" else ascii(letter)[1:-1]
        for letter in line[:_LONGEST_LINE]
    )
    return f"{line} … {left:,} more characters" if left > 0 else line


def _panels(execution: Execution) -> list[tuple[str, str]]:
    """Return what stands side by side, with labels: the result and the claim."""
    program, outcome = execution.program, execution.outcome
    label = "printed" if outcome.written is None else f"`{program.output_file}`"
    panels = [(label, outcome.result.strip("\n") or "(nothing)")]
    if program.claim:
        whose = "claimed by the model" if program.exact else "the model's answer"
        panels.append((whose, program.claim))
    return panels


def _below(execution: Execution) -> list[tuple[str, str]]:
    """Return what else there is to read, with labels."""
    outcome = execution.outcome
    printed = outcome.stdout if outcome.written is not None else ""
    found = [("printed", printed.strip("\n")), ("errors", outcome.stderr.strip("\n"))]
    return [(label, text) for label, text in found if text.strip()]


def _told(execution: Execution) -> list[str]:
    """Return what there is to say about it."""
    told = [_ENDINGS[execution.outcome.ending]] if execution.outcome.ending in _ENDINGS else []
    if not execution.program.closed:
        told.append(_NOT_CLOSED)
    match execution.agrees:
        case True:
            told.append("Agree: the code gives what the model says.")
        case False:
            told.append("Differ: the code does not give what the model says.")
        case None if not execution.program.claim:
            told.append("The model claims no result for this code.")
    return told


def _labelled(writer: HtmlWriter, label: str, text: str) -> str:
    return f"<p><strong>{words_html(label)}</strong></p>{_block(writer, text)}"


def _block(writer: Writer, text: str, language: str = "") -> str:
    text = visible(text)
    return writer.code_block(CodeBlock(text, text, language, True))
