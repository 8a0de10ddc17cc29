"""dtype: what was asked for, or what the device and a measurement say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from galai_jupyter.engines import precision
from galai_jupyter.engines.precision import choose
from galai_jupyter.errors import OptionError


def ticking(full: float, half: float) -> Callable[[], float]:
    """Return a clock after which float32 takes `full` and bfloat16 takes `half` seconds.

    Other work disturbs every second product.
    """

    def readings() -> Iterator[float]:
        now = 0.0
        while True:
            for taken in (full, half):
                for product in range(precision._MATRICES):
                    yield now
                    disturbed = 50.0 if product % 2 else 0.0
                    now += taken + disturbed
                    yield now

    clock = readings()
    return lambda: next(clock)


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_computes_bfloat16", lambda: True)


@pytest.mark.parametrize(
    ("full", "half", "dtype"),
    [(2.0, 1.0, "bfloat16"), (1.0, 2.0, "float32"), (1.0, 1.0, "float32")],
)
def test_a_cpu_takes_bfloat16_if_it_is_plainly_faster(
    able: None, full: float, half: float, dtype: str
) -> None:
    chosen = choose("auto", "cpu", "float16", 32, ticking(full, half))
    assert chosen.dtype == dtype
    assert f"bfloat16 is {full / half:.1f} times as fast" in chosen.reason


def test_a_cpu_that_cannot_compute_bfloat16_is_not_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision, "_computes_bfloat16", lambda: False)
    chosen = choose("auto", "cpu", "float16", 32, lambda: pytest.fail("it was measured"))
    assert (chosen.dtype, chosen.reason) == (
        "float32",
        "the processor does not compute with bfloat16",
    )


def test_it_is_measured_once_for_each_width(able: None) -> None:
    clock = ticking(2.0, 1.0)
    asked: list[float] = []

    def counting() -> float:
        asked.append(clock())
        return asked[-1]

    for width in (32, 32, 16):
        choose("auto", "cpu", width=width, clock=counting)
        assert asked
    readings = len(asked)
    choose("auto", "cpu", width=16, clock=counting)
    assert len(asked) == readings == 2 * 2 * 2 * precision._ROUNDS * precision._MATRICES


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_a_gpu_takes_the_checkpoints_own(device: str) -> None:
    assert choose("auto", device, "bfloat16").dtype == "bfloat16"
    assert choose("auto", device, "float64").dtype == "float16"
    assert choose("auto", device).dtype == "float16"


def test_what_is_asked_for_is_taken() -> None:
    assert choose("torch.float16", "cpu").dtype == "float16"
    assert choose("int8", "cpu").dtype == "int8"
    with pytest.raises(OptionError, match="float8"):
        choose("float8", "cpu")


def test_the_machines_own_answer_has_a_reason() -> None:
    chosen = choose("auto", "cpu", width=64)
    assert chosen.dtype in ("float32", "bfloat16")
    assert "bfloat16" in chosen.reason
