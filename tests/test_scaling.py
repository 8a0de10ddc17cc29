"""Estimates for planning: what fits, what bounds the speed, and the table in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest

from galai_jupyter.catalog import ModelInfo
from galai_jupyter.scaling import EFFICIENCY, STEP, Gpu, estimate, scaling_table, splits

GPU = Gpu("test", memory=80e9, bandwidth=2e12, arithmetic=3e14)


def test_the_docs_hold_the_table_that_is_computed() -> None:
    page = Path(__file__).parents[1] / "docs" / "scaling.md"
    assert page.read_text(encoding="utf-8").endswith("\n\n" + scaling_table() + "\n")


def test_one_request_reads_every_weight_for_a_token() -> None:
    info = ModelInfo.by_name("standard")
    found = estimate(info, GPU, 1)
    assert found
    bytes_read = info.weights_size() + 512 * info.memory_per_token()
    assert found.single == pytest.approx(1 / (STEP + bytes_read / 2e12 / EFFICIENCY))
    assert found.weights == info.weights_size("float16")
    assert found.batched > 10 * found.single


def test_the_cache_is_what_is_left() -> None:
    info = ModelInfo.by_name("huge")
    found = estimate(info, GPU, 4)
    assert found
    free = 4 * 80e9 * 0.9 - info.weights_size()
    assert found.cache_tokens == int(free / info.memory_per_token())


def test_what_does_not_fit_is_none() -> None:
    info = ModelInfo.by_name("huge")
    assert estimate(info, GPU, 2) is None
    fewest = estimate(info, GPU)
    assert fewest and fewest.gpus == 4
    assert estimate(info, Gpu("tiny", 1e9, 1e11, 1e12)) is None


def test_heads_come_out_even() -> None:
    assert splits(ModelInfo.by_name("mini")) == [1, 2, 3, 4, 6, 12]
    assert splits(ModelInfo.by_name("large")) == [1, 2, 4, 7, 8, 14]


def test_a_small_model_on_a_processor_is_as_fast_as_was_measured() -> None:
    cpu = Gpu("CPU", 24e9, 33e9, 1e12)
    found = estimate(ModelInfo.by_name("mini"), cpu, 1, dtype="bfloat16", length=132)
    assert found and found.single == pytest.approx(67, abs=1)  # measured with vLLM: 67 to 81
