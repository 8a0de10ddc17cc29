"""Prompts and generated texts in; opened, closed and extracted references out."""

from __future__ import annotations

START_REF = "[START_REF]"
END_REF = "[END_REF]"


def open_reference(text: str) -> str:
    """Return `text` with an open ``[START_REF]`` at its end.

    A single space stands before the token, as in the training texts, unless the text ends with a
    newline; no space follows it. A text whose last reference is open already is left alone.
    """
    if text.rfind(START_REF) > text.rfind(END_REF):
        return text.rstrip(" ")
    stripped = text.rstrip(" ")
    space = " " if stripped and not stripped.endswith("\n") else ""
    return f"{stripped}{space}{START_REF}"
