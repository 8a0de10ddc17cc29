"""The package's sources in; docstrings as Markdown, and defaults as people read them, out."""

from __future__ import annotations

import re
from typing import Any

from griffe import Attribute, ExprCall, Extension, Object

_ROLE = re.compile(r":(?:attr|class|func|meth|mod):`~?([^`]+)`")
_LITERAL_BLOCK = re.compile(r"^( *)::\n\n((?:(?:\1 *\S.*)?\n)+)", re.MULTILINE)


def as_markdown(text: str) -> str:
    """Return a docstring with code spans and blocks in place of roles and ``::``."""
    text = _ROLE.sub(r"`\1`", text).replace("path-like", "PathLike")  # no subtraction
    return _LITERAL_BLOCK.sub(lambda match: f"\n{match[2]}", f"{text}\n").rstrip("\n")


class Docstrings(Extension):
    """Rewrites docstrings before they are parsed, and defaults before they are shown."""

    def on_attribute_instance(self, *, attr: Attribute, **kwargs: Any) -> None:
        """Leave of ``_option(60, "Generate …", …)``, a row of the table of options, the 60."""
        value = attr.value
        if isinstance(value, ExprCall) and str(value.function) == "_option":
            attr.value = value.arguments[0]

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """Rewrite the docstring of one module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
