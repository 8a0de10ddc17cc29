"""A real ipykernel, driven as a notebook does: streaming, results, interrupts, start-up."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from galai_jupyter.generation import MIME_TYPE, Generation

SCRIPTED = """
import time
from galai_jupyter import get_session
from galai_jupyter.engines.scripted import ScriptedEngine
slow = ScriptedEngine(["word " * 400], on_token=lambda said: time.sleep(0.01))
get_session().use(slow);
"""


class Kernel:
    """A kernel and what a cell made it say."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def start(self, code: str) -> str:
        return self.client.execute(code)

    def messages(self, request: str, timeout: float = 120) -> Iterator[dict[str, Any]]:
        """Yield what belongs to a request, until the kernel is idle again."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return
            yield message
        raise TimeoutError("the cell did not end")

    def run(self, code: str) -> list[dict[str, Any]]:
        return list(self.messages(self.start(code)))

    def value(self, expression: str) -> str:
        """Return ``repr(expression)`` as the kernel sees it."""
        found = [m for m in self.run(expression) if m["msg_type"] == "execute_result"]
        return found[0]["content"]["data"]["text/plain"]


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=os.environ | {"HF_HUB_OFFLINE": "1"})
    kernel = Kernel(manager)
    kernel.run("%load_ext galai_jupyter")
    kernel.run(SCRIPTED)
    yield kernel
    kernel.client.stop_channels()
    manager.shutdown_kernel(now=True)


def displays(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = ("display_data", "update_display_data")
    return [message["content"] for message in messages if message["msg_type"] in kinds]


def test_text_streams_into_one_display(kernel: Kernel) -> None:
    # Four seconds of text, drawn as often as a slow machine can: what counts is that it grows.
    kernel.run(
        "from galai_jupyter import display as d; share, d._WORKING_SHARE = d._WORKING_SHARE, 1.0"
    )
    shown = displays(kernel.run("%%galactica --max-new-tokens 400\nA prompt"))
    kernel.run("d._WORKING_SHARE = share")
    assert len({content["transient"]["display_id"] for content in shown}) == 1
    assert len(shown) >= 5
    sizes = [len(content["data"]["text/plain"]) for content in shown[:-1]]
    assert sizes == sorted(sizes)
    assert MIME_TYPE not in shown[0]["data"]


def test_the_final_output_is_static_and_holds_the_record(kernel: Kernel) -> None:
    last = displays(kernel.run("%%galactica --max-new-tokens 5\nA prompt"))[-1]["data"]
    assert {"text/plain", "text/html", "text/markdown", MIME_TYPE} == set(last)
    generation = Generation.from_dict(last[MIME_TYPE])
    assert generation.full_text == "A promptword "
    assert last["text/plain"].startswith("A promptword ")


def test_the_result_is_kept_and_shown_once(kernel: Kernel) -> None:
    messages = kernel.run("%%galactica --max-new-tokens 5\nA prompt")
    assert [m["msg_type"] for m in messages].count("display_data") == 1
    assert not [m for m in messages if m["msg_type"] == "execute_result"]
    assert kernel.value("_.text") == "'word '"
    assert len(displays(kernel.run("answer = %galactica --max-new-tokens 5 A prompt"))) >= 1
    assert len(displays(kernel.run("answer"))) == 1


def test_an_interrupt_keeps_the_text(kernel: Kernel) -> None:
    request = kernel.start("%%galactica answer << --max-new-tokens 2000\nA prompt")
    messages = []
    for message in kernel.messages(request):
        messages.append(message)
        grown = displays([message]) and len(displays([message])[0]["data"]["text/plain"]) > 40
        if grown and len(messages) < 20:
            kernel.manager.interrupt_kernel()
            grown = False
            messages.extend(kernel.messages(request))
            break
    errors = [m["content"] for m in messages if m["msg_type"] == "error"]
    assert [error["ename"] for error in errors] == ["Interrupted"]
    assert errors[0]["traceback"] == [f"Interrupted: {errors[0]['evalue']}"]
    kept = Generation.from_dict(displays(messages)[-1]["data"][MIME_TYPE])
    assert kept.finish_reason == "interrupted"
    assert 5 < kept.new_tokens < 2000
    assert kernel.value("answer.finish_reason, _.text == answer.text") == "('interrupted', True)"


def test_a_mistake_is_a_sentence_without_a_traceback(kernel: Kernel) -> None:
    messages = kernel.run("%%galactica --topp 3\nx")
    streams = [m["content"]["text"] for m in messages if m["msg_type"] == "stream"]
    assert "".join(streams).startswith("UsageError: There is no option --topp.")
    assert "Traceback" not in str(messages)


def test_torch_is_imported_after_the_first_cell_and_not_in_it() -> None:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=os.environ | {"HF_HUB_OFFLINE": "1"})
    kernel = Kernel(manager)
    try:
        inside = "%load_ext galai_jupyter\nimport sys; 'torch' in sys.modules"
        assert kernel.value(inside) == "False"
        deadline = time.monotonic() + 100
        while kernel.value("'transformers.modeling_utils' in sys.modules") != "True":
            assert time.monotonic() < deadline
    finally:
        kernel.client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_one_cell_after_another_when_two_are_sent(kernel: Kernel) -> None:
    requests = [kernel.start(f"%galactica --max-new-tokens 5 {word}") for word in ("one", "two")]
    for request in requests:
        list(kernel.messages(request))
    assert kernel.value("[g.prompt for g in get_session().history[-2:]]") == "['one', 'two']"


WORK = r"\n```python\n{}\n```\n\nResult: 3\n</work>"


def say_python(kernel: Kernel, code: str) -> None:
    """Make the kernel's last text one that holds Python, as a working does."""
    engine = f'ScriptedEngine(["{WORK.format(code)}"])'
    kernel.run(
        f"get_session().use({engine})\n"
        "from galai_jupyter import GenerationOptions\n"
        "get_session().generate('<work>', GenerationOptions(max_new_tokens=200))\n"
        "get_session().use(slow);"
    )


