"""The panel's buttons: generate, stop, queue, compare, export; nothing leaks, nothing is lost."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pytest

import galai_jupyter as gal
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.generation import Generation
from galai_jupyter.session import get_session
from galai_jupyter.widget_panel import _controller
from galai_jupyter.widget_panel.controller import Controller
from galai_jupyter.widget_panel.view import walk

TEXT = "Let \\(x^2\\) be [START_REF] On squares, Euclid[END_REF] and so on."

PATIENCE = 120
"""Seconds after which a test gives up; what it waits for is imported in the background, maybe."""

SAID = (widgets.HTML, widgets.HTMLMath, widgets.ToggleButtons)
"""What is read, and what has a tooltip for each of its buttons."""


class Gate:
    """An engine's tokens wait here, so that a test can look at a running generation."""

    def __init__(self, after: int = 5) -> None:
        self.after = after
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self, said: int) -> None:
        if said == self.after:
            self.reached.set()
            assert self.open.wait(PATIENCE)


@pytest.fixture
def panel() -> Controller:
    get_session().use(ScriptedEngine([TEXT]))
    return _controller()[0]


@pytest.fixture
def gated(panel: Controller) -> Iterator[Gate]:
    gate = Gate()
    get_session().use(ScriptedEngine([TEXT], on_token=gate))
    yield gate
    gate.open.set()
    panel.worker.join(PATIENCE)


def press(panel: Controller, button: widgets.Button) -> None:
    assert not button.disabled
    button.click()
    panel.worker.join(PATIENCE)
    assert not panel.worker.busy


def generate(panel: Controller, prompt: str = "A prompt. ") -> Generation:
    panel.form.prompt.value = prompt
    press(panel, panel.buttons.generate)
    return get_session().history[-1]


def said(panel: Controller) -> str:
    return str(panel.status.sentence.value)


def wait_until(condition: Callable[[], bool]) -> None:
    turn = threading.Event()
    for _ in range(2000):
        if condition():
            return
        turn.wait(0.01)
    raise AssertionError("it did not happen")


def test_there_is_a_widget_without_a_kernel() -> None:
    panel = gal.panel()
    assert isinstance(panel, widgets.Widget)
    assert "text/html" in panel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in panel._repr_mimebundle_()


def test_generate_runs_the_request_through_the_session(panel: Controller) -> None:
    panel.form.strategy.value = "nucleus sampling"
    panel.form.controls["top_p"].value = 0.5
    generation = generate(panel, "A prompt")
    assert generation.prompt == "A prompt" and generation.text == TEXT
    assert generation.options.top_p == 0.5
    assert "Done" in said(panel) and "tokens/s" in panel.status.numbers.value
    assert "On squares, Euclid" in panel.result.bodies["rendered"].value
    assert panel.status.bar.value == 1.0


def test_tokens_are_counted_while_one_types(panel: Controller) -> None:
    panel.form.prompt.value = "four"
    assert "4 + 60 new of 2,048 tokens" in panel.count.value
    panel.form.controls["max_new_tokens"].value = 100
    assert "4 + 100 new" in panel.count.value
    panel.form.prompt.value = "x" * 2000
    assert "52 will be cut" in panel.count.value
    panel.form.prompt.value = ""
    assert "The prompt is empty" in panel.count.value


def test_text_grows_and_stop_keeps_it(panel: Controller, gated: Gate) -> None:
    panel.form.prompt.value = "A prompt"
    panel.buttons.generate.click()
    assert gated.reached.wait(PATIENCE)
    assert panel.buttons.generate.disabled and not panel.buttons.stop.disabled
    assert "generating" in panel.result.bodies["rendered"].value
    panel.buttons.stop.click()
    gated.open.set()
    panel.worker.join(PATIENCE)
    generation = get_session().history[-1]
    assert generation.finish_reason == "interrupted"
    assert generation.text == TEXT[:6]  # within a token of the moment
    assert "Stopped" in said(panel)
    assert not panel.buttons.generate.disabled and panel.buttons.stop.disabled
    assert panel.form.prompt.value == "A prompt"


def test_stop_ends_what_a_cell_generates(panel: Controller, gated: Gate) -> None:
    cell = threading.Thread(target=lambda: get_session().generate("From a cell"))
    cell.start()
    assert gated.reached.wait(PATIENCE)
    assert "A cell is generating" in panel.status.queue.value
    panel.buttons.stop.click()
    gated.open.set()
    cell.join(PATIENCE)
    assert get_session().history[-1].finish_reason == "interrupted"
    assert panel.status.queue.value == ""
    assert "From a cell" in panel.history.list.options[0]


