"""Importing in the background: between cells, never while one runs."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from galai_jupyter import preload
from galai_jupyter.preload import THREAD_NAME, Preloader


def finish() -> None:
    for thread in threading.enumerate():
        if thread.name == THREAD_NAME:
            thread.join(60)


def callbacks_of(shell: Any, kind: type) -> list[Any]:
    return [
        callback
        for callbacks in shell.events.callbacks.values()
        for callback in callbacks
        if isinstance(getattr(callback, "__self__", None), kind)
    ]


@pytest.fixture
def plain_shell(shell: Any) -> Any:
    """A shell without our extension."""
    shell.run_line_magic("unload_ext", "galai_jupyter")
    yield shell
    shell.run_line_magic("load_ext", "galai_jupyter")


def test_imports_begin_after_the_cell_and_never_run_beside_one(plain_shell: Any) -> None:
    shell, imported = plain_shell, []
    seen: list[int] = []
    shell.user_ns["look"] = lambda: seen.append(len(imported))
    preloader = Preloader(shell, imported.append)
    preloader.arm()
    shell.run_cell("look()")
    assert seen == [0]
    shell.run_cell("look()\nimport time\ntime.sleep(0.2)\nlook()")
    assert seen[1] == seen[2]  # a cell that has begun keeps its turn
    finish()
    assert imported == list(preload._MODULES)
    shell.run_cell("1")
    assert callbacks_of(shell, Preloader) == []


def test_nested_cells_do_not_lock_each_other_out(plain_shell: Any) -> None:
    Preloader(plain_shell, lambda name: None).arm()
    plain_shell.run_cell("1")
    plain_shell.run_cell("get_ipython().run_cell('x = 2'); y = x + 1")
    assert plain_shell.user_ns["y"] == 3
    finish()


def test_it_can_be_switched_off(shell: Any, plain_shell: Any) -> None:
    shell.config.GalacticaMagics.preload = False
    shell.run_line_magic("load_ext", "galai_jupyter")
    assert callbacks_of(shell, Preloader) == []
