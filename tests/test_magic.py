r"""The magics in an IPython shell: cells, lines, subcommands, mistakes, interrupts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import UsageError

from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import Interrupted
from galai_jupyter.generation import Generation
from galai_jupyter.session import get_session

Run = Callable[[str], Any]


@pytest.fixture
def engine(shell: Any) -> ScriptedEngine:
    engine = ScriptedEngine([" Attention is All you Need, Vaswani[END_REF]"])
    get_session().use(engine)
    return engine


def test_a_cell_is_continued_and_kept(run: Run, shell: Any, engine: ScriptedEngine) -> None:
    result = run("%%galactica\nThe Transformer architecture [START_REF]")
    assert isinstance(result, Generation)
    assert result.text == " Attention is All you Need, Vaswani[END_REF]"
    assert engine.requests[0][0] == ["The Transformer architecture [START_REF]"]
    assert shell.user_ns["_"] is shell.user_ns["Out"][1] is result
    assert get_session().history == [result]


def test_only_the_newline_that_ipython_adds_is_removed(run: Run, engine: ScriptedEngine) -> None:
    for body, prompt in (("# Gene\n\n", "# Gene\n"), ("a", "a"), ("a\n\n\n", "a\n\n")):
        run(f"%%galactica\n{body}")
        assert engine.requests[-1][0] == [prompt]


@pytest.mark.parametrize(
    ("line", "prompt"),
    [
        ("%galactica The Transformer", "The Transformer"),
        ("%galactica What is this?", "What is this?"),
        ("%galactica Is it so??", "Is it so??"),
        (r"%galactica \frac{n}{2} of $x and {y}", r"\frac{n}{2} of $x and {y}"),
        ("%galactica it's  a \"test", "it's  a \"test"),
        ("%galactica -- load the dice", "load the dice"),
        ("%galactica --max-new-tokens 5 hello", "hello"),
        ("answer = %galactica What is that?", "What is that?"),
        ("if True:\n    %galactica What is it?", "What is it?"),
    ],
)
def test_a_line_is_a_prompt(run: Run, engine: ScriptedEngine, line: str, prompt: str) -> None:
    run(line)
    assert engine.requests[-1][0] == [prompt]


def test_a_cell_may_end_in_a_question_mark(run: Run, engine: ScriptedEngine) -> None:
    run("%%galactica\nWhat is this?")
    assert engine.requests[-1][0] == ["What is this?"]


@pytest.mark.parametrize("line", ["answer << --max-new-tokens 3", "--max-new-tokens 3 answer <<"])
def test_the_result_can_be_named(run: Run, shell: Any, engine: ScriptedEngine, line: str) -> None:
    run(f"%%galactica {line}\nThe Transformer")
    assert shell.user_ns["answer"].text == " At"
    assert shell.user_ns["answer"] is shell.user_ns["_"]


def test_options_reach_the_engine(run: Run, engine: ScriptedEngine) -> None:
    run('%%galactica --top_p 0.7 --seed 3 --stop "\\n" --no-repeat-ngram-size 2 --new-doc\nx')
    texts, options = engine.requests[-1]
    assert texts == ["</s>x"]
    assert (options.top_p, options.seed, options.stop) == (0.7, 3, ("\n",))
    assert options.no_repeat_ngram_size == 2


def test_sampling_without_a_seed_records_one(run: Run, engine: ScriptedEngine) -> None:
    assert run("%galactica --top-k 5 x").options.seed is not None
    assert run("%galactica x").options.seed is None


def test_tasks_bring_their_template_and_options(run: Run, engine: ScriptedEngine) -> None:
    result = run("%galactica --task cite The Transformer")
    assert result.prompt == "The Transformer [START_REF]"
    assert (result.finish_reason, result.options.stop) == ("stop_string", ("[END_REF]",))
    run("%%galactica --task reason --max-new-tokens 7\nWhy?")
    texts, options = engine.requests[-1]
    assert texts == ["</s>Question: Why?\n\n<work>"]
    assert options.max_new_tokens == 7
    run("%galactica --task molecule")
    assert engine.requests[-1][0] == ["[START_SMILES]"]
    assert engine.requests[-1][1].top_p == 0.6
    run("%galactica --task molecule --num-beams 3")
    assert engine.requests[-1][1].top_p is None


@pytest.mark.parametrize(
    "cell",
    [
        "%galactica cite The Transformer",
        "%%galactica cite\nThe Transformer",
        "%%galactica --task cite\nThe Transformer",
        "%%galactica --task cite --num-return-sequences 5\nThe Transformer",
    ],
)
def test_references_are_suggested_each_once(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    result = run(cell)
    options = engine.requests[-1][1]
    assert engine.requests[-1][0] == ["The Transformer [START_REF]"]
    assert (options.num_beams, options.num_return_sequences) == (5, 5)
    assert [each.title for each in result.suggestions.references] == ["Attention is All you Need"]
    out = capsys.readouterr().out
    assert "1  Attention is All you Need  Vaswani" in out and "1 of 5" in out
    assert get_session().history == [result]


def test_a_single_reference_streams_and_becomes_a_table(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%galactica cite --suggestions 1 The Transformer")
    assert engine.requests[-1][1].num_beams == 1
    out = capsys.readouterr().out
    assert out.startswith(" Attention is All you Need, Vaswani[END_REF]\nThe Transformer")
    assert "first author" in out


def test_references_can_be_drawn(run: Run, engine: ScriptedEngine) -> None:
    run("%galactica cite --suggestions 3 --top-p 0.9 The Transformer")
    options = engine.requests[-1][1]
    assert (options.num_beams, options.num_return_sequences, options.top_p) == (1, 3, 0.9)
    run("%galactica cite --penalty-alpha 0.6 --top-k 4 The Transformer")
    assert engine.requests[-1][1].num_return_sequences == 1


def test_a_threshold_says_no_such_paper(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run("%galactica cite --threshold -1 The Transformer")
    assert result.suggestions.accepted == () and result.suggestions.threshold == -1
    out = capsys.readouterr().out
    assert "No such paper" in out and "Vaswani" not in out.split("Out[")[0]


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("See [START_REF]", "See [START_REF]"),
        ("See [START_REF] Attention", "See [START_REF] Attention"),
        ("See [START_REF] A, B[END_REF]", "See [START_REF] A, B[END_REF] [START_REF]"),
    ],
)
def test_a_text_may_end_in_a_reference(
    run: Run, engine: ScriptedEngine, text: str, prompt: str
) -> None:
    assert run(f"%galactica cite {text}").suggestions.references
    assert engine.requests[-1][0] == [prompt]


def test_an_interrupted_search_is_kept(run: Run, shell: Any) -> None:
    get_session().use(ScriptedEngine([" A long title, Name[END_REF]"], on_token=interrupting(4)))
    with pytest.raises(Interrupted, match="kept"):
        run("%galactica cite x")
    kept = shell.user_ns["_"].suggestions.references
    assert [(each.title, each.complete, each.label) for each in kept] == [("A lo", False, "")]


def test_scores_of_what_was_written_stand_below_it(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%galactica --score --max-new-tokens 3 The Transformer")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["1", "At", "3", "2", "-2.08", "-0.69", "-0.69"] in lines
    assert lines.count(["-0.69", "50.0", "%", "t"]) == 1


def test_a_given_continuation_is_scored_and_nothing_written(
    run: Run, shell: Any, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("answer = ' Yes'")
    result = run(
        '%%galactica scored << --task answer --continuation {{answer}} --continuation "No"\nIs it?'
    )
    assert engine.requests == []
    assert result.prompt == "Question: Is it?\n\nAnswer:"
    assert [each.text for each in result.sequences] == [" Yes", "No"]
    assert {each.finish_reason for each in result.sequences} == {"given"}
    assert result.sequences[0].perplexity == pytest.approx(2)
    assert result.notices == (
        "the continuation 'No' begins without a space: write ' No' if a new word is meant",
    )
    assert shell.user_ns["scored"] is shell.user_ns["_"] is get_session().history[-1] is result
    out = capsys.readouterr().out
    assert "perplexity" in out and "2 of 2" in out


def test_a_text_alone_is_scored_as_a_document(run: Run, engine: ScriptedEngine) -> None:
    result = run('%galactica --score --continuation "A text."')
    assert (result.prompt, result.new_doc, len(result.tokens)) == ("", True, 7)


@pytest.mark.parametrize(
    ("flags", "said", "kept", "reason"),
    [
        ("", " Four.</s>", " Four.", "end_of_document"),
        ("", " Four.\n\n### Instruction:\nAdd 3.", " Four.", "stop_string"),
        ("", " Four.\n### Input:\n5", " Four.", "stop_string"),
        ("--input 2,2", "\nFour.\n\n### Response:\nFour.", "\nFour.", "stop_string"),
        ("", " # Sum\n### Instructions for use", " # Sum\n### Instructions for use", None),
        (
            "--form scientist",
            "\n$$2 + 2 = 4$$ [START_REF] Arithmetic, Peano[END_REF]\n\n### Instruction:\nx",
            "\n$$2 + 2 = 4$$ [START_REF] Arithmetic, Peano[END_REF]",
            "stop_string",
        ),
        ("--form scientist", " a\n\n### Markdown and LaTeX Response:\nb", " a", "stop_string"),
        ("--form code", '\nx = """```"""\n```\nIt', '\nx = """```"""', "stop_string"),
        ("--form code", "\nprint(4)</s>", "\nprint(4)", "end_of_document"),
    ],
)
def test_an_instruction_is_answered_to_the_end_of_its_response(
    run: Run, flags: str, said: str, kept: str, reason: str | None
) -> None:
    get_session().use(ScriptedEngine([said]))
    result = run(f"%%galactica --task instruct {flags}\nAdd 2 and 2.")
    assert result.prompt.count("### Instruction:\nAdd 2 and 2.\n\n### ") == 1
    assert result.text == kept
    assert result.finish_reason == (reason or "end_of_document")


