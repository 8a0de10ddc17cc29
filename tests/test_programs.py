"""Programs in generated texts: which are found, what is claimed of them, what agrees with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from galai_jupyter.errors import OptionError
from galai_jupyter.generation import GeneratedSequence, Generation
from galai_jupyter.programs import Execution, Outcome, Program, agree, choose_program
from galai_jupyter.rendering import programs_of
from galai_jupyter.rendering.program_finder import find_programs

NEEDLE = """Question: What force lifts the needle? <work>
F = 0.0728(2×0.035)

calculate.py
```
f = 0.0728 * (2 * 0.035)

with open("output.txt", "w") as file:
    file.write(str(round(f, 5)))
```

«run: "calculate.py"»

«read: "output.txt"»

0.0051
</work>

Answer: F = 0.0051 N
"""

PERCENT = """
10% of 240 is 24

```python
print(15 * 240 / 100)
```

Result: 36.0
</work>

Answer: 36"""


def test_galacticas_own_form_is_found() -> None:
    (program,) = find_programs("", NEEDLE)
    assert program.code.startswith("f = 0.0728") and program.code.endswith("round(f, 5)))\n")
    assert (program.claim, program.exact, program.output_file) == ("0.0051", True, "output.txt")
    (other,) = find_programs(
        "", NEEDLE.replace("«", "<<").replace("»", ">>").replace("output", "f")
    )
    assert (other.claim, other.output_file) == ("0.0051", "f.txt")


def test_a_named_result_comes_before_the_answer() -> None:
    prompt = "Question: What is 15% of 240? Answer with code.\n\n<work>"
    (program,) = find_programs(prompt, PERCENT)
    assert program == Program("print(15 * 240 / 100)\n", "36.0")
    (program,) = find_programs(prompt, PERCENT.replace("Result: 36.0", ""))
    assert program == Program("print(15 * 240 / 100)\n", "36", exact=False)


def test_a_text_that_ends_early_claims_nothing() -> None:
    (program,) = find_programs("<work>", "\n```python\nprint(1)\n```\n\nResult:")
    assert program == Program("print(1)\n")
    (program,) = find_programs("<work>", "\n```python\nprint(1)\nprint(")
    assert program == Program("print(1)\nprint(\n", closed=False)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Question: 2 + 2?\n\nAnswer:", " 4"),
        ("", "`print(1)`"),
        ("", "``````"),
        ("", "```\nprint(1)\n```"),  # no language, and no working
        ("<work>", "\n```\n2 + 2 = 4\n```"),
        ("<work>", "\n```js\nprint(1)\n```"),
        ("<work></work>", "\n```\nprint(1)\n```"),
        ("<work>", "\n```python\n\n```"),
        ("```python\nprint(1)\n```\n\n<work>", " It prints 1.</work>"),  # the reader's own
    ],
)
def test_what_is_no_python_of_the_model_is_not_offered(prompt: str, text: str) -> None:
    assert find_programs(prompt, text) == ()


def test_code_outside_of_a_working_is_offered_if_it_says_what_it_is() -> None:
    (program,) = find_programs("Q:", " So:\n\n```python\nprint(1)\n```\n\nOutput: 1")
    assert program == Program("print(1)\n", "1")
    (program,) = find_programs("### Response:\n```python", "\nprint(1)")
    assert program == Program("print(1)\n", closed=False)


def test_each_block_has_its_own_claim() -> None:
    text = "\n```python\nprint(1)\n```\nResult: 1\n\n```py\nprint(2)\n```\nResult: 3\n</work>"
    first, second = find_programs("<work>", text)
    assert (first.claim, second.claim) == ("1", "3")


def test_what_is_run_is_what_is_shown() -> None:
    """Line ends and characters that rendering replaces are replaced here, too."""
    (program,) = find_programs("<work>", "\r\n```python\r\nx = 1\r# print(0)\r\n```")
    assert program.code == "x = 1\n# print(0)\n"


def generation(*texts: str, reason: str = "max_new_tokens") -> Generation:
    sequences = tuple(GeneratedSequence(text, (), reason) for text in texts)  # type: ignore[arg-type]
    return Generation("<work>", sequences)


def test_alternatives_are_numbered_through() -> None:
    programs = programs_of(generation(PERCENT, " none", PERCENT.replace("15", "20")))
    assert [program.code[6:8] for program in programs] == ["15", "20"]
    assert choose_program(programs, 2) is programs[1]
    with pytest.raises(OptionError, match="2 blocks of Python: choose one, --block 1 to 2"):
        choose_program(programs)
    with pytest.raises(OptionError, match="2 blocks of Python, and no 3"):
        choose_program(programs, 3)
    with pytest.raises(OptionError, match="no Python in that text"):
        choose_program(())


def test_code_that_a_stop_string_ends_is_whole() -> None:
    text = "\n```python\nprint(1)"
    assert not programs_of(generation(text))[0].closed
    assert programs_of(generation(text, reason="stop_string"))[0].closed


@pytest.mark.parametrize(
    ("result", "claim"),
    [
        ("36.0\n", "36"),
        ("1.5117970521541950", "1.5118"),
        ("1.5118", "1.511797052"),
        ("2.9999999999999996", "3"),
        ("0.5", "1/2"),
        ("1024", "1,024"),
        ("0.05", "$0.05."),
        ("1e-05", "0.00001"),
        ("-3", "−3"),
        ("[1, 2]", "[1,2]"),
        ("x = 4", "x=4"),
        ("True", "true"),
        ("Fraction(1, 2)", "Fraction(1,2)"),
    ],
)
def test_the_same_in_another_spelling_agrees(result: str, claim: str) -> None:
    assert agree(result, claim) and agree(claim, result)


@pytest.mark.parametrize(
    ("result", "claim"),
    [
        ("36.5", "36"),
        ("1.5118", "1.5117"),
        ("0.5", "1/0"),
        ("1", "10"),
        ("1 2", "1"),
        ("x", "y"),
        ("1e999", "1"),
        ("", "1"),
        ("9" * 20_000, "8" * 20_000),
    ],
)
def test_something_else_does_not(result: str, claim: str) -> None:
    assert not agree(result, claim) and not agree(claim, result)


def test_an_answer_may_say_more_than_the_result() -> None:
    assert agree("0.05", "The ball costs $0.05.", exact=False)
    assert not agree("0.05", "The ball costs $0.10.", exact=False)
    assert not agree("", "The ball", exact=False)


def test_only_what_was_finished_agrees_or_differs() -> None:
    execution = Execution(Program("print(1)", "1"), Outcome("finished", "1\n"))
    assert execution.agrees is True
    assert repr(execution) == "<Execution '1': finished, as claimed>"
    stopped = replace(execution, outcome=Outcome("time", "1\n"))
    silent = replace(execution, outcome=Outcome("finished"))
    unclaimed = replace(execution, program=Program("print(1)"))
    assert [each.agrees for each in (stopped, silent, unclaimed)] == [None] * 3
    assert replace(execution, program=Program("", "2")).agrees is False
    assert "not as claimed" in repr(replace(execution, program=Program("", "2")))


@pytest.mark.parametrize("half", ["`", "``", "  `"])
def test_half_a_closing_fence_is_no_code(half: str) -> None:
    (program,) = find_programs("", f"<work>\n```python\nprint(3)\n{half}")
    assert program.code == "print(3)\n" and not program.closed
