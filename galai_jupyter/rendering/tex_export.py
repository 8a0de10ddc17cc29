r"""A prepared formula in; the same for Markdown (KaTeX, MathJax, pandoc) or LaTeX out."""

from __future__ import annotations

import re

from galai_jupyter.rendering.tex_vocabulary import OUTER_ENVIRONMENTS

_TAG = re.compile(r"\\tag(\*?)\s*\{([^{}$]*)\}")
_OUTER = re.compile(
    r"\\(begin|end)\{(" + "|".join(map(re.escape, sorted(OUTER_ENVIRONMENTS))) + r")\}"
)
_INNER = {
    "align": "aligned",
    "alignat": "alignedat",
    "gather": "gathered",
    "multline": "gathered",
}
_COLUMNS = re.compile(r"\\begin\{eqnarray\*?\}")
_DOLLARS = re.compile(r"(?<!\\)\$([^$]*)\$")
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|\](?=[(\[:])|!(?=\[)")
_NAMES = {"lt": "<", "gt": ">", "Bbb": r"\mathbb", "omicron": "o", "And": r"\&"}
_NAME = re.compile(rf"\\({'|'.join(_NAMES)})(?![A-Za-z])")


def for_markdown(tex: str, *, in_table: bool = False) -> str:
    r"""Return `tex` on one line, fit to stand between dollars.

    Displays of their own (``align``) become what may stand inside a display (``aligned``).
    """
    tex = _TAG.sub(r"\\qquad(\2)", tex)
    tex = re.sub(r"\\(?:nonumber|notag)(?![A-Za-z])", "", tex)
    tex = _COLUMNS.sub(r"\\begin{array}{rcl}", tex)
    tex = re.sub(r"\\end\{eqnarray\*?\}", r"\\end{array}", tex)
    tex = _OUTER.sub(_inner_environment, tex)
    tex = _DOLLARS.sub(r"\\(\1\\)", tex)
    tex = _MARKUP.sub(r"\g<0> ", tex)  # for readers of Markdown that know no maths
    if in_table:
        tex = tex.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
    return " ".join(tex.split())


def for_latex(tex: str, *, display: bool) -> str:
    """Return `tex` with delimiters, for a LaTeX document with amsmath and amssymb."""
    tex = _NAME.sub(lambda match: _NAMES[match[1]] + " ", tex)
    tex = " ".join(tex.split())
    if not display:
        return rf"\({tex}\)"
    alone = _OUTER.match(tex)
    if alone and tex.endswith(rf"\end{{{alone[2]}}}"):
        return f"\n{tex}\n"
    tex = re.sub(r"\\(?:nonumber|notag)(?![A-Za-z])", "", _OUTER.sub(_inner_environment, tex))
    return rf"\[{tex}\]"


def _inner_environment(match: re.Match[str]) -> str:
    name = match[2].rstrip("*")
    return rf"\{match[1]}{{{_INNER[name]}}}" if name in _INNER else ""