def test_the_form_of_instructions_can_be_configured(run: Run, engine: ScriptedEngine) -> None:
    run("%config GalacticaMagics.form = 'code'")
    result = run("%%galactica --task instruct\nAdd.")
    assert result.prompt.endswith("### Response:\n```python")
    assert "\n```" in result.options.stop


def test_expressions_are_replaced_unless_raw(run: Run, engine: ScriptedEngine) -> None:
    run("topic = 'Gene'")
    run("%%galactica\n# {{topic}} {topic} \\{{topic}}")
    assert engine.requests[-1][0] == ["# Gene {topic} \\{{topic}}"]
    run("%%galactica --raw\n{{topic}}")
    assert engine.requests[-1][0] == ["{{topic}}"]


def test_config_sets_defaults(run: Run, shell: Any, engine: ScriptedEngine) -> None:
    run("%config GalacticaMagics.max_new_tokens = 4")
    assert run("%galactica x").new_tokens == 4
    assert run("%galactica --max-new-tokens 2 x").new_tokens == 2


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%galactica --topp 3\nx", "'--top-p'"),
        ("%%galactica --task instruct --form cod\nx", "'code'"),
        ("%%galactica --form code\nx", "--task instruct"),
        ("%%galactica --task instruct --form code --input 1\nx", "plain form"),
        ("%%galactica --top-p 3\nx", "0 to 1"),
        ("%%galactica --num-beams 3 --top-k 2\nx", "drop one"),
        ("%%galactica --task cyte\nx", "'cite'"),
        ("%%galactica words\nx", "the prompt goes below"),
        ("%%galactica\n \n", "empty"),
        ("%%galactica\n{{nobody}}", "nobody"),
        ("%%galactica\n{{nobody", "never closed"),
        ("%%galactica --max-new-tokens 2047 --new-doc\nx", "no room"),
        ("%galactica load", "takes one model"),
        ("%galactica load minni", "'mini'"),
        ("%galactica load mini --top-k 3", "generation option"),
        ("%galactica history 7", "takes a number"),
        ("%galactica status quo", "-- status quo"),
        ("%%galactica status\nx", "a line of its own"),
        ("%galactica continue the story", "-- continue the story"),
        ("%galactica continue", "nothing to continue"),
        ("%galactica tokens", "write the text"),
        ("%galactica cite", "empty"),
        ("%galactica cite --suggestions 65 x", "1 to 64"),
        ("%galactica cite --threshold 1 x", "at most 0"),
        ("%galactica --threshold -1 x", "add --task cite"),
        ("%galactica --task reason --suggestions 2 x", "add --task cite"),
        ("%galactica cite --suggestions 2 --penalty-alpha 0.6 --top-k 4 x", "one reference"),
        ("%galactica cite --suggestions 1 --diversity-penalty 1 x", "needs beams"),
        ('%galactica --continuation "" x', "empty"),
        ("%galactica --continuation {{nobody}} x", "nobody"),
    ],
)
def test_mistakes_are_one_sentence_and_cost_nothing(
    run: Run, engine: ScriptedEngine, cell: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        run(cell)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert run("%galactica x").text  # the session goes on


def test_texts_that_are_too_long_are_cut_or_refused(run: Run, engine: ScriptedEngine) -> None:
    long = "a" * 3000
    result = run(f"%%galactica\n{long}")
    assert result.truncated_tokens == 3000 + 60 - 2048
    assert "cut 1,012 tokens" in result.notices[0]
    with pytest.raises(UsageError, match=r"3,000 tokens and 1,988 fit"):
        run(f"%%galactica --no-truncate\n{long}")


def test_a_text_goes_on_with_its_options(run: Run, engine: ScriptedEngine) -> None:
    run("%%galactica --max-new-tokens 4 --repetition-penalty 1.2 --stop Z --new-doc\nx")
    result = run("%galactica continue --max-new-tokens 2")
    texts, options = engine.requests[-1]
    assert texts == ["</s>x Att"]
    assert (options.max_new_tokens, options.repetition_penalty) == (2, 1.2)
    assert options.stop == ("Z",)
    assert result.prompt == "x Att"


def interrupting(at: int) -> Callable[[int], None]:
    return lambda said: said == at and os.kill(os.getpid(), signal.SIGINT)


def raising(at: int, error: BaseException) -> Callable[[int], None]:
    def on_token(said: int) -> None:
        if said == at:
            raise error

    return on_token


@pytest.mark.parametrize("on_token", [interrupting(4), raising(5, KeyboardInterrupt())])
def test_an_interrupt_keeps_the_text_and_ends_the_cell(
    run: Run, shell: Any, on_token: Callable[[int], None]
) -> None:
    get_session().use(ScriptedEngine(["a long text"], on_token=on_token))
    with pytest.raises(Interrupted, match="kept") as caught:
        run("%%galactica answer <<\nx")
    assert caught.value._render_traceback_() == [f"Interrupted: {caught.value}"]
    for kept in (shell.user_ns["answer"], shell.user_ns["_"], get_session().history[-1]):
        assert (kept.text, kept.finish_reason) == ("a lon", "interrupted")
    get_session().use(ScriptedEngine(["g text"]))
    assert run("%galactica continue").full_text == "xa long text"


def test_a_failure_keeps_the_text_and_is_one_sentence(run: Run, shell: Any) -> None:
    get_session().use(ScriptedEngine(["a long text"], on_token=raising(5, OSError("gone"))))
    with pytest.raises(UsageError, match="gone"):
        run("%%galactica answer <<\nx")
    assert shell.user_ns["answer"].text == "a lon"
    assert shell.user_ns["answer"].finish_reason == "error"


def test_an_interrupt_while_loading_leaves_the_session(
    run: Run, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted_load(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("galai_jupyter.engines.local.LocalEngine.load", interrupted_load)
    with pytest.raises(Interrupted, match="nothing was lost"):
        run("%galactica load mini")
    assert run("%galactica x").text


def test_a_stream_left_open_in_the_same_cell_is_explained(run: Run, engine: ScriptedEngine) -> None:
    run("from galai_jupyter import Prompt, get_session")
    run("stream = get_session().stream(Prompt('a')); next(stream)")
    with pytest.raises(UsageError, match=r"close\(\)"):
        run("%galactica x")
    run("stream.close()")
    assert run("%galactica x").text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("help", "%galactica continue [options]"),
        ("help", "%galactica cite [options] TEXT"),
        ("options", "--top-p"),
        ("options", "--task instruct"),
        ("models", "facebook/galactica-125m"),
        ("status", "scripted"),
        ("history", "Nothing has been generated yet."),
        ("tokens [START_DNA]GA", "[START_DNA]"),
        ("unload", "Unloaded scripted."),
        ("", "%galactica help"),
    ],
)
def test_subcommands_answer(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str], line: str, shown: str
) -> None:
    run(f"%galactica {line}")
    assert shown in capsys.readouterr().out


