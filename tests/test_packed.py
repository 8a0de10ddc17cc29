"""Packed layers: the same numbers as torch's own, and a model of them under every strategy."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional
from transformers import OPTForCausalLM

from galai_jupyter.engines import assembly, packed
from galai_jupyter.engines.decoding import decode
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.engines.packed import PackedHead, PackedLinear, can_pack
from galai_jupyter.options import LoadOptions
from tests.conftest import write_checkpoint

PROMPTS = torch.tensor([[1, 1, 40, 41, 42], [50, 51, 52, 53, 54]])
MASK = torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]])
FORMATS = (torch.float32, torch.bfloat16)
"""What a processor cannot pack is held as it is, and gives the same results."""


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@pytest.mark.parametrize("rows", [1, 5, 40])
def test_a_packed_layer_multiplies_as_torch_does(dtype: torch.dtype, rows: int) -> None:
    torch.manual_seed(rows)
    weight, bias = torch.randn(50, 70).to(dtype), nn.Parameter(torch.randn(50).to(dtype))
    layer, states = PackedLinear(weight, bias), torch.randn(2, rows, 70).to(dtype)
    wanted = functional.linear(states, weight, bias)
    assert layer(states).shape == wanted.shape
    torch.testing.assert_close(layer(states), wanted)
    assert torch.equal(layer.weight, weight)


def test_a_packed_layer_can_be_converted_and_moved() -> None:
    weight, states = torch.randn(6, 4), torch.randn(2, 4)
    layer = PackedLinear(weight, nn.Parameter(torch.ones(6)))
    for dtype in (torch.bfloat16, torch.float64, torch.float32):  # float64 is never packed
        layer.to(dtype)
        assert layer(states.to(dtype)).dtype == layer.weight.dtype == layer.bias.dtype == dtype
    torch.testing.assert_close(layer(states), states @ weight.bfloat16().float().T + 1)
    assert layer.to("meta").weight.is_meta


def test_the_head_follows_the_embedding_that_it_shares() -> None:
    embedding = nn.Embedding(9, 4)
    head, states = PackedHead(embedding.weight), torch.randn(2, 4)
    assert head.weight is embedding.weight
    with torch.no_grad():
        torch.testing.assert_close(head(states), states @ embedding.weight.T)
        embedding.weight.mul_(2)
        torch.testing.assert_close(head(states), states @ embedding.weight.T)


@torch.inference_mode()
def test_a_head_that_was_converted_in_inference_mode_multiplies() -> None:
    head = PackedHead(nn.Parameter(torch.ones(9, 4), requires_grad=False)).to(torch.bfloat16)
    assert head(torch.ones(2, 4, dtype=torch.bfloat16)).tolist() == [[4.0] * 9] * 2


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@pytest.mark.parametrize(
    "options",
    [{}, {"num_beams": 3}, {"penalty_alpha": 0.6, "top_k": 4}],
    ids=["greedy", "beams", "contrastive"],
)
def test_a_loaded_model_writes_what_the_plain_one_writes(
    tmp_path: Path, dtype: torch.dtype, options: dict[str, float]
) -> None:
    folder = write_checkpoint(tmp_path / "model")
    name = str(dtype).removeprefix("torch.")
    engine = LocalEngine.load(str(folder), LoadOptions(device="cpu", dtype=name))
    plain = OPTForCausalLM.from_pretrained(folder, dtype=dtype).eval()
    ours, theirs = (
        decode(model, PROMPTS, MASK, max_new_tokens=12, **options)
        for model in (engine.model, plain)
    )
    assert ours.tolist() == theirs.tolist()
    layers = [*engine.model.model.decoder.layers.modules()]
    assert any(isinstance(layer, PackedLinear) for layer in layers) == can_pack(dtype)
    assert any(type(layer) is nn.Linear for layer in layers) != can_pack(dtype)
    assert engine.description.parameters == plain.num_parameters()
    assert engine.description.dtype == name


def test_where_nothing_can_be_packed_the_layers_are_torchs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (assembly, packed):
        monkeypatch.setattr(module, "can_pack", lambda dtype: False)
    folder = write_checkpoint(tmp_path / "model")
    engine = LocalEngine.load(str(folder), LoadOptions(device="cpu", dtype="float32"))
    assert not any(isinstance(layer, PackedLinear) for layer in engine.model.modules())
    plain = OPTForCausalLM.from_pretrained(folder).eval()
    ours, theirs = (
        decode(model, PROMPTS, MASK, max_new_tokens=6) for model in (engine.model, plain)
    )
    assert ours.tolist() == theirs.tolist()


def test_what_cannot_be_packed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not can_pack(torch.float16)
    monkeypatch.setattr(packed.platform, "machine", lambda: "arm64")
    can_pack.cache_clear()
    assert not can_pack(torch.float32)
    can_pack.cache_clear()
