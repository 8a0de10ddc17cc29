"""How a program is shown before and after it is run; nothing that it says is trusted."""

from __future__ import annotations

import json

import pytest

from galai_jupyter.generation import GeneratedSequence, Generation
from galai_jupyter.programs import GUARDS, Execution, Outcome, Program
from galai_jupyter.rendering import execution_bundle, generation_bundle, program_bundle
from galai_jupyter.rendering.run_view import guards_words, visible

CODE = "print(15 * 240 / 100)\n"


def execution(stdout: str = "36.0\n", claim: str = "36", **outcome: object) -> Execution:
    values = {"ending": "finished", "stdout": stdout, "seconds": 0.03, "in_force": tuple(GUARDS)}
    return Execution(Program(CODE, claim), Outcome(**(values | outcome)))  # type: ignore[arg-type]


def test_code_is_shown_as_it_is() -> None:
    bundle = program_bundle(Program(CODE), html=True)
    assert list(bundle) == ["text/plain", "text/html", "text/markdown"]
    assert bundle["text/plain"] == CODE
    assert "<code" in bundle["text/html"] and "15 * 240" in bundle["text/html"]
    assert bundle["text/markdown"] == f"```python\n{CODE}```\n"
    assert "text/html" not in program_bundle(Program(CODE), html=False)


def test_who_is_asked_can_read_what_it_would_get() -> None:
    bundle = program_bundle(Program(CODE), "It would get 10 s.", html=True)
    assert all("It would get 10 s." in text for text in bundle.values())


def test_code_that_may_be_cut_off_is_said_to_be() -> None:
    bundle = program_bundle(Program(CODE, closed=False), html=True)
    assert all("some of the code may be missing" in bundle[kind] for kind in bundle)


def test_result_and_claim_stand_side_by_side() -> None:
    bundle = execution_bundle(execution(), html=True)
    for kind, text in bundle.items():
        for words in ("15 * 240", "36.0", "printed", "claimed by the model", "Agree:"):
            assert words in text, kind
    assert "no network" in bundle["text/html"] and "0.03 s" in bundle["text/markdown"]
    assert "15 * 240" not in json.dumps(execution_bundle(execution(), code=False, html=True))


def test_a_difference_is_said() -> None:
    bundle = execution_bundle(execution(claim="35"), html=True)
    assert all("Differ: the code does not give" in text for text in bundle.values())
    unclaimed = execution_bundle(execution(claim=""), html=True)
    assert all("claims no result" in text for text in unclaimed.values())


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("failed", "The code failed."),
        ("time", "--time-limit"),
        ("memory", "--memory-limit"),
        ("output", "--output-limit"),
        ("interrupted", "interrupted"),
    ],
)
def test_why_it_ended_is_said_and_what_helps(ending: str, said: str) -> None:
    shown = execution_bundle(execution(ending=ending, stderr="ValueError: 5\n"), html=True)
    for text in shown.values():
        assert said in text and "ValueError: 5" in text
        assert "Agree" not in text and "Differ" not in text


def test_a_file_is_shown_in_place_of_what_was_printed() -> None:
    bundle = execution_bundle(execution("done\n", written="36"), html=True)
    assert all("output.txt" in text and "done" in text for text in bundle.values())
    assert "Agree" in bundle["text/plain"]
    assert "(nothing)" in execution_bundle(execution(""), html=True)["text/plain"]


def test_guards_that_are_missing_are_named() -> None:
    assert guards_words(GUARDS) == (
        "In force: bounded memory, no other processes, no network, no files but its own."
    )
    words = guards_words(("memory",))
    assert words.startswith("In force: bounded memory. Not in force on this system: ")
    assert "the network could not be cut off" in words
    assert "Not in force" in execution_bundle(execution(in_force=()), html=True)["text/html"]


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\n"
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil\x07link\x1b]8;;\x07 \x1b[2J\n"
    "\\(\\href{javascript:alert(1)}{x}\\) $x$ ```\n\n# heading\n"
    "\u202efdp.exe\u2066 \x00\x07\r\u200b"
)


@pytest.mark.parametrize("place", ["stdout", "stderr", "written", "claim", "code"])
def test_nothing_in_it_is_interpreted(place: str) -> None:
    if place in ("claim", "code"):
        program = Program(**({"code": CODE} | {place: HOSTILE}))  # type: ignore[arg-type]
        shown = Execution(program, Outcome("finished", "1"))
    else:
        shown = execution(**{place: HOSTILE})  # type: ignore[arg-type]
    bundle = execution_bundle(shown, html=True)
    html = bundle["text/html"]
    assert "&lt;script&gt;" in html and "<script" not in html and "<img" not in html
    assert html.index("mathjax_ignore") < html.index("href{")
    assert "````" in bundle["text/markdown"], "a longer fence than those inside"
    for text in bundle.values():
        assert not set(text) & set("\x1b\x00\x07\r\u202e\u2066\u200b")
        assert "\\u202efdp.exe" in text and "red link" in text


def test_long_outputs_are_cut() -> None:
    assert visible("x" * 5000) == "x" * 1000 + " … 4,000 more characters"
    cut = visible("line\n" * 10_000)
    assert cut.count("line") == 100 and cut.endswith("… 49,501 more characters")
    bundle = execution_bundle(execution("y\n" * 50_000, claim="z" * 90_000), html=True)
    assert sum(map(len, bundle.values())) < 50_000


def test_a_text_with_python_says_how_to_run_it() -> None:
    text = f"\n```python\n{CODE}```\n</work>"
    told = generation_bundle(
        Generation("<work>", (GeneratedSequence(text, (), "given"),)), html=True
    )
    assert "<code>%galactica run</code> runs its Python" in told["text/html"]
    assert "`%galactica run` runs its Python" in told["text/markdown"]
    silent = generation_bundle(Generation("a", (GeneratedSequence(" b", (), "given"),)), html=True)
    assert "%galactica run" not in silent["text/html"] + silent["text/markdown"]