def test_the_status_tells_what_the_prefix_cache_holds(
    run: Run, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(f"%galactica load {checkpoint} --device cpu --prefix-cache 2")
    run("%galactica --max-new-tokens 4 Attention")
    run("%galactica --max-new-tokens 4 --top-p 0.9 Attention")
    capsys.readouterr()
    run("%galactica status")
    shown = capsys.readouterr().out
    assert "1 text, " in shown
    assert "0 MB of 2 MB; used for 1 of 2 prompts, 8 of their 18 tokens" in shown


def test_the_history_lists_and_shows(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%galactica The Transformer")
    capsys.readouterr()
    run("%galactica history")
    assert "The Transformer" in capsys.readouterr().out
    run("%galactica history 1")
    assert "The Transformer Attention is All you Need" in capsys.readouterr().out


def test_tokens_of_a_cell(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%%galactica tokens\nGATTACA\n")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("7 tokens of 2048")
    assert [line.split()[-1] for line in lines[1:]] == list("GATTACA")


def test_tokens_say_what_normalisation_changes(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%galactica tokens ﬁne ½ x²")
    out = capsys.readouterr().out
    assert "ﬁ" in out and "½" in out
    assert "²" not in out  # superscript digits are protected


def test_a_terminal_prints_the_text_once(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%galactica The Transformer")
    out = capsys.readouterr().out
    assert out.startswith(" Attention is All you Need, Vaswani[END_REF]\n")
    assert "<Generation" in out


def test_a_terminal_prints_several_texts_at_the_end(
    run: Run, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%galactica --top-p 0.9 --num-return-sequences 2 The Transformer")
    out = capsys.readouterr().out
    assert out.count("Attention is All you Need, Vaswani[END_REF]\n") == 2
    assert out.startswith("--- 1 of 2 ---\nThe Transformer Attention")


def test_a_bare_result_shows_itself(
    run: Run, shell: Any, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    run("answer = %galactica The Transformer")
    capsys.readouterr()
    run("answer")
    assert "The Transformer Attention is All you Need" in capsys.readouterr().out


def test_the_bundled_model_is_the_default_and_says_so(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run("%galactica --max-new-tokens 2 The Transformer")
    assert result.model.name == "demo"
    out = capsys.readouterr().out
    assert "bundled demo model" in out and "%galactica load mini" in out
    run("%galactica --max-new-tokens 2 The Transformer")
    assert "bundled demo model" not in capsys.readouterr().out


def test_a_checkpoint_is_unloaded_by_its_name(
    run: Run, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(f"%galactica load {checkpoint}")
    run("%galactica unload")
    assert f"Unloaded {checkpoint}." in capsys.readouterr().out
    assert get_session().model is None


def test_unloading_takes_everything_away(shell: Any, run: Run) -> None:
    matchers = len(shell.Completer.custom_matchers)
    transformers = len(shell.input_transformer_manager.token_transformers)
    run("%unload_ext galai_jupyter")
    assert len(shell.Completer.custom_matchers) == matchers - 1
    assert len(shell.input_transformer_manager.token_transformers) == transformers - 2
    assert shell.find_magic("galactica") is None
    run("%load_ext galai_jupyter")
    assert shell.find_magic("galactica") is not None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%%galactica --to", ["--top-k", "--top-p"]),
        ("%galactica ci", ["cite"]),
        ("%galactica cite --thr", ["--threshold"]),
        ("%%galactica --no-tr", ["--no-truncate"]),
        ("%%galactica --task re", ["reason", "review"]),
        ("%%galactica --special-tokens h", ["hide"]),
        ("%galactica load ga", ["galpaca-30b", "galpaca-6.7b"]),
        ("%galactica load demo --dt", ["--dtype"]),
        ("x = %galactica sta", ["status"]),
        ("%%galactica\nsome [START_D", ["[START_DNA]"]),
        ("%%galactica\nsome </w", ["</work>"]),
    ],
)
def test_tab_completes(shell: Any, text: str, found: list[str]) -> None:
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        completions = list(shell.Completer.completions(text, len(text)))
    assert sorted(completion.text for completion in completions) == found
    for completion in completions:
        assert completion.text.startswith(text[completion.start : completion.end])
