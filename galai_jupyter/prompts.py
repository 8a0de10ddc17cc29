"""A person's text in; the prompt that the model reads, and what was changed in it, out."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from galai_jupyter.branches import Branch
from galai_jupyter.errors import OptionError, PromptError, did_you_mean
from galai_jupyter.options import PromptOptions
from galai_jupyter.references import END_REF, open_reference
from galai_jupyter.scores import TokenScore

if TYPE_CHECKING:
    from jinja2 import Environment

_STRATEGY = ("top_p", "top_k", "temperature", "penalty_alpha", "num_beams")
"""The options that choose a strategy."""


@dataclass(frozen=True)
class Prompt:
    """What the model is asked to continue.

    Attributes
    ----------
    text : str
        The whole prompt, special tokens included.
    new_doc : bool
        Whether ``</s>`` is put in front, also when the text is truncated.
    truncate : bool
        Whether a text that is too long is cut on its left or refused.
    notices : tuple of str
        What was changed in the person's text.
    given : tuple of TokenScore
        Tokens that the continuation begins with, as they are: they count as its first ones, but
        are not generated.
    branch : Branch or None
        Why they are given, for the record.
    """

    text: str
    new_doc: bool = False
    truncate: bool = True
    notices: tuple[str, ...] = ()
    given: tuple[TokenScore, ...] = ()
    branch: Branch | None = None


@dataclass(frozen=True)
class Task:
    """A way of prompting that Galactica was trained on.

    Attributes
    ----------
    name : str
        What ``--task`` takes.
    help : str
        What it is for.
    build : callable
        ``(text, options) -> prompt text``.
    new_doc : bool
        Whether the prompt begins a document, unless the person says otherwise.
    defaults : mapping of str to object
        Generation options that suit the task, unless the person gives them.
    needs_text : bool
        Whether an empty text makes no sense.
    """

    name: str
    help: str
    build: Callable[[str, PromptOptions], str]
    new_doc: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    needs_text: bool = True


def _template(pattern: str) -> Callable[[str, PromptOptions], str]:
    before, after = pattern.split("…")
    return lambda text, options: before + text.strip("\n") + after


def _question(ending: str) -> Callable[[str, PromptOptions], str]:
    def build(text: str, options: PromptOptions) -> str:
        text = text.strip("\n")
        asked = text if re.match(r"(Question|Q):", text) else f"Question: {text}"
        return asked + ending

    return build


_MATHS_DELIMITERS = (("\\[", "\\]"), ("\\(", "\\)"), ("$$", "$$"), ("$", "$"))


def _translate(text: str, options: PromptOptions) -> str:
    text = text.strip()
    if text.startswith("```"):
        language = re.match(r"```\s*(\w*)", text)
        what = f"{language[1]} code".strip() if language else "code"
        quoted = text
    else:
        for opening, closing in _MATHS_DELIMITERS:
            if len(text) > 4 and text.startswith(opening) and text.endswith(closing):
                text = text[len(opening) : -len(closing)].strip("\n")
                break
        what, quoted = "math formula", f"\\[{text}\\]"
    return (
        f"Question: Translate the following {what}:\n\n{quoted}\n\ninto {options.into}.\n\nAnswer:"
    )


_WRITE = "Write a response that appropriately completes the request."


def _instruct(text: str, options: PromptOptions) -> str:
    text = text.strip("\n")
    if options.input is None:
        return (
            f"Below is an instruction that describes a task. {_WRITE}\n\n"
            f"### Instruction:\n{text}\n\n### Response:"
        )
    return (
        "Below is an instruction that describes a task, paired with an input that provides "
        f"further context. {_WRITE}\n\n"
        f"### Instruction:\n{text}\n\n### Input:\n{options.input}\n\n### Response:"
    )


_SCIENTIST = (
    "Below is an instruction that describes a task. As a scientist, write a response that "
    "appropriately completes the request, citing specific papers whenever possible.\n\n"
    "### Instruction:\n…\n\n### Markdown and LaTeX Response:"
)
_INSTRUCT_CODE = (
    f"Below is an instruction that describes a task. {_WRITE}\n\n"
    "### Instruction:\n…\n\n### Response:\n```python"
)
_DESCRIBE_MOLECULE = (
    "[START_I_SMILES]…[END_I_SMILES]\n\n## Chemical and Physical Properties\n\n"
    "The following are chemical properties for"
)
_ENTITIES = "…\n\nWhat scientific entities are mentioned in the abstract above?\n\n"
_LONGER = {"max_new_tokens": 250}
_ANSWER = {"stop": ("\n\nQuestion:",)}
_HEADINGS = ("Instruction", "Input", "Response", "Markdown and LaTeX Response")
# The longer ones first, so that no newline is left of what ends a response.
_NEXT_TURN = tuple(f"{line}### {heading}:" for line in ("\n\n", "\n") for heading in _HEADINGS)
_REPLY = {"max_new_tokens": 400, "stop": _NEXT_TURN}
_CODE_REPLY = {"max_new_tokens": 400, "stop": ("\n```", *_NEXT_TURN)}
_MOLECULE = {"top_p": 0.6, "max_new_tokens": 200}

TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task(
            "cite",
            "Suggest a reference for the text.",
            lambda text, options: open_reference(text),
            defaults={"stop": (END_REF,)},
        ),
        Task("reason", "Answer a question step by step.", _question("\n\n<work>"), True, _LONGER),
        Task("answer", "Answer a question.", _question("\n\nAnswer:"), False, _ANSWER),
        Task("article", "Write an encyclopedia article.", _template("# …\n\n"), True, _LONGER),
        Task("lecture", "Write lecture notes.", _template("Lecture 1: …\n\n"), True, _LONGER),
        Task("paper", "Write a paper with this title.", _template("Title: …\n\n"), True, _LONGER),
        Task(
            "review",
            "Write a literature review.",
            _template("Title: …\n\n# Abstract\n"),
            False,
            {"penalty_alpha": 0.6, "top_k": 4, **_LONGER},
        ),
        Task("formula", "Give the formula of something.", _template("… is given by:\n\n\\[")),
        Task("summarise", "Summarise a text.", _template("…\n\nTLDR:")),
        Task("entities", "List the scientific entities of an abstract.", _template(_ENTITIES)),
        Task(
            "molecule",
            "Write a molecule as SMILES.",
            _template("[START_SMILES]…"),
            False,
            _MOLECULE,
            needs_text=False,
        ),
        Task(
            "isomeric-molecule",
            "Write a molecule as isomeric SMILES.",
            _template("[START_I_SMILES]…"),
            False,
            _MOLECULE,
            needs_text=False,
        ),
        Task("describe-molecule", "Describe a SMILES.", _template(_DESCRIBE_MOLECULE)),
        Task(
            "protein-keywords",
            "Give keywords of a protein sequence.",
            _template("[START_AMINO]…[END_AMINO] ## Keywords"),
        ),
        Task("translate", "Translate a formula or code (see --into).", _translate, False, _ANSWER),
        Task("instruct", "Follow an instruction (Galpaca).", _instruct, False, _REPLY),
        Task(
            "instruct-scientist",
            "Follow an instruction with citations and formulas (Galpaca).",
            _template(_SCIENTIST),
            False,
            _REPLY,
        ),
        Task(
            "instruct-code",
            "Follow an instruction with Python code (Galpaca).",
            _template(_INSTRUCT_CODE),
            False,
            _CODE_REPLY,
        ),
    )
}
"""The tasks by name; the templates are those of the Galactica and Galpaca model cards."""


def find_task(name: str, form: str | None = None) -> Task:
    """Return the task called `name`.

    Parameters
    ----------
    name : str
        A name of `TASKS`.
    form : str, optional
        A form of task instruct: ``instruct`` in the form ``code`` is ``instruct-code``.

    Raises
    ------
    OptionError
        If there is none; the message holds close matches.
    """
    key = name.replace("_", "-")
    if form and key == "instruct":
        key = f"{key}-{form}"
    if key not in TASKS:
        raise OptionError(
            f"There is no task {name!r}.{did_you_mean(key, TASKS)} "
            f"The tasks are {', '.join(TASKS)}."
        )
    return TASKS[key]


def task_defaults(
    task: str | None, given: Collection[str], form: str | None = None
) -> dict[str, Any]:
    """Return the generation options that suit a task.

    Parameters
    ----------
    task : str, optional
        Its name.
    given : collection of str
        Names of options that a person gave: a strategy among them takes the place of the task's.
    form : str, optional
        The form of an instruction.
    """
    defaults = dict(find_task(task, form).defaults) if task else {}
    if any(name in given for name in _STRATEGY):
        return {name: value for name, value in defaults.items() if name not in _STRATEGY}
    return defaults


def build_prompt(text: str, options: PromptOptions | None = None) -> Prompt:
    """Return the prompt that a person's text stands for.

    Windows line ends become ``\\n``; spaces at the very end are dropped with a notice, since
    Galactica's words begin with a space of their own.

    Parameters
    ----------
    text : str
        What was typed, expressions already replaced.
    options : PromptOptions, optional
        Task, document start and so on.

    Raises
    ------
    OptionError
        If the task is unknown, or does not go with the other options.
    PromptError
        If there is no text and the task needs one.
    """
    options = options or PromptOptions()
    task = find_task(options.task, options.form) if options.task else None
    _check_instruction(task, options)
    notices = []
    text = text.replace("\r\n", "\n")
    stripped = text.rstrip(" \t")
    if stripped != text and stripped.strip():
        count = len(text) - len(stripped)
        notices.append(f"dropped {count} space{'s' if count > 1 else ''} at the end of the prompt")
        text = stripped
    if not text.strip() and (task is None or task.needs_text):
        raise PromptError("The prompt is empty: write the text that Galactica is to continue.")
    new_doc = options.new_doc
    if task:
        text = task.build(text, options)
        new_doc = task.new_doc if new_doc is None else new_doc
    return Prompt(text, bool(new_doc), options.truncate, tuple(notices))


def _check_instruction(task: Task | None, options: PromptOptions) -> None:
    """Refuse options of task instruct that would be lost."""
    name = task.name if task else ""
    if options.form and name != f"instruct-{options.form}":
        raise OptionError(f"form={options.form} is for task instruct: add --task instruct.")
    if options.input is not None and name != "instruct":
        raise OptionError(
            "input is for task instruct in its plain form, the only one that Galpaca was trained "
            "on with an input: put the input into the instruction, or drop form."
            if name.startswith("instruct-")
            else "input is for task instruct: add --task instruct, or drop it."
        )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    return Environment(
        block_start_string="\x00{%",
        block_end_string="%}\x00",
        comment_start_string="\x00{#",
        comment_end_string="#}\x00",
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,
    )


def interpolate(text: str, namespace: Mapping[str, Any]) -> str:
    """Replace each ``{{expression}}`` in `text` by its value.

    Only expressions exist: statements and comments are off, since ``{%`` and ``{#`` occur in
    LaTeX, and braces right after a backslash are left alone.

    Parameters
    ----------
    text : str
        The text, for example ``"# {{topic}}\\n\\n"``.
    namespace : mapping
        The names that expressions may use; Python's builtins are there too.

    Raises
    ------
    PromptError
        If an expression is not closed, does not parse, uses an undefined name, or fails.
    """
    if "{{" not in text:
        return text
    from jinja2 import TemplateSyntaxError, UndefinedError

    way_out = "add --raw if the braces are meant literally."
    source = text.replace("\\{{", "\\{{ '{{' }}")
    try:
        template = _environment().from_string(source, globals=dict(vars(builtins)))
        return template.render(dict(namespace))
    except TemplateSyntaxError as error:
        if source.rfind("{{") > source.rfind("}}"):
            raise PromptError(f"A {{{{ is never closed: write }}}}, or {way_out}") from error
        raise PromptError(
            f"An expression in {{{{…}}}} cannot be read ({error.message}): correct it, or {way_out}"
        ) from error
    except UndefinedError as error:
        raise PromptError(
            f"An expression in {{{{…}}}} has no value ({error.message}): define it, or {way_out}"
        ) from error
    except Exception as error:  # any error of the person's own expression
        raise PromptError(
            f"An expression in {{{{…}}}} failed ({type(error).__name__}: {error}): correct it, "
            f"or {way_out}"
        ) from error
