r"""TeX and whether it is a display in; whether MathJax typesets it without harm or error, out.

A recursive-descent reader: every command is on the allow-list, every argument is complete, and
what MathJax calls an error (double scripts, a misplaced ``&``, a missing ``\right``) is found
before MathJax sees it. MathJax 2.7 is the stricter of the two that count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from galai_jupyter.rendering import tex_vocabulary as known

_MAX_DEPTH = 24
_MAX_NEGATIVE_SPACES = 30

_LEXEME = re.compile(r"\\(?:[A-Za-z]+|[\s\S])|\s+|[\s\S]")
_PLAIN = re.compile(r"[^\\{}\[\]$&#%^_'~\x00-\x20][^\\{}\[\]$&#%^_'~\x00-\x08\x0b\x0c\x0e-\x1f]*")
_NAME = re.compile(r"\{[A-Za-z]+\*?\}")
_NUMBER = r"(?:\d(?:\.\d*)?|\.\d+)"
_LENGTH = re.compile(rf"\{{\s*(?:-?{_NUMBER}\s*(?:pt|mu)|{_NUMBER}\s*(?:em|ex|mm|cm))\s*\}}")
_ROW_LENGTH = re.compile(rf"\[\s*(?:-?{_NUMBER}\s*pt|\d\d\s*pt|{_NUMBER}\s*e[mx])\s*\]")
_ARGUMENT = {
    "p": re.compile(r"(?:\[[tbc]\])?(?!\s*\[)"),
    "a": re.compile(r"(?:\[[lcr]\])?"),
    "n": re.compile(r"\s*\{\s*\d{1,2}\s*\}"),
    "C": re.compile(r"\s*\{[\slcr|:]{1,100}\}"),
}
_CHEMISTRY = re.compile(r"\s*\{(?:[\w\s+\-^().,=<>*/→⇌]|\[[^]{}$\\]*\]|\{[\w+\-.]*\})*\}")
_TEXT = re.compile(r"(?:[^\\{}$]|\\[$%&#_{} ])*")


def is_typeset(tex: str, *, display: bool) -> bool:
    """Return whether `tex` may and can be typeset."""
    try:
        _Checker(tex, display).sequence("")
    except _Refused:
        return False
    return True


class _Refused(Exception):
    """The formula is not typeset."""


class _Atom:
    """What stands before a script: which scripts it has, and whether it takes ``\\limits``."""

    def __init__(self, operator: bool = False) -> None:
        self.operator = operator
        self.scripts: set[str] = set()

    def attach(self, script: str) -> None:
        """Add ``^``, ``_`` or ``'``; refuse what TeX calls a double script."""
        primed = "'" in self.scripts
        double = (
            script in self.scripts
            if script != "'"
            else "^" in self.scripts or (primed and "_" in self.scripts)
        )
        if double or (script == "^" and primed and "_" in self.scripts):
            raise _Refused
        self.scripts.add(script)


