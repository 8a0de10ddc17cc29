"""Generations in JupyterLab with buttons: the same text, tokens, branches, folding, copying."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from galai_jupyter.generation import (
    MIME_TYPE,
    GeneratedSequence,
    Generation,
    Reference,
    Suggestions,
)
from galai_jupyter.options import GenerationOptions
from galai_jupyter.rendering import generation_bundle, to_latex
from galai_jupyter.replay import Replay
from galai_jupyter.scores import TokenAlternative, TokenScore
from tests.jupyterlab import NotebookPage

OUTPUT = ".galai-generation"
SCRIPTED = """%load_ext galai_jupyter
import time
from galai_jupyter import get_session
from galai_jupyter.engines.scripted import ScriptedEngine
engine = ScriptedEngine(["The area is \\\\(x^2\\\\). " * 60], on_token=lambda said: time.sleep({}))
get_session().use(engine);"""
HISTORY = "[[each.text, each.finish_reason] for each in get_session().history]"


def generation(*texts: str, prompt: str = "Prompt: ", **fields: Any) -> Generation:
    """Return a record with a token for every word, and two alternatives for each."""
    sequences = []
    for number, text in enumerate(texts):
        words = [word + " " for word in text.split(" ")]
        tokens = tuple(
            TokenScore(
                place,
                word,
                -0.1 * (place + 1) / (number + 1),
                (TokenAlternative(place, word, -0.1), TokenAlternative(900, " <b>other", -2.5)),
            )
            for place, word in enumerate(words)
        )
        sequences.append(GeneratedSequence(text, tokens, "max_new_tokens"))
    return Generation(prompt, tuple(sequences), **fields)


WORK = "Think: <work>\n1 + 1 = 2\n</work>\n\nAnswer: 2 <work>more</work>"
PLAIN = generation("The area is \\(x^2\\).")
RECORDS = (
    PLAIN,
    generation("# Title\n\n| a | b |\n|---|---|\n| 1 | \\(x\\) |\n\n```python\nx = 1\n```\n"),
    generation(WORK),
    generation(
        "as shown in [START_REF] Attention is All you Need, Vaswani[END_REF] and \\[\\frac{1}"
    ),
    generation("[START_SMILES]CC(=O)O[END_SMILES] <script>alert(1)</script> $5 and $6"),
    generation("one two", "three", "four five six", options=GenerationOptions(top_p=0.5)),
    generation("cut", notices=("cut 3 tokens",), error="it broke"),
    generation(" A, B[END_REF]", suggestions=Suggestions((Reference("A", "B"),))),
)


class SavedPage(NotebookPage):
    """A saved notebook, which nobody trusts, in a browser tab."""

    def __init__(self, page: Any, address: str, folder: Path, *bundles: dict[str, Any]) -> None:
        self.page = page
        self.path = folder / f"saved-{time.monotonic_ns()}.ipynb"
        outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in bundles]
        document = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell("1 + 1", outputs=outputs)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(document, self.path)
        page.goto(f"{address}/lab/tree/{self.path.name}?reset")
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden)", timeout=120_000)
        page.wait_for_selector(".jp-OutputArea-output")
        self.wait_for_kernel("idle")

    def without_kernel(self) -> SavedPage:
        """Shut the kernel down."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.wait_for_function(
            "() => !window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel"
        )
        return self


Open = Callable[..., NotebookPage]
OpenSaved = Callable[..., SavedPage]


@pytest.fixture
def context(lab: tuple[Any, str, Path]) -> Iterator[Any]:
    """A browser context that may use the clipboard, and whose pages raise no errors."""
    browser, address, _ = lab
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    context.set_default_timeout(120_000)
    raised: list[str] = []
    context.on("weberror", lambda error: raised.append(str(error.error)))
    yield context
    context.close()
    assert raised == []


@pytest.fixture
def notebook(lab: tuple[Any, str, Path], context: Any) -> Open:
    """Open a notebook with some cells."""
    return lambda *cells: NotebookPage(context.new_page(), *lab[1:], *cells)


@pytest.fixture
def saved(lab: tuple[Any, str, Path], context: Any) -> OpenSaved:
    """Open a saved notebook with some outputs in its only cell."""
    return lambda *bundles: SavedPage(context.new_page(), *lab[1:], *bundles)


def output(page: NotebookPage, number: int = 0) -> Any:
    return page.page.locator(OUTPUT).nth(number)


def copied(page: NotebookPage, form: str, number: int = 0) -> str:
    """Copy in a form; return what the clipboard holds then."""
    page.page.evaluate("() => navigator.clipboard.writeText('nothing')")
    output(page, number).locator(".galai-copy").click()
    page.page.click(f".galai-popover .galai-copy-{form}")
    output(page, number).locator(".galai-said:has-text('Copied')").wait_for()
    text: str = page.page.evaluate("() => navigator.clipboard.readText()")
    return text


