"""Text as BibTeX has it, with braces and accents, in; plain text out, and the way back."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from galai_jupyter.tokens import SPECIAL_TOKEN_PATTERN

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexencode import UnicodeToLatexEncoder

_BRACES = str.maketrans("", "", "{}")
_NEEDS_DECODING = re.compile(r"[\\$~]|``|''|--|[!?]`")
_BARE = re.compile(r"(?<!\\)([%&#])")
_BARE_DOLLAR = re.compile(r"(?<!\\)\$")


@lru_cache(maxsize=4096)
def plain_text(latex: str) -> str:
    r"""Return the text that a field of a .bib file stands for.

    Braces go, accents and symbols become characters, and whitespace becomes single spaces;
    Galactica's special tokens, which no title has, are taken out.

    Examples
    --------
    >>> plain_text(r"{\"U}ber   {G}\"odel")
    'Über Gödel'
    """
    if not _NEEDS_DECODING.search(latex):
        # Decoding takes most of the time that a long file needs, and changes nothing else here.
        text = latex.translate(_BRACES)
    else:
        # TeX would take these for a comment and for columns; in a title they are meant literally.
        escaped = _BARE.sub(r"\\\1", latex)
        if len(_BARE_DOLLAR.findall(escaped)) % 2:
            escaped = _BARE_DOLLAR.sub(r"\\$", escaped)
        text = str(_decoder().latex_to_text(escaped))
    return " ".join(SPECIAL_TOKEN_PATTERN.sub(" ", text).split())


def latex_text(text: str) -> str:
    """Return `text` as LaTeX that prints it; what is a command in it becomes harmless."""
    return str(_encoder().unicode_to_latex(" ".join(text.split())))


@cache
def _decoder() -> LatexNodes2Text:
    from pylatexenc.latex2text import (
        LatexNodes2Text,
        MacroTextSpec,
        get_default_latex_context_db,
    )

    context = get_default_latex_context_db()
    macros = [MacroTextSpec("TeX", "TeX"), MacroTextSpec("LaTeX", "LaTeX")]
    # These would be dropped together with what they hold, or be put between < and >.
    macros += [MacroTextSpec(name, "%s") for name in ("texttt", "textsc", "textsf", "mbox", "url")]
    context.add_context_category("titles", prepend=True, macros=macros)
    return LatexNodes2Text(latex_context=context, math_mode="text")


@cache
def _encoder() -> UnicodeToLatexEncoder:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(unknown_char_policy="keep", unknown_char_warning=False)
