"""Two texts word by word: what they share, what differs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galai_jupyter.rendering.differences import Change, changes


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("same", "same", [("same", "same")]),
        ("", "new", [("", "new")]),
        ("a b", "a", [("a", "a"), (" b", "")]),
        ("one two three", "one 2 three", [("one ", "one "), ("two", "2"), (" three", " three")]),
    ],
)
def test_changes_are_whole_words(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert changes(before, after) == [Change(*pair) for pair in expected]


def test_words_in_common_by_chance_do_not_tear_a_change() -> None:
    before = "start: the red fox is at the river."
    after = "start: the blue hen was in the barn!"
    assert changes(before, after) == [
        Change("start: the ", "start: the "),
        Change("red fox is at the river.", "blue hen was in the barn!"),
    ]


def test_long_stretches_in_common_are_kept() -> None:
    middle = " one two three four five six "
    assert Change(middle, middle) in changes(f"a{middle}b", f"c{middle}d")


def test_texts_that_loop_take_no_time() -> None:
    before, after = "a b " * 3000, "x" + "b a " * 3000
    assert len(changes(before, after)) <= 3


@given(st.text("ab .\n", max_size=40), st.text("ab .\n", max_size=40))
def test_nothing_is_lost(before: str, after: str) -> None:
    found = changes(before, after)
    assert "".join(change.before for change in found) == before
    assert "".join(change.after for change in found) == after
    assert all(change.before or change.after for change in found)
