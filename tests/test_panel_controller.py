"""The panel's buttons: generate, stop, queue, compare, export; nothing leaks, nothing is lost."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pytest

import galai_jupyter as gal
from galai_jupyter.comparison import Comparison
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.generation import Generation
from galai_jupyter.options import GenerationOptions, RunOptions
from galai_jupyter.programs import Outcome, Program
from galai_jupyter.prompts import Prompt
from galai_jupyter.rendering import comparison_bundle
from galai_jupyter.replay import Replay
from galai_jupyter.session import get_session
from galai_jupyter.widget_panel import _controller, generating, running
from galai_jupyter.widget_panel.controller import Controller
from galai_jupyter.widget_panel.subject import side_by_side
from galai_jupyter.widget_panel.view import walk
from tests.stand_in import StandIn

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


def test_a_failure_before_the_first_token_leaves_what_is_shown(panel: Controller) -> None:
    def fail(count: int) -> None:
        raise RuntimeError("a fuse blew")

    generate(panel, "A prompt")
    before = panel.result.shown
    get_session().use(ScriptedEngine([TEXT], on_token=fail))
    failed = generate(panel, "Another prompt")
    assert failed.finish_reason == "error" and "a fuse blew" in said(panel)
    assert panel.result.shown == before != (failed,)
    assert "On squares, Euclid" in panel.result.bodies["rendered"].value


def test_what_a_server_cannot_do_is_said_as_soon_as_it_is_chosen(
    panel: Controller, checkpoint: Path
) -> None:
    with StandIn(checkpoint) as server:
        panel.form.prompt.value = "A prompt"
        gal.connect(server.url)
        assert f"remote engine on {server.url}<" in panel.models.current.value
        panel.form.strategy.value = "contrastive search"
        assert "has no contrastive search" in panel.count.value
        panel.form.strategy.value = "greedy"
        assert "new of" in panel.count.value
    get_session().use(ScriptedEngine([TEXT]))
    panel.form.strategy.value = "contrastive search"
    assert "new of" in panel.count.value


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
    press(panel, panel.history.delete)
    assert first not in get_session().history and len(panel.history.list.options) == 1
    assert panel.result.shown == (), "what was deleted is not shown any longer"
    press(panel, panel.buttons.generate)
    assert get_session().history[-1].text == "third text"


def shown_html(panel: Controller) -> str:
    return str(panel.result.bodies[panel.result.chooser.value].value)


def replay_the_first(panel: Controller) -> str:
    panel.history.list.index = (len(panel.history.list.options) - 1,)
    press(panel, panel.history.replay)
    return shown_html(panel)


@pytest.mark.parametrize("texts", [["the same"], ["one two three four", "one two 3 four"]])
def test_a_replay_says_what_the_magic_says(
    panel: Controller, texts: list[str], capsys: pytest.CaptureFixture[str], shell: Any
) -> None:
    get_session().use(ScriptedEngine([*texts, *texts[1:]]))
    recorded = generate(panel)
    html = replay_the_first(panel)
    replay = panel.result.subject
    assert isinstance(replay, Replay) and replay.recorded is recorded
    assert replay.repeated is get_session().history[-1]
    shell.run_cell("%galactica replay 1").raise_error()
    summary = capsys.readouterr().out.splitlines()[0].strip()
    assert summary == replay.summary and summary in unescape(html)
    assert ("<del" in html) == (len(texts) > 1)
    assert replay.summary in unescape(said(panel)) and "alert" not in said(panel)


def test_a_replay_of_another_checkpoint_says_so(panel: Controller) -> None:
    recorded = generate(panel)
    other = replace(recorded, model=replace(recorded.model, name="another"))
    get_session().history[:] = [other]
    panel.refresh()
    assert "It was recorded with another" in replay_the_first(panel)


def test_a_replay_keeps_what_was_judged(panel: Controller) -> None:
    get_session().use(ScriptedEngine([" A title, Smith[END_REF]"]))
    panel.form.strategy.value = "cite"
    recorded = generate(panel, "See")
    replay_the_first(panel)
    assert get_session().history[-1].suggestions == recorded.suggestions is not None


def test_two_are_compared_as_decodings_are(panel: Controller) -> None:
    get_session().use(ScriptedEngine(["one two three four", "one two 3 four"]))
    generations = (generate(panel, "a"), generate(panel, "a"))
    panel.history.list.index = (0, 1)
    comparison = panel.result.subject
    assert isinstance(comparison, Comparison) and comparison.generations == generations
    assert comparison.labels == ("1 · greedy", "2 · greedy")
    table = comparison_bundle(comparison, html=True)["text/html"]
    assert table in shown_html(panel) and "mean log-probability" in table
    assert "<del" in shown_html(panel) and "Struck out: 1 · greedy." in shown_html(panel)


def test_texts_of_two_prompts_stand_behind_their_own(panel: Controller) -> None:
    get_session().use(ScriptedEngine(["first text", "second text"]))
    generate(panel, "One prompt: "), generate(panel, "Other prompt: ")
    panel.history.list.index = (0, 1)
    html = shown_html(panel)
    assert "One prompt:" in html and "Other prompt:" in html and "<del" not in html
    panel.result.chooser.value = "as code"
    assert shown_html(panel).count("%%galactica") == 2


def test_a_compared_one_that_is_deleted_leaves_the_other(panel: Controller) -> None:
    first, second = generate(panel, "a"), generate(panel, "b")
    panel.history.list.index = (0, 1)
    panel.history.list.index = (0,)
    panel.result.show(side_by_side((first, second), get_session().history))
    press(panel, panel.history.delete)
    assert panel.result.subject is first


def test_how_it_is_shown_changes_at_once(panel: Controller) -> None:
    generate(panel)
    assert "[START_REF]" in shown_html(panel)
    panel.form.controls["special_tokens"].value = "hide"
    assert "[START_REF]" not in shown_html(panel)
    assert "perplexity" not in shown_html(panel)
    panel.form.controls["score"].value = True
    assert "perplexity" in shown_html(panel)


def test_citing_ranks_judges_and_abstains(panel: Controller) -> None:
    get_session().use(ScriptedEngine([" A title, Smith[END_REF]"]))
    panel.form.strategy.value = "cite"
    panel.form.controls["suggestions"].value = 2
    generation = generate(panel, "See")
    assert generation.suggestions and generation.suggestions.threshold is None
    assert generation.options.num_beams == 2
    assert "first author" in shown_html(panel)
    panel.form.controls["threshold"].widget.value = "-0.001"
    generation = generate(panel, "See")
    assert generation.suggestions and generation.suggestions.accepted == ()
    assert "No such paper" in shown_html(panel)


def test_a_given_reference_is_scored_and_nothing_is_generated(panel: Controller) -> None:
    panel.form.strategy.value = "cite"
    panel.form.controls["continuation"].widget.value = " A title, Smith[END_REF]"
    generation = generate(panel, "See")
    assert "scored of 2,048 tokens" in panel.count.value
    assert generation.finish_reason == "given" and generation.prompt == "See [START_REF]"
    assert "scored" in said(panel) and "perplexity" in shown_html(panel)


def test_another_goes_on_from_the_same_branch(panel: Controller) -> None:
    panel.form.strategy.value = "nucleus sampling"
    first = generate(panel)
    branch = get_session().branch(first, 2, first.tokens[0].id).drain()[0]
    panel.history.list.index = (0,)
    press(panel, panel.buttons.another)
    again = get_session().history[-1]
    assert again.branch == branch.branch and again.options.seed != branch.options.seed


WORK = """
```python
print(6 * 7)
```

