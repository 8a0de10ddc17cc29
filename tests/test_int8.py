"""8-bit layers: what they compute, and a model of them under everything that runs on a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import galai_jupyter as gal
from galai_jupyter.engines import int8
from galai_jupyter.engines.decoding import decode
from galai_jupyter.engines.int8 import Int8Embedding, Int8Linear, Int8Matrix
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.errors import GalacticaError, OptionError
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.tokens import encode
from tests.conftest import make_model, write_checkpoint

INT8 = LoadOptions(device="cpu", dtype="int8")
PROMPTS = torch.tensor([[1, 1, 40, 41, 42], [50, 51, 52, 53, 54]])
MASK = torch.tensor([[0, 0, 1, 1, 1], [1, 1, 1, 1, 1]])


def quantised(weight: torch.Tensor) -> Int8Matrix:
    matrix = Int8Matrix(*weight.shape)
    matrix.fill(0, weight)
    return matrix


@pytest.fixture(params=["digits", "blocks"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kernels: that of x86 and the one for other processors."""
    if request.param == "blocks":
        monkeypatch.setattr(int8, "_has_fbgemm", lambda: False)
    elif not int8._has_fbgemm():
        pytest.skip("this torch has no fbgemm")
    return str(request.param)


@pytest.fixture
def engine(tmp_path: Path, kernel: str) -> LocalEngine:
    return LocalEngine.load(str(write_checkpoint(tmp_path / "model")), INT8)


def test_each_row_has_its_own_scale() -> None:
    matrix = quantised(torch.tensor([[1.0, -0.5, 0.0], [0.001, 0.002, 0.004], [0.0, 0.0, 0.0]]))
    assert matrix.numbers.tolist() == [[127, -64, 0], [32, 64, 127], [0, 0, 0]]
    assert matrix.scales[:2].tolist() == pytest.approx([1 / 127, 0.004 / 127])


def test_a_matrix_is_filled_in_blocks() -> None:
    weight = torch.randn(7, 5)
    matrix = Int8Matrix(7, 5)
    for start in (0, 3, 6):
        matrix.fill(start, weight[start : start + 3])
    assert torch.equal(matrix.numbers, quantised(weight).numbers)


def test_a_layer_multiplies_by_the_rounded_matrix(kernel: str) -> None:
    torch.manual_seed(0)
    matrix = quantised(torch.randn(50, 70))
    bias = torch.nn.Parameter(torch.randn(50))
    layer = Int8Linear(matrix, bias)
    exact = (matrix.numbers * matrix.scales[:, None]).double()
    assert torch.allclose(layer.weight.double(), exact)
    states = torch.randn(2, 3, 70)
    states[0, 0, 5] = 60.0  # an outlier: what stands beside it must not be lost
    wanted = states.double() @ exact.T + bias.double()
    difference = (layer(states) - wanted).norm() / wanted.norm()
    assert difference < (5e-4 if kernel == "digits" else 1e-6)
    assert layer(states).shape == (2, 3, 50)


def test_a_row_depends_on_no_other_row(kernel: str) -> None:
    layer = Int8Linear(quantised(torch.randn(50, 70)))
    states = torch.randn(9, 70) * torch.logspace(-3, 3, 9)[:, None]
    alone = torch.cat([layer(row[None]) for row in states])
    assert torch.equal(layer(states), alone) or kernel == "blocks"
    assert torch.allclose(layer(states), alone, rtol=1e-4, atol=1e-4)


def test_states_of_zeros_and_of_other_formats_are_fine(kernel: str) -> None:
    layer = Int8Linear(quantised(torch.randn(4, 6)))
    assert torch.equal(layer(torch.zeros(2, 6)), torch.zeros(2, 4))
    assert layer(torch.ones(1, 6, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_the_whole_model_is_rounded_and_nothing_else(engine: LocalEngine) -> None:
    model, original = engine.model, make_model()
    assert not [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
    assert isinstance(model.get_input_embeddings(), Int8Embedding)
    assert isinstance(model.get_output_embeddings(), Int8Linear)
    mine, theirs = model.model.decoder.layers[0].fc1, original.model.decoder.layers[0].fc1
    assert torch.equal(mine.bias, theirs.bias)
    assert 0 < (mine.weight - theirs.weight).abs().max() < 0.01
    with torch.no_grad():
        logits, wanted = model(PROMPTS).logits, original(PROMPTS).logits
    assert 0 < (logits - wanted).norm() / wanted.norm() < 0.05


def test_what_is_not_rounded_can_be_converted(engine: LocalEngine) -> None:
    model = engine.model.to(torch.bfloat16)
    assert model(PROMPTS).logits.dtype == torch.bfloat16


def test_it_says_what_it_is(engine: LocalEngine) -> None:
    description = engine.description
    assert (description.dtype, description.dtype_reason) == ("int8", "as asked for")
    assert description.parameters == sum(weight.numel() for weight in make_model().parameters())


STRATEGIES = [
    {},
    {"top_p": 0.9, "seed": 1},
    {"top_k": 4, "penalty_alpha": 0.6},
    {"num_beams": 3, "num_return_sequences": 2},
    {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 0.5},
    {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2},
]


@pytest.mark.parametrize("options", STRATEGIES, ids=lambda options: next(iter(options), "greedy"))
def test_every_strategy_continues_padded_prompts_as_alone(
    tmp_path: Path, options: dict[str, float]
) -> None:
    model = LocalEngine.load(str(write_checkpoint(tmp_path / "model")), INT8).model
    together = decode(model, PROMPTS, MASK, max_new_tokens=6, **options)
    sequences = options.get("num_return_sequences", 1)
    assert together.shape == (2 * sequences, 6)
    if "seed" not in options:
        alone = decode(model, PROMPTS[:1, 2:], MASK[:1, 2:], max_new_tokens=6, **options)
        assert torch.equal(together[: len(alone)], alone)


def test_scores_are_those_of_generating(engine: LocalEngine) -> None:
    prompt = encode(engine.tokenizer, "The Transformer")
    options = GenerationOptions(max_new_tokens=6)
    said = [token for step in engine.steps([prompt], options, lambda: False) for token in step.ids]
    scored = engine.score(prompt, [token.id for token in said])
    assert len(said) == 6
    for token, before in zip(scored, said, strict=True):
        assert token.log_probability == pytest.approx(before.log_probability, abs=1e-3)


def test_galais_function_and_magics_load_it(
    checkpoint: Path, run: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    model = gal.load_model(str(checkpoint), dtype="int8", num_gpus=0)
    assert model.description.dtype == "int8"
    assert model.generate("The Transformer", max_new_tokens=4).startswith("The Transformer")
    assert model.model.get_input_embeddings().weight.dtype == torch.int8
    run(f"%galactica load {checkpoint} --dtype int8 --device cpu")
    capsys.readouterr()
    run("%galactica status")
    assert "int8 (as asked for)" in capsys.readouterr().out


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_it_does_not_leave_the_cpu(device: str) -> None:
    layer = Int8Linear(quantised(torch.randn(4, 6)))
    with pytest.raises(OptionError, match="CPU only"):
        layer.to("meta")
    assert layer.to(torch.bfloat16) is layer
    from galai_jupyter.engines import precision

    with pytest.raises(GalacticaError, match=f"CPU only, not on {device}"):
        precision.choose("int8", device)