def test_the_panel_waits_for_a_cell_and_says_so(panel: Controller, gated: Gate) -> None:
    cell = threading.Thread(target=lambda: get_session().generate("From a cell"))
    cell.start()
    assert gated.reached.wait(PATIENCE)
    panel.form.prompt.value = "From the panel"
    panel.buttons.generate.click()
    wait_until(lambda: "Waiting for its turn" in said(panel))
    gated.open.set()
    panel.worker.join(PATIENCE)
    cell.join(PATIENCE)
    assert [each.prompt for each in get_session().history] == ["From a cell", "From the panel"]


def test_a_request_that_waits_can_be_withdrawn(panel: Controller, gated: Gate) -> None:
    cell = threading.Thread(target=lambda: get_session().generate("From a cell"))
    cell.start()
    assert gated.reached.wait(PATIENCE)
    panel.form.prompt.value = "From the panel"
    panel.buttons.generate.click()
    wait_until(lambda: get_session().waiting == 1)
    panel.buttons.stop.click()
    panel.worker.join(PATIENCE)
    assert "withdrawn" in said(panel)
    gated.open.set()
    cell.join(PATIENCE)
    assert [each.finish_reason for each in get_session().history] == ["end_of_document"]


def test_a_cell_waits_for_the_panel_and_the_panel_says_so(panel: Controller, gated: Gate) -> None:
    panel.form.prompt.value = "From the panel"
    panel.buttons.generate.click()
    assert gated.reached.wait(PATIENCE)
    cell = threading.Thread(target=lambda: get_session().generate("From a cell"))
    cell.start()
    wait_until(lambda: "A cell waits" in panel.status.queue.value)
    gated.open.set()
    cell.join(PATIENCE)
    panel.worker.join(PATIENCE)
    assert [each.prompt for each in get_session().history] == ["From the panel", "From a cell"]
    assert panel.status.queue.value == ""


def test_continue_goes_on_where_the_text_stopped(panel: Controller) -> None:
    get_session().use(ScriptedEngine(["first and more", "second"]))
    panel.form.controls["max_new_tokens"].value = 5
    generate(panel, "Prompt: ")
    press(panel, panel.buttons.go_on)
    assert get_session().history[-1].prompt == "Prompt:first"
    assert get_session().history[-1].text == "secon"


def test_a_complete_text_is_not_continued(panel: Controller) -> None:
    generate(panel)
    press(panel, panel.buttons.go_on)
    assert "complete" in said(panel) and len(get_session().history) == 1


def test_another_draws_another_seed(panel: Controller) -> None:
    panel.form.strategy.value = "nucleus sampling"
    panel.form.controls["seed"].widget.value = "5"
    first = generate(panel)
    panel.form.prompt.value = "changed meanwhile"
    press(panel, panel.buttons.another)
    second = get_session().history[-1]
    assert first.options.seed == 5 != second.options.seed
    assert second.prompt == first.prompt


def test_another_needs_chance(panel: Controller) -> None:
    generate(panel)
    press(panel, panel.buttons.another)
    assert "greedy draws nothing" in said(panel) and len(get_session().history) == 1


def test_a_failing_engine_leaves_prompt_and_buttons(panel: Controller) -> None:
    def fail(count: int) -> None:
        if count == 3:
            raise RuntimeError("a fuse blew")

    get_session().use(ScriptedEngine([TEXT], on_token=fail))
    generation = generate(panel, "A prompt")
    assert generation.finish_reason == "error" and generation.text == TEXT[:3]
    assert "a fuse blew" in said(panel)
    assert panel.form.prompt.value == "A prompt" and not panel.buttons.generate.disabled
    get_session().use(ScriptedEngine([TEXT]))
    assert generate(panel, "Again").finish_reason == "end_of_document"


def test_a_mistake_is_said_and_runs_nothing(panel: Controller) -> None:
    panel.form.prompt.value = "{{nothing_like_it}}"
    panel.buttons.generate.click()
    assert "nothing_like_it" in said(panel) and "alert" in said(panel)
    assert not get_session().history and not panel.worker.busy


