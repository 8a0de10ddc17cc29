"""``%galactica run``: Python of a text, shown, asked about, run, and held against the claim."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.error import StdinNotImplementedError, UsageError

from galai_jupyter import sandbox
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import OptionError
from galai_jupyter.options import GenerationOptions, RunOptions
from galai_jupyter.programs import Execution, Outcome
from galai_jupyter.runner import Interrupted
from galai_jupyter.session import get_session

Run = Callable[[str], Any]

WORK = """
10% of 240 is 24

```python
print(15 * 240 / 100)
```

Result: {}
</work>

Answer: 36"""


def say(text: str, prompt: str = "What is 15% of 240? Answer with code. <work>") -> None:
    """Put a generation into the history."""
    get_session().use(ScriptedEngine([text]))
    get_session().generate(prompt, GenerationOptions(max_new_tokens=400))


@pytest.fixture(autouse=True)
def never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(question: str) -> str:
        raise AssertionError(question)

    monkeypatch.setattr(builtins, "input", fail)


def answering(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[str]:
    """Answer questions; return where they are put down."""
    asked: list[str] = []

    def reply(question: str) -> str:
        asked.append(question)
        return answer

    monkeypatch.setattr(builtins, "input", reply)
    return asked


def test_it_is_shown_run_and_compared(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    say(WORK.format("36.0"))
    execution = run("%galactica run --yes")
    assert isinstance(execution, Execution) and execution.agrees is True
    assert execution.outcome.result == "36.0\n"
    shown = capsys.readouterr().out
    code, result, claim, verdict = map(
        shown.index, ("print(15", "--- printed ---", "claimed by the model", "Agree")
    )
    assert code < result < claim < verdict
    assert shown.count("print(15") == 1


def test_a_wrong_claim_is_found_out(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    say(WORK.format("35.0"))
    assert run("%galactica run --yes").agrees is False
    assert "Differ" in capsys.readouterr().out
    assert run("_").agrees is False, "the result is kept"


@pytest.mark.parametrize("answer", ["y", "Yes"])
def test_a_yes_runs_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    say(WORK.format("36.0"))
    asked = answering(monkeypatch, answer)
    assert run("%galactica run --time-limit 5").outcome.result == "36.0\n"
    assert asked == ["Run this code? [y/N] "]
    shown = capsys.readouterr().out
    assert "It would get 5 s, 1,024 MB of memory" in shown and "In force:" in shown


@pytest.mark.parametrize("answer", ["", "n", "yeah no", "1"])
def test_anything_else_does_not(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    say(WORK.format("36.0"))
    answering(monkeypatch, answer)
    assert run("%galactica run") is None
    shown = capsys.readouterr().out
    assert shown.index("print(15") < shown.index("Nothing was run.")


@pytest.mark.parametrize("error", [StdinNotImplementedError, EOFError, OSError])
def test_where_nobody_can_be_asked_the_code_is_shown_and_not_run(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: type[Exception],
) -> None:
    def fail(question: str) -> str:
        raise error

    say(WORK.format("36.0"))
    monkeypatch.setattr(builtins, "input", fail)
    with pytest.raises(UsageError, match="`%galactica run --yes` runs it"):
        run("%galactica run")
    assert "print(15" in capsys.readouterr().out


def test_nothing_runs_by_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> Outcome:
        raise AssertionError("a program was run")

    monkeypatch.setattr(sandbox, "run_program", fail)
    monkeypatch.setattr("galai_jupyter.runner.run_program", fail)
    get_session().use(ScriptedEngine([WORK.format("36.0")]))
    run("%galactica --max-new-tokens 200 What is 15% of 240? Answer with code. <work>")
    run("%galactica history 1")
    run("%galactica replay")
    run("_")


def test_the_text_and_its_block_can_be_chosen(run: Run) -> None:
    two = "\n```python\nprint(1)\n```\n\n```python\nprint(2)\n```\n</work>"
    say(two)
    say("nothing of the kind", "a")
    with pytest.raises(UsageError, match="no Python in the last text, but in text 1"):
        run("%galactica run --yes")
    with pytest.raises(UsageError, match="2 blocks of Python: choose one"):
        run("%galactica run 1 --yes")
    assert run("%galactica run 1 --block 2 --yes").outcome.result == "2\n"
    assert get_session().run(1, RunOptions(block=1)).outcome.result == "1\n"


def test_what_cannot_be_run_is_said_in_a_sentence(run: Run) -> None:
    with pytest.raises(UsageError, match="nothing to run yet"):
        run("%galactica run")
    say("no code", "a")
    with pytest.raises(UsageError, match="no Python in that text"):
        run("%galactica run --yes")
    with pytest.raises(UsageError, match="texts 1 to 1"):
        run("%galactica run 7")
    with pytest.raises(UsageError, match=r"%galactica -- run a mile"):
        run("%galactica run a mile")
    with pytest.raises(UsageError, match="makes no sense here"):
        run("%galactica run --top-p 0.5")
    with pytest.raises(OptionError, match="no Python"):
        get_session().run()


def test_limits_are_options(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    say("\n```python\nwhile True: pass\n```\n</work>")
    execution = run("%galactica run --yes --time-limit 0.5")
    assert execution.outcome.ending == "time" and execution.agrees is None
    assert "--time-limit" in capsys.readouterr().out


def test_an_interrupt_shows_what_there_was(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say("\n```python\nprint('begun', flush=True)\nwhile True: pass\n```\n</work>")
    monkeypatch.setattr(
        "galai_jupyter.runner.run_program",
        lambda *arguments: Outcome("interrupted", "begun\n"),
    )
    with pytest.raises(Interrupted, match="the code was stopped"):
        run("%galactica run --yes")
    assert "begun" in capsys.readouterr().out


def test_it_can_be_completed_and_is_in_the_help(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    from galai_jupyter.completion import complete

    line = "%galactica run --ti"
    assert complete(line, 0, len(line)) == ("--ti", ["--time-limit"])
    run("%galactica help")
    assert "%galactica run [NUMBER]" in capsys.readouterr().out
