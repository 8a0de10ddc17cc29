"""The package's docstrings in; the same as Markdown, without the roles of other tools, out."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

_ROLE = re.compile(r":(?:attr|class|func|meth|mod):`~?([^`]+)`")
_LITERAL_BLOCK = re.compile(r"^( *)::\n\n((?:(?:\1 *\S.*)?\n)+)", re.MULTILINE)


def as_markdown(text: str) -> str:
    """Return a docstring with code spans and blocks in place of roles and ``::``."""
    text = _ROLE.sub(r"`\1`", text)
    return _LITERAL_BLOCK.sub(lambda match: f"\n{match[2]}", f"{text}\n").rstrip("\n")


class Docstrings(Extension):
    """Rewrites each docstring before it is parsed."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """Rewrite the docstring of one module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
