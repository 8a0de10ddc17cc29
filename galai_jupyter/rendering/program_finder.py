"""A prompt and its continuation in; the Python that was generated, and its claimed results, out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from galai_jupyter.generation import Generation
from galai_jupyter.programs import OUTPUT_FILE, Program
from galai_jupyter.rendering.code_finder import FoundCode, find_code
from galai_jupyter.rendering.markdown_engine import clean_text

_COMPLETE = ("stop_string", "end_of_document")
_PYTHON = {"py", "python", "python3"}
_LOOKS_LIKE_PYTHON = re.compile(
    r"^(?:import \w|from \w[\w.]* import |def \w+\(|print\(|with open\()", re.MULTILINE
)
_WORK = re.compile(r"</?work>")
_CLAIM = r"(?P<claim>\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*)"
_READ = re.compile(
    r"(?:<<|«)[ \t]*read:[ \t]*[\"'“]?(?P<file>[\w.-]+)[\"'”]?[ \t]*(?:>>|»)\s*" + _CLAIM
)
_RESULT = re.compile(r"^[ \t]*(?:Result|Output):[ \t]*\n?" + _CLAIM, re.MULTILINE)
_ANSWER = re.compile(r"^[ \t]*(?:Answer|A):[ \t]*\n?" + _CLAIM, re.MULTILINE)


def programs_of(generation: Generation) -> tuple[Program, ...]:
    """Return the Python of a generation: of all its sequences, in order."""
    return tuple(
        replace(program, closed=program.closed or sequence.finish_reason in _COMPLETE)
        for sequence in generation.sequences
        for program in find_programs(generation.prompt, sequence.text)
    )


def find_programs(prompt: str, text: str) -> tuple[Program, ...]:
    """Return the blocks of Python that `text` has or completes, with their claimed results.

    A block is Python if its fence says so or, in a working, if it looks like it: Galactica leaves
    the language out. The claim is what follows ``<<read: "output.txt">>`` or ``Result:``, else
    the answer below the working.

    Parameters
    ----------
    prompt : str
        What was continued; blocks that end in it are not offered, the model did not write them.
    text : str
        What was generated.
    """
    prompt, whole = clean_text(prompt), clean_text(prompt + text)
    if "```" not in whole and "~~~" not in whole:
        return ()
    blocks = [found for found in find_code(whole) if found.block]
    return tuple(_programs(whole, blocks, len(prompt)))


def _programs(whole: str, blocks: list[FoundCode], written_from: int) -> Iterator[Program]:
    starts = [*(block.start for block in blocks), len(whole)][1:]
    working, position = False, 0
    for block, limit in zip(blocks, starts, strict=True):
        for token in _WORK.finditer(whole, position, block.start):
            working = token[0] == "<work>"
        position = block.end
        if block.end <= written_from or not _is_python(block, working):
            continue
        yield _with_claim(block, whole[block.end : limit], working)


def _is_python(block: FoundCode, working: bool) -> bool:
    if not block.code.strip():
        return False
    if block.language:
        return block.language.lower() in _PYTHON
    return working and _LOOKS_LIKE_PYTHON.search(block.code) is not None


def _with_claim(block: FoundCode, behind: str, working: bool) -> Program:
    inside, end, below = behind.partition("</work>") if working else (behind, "", behind)
    read, result = _READ.search(inside), _RESULT.search(inside)
    answer = _ANSWER.search(below) if end or not working else None
    found = read or result or answer
    return Program(
        code=block.code.rstrip() + "\n",
        claim=found["claim"].strip() if found else "",
        exact=found is not answer or found is None,
        output_file=_file_name(read["file"]) if read else OUTPUT_FILE,
        closed=block.closed,
    )


def _file_name(name: str) -> str:
    return OUTPUT_FILE if name.strip(".") == "" else name