Result: {}
</work>"""


def offer(panel: Controller, text: str) -> Generation:
    """Generate a text with a working; show its Python."""
    get_session().use(ScriptedEngine([text]))
    panel.form.controls["max_new_tokens"].value = 400
    generation = generate(panel, "What is six by seven? <work>")
    press(panel, panel.run_box.offer)
    return generation


def hidden(widget: widgets.Widget) -> bool:
    return bool(widget.layout.display == "none")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    """Return the programs that were run, without running them."""
    programs: list[Program] = []

    def run(program: Program, options: RunOptions, waiting: Callable[[float], None]) -> Outcome:
        programs.append(program)
        try:
            waiting(0.5)
        except KeyboardInterrupt:
            return Outcome("interrupted")
        return Outcome("finished", "42\n")

    monkeypatch.setattr(running, "run_program", run)
    monkeypatch.setattr(running, "available_guards", lambda: ("memory",))
    return programs


def test_python_is_run_beside_its_claim_once_somebody_says_so(panel: Controller) -> None:
    generation = offer(panel, WORK.format("41"))
    box = panel.run_box
    assert not hidden(box.box) and "print(6 * 7)" in unescape(box.code.value)
    assert "It would get 10 s" in box.terms.value and box.ran is None
    press(panel, box.agree)
    assert box.ran and box.ran.execution.outcome.result == "42\n"
    assert "claimed by the model" in box.outcome.value and ">41" in box.outcome.value
    assert "does not give what the model says" in said(panel)
    panel.result.chooser.value = "as code"
    assert "%galactica run 1" in shown_html(panel)
    assert get_session().history == [generation]


def test_nothing_runs_by_itself_or_after_a_no(panel: Controller, ran: list[Program]) -> None:
    offer(panel, WORK.format("42"))
    press(panel, panel.run_box.refuse)
    assert "Nothing was run" in said(panel) and hidden(panel.run_box.box)
    panel.run_box.agree.click()
    panel.worker.join(PATIENCE)
    assert ran == []


def test_python_is_offered_where_there_is_some(panel: Controller) -> None:
    generate(panel)
    assert panel.run_box.offer.disabled
    offer(panel, WORK.format("42"))
    assert not panel.run_box.offer.disabled
    panel.history.list.index = (0, 1)
    assert panel.run_box.offer.disabled, "which of the two?"
    panel.history.list.index = (0,)
    assert not panel.run_box.offer.disabled


def test_what_is_run_is_what_was_shown(panel: Controller, ran: list[Program]) -> None:
    first = generate(panel)
    second = offer(panel, WORK.format("42") + " and <work>" + WORK.format("1").replace("6", "8"))
    box = panel.run_box
    assert not hidden(box.block) and len(box.block.options) == 2
    box.block.value = 2
    assert "print(8 * 7)" in unescape(box.code.value)
    press(panel, box.agree)
    assert ran[0].code == "print(8 * 7)\n" and box.ran and box.ran.options.block == 2
    press(panel, box.offer)
    panel.history.list.index = (1,)
    assert panel.result.subject is first and hidden(box.box), "the question is withdrawn"
    box.agree.click()
    panel.worker.join(PATIENCE)
    assert len(ran) == 1
    panel.history.list.index = (0,)
    assert panel.result.subject is second and "42" in box.outcome.value, "it was not lost"


def test_limits_are_those_that_stand_there(panel: Controller, ran: list[Program]) -> None:
    offer(panel, WORK.format("42"))
    box = panel.run_box
    box.controls["time_limit"].widget.value = "<b>soon</b>"
    assert "takes a number" in box.terms.value and "<b>" not in box.terms.value
    press(panel, box.agree)
    assert ran == [] and "takes a number" in said(panel) and not hidden(box.agree)
    box.controls["time_limit"].widget.value = "3"
    assert "It would get 3 s" in box.terms.value
    press(panel, box.agree)
    assert box.ran and box.ran.options.time_limit == 3.0


def test_stop_ends_a_program(
    panel: Controller, ran: list[Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(panel, WORK.format("42"))
    monkeypatch.setattr(
        panel.status, "progress", lambda fraction, numbers: panel.buttons.stop.click()
    )
    press(panel, panel.run_box.agree)
    assert panel.run_box.ran and panel.run_box.ran.execution.outcome.ending == "interrupted"


def test_code_and_output_are_shown_as_text(panel: Controller, monkeypatch: Any) -> None:
    evil = "<img src=x onerror=alert(1)>"
    monkeypatch.setattr(running, "run_program", lambda *_: Outcome("finished", evil, evil))
    offer(panel, f"\n```python\nprint('{evil}')\n```\n\nResult: {evil}\n</work>")
    shown = [panel.run_box.code.value]
    press(panel, panel.run_box.agree)
    shown.append(panel.run_box.outcome.value)
    assert all("<img" not in html and "&lt;img" in html for html in shown)


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


def test_what_can_be_pressed_while_the_panel_works(panel: Controller, gated: Gate) -> None:
    get_session().generate("before", GenerationOptions(max_new_tokens=2))
    panel.history.list.index = (0,)
    panel.form.prompt.value = "A prompt"
    panel.buttons.generate.click()
    assert gated.reached.wait(PATIENCE)
    panel.history.list.index = (0,)
    busy = (panel.history.replay, panel.models.load, panel.models.unload, panel.run_box.offer)
    assert all(button.disabled for button in busy)
    gated.open.set()
    panel.worker.join(PATIENCE)
    assert not panel.history.replay.disabled and not panel.models.unload.disabled


def test_a_text_that_grows_does_not_cover_what_was_chosen_meanwhile(
    panel: Controller, gated: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = get_session().generate("before", GenerationOptions(max_new_tokens=2))
    monkeypatch.setattr(generating.Status, "progress", lambda *_: None)
    panel.form.prompt.value = "A prompt"
    panel.buttons.generate.click()
    assert gated.reached.wait(PATIENCE)
    growing = panel.result._growing
    panel.history.list.index = (0,)
    assert growing and panel.result.shown == (first,)
    before = shown_html(panel)
    panel.result.draw(growing)
    assert shown_html(panel) == before


def test_what_a_cell_adds_while_one_deletes_is_not_lost(panel: Controller) -> None:
    first = generate(panel)
    added = replace(first, prompt="added")

    class Growing(list[Generation]):
        """Another thread adds to it as soon as it is read."""

        def __getitem__(self, index: Any) -> Any:
            if added not in self:
                self.append(added)
            return super().__getitem__(index)

    get_session().history = Growing([first])
    press(panel, panel.history.delete)
    assert list(get_session().history) == [added]


def test_a_panel_that_gets_no_thread_is_not_busy_for_ever(
    panel: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        panel.form.prompt.value = "A prompt"
        panel.buttons.generate.click()
    assert "can't start new thread" in unescape(said(panel)) and not panel.worker.busy
    assert generate(panel).text == TEXT


def test_what_follows_from_a_text_may_fail_without_taking_the_session(panel: Controller) -> None:
    get_session().use(ScriptedEngine([" A title, Smith[END_REF]"]))

    def fail(generation: Generation) -> Generation:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        get_session().stream(Prompt("See [START_REF]"), complete=fail).drain()
    assert get_session().history[-1].text.startswith(" A title")
    assert generate(panel).text.startswith(" A title")


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