@pytest.mark.parametrize(("answer", "ended"), [("y", "Differ"), ("n", "Nothing was run.")])
def test_python_of_a_text_is_run_when_somebody_says_yes(
    kernel: Kernel, answer: str, ended: str
) -> None:
    say_python(kernel, "print(2)")
    request = kernel.client.execute("%galactica run", allow_stdin=True)
    asked = kernel.client.get_stdin_msg(timeout=60)
    assert asked["content"]["prompt"] == "Run this code? [y/N] "
    kernel.client.input(answer)
    shown = displays(list(kernel.messages(request)))
    assert "print(2)" in shown[0]["data"]["text/html"]
    assert ended in shown[-1]["data"]["text/plain"]


def test_it_is_not_run_where_nobody_can_be_asked(kernel: Kernel) -> None:
    say_python(kernel, "print(2)")
    messages = list(kernel.messages(kernel.client.execute("%galactica run", allow_stdin=False)))
    said = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
    assert said.startswith("UsageError: Nobody can be asked here")
    assert "print(2)" in displays(messages)[0]["data"]["text/plain"]


def test_an_interrupt_ends_python_that_runs(kernel: Kernel) -> None:
    say_python(kernel, r"print(2, flush=True)\nwhile True: pass")
    request = kernel.start("%galactica run --yes --time-limit 1000")
    messages = []
    for message in kernel.messages(request):
        messages.append(message)
        if "Running" in str(message["content"]):  # it has run for a moment
            kernel.manager.interrupt_kernel()
            messages.extend(kernel.messages(request))
            break
    errors = [m["content"]["ename"] for m in messages if m["msg_type"] == "error"]
    assert errors == ["Interrupted"]
    assert kernel.value("_.outcome.ending") == "'interrupted'"
