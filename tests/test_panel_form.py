"""The panel's controls: made from the table of options, and what they ask for."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import pytest

from galai_jupyter.citing import citing_options
from galai_jupyter.errors import OptionError, PromptError
from galai_jupyter.options import OPTIONS, GenerationOptions, build_options
from galai_jupyter.prompts import TASKS
from galai_jupyter.widget_panel.controls import Control
from galai_jupyter.widget_panel.form import Form
from galai_jupyter.widget_panel.strategies import PRESETS, STRATEGIES, STRATEGY_OPTIONS

SLIDERS = (widgets.IntSlider, widgets.FloatSlider)
GENERATION = [name for name, option in OPTIONS.items() if option.group == "generation"]


@pytest.fixture
def form() -> Form:
    form = Form(lambda: None)
    form.prompt.value = "A prompt"
    return form


@pytest.mark.parametrize("option", OPTIONS.values(), ids=lambda option: option.name)
def test_a_control_says_what_the_table_says(option: Any) -> None:
    control = Control(option)
    assert control.widget.description == option.name
    assert option.help in control.widget.tooltip and option.flag in control.widget.tooltip
    if isinstance(control.widget, SLIDERS):
        limits = (control.widget.min, control.widget.max, control.widget.step)
        assert limits == (option.minimum, option.maximum, option.step)
        assert control.value == (option.minimum if option.default is None else option.default)
    else:
        assert control.value == option.default


@pytest.mark.parametrize("name", GENERATION)
def test_every_generation_option_has_a_control(form: Form, name: str) -> None:
    tree = list(_walk(form.settings_box))
    assert form.controls[name].widget in tree


def test_the_options_of_the_sliders_are_sliders(form: Form) -> None:
    for name in (
        *("top_p", "top_k", "num_beams", "penalty_alpha", "diversity_penalty", "temperature"),
        *("max_new_tokens", "num_return_sequences"),
    ):
        assert isinstance(form.controls[name].widget, SLIDERS), name


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        (each.name, name)
        for each in STRATEGIES.values()
        for name in each.starts
        if name not in ("threshold", "continuation")  # not for decoding: see citing, below
    ]
    + [("greedy", name) for name in GENERATION if name not in STRATEGY_OPTIONS],
)
def test_moving_a_control_changes_the_request(form: Form, strategy: str, name: str) -> None:
    form.strategy.value = strategy
    form.more.value = True
    asked = {"suggestions": "num_return_sequences"}.get(name, name)
    if name == "constrain":
        form.controls["library"].widget.value = "refs.bib"
    before = getattr(form.request().options, asked)
    control = form.controls[name]
    assert control.widget.layout.display != "none"
    other = {
        "stop": "###\n\\n\\n",
        "library": "refs.bib",
        "num_beam_groups": str(control.value or 2),
        "seed": "17",
        "no_repeat_ngram_size": "3",
        "prompt_lookup_num_tokens": "4",
        "num_beams": 6,
        "num_return_sequences": 3,
        "min_new_tokens": 5,
    }
    if name in other:
        control.widget.value = other[name]
    elif isinstance(control.widget, widgets.Checkbox):
        control.widget.value = not control.widget.value
    else:
        control.widget.value += control.widget.step
    after = getattr(form.request().options, asked)
    assert after != before
    assert after == control.value


def test_a_strategy_shows_just_its_controls(form: Form) -> None:
    for strategy in STRATEGIES.values():
        form.strategy.value = strategy.name
        shown = {n for n in STRATEGY_OPTIONS if form.controls[n].widget.layout.display != "none"}
        assert shown == set(strategy.starts)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_begins_with_a_request_that_can_run(form: Form, name: str) -> None:
    form.strategy.value = name
    assert form.request().options.strategy == (name if name != "cite" else "beam search")


def test_what_was_set_comes_back_with_the_strategy(form: Form) -> None:
    form.strategy.value = "nucleus sampling"
    form.controls["top_p"].value = 0.35
    form.strategy.value = "top-k sampling"
    assert form.request().options.top_p is None
    form.strategy.value = "nucleus sampling"
    assert form.request().options.top_p == 0.35


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_sets_everything_but_the_prompt(form: Form, preset: Any) -> None:
    form.controls["repetition_penalty"].value = 2.0
    form.controls["max_new_tokens"].value = 7
    form.use(preset)
    options = form.request().options
    defaults = TASKS[preset.task].defaults if preset.task else {}
    expected = dict(STRATEGIES[preset.strategy].starts) | dict(defaults) | dict(preset.values)
    assert options == build_options(GenerationOptions, expected)
    assert form.prompt.value == "A prompt"
    form.use(preset)
    assert form.request().options == options


def test_reset_goes_back_to_the_defaults(form: Form) -> None:
    form.use(PRESETS[-1])
    form.controls["stop"].value = ("x",)
    form.reset()
    assert form.request().options == GenerationOptions()
    assert form.prompt.value == "A prompt" and form.task.value == ""


def test_a_task_brings_its_template_and_its_settings_and_takes_them_away(form: Form) -> None:
    form.task.value = "review"
    request = form.request()
    assert request.prompt.text == "Title: A prompt\n\n# Abstract\n"
    assert form.strategy.value == "contrastive search"
    assert request.options.max_new_tokens == 250
    form.task.value = "answer"
    assert form.request().options.stop == ("\n\nQuestion:",)
    assert form.request().options.max_new_tokens == 60
    form.task.value = ""
    assert form.request().options.stop == ()


def test_cite_asks_for_references(form: Form) -> None:
    form.strategy.value = "cite"
    request = form.request()
    assert request.prompt.text.endswith("[START_REF]")
    assert request.options.stop == ("[END_REF]",)
    assert request.options.num_beams == request.options.num_return_sequences == 5
    assert request.citing


def test_what_citing_needs_is_seen_with_it_only(form: Form) -> None:
    names = ("suggestions", "threshold", "continuation", "library", "constrain")

    def seen() -> set[str]:
        return {n for n in names if form.controls[n].widget.layout.display != "none"}

    assert seen() == set()
    form.strategy.value = "cite"
    assert seen() == set(names)
    form.controls["library"].value = "refs.bib"
    form.strategy.value = "greedy"
    assert seen() == {"library"}, "what still counts is not hidden"
    form.more.value = True
    assert seen() == {"library", "constrain"}


def test_citing_options_ask_for_what_the_magic_asks_for(form: Form) -> None:
    form.strategy.value = "cite"
    form.controls["suggestions"].value = 3
    form.controls["threshold"].widget.value = "-2.5"
    form.controls["library"].widget.value = "refs.bib"
    form.controls["constrain"].value = True
    form.controls[
        "continuation"
    ].widget.value = " Attention, Vaswani[END_REF]\n BERT, Devlin[END_REF]"
    request = form.request()
    given = {"suggestions": 3, "library": "refs.bib", "constrain": True, "stop": ("[END_REF]",)}
    assert request.options == build_options(GenerationOptions, citing_options(given))
    assert request.citing and request.threshold == -2.5
    assert request.continuations == (" Attention, Vaswani[END_REF]", " BERT, Devlin[END_REF]")
    form.strategy.value = "greedy"
    request = form.request()
    assert not request.citing and request.threshold is None and request.continuations == ()


def test_the_strategy_cite_brings_its_task_and_takes_it_away(form: Form) -> None:
    form.strategy.value = "cite"
    assert form.task.value == "cite"
    form.strategy.value = "greedy"
    assert form.task.value == "" and form.request().options == GenerationOptions()


def test_the_task_cite_goes_with_any_strategy(form: Form) -> None:
    form.task.value = "cite"
    assert form.strategy.value == "cite"
    form.strategy.value = "nucleus sampling"
    request = form.request()
    assert form.task.value == "cite" and request.citing
    assert (request.options.num_beams, request.options.num_return_sequences) == (1, 1)
    form.controls["stop"].value = ()
    assert form.request().options.stop == ("[END_REF]",), "as with --task cite"
    form.task.value = "article"
    assert not form.request().citing


def test_what_is_set_out_of_sight_is_counted(form: Form) -> None:
    assert form.more.description == "More options"
    form.controls["repetition_penalty"].value = 1.5
    form.controls["raw"].value = True
    assert form.more.description == "More options (2 set)"
    form.reset()
    assert form.more.description == "More options"


def test_options_of_one_task_are_seen_with_it_only(form: Form) -> None:
    assert form.controls["into"].widget.layout.display == "none"
    form.task.value = "translate"
    assert form.controls["into"].widget.layout.display != "none"
    form.controls["into"].value = "plain English"
    assert "into plain English" in form.request().prompt.text


def test_new_documents_are_decided_by_the_task_or_the_person(form: Form) -> None:
    form.task.value = "article"
    assert form.request().prompt.new_doc
    form.controls["new_doc"].value = False
    assert not form.request().prompt.new_doc


def test_mistakes_are_sentences(form: Form) -> None:
    form.strategy.value = "nucleus sampling"
    form.controls["seed"].widget.value = "many"
    with pytest.raises(OptionError, match="--seed takes a whole number"):
        form.request()
    form.reset()
    form.prompt.value = " "
    with pytest.raises(PromptError, match="empty"):
        form.request()


def test_expressions_are_evaluated_when_names_are_given_and_not_before(form: Form) -> None:
    form.prompt.value = "{{a}} + 1"
    assert form.request().prompt.text == "{{a}} + 1"
    assert form.request({"a": 2}).prompt.text == "2 + 1"
    form.controls["raw"].value = True
    assert form.request({"a": 2}).prompt.text == "{{a}} + 1"


def _walk(widget: Any) -> Any:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child)
