"""IPython's cell text in; magic lines that IPython would misread, rewritten, out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from tokenize import TokenInfo
from typing import Any

from IPython.core.inputtransformer2 import EscapedCommand, MagicAssign

_TARGET = re.compile(r"\s*([^\W\d]\w*)\s*<<(?:\s+|$)")


def split_target(line: str) -> tuple[str | None, str]:
    """Split ``answer << rest`` into the variable's name and the rest."""
    match = _TARGET.match(line)
    return (match[1], line[match.end() :]) if match else (None, line)


def _asks(tokens: Sequence[TokenInfo]) -> bool:
    """Return whether a line holds a ``%galactica`` prompt that ends in a question mark."""
    words = [token.string for token in tokens]
    try:
        place = words.index("galactica")
    except ValueError:
        return False
    ends = [word for word in words if word.strip()][-1:] == ["?"]
    return ends and words[place - 1 : place] == ["%"] and words[place + 1] not in ("?", "??")


class GalacticaLine(EscapedCommand):
    """``%galactica What is it?`` is a prompt, not a request for help about ``it``."""

    priority = 4  # before HelpEnd, which has 5

    @classmethod
    def find(cls, tokens_by_line: list[list[TokenInfo]]) -> Any:
        """Return a transform for the first such line, if any."""
        return super().find([tokens for tokens in tokens_by_line if _asks(tokens)])


class GalacticaAssignment(MagicAssign):
    """``answer = %galactica What is it?`` likewise."""

    priority = 4

    @classmethod
    def find(cls, tokens_by_line: list[list[TokenInfo]]) -> Any:
        """Return a transform for the first such line, if any."""
        found = super().find([tokens for tokens in tokens_by_line if _asks(tokens)])
        if found:
            # IPython goes by columns first, and the help request begins at the variable.
            found.magic_col, found.start_col = found.start_col, -1
        return found

    def transform(self, lines: list[str]) -> Any:
        """Turn the line into a call of the magic."""
        self.start_col = self.magic_col
        return super().transform(lines)


GALACTICA_TRANSFORMS = (GalacticaLine, GalacticaAssignment)
