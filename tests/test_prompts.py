r"""Prompts: tasks, expressions, what is changed and said."""

import pytest

from galai_jupyter.errors import OptionError, PromptError
from galai_jupyter.options import PromptOptions
from galai_jupyter.prompts import TASKS, Prompt, build_prompt, interpolate

INSTRUCTION = "Below is an instruction that describes a task"
COMPLETES = "Write a response that appropriately completes the request."


@pytest.mark.parametrize(
    ("task", "text", "prompt", "new_doc"),
    [
        ("cite", "The Transformer", "The Transformer [START_REF]", False),
        ("cite", "The formula\n\n", "The formula\n\n[START_REF]", False),
        ("cite", "See [START_REF]", "See [START_REF]", False),
        ("reason", "Why?", "Question: Why?\n\n<work>", True),
        ("answer", "Why?", "Question: Why?\n\nAnswer:", False),
        ("answer", "Q: Why?", "Q: Why?\n\nAnswer:", False),
        ("article", "Gene", "# Gene\n\n", True),
        ("paper", "Genes", "Title: Genes\n\n", True),
        ("review", "Genes", "Title: Genes\n\n# Abstract\n", False),
        ("formula", "The area", "The area is given by:\n\n\\[", False),
        ("summarise", "Long.", "Long.\n\nTLDR:", False),
        ("molecule", "", "[START_SMILES]", False),
        ("isomeric-molecule", "", "[START_I_SMILES]", False),
        ("protein-keywords", "MK", "[START_AMINO]MK[END_AMINO] ## Keywords", False),
        (
            "translate",
            "\\[\n  x^2\n\\]",
            "Question: Translate the following math formula:\n\n\\[  x^2\\]\n\n"
            "into python code.\n\nAnswer:",
            False,
        ),
        (
            "instruct",
            "Add.",
            f"{INSTRUCTION}. {COMPLETES}\n\n### Instruction:\nAdd.\n\n### Response:",
            False,
        ),
    ],
)
def test_tasks_build_the_trained_templates(
    task: str, text: str, prompt: str, new_doc: bool
) -> None:
    built = build_prompt(text, PromptOptions(task=task))
    assert (built.text, built.new_doc) == (prompt, new_doc)


def test_an_instruction_may_have_an_input() -> None:
    built = build_prompt("Add.", PromptOptions(task="instruct", input="1, 2"))
    assert built.text == (
        f"{INSTRUCTION}, paired with an input that provides further context. {COMPLETES}\n\n"
        "### Instruction:\nAdd.\n\n### Input:\n1, 2\n\n### Response:"
    )


@pytest.mark.parametrize(
    ("form", "asked", "ending"),
    [
        (
            "scientist",
            "As a scientist, write a response that appropriately completes the request, citing "
            "specific papers whenever possible.",
            "### Markdown and LaTeX Response:",
        ),
        ("code", COMPLETES, "### Response:\n```python"),
    ],
)
def test_an_instruction_may_ask_for_a_form(form: str, asked: str, ending: str) -> None:
    built = build_prompt("Write out it.", PromptOptions(task="instruct", form=form))
    assert built.text == (f"{INSTRUCTION}. {asked}\n\n### Instruction:\nWrite out it.\n\n{ending}")
    assert built == build_prompt("Write out it.", PromptOptions(task=f"instruct-{form}"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (PromptOptions(task="instruct", form="code", input="x"), "plain form"),
        (PromptOptions(task="instruct-scientist", input="x"), "plain form"),
        (PromptOptions(task="cite", input="x"), "--task instruct"),
        (PromptOptions(input="x"), "--task instruct"),
        (PromptOptions(form="code"), "--task instruct"),
        (PromptOptions(task="answer", form="code"), "--task instruct"),
    ],
)
def test_options_of_instructions_are_never_lost(options: PromptOptions, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        build_prompt("Add.", options)


def test_translation_takes_code_and_a_target() -> None:
    built = build_prompt("```python\nx = 1\n```", PromptOptions(task="translate", into="C++"))
    assert built.text.startswith("Question: Translate the following python code:\n\n```python\n")
    assert built.text.endswith("\n\ninto C++.\n\nAnswer:")


@pytest.mark.parametrize("name", TASKS)
def test_every_task_keeps_the_text_and_explains_itself(name: str) -> None:
    assert "unusual words" in build_prompt("unusual words", PromptOptions(task=name)).text
    assert TASKS[name].help.endswith(".")


def test_the_person_decides_about_documents() -> None:
    assert build_prompt("x", PromptOptions(task="reason", new_doc=False)).new_doc is False
    assert build_prompt("x", PromptOptions(new_doc=True)).new_doc is True


def test_text_without_a_task_is_kept_as_it_is() -> None:
    text = " # Image Denoising\n\n"
    assert build_prompt(text) == Prompt(text)
    assert build_prompt("a\r\nb").text == "a\nb"


def test_spaces_at_the_end_go_with_a_notice() -> None:
    prompt = build_prompt("The Transformer  ")
    assert prompt.text == "The Transformer"
    assert prompt.notices == ("dropped 2 spaces at the end of the prompt",)


def test_empty_prompts_and_unknown_tasks_are_refused() -> None:
    for text in ("", " \n"):
        with pytest.raises(PromptError, match="empty"):
            build_prompt(text)
    with pytest.raises(PromptError, match="empty"):
        build_prompt("", PromptOptions(task="cite"))
    with pytest.raises(OptionError, match="'cite'"):
        build_prompt("x", PromptOptions(task="cyte"))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("# {{topic}}\n\n", "# Cats\n\n"),
        ("{{ n + 1 }} and {{ len(topic) }}", "4 and 4"),
        (r"\frac{%a}{#1} \frac{n}{2} {n}", r"\frac{%a}{#1} \frac{n}{2} {n}"),
        (r"\{{n}\} and {{n}}", r"\{{n}\} and 3"),
        ("{% if n %}", "{% if n %}"),
        ("{{ '{{n}}' }}", "{{n}}"),
    ],
)
def test_expressions_are_replaced_and_latex_is_not(text: str, result: str) -> None:
    assert interpolate(text, {"topic": "Cats", "n": 3}) == result


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{n", "never closed"),
        ("{{nobody}}", "'nobody' is undefined"),
        ("{{1/0}}", "ZeroDivisionError"),
        ("{{ n n }}", "cannot be read"),
    ],
)
def test_bad_expressions_are_one_sentence_with_a_way_out(text: str, message: str) -> None:
    with pytest.raises(PromptError, match=message) as caught:
        interpolate(text, {"n": 3})
    assert "--raw" in str(caught.value)