def choose(page: NotebookPage, token: int, number: int = 0) -> Any:
    """Show the tokens of an output and choose one, from 0; return the box of its alternatives."""
    shown = output(page, number)
    if shown.locator(".galai-tokens").get_attribute("aria-pressed") != "true":
        shown.locator(".galai-tokens").click()
    shown.locator(".galai-token").nth(token).click()
    box = page.page.locator(".galai-popover")
    box.wait_for()
    return box


TEXTS = """() => [...document.querySelectorAll('.jp-OutputArea-output')].map((node) => {
  const html = node.matches('.jp-RenderedHTML') ? node : node.querySelector('.jp-RenderedHTML');
  return [node.matches('.galai-generation'), html.innerText, html.textContent];
})"""


def test_the_text_is_that_of_the_static_html(saved: OpenSaved) -> None:
    bundles = [generation_bundle(record) for record in RECORDS]
    static = [{"text/html": bundle["text/html"]} for bundle in bundles]
    page = saved(*bundles, *static)
    page.page.wait_for_function(
        "(n) => document.querySelectorAll('mjx-container').length === n",
        arg=2 * sum(bundle["text/html"].count("galai-math") for bundle in bundles),
    )
    shown = page.page.evaluate(TEXTS)
    count = len(RECORDS)
    assert [each[0] for each in shown] == [True] * count + [False] * count
    for with_buttons, without in zip(shown[:count], shown[count:], strict=True):
        assert with_buttons[1:] == without[1:]
        assert len(without[1]) > 10
    assert page.page.locator(".galai-toolbar:visible").count() == count


def test_what_is_no_generation_is_left_alone(saved: OpenSaved) -> None:
    broken = {"text/html": "<p>as it was</p>", MIME_TYPE: {"format": 99, "sequences": []}}
    page = saved(broken, {"text/plain": "only text", MIME_TYPE: "nonsense"})
    assert output(page).inner_text() == "as it was"
    assert output(page, 1).inner_text() == "only text"
    assert page.page.locator(".galai-toolbar:visible").count() == 0


def test_a_replay_keeps_its_view_of_the_differences(saved: OpenSaved) -> None:
    from galai_jupyter.rendering import replay_bundle

    page = saved(replay_bundle(Replay(generation("one two"), generation("one three"))))
    assert output(page).locator("del").inner_text() == "two"
    assert copied(page, "text").startswith("The replay differs")


def test_an_untrusted_notebook_stays_harmless(saved: OpenSaved) -> None:
    attack = '<img src="x" onerror="window.hacked = 1">'
    hostile = generation(f"{attack} word")
    bundle = generation_bundle(hostile)
    bundle["text/html"] += f"{attack}<script>window.hacked = 2</script><p>end</p>"
    page = saved(bundle)
    assert not page.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[0].model.trusted"
    )
    box = choose(page, 0)
    assert "onerror" not in output(page).inner_html().split("galai-token-view")[1].split(">")[0]
    assert box.locator("code").nth(1).inner_text() == "▁<b>other"
    assert output(page).locator("img[onerror]").count() == 0
    assert output(page).locator(".galai-token").first.inner_text().startswith("<img▁")
    assert page.page.evaluate("() => window.hacked") is None


def test_tokens_are_reached_by_keyboard(saved: OpenSaved) -> None:
    page = saved(generation_bundle(PLAIN))
    output(page).locator(".galai-tokens").focus()
    page.page.keyboard.press("Enter")
    page.page.locator(".galai-token").first.wait_for()
    assert not output(page).locator(".jp-RenderedHTML").is_visible()
    output(page).locator(".galai-token[tabindex='0']").focus()
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Enter")
    box = page.page.locator(".galai-popover")
    assert "Token 2: ‘area▁’" in box.inner_text()
    assert page.page.evaluate("() => document.activeElement.className").endswith("galai-branch")
    page.page.keyboard.press("Escape")
    box.wait_for(state="detached")
    assert page.page.evaluate("() => document.activeElement.innerText").startswith("area▁")
    for key in ("d", "d", "a", "b", "x"):  # JupyterLab's own, which delete and add cells
        page.page.keyboard.press(key)
    count = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    assert page.page.evaluate(count) == 1
    assert output(page).locator(".galai-token").count() == 4


def test_alternatives_are_sorted(saved: OpenSaved) -> None:
    page = saved(generation_bundle(generation("zebra last")))
    box = choose(page, 0)
    assert box.locator("code").all_inner_texts() == ["zebra▁", "▁<b>other"]
    box.locator("select").select_option("alphabet")
    assert box.locator("code").all_inner_texts() == ["▁<b>other", "zebra▁"]
    assert "written" in box.locator("li").nth(1).inner_text()


