r"""Magic lines: flags, values, quoting, the rest."""

import pytest

from galai_jupyter.errors import OptionError
from galai_jupyter.flags import parse_flags

GROUPS = ("generation", "prompt", "display")


@pytest.mark.parametrize(
    ("line", "values", "rest"),
    [
        ("", {}, ""),
        ("--top-p 0.7 The Transformer", {"top_p": 0.7}, "The Transformer"),
        ("--top_p=0.7", {"top_p": 0.7}, ""),
        ("--no-truncate --new-doc x", {"truncate": False, "new_doc": True}, "x"),
        (r'--stop "\n\n" --stop "a b"', {"stop": ("\n\n", "a b")}, ""),
        (r"--stop '\\[' x", {"stop": ("\\[",)}, "x"),
        ("it's  a \"prompt", {}, "it's  a \"prompt"),
        ("-- --top-p 0.7", {}, "--top-p 0.7"),
        ("--raw {a} $b$ --top-p", {"raw": True}, "{a} $b$ --top-p"),
        ("-5 degrees", {}, "-5 degrees"),
    ],
)
def test_lines_are_split(line: str, values: dict, rest: str) -> None:
    assert parse_flags(line, GROUPS) == (values, rest)


def test_flags_of_a_subcommand_may_stand_anywhere() -> None:
    assert parse_flags("mini --dtype float32", ("load",), anywhere=True) == (
        {"dtype": "float32"},
        "mini",
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--topp 0.7", "--top-p"),
        ("--top-p", "needs a value"),
        ("--top-p high", "takes a number"),
        ("--top-p 2", "0 to 1"),
        ("--dtype float32", "load option"),
        ("--raw=yes", "takes no value"),
        ('--stop "open', "not closed"),
        ("--no-top-p", "no option --no-top-p"),
    ],
)
def test_mistakes_are_one_sentence(line: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        parse_flags(line, GROUPS)
