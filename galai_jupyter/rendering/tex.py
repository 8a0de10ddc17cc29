r"""A formula's TeX in; the TeX that MathJax typesets without harm or error, or nothing, out.

Formulas come from a language model: they may be broken, and they may attack (``\href``,
``\style``, ``\def``, …). Commands are therefore allowed by name, arguments must be complete,
and what could paint over the rest of the page (large negative spaces, giant letters) is out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from galai_jupyter.rendering import tex_vocabulary as known
from galai_jupyter.rendering.tex_checker import is_typeset

MAX_LENGTH = 5000
"""Longer formulas overflow MathJax's buffer."""

_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*\n?")
_PERCENT = re.compile(r"(?<=\d)( ?)%")
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}")
_REFERENCE = re.compile(r"\\(eq)?ref\s*\{([^{}\\$]*)\}")
_ALIAS = re.compile(rf"\\({'|'.join(known.ALIASES)})(?![A-Za-z])")
_ENVIRONMENT_ALIAS = re.compile(
    r"\\(begin|end)\{(" + "|".join(map(re.escape, known.ENVIRONMENT_ALIASES)) + r")\}"
)
_SCRIPT = re.compile(r"\[START_(SUP|SUB)\](.*?)\[END_\1\]", re.DOTALL)


@lru_cache(maxsize=1024)
def prepare(tex: str, *, display: bool) -> str | None:
    r"""Return `tex` ready for MathJax, or `None` if it must not or cannot be typeset.

    Comments and ``\label`` are dropped (MathJax takes a label that occurs twice for an error),
    ``\ref`` becomes text, a few commands of LaTeX packages become what MathJax has, Galactica's
    script tokens become ``^`` and ``_``. Everything else stays as it is.

    Parameters
    ----------
    tex : str
        The formula, without delimiters.
    display : bool
        Whether it stands on a line of its own.
    """
    if len(tex) > MAX_LENGTH or not tex.strip():
        return None
    tex = _SCRIPT.sub(lambda m: f"{'^' if m[1] == 'SUP' else '_'}{{{m[2]}}}", tex)
    if "%" in tex:
        tex = _COMMENT.sub(r"\1", _PERCENT.sub(r"\1\\%", tex))
    if "\\" in tex:
        tex = _LABEL.sub("", tex)
        tex = _REFERENCE.sub(_reference_text, tex)
        tex = _ALIAS.sub(lambda m: "\\" + known.ALIASES[m[1]], tex)
        tex = _ENVIRONMENT_ALIAS.sub(
            lambda m: f"\\{m[1]}{{{known.ENVIRONMENT_ALIASES[m[2]]}}}", tex
        )
    return tex if tex.strip() and is_typeset(tex, display=display) else None


def extensions(tex: str) -> list[str]:
    """Return the MathJax extensions that a prepared formula needs, for ``\\require``."""
    names = {known.EXTENSIONS.get(name) for name in re.findall(r"\\([A-Za-z]+)", tex)}
    return sorted(name for name in names if name)


def _reference_text(match: re.Match[str]) -> str:
    return rf"\text{{({match[2]})}}" if match[1] else rf"\text{{{match[2]}}}"