def test_texts_are_sorted(saved: OpenSaved) -> None:
    page = saved(generation_bundle(RECORDS[5]))
    labels = output(page).locator(".jp-RenderedHTML strong")
    assert labels.all_inner_texts() == ["1 of 3", "2 of 3", "3 of 3"]
    output(page).locator(".galai-sort").select_option("length")
    assert labels.all_inner_texts() == ["2 of 3", "1 of 3", "3 of 3"]
    output(page).locator(".galai-sort").select_option("written")
    assert labels.all_inner_texts() == ["1 of 3", "2 of 3", "3 of 3"]


def test_work_is_folded(saved: OpenSaved) -> None:
    page = saved(generation_bundle(generation(WORK)))
    folds = output(page).locator("details")
    states = "(all) => all.map((each) => each.open)"
    assert folds.evaluate_all(states) == [True, True]
    output(page).locator(".galai-fold:has-text('Fold work')").click()
    assert folds.evaluate_all(states) == [False, False]
    output(page).locator(".galai-fold:has-text('Unfold work')").click()
    assert folds.evaluate_all(states) == [True, True]
    folds.locator("summary").nth(0).click()
    folds.locator("summary").nth(1).click()  # by hand: the button follows
    output(page).locator(".galai-fold:has-text('Unfold work')").wait_for()


def test_a_notebook_without_kernel_does_all_that_needs_none(saved: OpenSaved) -> None:
    record = generation(WORK)
    page = saved(generation_bundle(record)).without_kernel()
    assert copied(page, "text") == record.full_text
    markdown = copied(page, "markdown")
    assert markdown in generation_bundle(record)["text/markdown"] and "tokens" not in markdown
    assert copied(page, "latex") == markdown
    assert "needs a kernel" in output(page).locator(".galai-said").inner_text()
    box = choose(page, 1)
    box.locator(".galai-branch").first.click()
    problem = output(page).locator(".galai-problem")
    problem.wait_for()
    assert "needs a kernel" in problem.inner_text()
    assert len(page.outputs(0)) == 1


def test_a_kernel_without_galai_is_told_of(saved: OpenSaved) -> None:
    page = saved(generation_bundle(PLAIN))
    choose(page, 1).locator(".galai-branch").first.click()
    output(page).locator(".galai-problem:has-text('%load_ext galai_jupyter')").wait_for()
    assert len(page.outputs(0)) == 1


def test_latex_comes_from_the_kernel(notebook: Open) -> None:
    page = notebook(SCRIPTED.format(0), "%%galactica --max-new-tokens 40\nPrompt:")
    page.run(0)
    (shown,) = page.run(1)
    text = Generation.from_dict(shown["data"][MIME_TYPE]).text
    assert copied(page, "latex") == to_latex(text, prompt="Prompt:")


def test_a_branch_of_the_bundled_model(notebook: Open) -> None:
    page = notebook(
        "%load_ext galai_jupyter",
        "%%galactica recorded << --max-new-tokens 12\nThe Transformer architecture",
        "from galai_jupyter import get_session\nget_session().history[-1]",
    )
    page.run(0)
    recorded = Generation.from_dict(page.run(1)[-1]["data"][MIME_TYPE])
    choose(page, 1).locator(".galai-branch").first.click()
    output(page).locator(".galai-said:has-text('last output')").wait_for()
    *before, added = page.outputs(1)
    assert len(before) == 2 and set(added["data"]) == set(before[-1]["data"])
    branch = Generation.from_dict(added["data"][MIME_TYPE])
    assert branch.tokens[0] == recorded.tokens[0]
    other = next(each for each in recorded.tokens[1].alternatives if each.id != branch.tokens[1].id)
    assert branch.tokens[1].id in {each.id for each in recorded.tokens[1].alternatives} - {
        recorded.tokens[1].id
    }
    assert other and len(branch.tokens) <= 12 and branch.branch and branch.branch.place == 2
    assert "Branch at token 2:" in output(page, 1).inner_text()
    (last,) = page.run(2)  # it is in the session's history
    assert Generation.from_dict(last["data"][MIME_TYPE]).text == branch.text
    outputs = page.save().cells[1].outputs  # and in the saved notebook
    assert [Generation.from_dict(each.data[MIME_TYPE]).text for each in outputs[1:]] == [
        recorded.text,
        branch.text,
    ]
    output(page, 1).locator(".galai-tokens").click()  # a branch can be left, too
    assert output(page, 1).locator(".galai-chosen").count() == 1
    choose(page, 0, 1).locator(".galai-branch").first.click()
    output(page, 1).locator(".galai-said:has-text('last output')").wait_for()
    assert len(page.outputs(1)) == 4