def test_a_failed_load_leaves_the_model(panel: Controller) -> None:
    panel.models.fold.value = True
    panel.models.choice.value = ""
    panel.models.other.value = "/nowhere/at/all"
    press(panel, panel.models.load)
    assert "alert" in said(panel)
    assert "scripted" in panel.models.current.value
    assert not panel.models.load.disabled


def test_a_model_is_loaded_shown_and_unloaded(panel: Controller, checkpoint: Path) -> None:
    panel.models.fold.value = True
    panel.models.choice.value = ""
    panel.models.other.value = str(checkpoint)
    press(panel, panel.models.load)
    assert "Loaded" in said(panel)
    assert "local engine on cpu" in panel.models.current.value
    press(panel, panel.models.unload)
    assert get_session().model is None
    assert "No model yet" in panel.models.current.value and panel.models.unload.disabled


def test_the_model_row_tells_needs_and_licence(panel: Controller) -> None:
    panel.models.fold.value = True
    panel.models.choice.value = "huge"
    assert "does not fit" in panel.models.needs.value
    assert "CC BY-NC 4.0" in panel.models.needs.value


def test_two_panels_are_in_step_and_close_one_by_one(panel: Controller) -> None:
    first, second = gal.panel(), gal.panel()
    shared = set(walk(first)) & set(walk(second))
    assert panel.form.prompt in shared and panel.buttons.stop in shared
    first.close()
    assert generate(panel).text == TEXT
    assert all(widget.comm for widget in walk(second))


def test_a_panel_made_after_all_were_closed_has_the_prompt(panel: Controller) -> None:
    panel.form.prompt.value = "not lost"
    widgets.Widget.close_all()
    gal.panel()
    assert _controller()[0] is not panel
    assert _controller()[0].form.prompt.value == "not lost"


def test_every_control_stays_in_the_tree(panel: Controller) -> None:
    before = list(walk(gal.panel()))[1:]
    panel.form.strategy.value = "diverse beam search"
    panel.form.task.value = "cite"
    panel.models.fold.value = panel.form.more.value = True
    generate(panel)
    for name in panel.result.chooser.options:
        panel.result.chooser.value = name
    assert list(walk(gal.panel()))[1:] == before


def test_every_control_has_a_name_and_a_tooltip(panel: Controller) -> None:
    for widget in walk(gal.panel()):
        if isinstance(widget, (widgets.Button, widgets.ToggleButton)):
            assert widget.description and widget.tooltip
        elif "description" in widget.trait_names() and not isinstance(widget, SAID):
            assert widget.tooltip, widget


def test_history_shows_compares_replays_and_deletes(panel: Controller) -> None:
    get_session().use(ScriptedEngine(["first text", "second text", "third text"]))
    first, second = generate(panel, "a"), generate(panel, "b")
    panel.history.list.index = (1,)
    assert panel.result.shown == (first,)
    assert "first text" in panel.result.bodies["rendered"].value
    panel.history.list.index = (0, 1)
    assert panel.result.shown == (first, second)
    assert panel.history.replay.disabled
    panel.history.list.index = (1,)
    press(panel, panel.history.replay)
    assert get_session().history[-1].options == first.options
    assert get_session().history[-1].text == "third text"
    panel.history.list.index = (2,)
    press(panel, panel.history.delete)
    assert first not in get_session().history and len(panel.history.list.options) == 2


def test_history_is_exported(
    panel: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    generation = generate(panel)
    press(panel, panel.history.as_json)
    press(panel, panel.history.as_json)
    press(panel, panel.history.as_markdown)
    records = json.loads((tmp_path / "galactica-history-1.json").read_text(encoding="utf-8"))
    assert [Generation.from_dict(record) for record in records] == [
        Generation.from_dict(generation.to_dict())
    ]
    assert (tmp_path / "galactica-history-2.json").is_file()
    assert "$x^2$" in (tmp_path / "galactica-history-1.md").read_text(encoding="utf-8")


def test_keep_needs_a_cell(panel: Controller) -> None:
    generate(panel)
    press(panel, panel.buttons.keep)
    assert "No cell shows this panel" in said(panel)


def test_500_generations_leak_nothing(panel: Controller) -> None:
    gal.panel()
    generate(panel)
    gc.collect()
    threads = threading.active_count()
    living = len(_living())
    for number in range(500):
        generate(panel, f"Prompt {number}")
    assert len(get_session().history) == 501 == len(panel.history.list.options)
    assert threading.active_count() == threads
    assert len(_living()) == living
    assert len(get_session()._listeners) == 1


def _living() -> Any:
    return widgets.widget._instances