class _Checker:
    """Reads one formula, once, from left to right."""

    def __init__(self, tex: str, display: bool) -> None:
        self.tex = tex
        self.display = display
        self.position = 0
        self.depth = 0
        self.negative_spaces = 0
        self.outer_environments = 0
        self.tags = 0

    def peek(self) -> str:
        """Return the next lexeme, ``""`` at the end; white space is a lexeme."""
        match = _LEXEME.match(self.tex, self.position)
        return match[0] if match else ""

    def next(self) -> str:
        match = _LEXEME.match(self.tex, self.position)
        if not match:
            return ""
        self.position = match.end()
        return match[0]

    def skip_plain(self) -> bool:
        """Skip letters, digits and so on up to the next character with a meaning."""
        match = _PLAIN.match(self.tex, self.position)
        if not match:
            return False
        self.position = match.end()
        return True

    def skip_space(self) -> None:
        if self.peek().isspace():
            self.next()

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.tex, self.position)
        if not match:
            raise _Refused
        self.position = match.end()
        return match[0]

    def environment_name(self) -> str:
        return self.take(_NAME)[1:-1]

    def sequence(self, end: str, cells: bool = False) -> None:
        """Read up to and including `end`: ``}``, ``]``, ``\\right``, an environment or ``""``."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Refused
        atom, row_start, divided, switched = _Atom(), True, False, False
        while True:
            if self.skip_plain():
                atom, row_start = _Atom(), False
            lexeme = self.next()
            if lexeme == end and lexeme:
                break
            if lexeme == "":
                if end:
                    raise _Refused
                break
            if lexeme.isspace():
                continue
            if lexeme == "\\end":
                if self.environment_name() != end:
                    raise _Refused
                break
            if lexeme == "\\hline":
                if not (row_start and cells):
                    raise _Refused
                continue
            if lexeme == "\\\\":
                self.row_end(end)
                atom, row_start = _Atom(), True
                continue
            row_start = False
            if lexeme == "&":
                if not cells:
                    raise _Refused
                atom = _Atom()
            elif lexeme in ("^", "_", "'"):
                atom.attach(lexeme)
                if lexeme != "'":
                    self.argument()
            elif lexeme in ("\\limits", "\\nolimits"):
                if not atom.operator or atom.scripts:
                    raise _Refused
            elif lexeme[0] == "\\" and lexeme[1:] in known.INFIX:
                if divided:
                    raise _Refused
                atom, divided = _Atom(), True
            elif lexeme == "\\middle":
                if end != "\\right" or divided or switched:
                    raise _Refused
                self.delimiter()
                atom = _Atom()
            else:
                # MathJax 2 wants neither \over nor \bf before a \middle.
                switched = switched or lexeme[1:] in known.SWITCHES
                atom = self.atom(lexeme)
        if end == "\\right":
            self.delimiter()
        self.depth -= 1

    def atom(self, lexeme: str) -> _Atom:
        """Read the rest of what `lexeme` begins."""
        if lexeme == "{":
            self.sequence("}")
        elif lexeme[0] == "\\":
            return self.command(lexeme[1:])
        elif lexeme in "}#$%&" or ord(lexeme) < 32:
            raise _Refused
        return _Atom()

    def command(self, name: str) -> _Atom:
        if name in known.OPERATORS:
            return _Atom(operator=True)
        if name in known.NEGATIVE_SPACES:
            self.negative_spaces += 1
            if self.negative_spaces > _MAX_NEGATIVE_SPACES:
                raise _Refused
        if name in known.SYMBOLS or name in known.FUNCTIONS or name in known.SWITCHES:
            return _Atom()
        if name == "left":
            self.delimiter()
            self.sequence("\\right")
        elif name == "begin":
            self.environment()
        elif name in known.SIGNATURES:
            if name == "tag":
                self.count_tag()
            if name == "operatorname" and self.peek() == "*":
                self.next()
            for kind in known.SIGNATURES[name]:
                self.read_argument[kind](self)
            return _Atom(operator=name in known.OPERATOR_ARGUMENTS)
        else:
            raise _Refused
        return _Atom()

    def argument(self) -> None:
        """Read ``{…}``, a character, or a command (in scripts also one with arguments)."""
        self.skip_space()
        lexeme = self.next()
        if lexeme in ("", "^", "_", "'") or lexeme[1:] in known.NO_SCRIPTS:
            raise _Refused
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Refused
        self.atom(lexeme)
        self.depth -= 1

    def strict_argument(self) -> None:
        """Read ``{…}``, a character, or a command that stands alone."""
        self.skip_space()
        lexeme = self.peek()
        alone = lexeme[1:] in known.SYMBOLS or lexeme[1:] in known.OPERATORS
        if lexeme == "[" or (lexeme[:1] == "\\" and not alone):
            raise _Refused
        self.argument()

    def optional_argument(self) -> None:
        if self.peek() == "[":
            self.next()
            self.sequence("]")

    def text_argument(self) -> None:
        r"""Read ``{…}`` of ``\text``: words, escapes, maths, balanced braces."""
        self.skip_space()
        if self.next() != "{":
            raise _Refused
        braces = 1
        while braces:
            self.take(_TEXT)
            lexeme = self.next()
            if lexeme in ("$", "\\("):
                if braces != 1:
                    raise _Refused
                self.sequence("$" if lexeme == "$" else "\\)")
            elif lexeme in ("{", "}"):
                braces += 1 if lexeme == "{" else -1
            else:
                raise _Refused

    def alignment(self) -> None:
        self.take(_ARGUMENT["a"])

    def length(self) -> None:
        self.take(_LENGTH)

    def chemistry(self) -> None:
        self.take(_CHEMISTRY)

    def delimiter(self) -> None:
        self.skip_space()
        if self.next() not in known.DELIMITERS:
            raise _Refused

    def row_end(self, end: str) -> None:
        if self.peek() == "*":
            self.next()
        if self.peek() == "[":
            self.take(_ROW_LENGTH)
        if end in known.OUTER_ENVIRONMENTS and not end.startswith(("equation", "multline")):
            self.tags = 0

    def count_tag(self) -> None:
        if self.peek() == "*":
            self.next()
        self.tags += 1
        if self.tags > 1 or not self.display:
            raise _Refused

    def environment(self) -> None:
        name = self.environment_name()
        if name not in known.ENVIRONMENTS:
            raise _Refused
        if name in known.OUTER_ENVIRONMENTS:
            self.outer_environments += 1
            if self.outer_environments > 1 or not self.display:
                raise _Refused
        for kind in known.ENVIRONMENT_SIGNATURES.get(name, ""):
            self.take(_ARGUMENT[kind])
        self.sequence(name, cells=known.ENVIRONMENTS[name])

    read_argument: ClassVar[dict[str, Callable[[_Checker], None]]] = {
        "m": strict_argument,
        "o": optional_argument,
        "a": alignment,
        "t": text_argument,
        "d": length,
        "D": delimiter,
        "c": chemistry,
    }