def test_a_branch_is_typed_streamed_and_stopped(notebook: Open) -> None:
    page = notebook(SCRIPTED.format(0.02), "%%galactica --max-new-tokens 900\nPrompt: ", HISTORY)
    page.run(0)
    page.start(1)
    page.wait_for_text(1, 60)
    assert page.page.locator(f"{OUTPUT}").count() == 0  # no buttons while it grows
    page.command("notebook:interrupt-kernel")
    page.page.wait_for_selector(f"{OUTPUT} .galai-tokens")
    box = choose(page, 3)
    box.locator(".galai-other").fill(" my own words")
    page.page.keyboard.press("Enter")
    output(page).locator(".galai-said:has-text('grows below')").wait_for()
    page.page.wait_for_function(
        """() => {
          const all = document.querySelectorAll('.jp-OutputArea-output');
          return all[all.length - 1].innerText.includes('my own wordsThe area is');
        }"""
    )
    output(page).locator(".galai-stop").click()
    output(page).locator(".galai-said:has-text('last output')").wait_for()
    branch = Generation.from_dict(page.outputs(1)[-1]["data"][MIME_TYPE])
    assert branch.text.startswith("The my own wordsThe area is")
    assert branch.finish_reason == "interrupted" and len(branch.text) < 900
    (history,) = page.run(2)
    assert history["data"]["text/plain"].count("interrupted") == 2


UPDATES = """from dataclasses import replace
from galai_jupyter.display import publish
from galai_jupyter.generation import Generation, GeneratedSequence
from galai_jupyter.rendering import generation_bundle
session = get_session()
first = session.generate("P <work>a</work> ", gal_options)
publish(generation_bundle(first), "shown")"""


def test_an_update_keeps_view_folds_and_focus(notebook: Open) -> None:
    options = "from galai_jupyter import GenerationOptions\ngal_options = "
    page = notebook(
        SCRIPTED.format(0) + f"\n{options}GenerationOptions(max_new_tokens=9)",
        UPDATES,
        "publish(generation_bundle(replace(first, seconds=99.0)), 'shown', update=True)",
        "publish(generation_bundle(first), 'shown', update=True)",
    )
    page.run(0), page.run(1)
    output(page).locator(".galai-fold").click()
    output(page).locator(".galai-tokens").click()
    output(page).locator(".galai-token").nth(2).click()
    page.page.keyboard.press("Escape")
    page.page.evaluate(
        """() => { window.marked = document.querySelector('.galai-token');
          const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
          sessionContext.session.kernel.requestExecute(
            { code: content.widgets[2].model.sharedModel.source }); }"""
    )
    page.page.wait_for_function("() => !window.marked.isConnected")  # drawn anew
    assert (
        output(page)
        .locator(".galai-token")
        .nth(2)
        .evaluate("(node) => node === document.activeElement")
    )
    output(page).locator(".galai-tokens").click()
    assert "0.1 tokens/s" in output(page).inner_text()
    assert output(page).locator("details").get_attribute("open") is None
    output(page).locator(".galai-fold:has-text('Unfold work')").wait_for()


def test_what_has_not_changed_is_not_drawn_again(saved: OpenSaved) -> None:
    page = saved(generation_bundle(PLAIN))
    page.page.evaluate(
        """() => { window.marked = document.querySelector('.galai-generation p');
          const outputs = window.jupyterapp.shell.currentWidget.content.widgets[0].model.outputs;
          outputs.set(0, outputs.get(0).toJSON()); }"""
    )
    assert page.page.evaluate("() => window.marked.isConnected")


def test_the_setting_switches_the_buttons_off(lab: tuple[Any, str, Path], saved: OpenSaved) -> None:
    def store(raw: dict[str, Any]) -> None:
        url = f"{lab[1]}/lab/api/settings/galai-jupyter:renderer"
        body = json.dumps({"raw": json.dumps(raw)}).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, method="PUT")).close()

    try:
        store({"enabled": False})
        page = saved(generation_bundle(PLAIN))
        page.page.wait_for_selector(".galai-toolbar", state="hidden")
        assert "The area is" in output(page).inner_text()
        store({"defaultView": "tokens"})
        saved(generation_bundle(PLAIN)).page.wait_for_selector(".galai-token")
    finally:
        store({})


def test_notebook_7_has_the_buttons(lab: tuple[Any, str, Path]) -> None:
    browser, address, folder = lab
    shown = nbformat.v4.new_output("display_data", data=generation_bundle(PLAIN))
    document = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("1 + 1", outputs=[shown])],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(document, folder / "seven.ipynb")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/notebooks/seven.ipynb")
        page.click(f"{OUTPUT} .galai-tokens", timeout=120_000)
        page.locator(".galai-token").nth(1).click()
        page.locator(".galai-popover .galai-branch").click()
        page.wait_for_selector(".galai-problem:has-text('%load_ext galai_jupyter')")
