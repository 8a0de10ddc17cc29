"""What display_markdown and display_latex return: one object that shows itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from galai_jupyter.rendering import display_latex, display_markdown

TEXT = "The *zeta* function [START_REF] Zeta, Riemann[END_REF] is\n\n\\[ \\zeta(s) \\]\n"


@pytest.mark.parametrize("show", [display_markdown, display_latex])
def test_a_text_is_shown_with_our_rendering(show: Callable[[str], Any]) -> None:
    bundle = show(TEXT)._repr_mimebundle_()
    assert bundle["text/plain"] == TEXT
    assert "<em>zeta</em>" in bundle["text/html"] and "<cite" in bundle["text/html"]
    assert r"\[" in bundle["text/html"]
    assert "$$" in bundle["text/markdown"] and r"\[" not in bundle["text/markdown"]


def test_html_is_left_out_where_it_is_not_typeset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    assert "text/html" not in display_markdown(TEXT)._repr_mimebundle_()


def test_scripts_are_not_passed_on() -> None:
    html = display_markdown("<script>alert(1)</script>")._repr_mimebundle_()["text/html"]
    assert "<script" not in html


def test_ipython_shows_it(shell: Any) -> None:
    data, _ = shell.display_formatter.format(display_markdown(TEXT))
    assert {"text/plain", "text/html", "text/markdown"} <= set(data)
    assert data["text/plain"] == TEXT
