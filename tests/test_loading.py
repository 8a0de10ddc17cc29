"""load_model: galai's signature, precision and GPU rules; the model is the session's."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

import galai_jupyter as gal
from galai_jupyter.engines.scripted import ScriptedEngine
from galai_jupyter.errors import OptionError
from galai_jupyter.model import Model
from galai_jupyter.options import LoadOptions
from galai_jupyter.session import Session, get_session


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretend that the machine has so many GPUs, and note what is loaded instead of loading it."""
    loaded: list[tuple[str, LoadOptions]] = []

    def load(session: Session, name: str, options: LoadOptions, progress: Any) -> Model:
        loaded.append((name, options))
        return session.use(ScriptedEngine([""]))

    def pretend(count: int) -> list[tuple[str, LoadOptions]]:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(Session, "load", load)
        return loaded

    return pretend


def test_the_arguments_stand_in_galais_order() -> None:
    names = list(inspect.signature(gal.load_model).parameters)
    assert names == ["name", "dtype", "num_gpus", "parallelize", "device", "prefix_cache"]


def test_the_model_is_the_sessions_in_galais_precision(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = gal.load_model(str(checkpoint), num_gpus=0)
    assert get_session().model is model
    assert model.description.dtype == "float32"
    assert f"Loaded {checkpoint}: 30.2 K parameters as float32" in capsys.readouterr().out


@pytest.mark.parametrize("dtype", ["bfloat16", torch.bfloat16])
def test_dtype_is_a_name_or_torchs_own(checkpoint: Path, dtype: Any) -> None:
    assert gal.load_model(str(checkpoint), dtype, 0).description.dtype == "bfloat16"


def test_huge_is_loaded_in_half_precision(gpus: Any) -> None:
    loaded = gpus(0)
    gal.load_model("huge")
    gal.load_model("large")
    assert [options.dtype for _, options in loaded] == ["float16", "float32"]


def test_a_machine_without_gpus_warns_and_uses_the_cpu(gpus: Any) -> None:
    loaded = gpus(0)
    with pytest.warns(UserWarning, match="no CUDA device was found"):
        gal.load_model("mini", num_gpus=2)
    assert loaded[0][1].num_gpus == 0


def test_more_gpus_than_there_are_become_those_that_are(gpus: Any) -> None:
    loaded = gpus(2)
    with pytest.warns(UserWarning, match="num_gpus=8 is more than this machine has: 2 are used"):
        gal.load_model("mini", num_gpus=8)
    assert loaded[0][1].num_gpus == 2


def test_all_gpus_are_used_by_default_without_a_word(gpus: Any) -> None:
    loaded = gpus(4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gal.load_model("mini")
    assert loaded[0][1].num_gpus is None


@pytest.mark.parametrize(("count", "device"), [(0, "auto"), (1, "auto"), (4, "cpu")])
def test_parallelize_is_ignored_below_two_gpus(gpus: Any, count: int, device: str) -> None:
    loaded = gpus(count)
    with pytest.warns(UserWarning, match="at least two GPUs"):
        gal.load_model("huge", parallelize=True, device=device)
    assert loaded[0][0] == "huge"


@pytest.mark.parametrize("name", ["standard", "huge", "galpaca-30b", "facebook/galactica-125m"])
def test_parallelize_names_the_engine_that_has_it(gpus: Any, name: str) -> None:
    loaded = gpus(4)
    with pytest.warns(UserWarning, match=r"remote engine \(vLLM\)"):
        gal.load_model(name, parallelize=True)
    assert loaded[0][0] == name


@pytest.mark.parametrize(("name", "count"), [("mini", 5), ("large", 3), ("huge", 3)])
def test_heads_that_do_not_come_out_even_are_galais_error(gpus: Any, name: str, count: int) -> None:
    gpus(8)
    heads = gal.ModelInfo.by_name(name).num_heads
    with pytest.raises(ValueError, match=rf"{heads} heads of '{name}' out over {count} GPUs"):
        gal.load_model(name, num_gpus=count, parallelize=True)


def test_heads_of_a_folder_are_read_from_its_config(gpus: Any, checkpoint: Path) -> None:
    gpus(3)
    with pytest.raises(OptionError, match="2 heads"):
        gal.load_model(str(checkpoint), parallelize=True)
