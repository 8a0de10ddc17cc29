"""Layers on GPUs: what lands where, and what is said when it does not fit. No GPU is needed."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from galai_jupyter.catalog import ModelInfo, element_size, names
from galai_jupyter.engines import checkpoint as checkpoints
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.engines.placement import Placement
from galai_jupyter.errors import InsufficientMemoryError, OptionError
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.tokens import byte_tokenizer, encode
from tests.conftest import make_config, make_model, write_checkpoint
from tests.pretend_gpus import pretend_gpus, spread

GB = 10**9
MODELS = [name for name in names() if name != "demo"]
BLOCK = re.compile(r"model\.decoder\.layers\.(\d+)$")


@cache
def placement(name: str) -> Placement:
    info = ModelInfo.by_name(name)
    config = make_config(
        vocab_size=info.vocab_size,
        hidden_size=info.hidden_size,
        word_embed_proj_dim=info.hidden_size,
        ffn_dim=4 * info.hidden_size,
        num_hidden_layers=info.num_layers,
        num_attention_heads=info.num_heads,
        max_position_embeddings=info.max_positions,
    )
    return Placement(name, config)


def gpus(count: int, gigabytes: float) -> dict[int, int]:
    return dict.fromkeys(range(count), int(gigabytes * GB))


def layers(device_map: dict[str, Any]) -> dict[int, Any]:
    """Return the GPU of each layer."""
    return {int(found[1]): gpu for key, gpu in device_map.items() if (found := BLOCK.match(key))}


def check_map(name: str, dtype: str, device_map: dict[str, Any], free: dict[int, int]) -> None:
    """Check that every weight has one legal place, and that weights and cache have room."""
    info = ModelInfo.by_name(name)
    if list(device_map) == [""]:
        assert info.memory_needed(dtype) <= free[0]
        return
    placed = layers(device_map)
    assert sorted(placed) == list(range(info.num_layers))  # whole layers, each once
    in_order = [placed[number] for number in range(info.num_layers)]
    assert all(after - before in (0, 1) for before, after in pairwise(in_order))
    others = {key: gpu for key, gpu in device_map.items() if not BLOCK.match(key)}
    assert sorted(key.rpartition(".")[2] for key in others) == [
        "embed_positions", "embed_tokens", "final_layer_norm", "lm_head",
    ]  # fmt: skip
    assert set(others.values()) == {0}  # ids go in, and logits come out, on the first GPU
    used: Counter[Any] = Counter()
    for key, parameter in checkpoints.empty_model(placement(name).config).named_parameters():
        owner = next(gpu for module, gpu in device_map.items() if key.startswith(f"{module}."))
        used[owner] += parameter.numel() * element_size(dtype)
    cache = info.memory_per_token(dtype) * info.max_positions // info.num_layers
    for gpu, weights in used.items():
        room = 1.1 * weights + 0.95 * cache * in_order.count(gpu)
        assert room <= free[gpu], f"GPU {gpu}: {room / GB:.1f} GB"


@pytest.mark.parametrize("gigabytes", [16, 24, 40, 80])
@pytest.mark.parametrize("count", [1, 2, 4, 8])
@pytest.mark.parametrize("name", MODELS)
def test_layers_are_whole_in_order_and_have_room(name: str, count: int, gigabytes: int) -> None:
    dtype, free = "float16", gpus(count, gigabytes)
    if (needed := ModelInfo.by_name(name).memory_needed(dtype)) > sum(free.values()):
        with pytest.raises(InsufficientMemoryError, match=f"needs {needed / GB:.1f} GB"):
            placement(name).device_map(dtype, free)
    else:
        check_map(name, dtype, placement(name).device_map(dtype, free), free)


@pytest.mark.parametrize(
    ("name", "dtype", "count", "gigabytes", "expected"),
    [
        ("mini", "float32", 2, 16, [8, 4]),
        ("base", "float32", 4, 16, [6, 7, 7, 4]),
        ("standard", "float32", 2, 24, [16, 16]),
        ("galpaca-6.7b", "float16", 4, 16, [8, 9, 9, 6]),
        ("large", "float16", 2, 40, [24, 24]),
        ("large", "float32", 4, 40, [12, 13, 13, 10]),
        ("galpaca-30b", "float16", 8, 16, [6, 7, 7, 7, 7, 7, 7]),
        ("huge", "float16", 4, 80, [24, 25, 25, 22]),
        ("huge", "float16", 8, 40, [12, 13, 13, 13, 13, 13, 13, 6]),
    ],
)
def test_layers_on_each_gpu(
    name: str, dtype: str, count: int, gigabytes: int, expected: list[int]
) -> None:
    free = gpus(count, gigabytes)
    found = placement(name).device_map(dtype, free)
    check_map(name, dtype, found, free)
    assert list(Counter(layers(found).values()).values()) == expected


@pytest.mark.parametrize(
    ("name", "dtype", "count", "gigabytes", "advice"),
    [
        (
            "standard", "float32", 1, 24,
            "standard needs 31.4 GB of memory as float32 and the GPU has 24.0 GB free: as float32 "
            "it would fit on 2 GPUs with 24.0 GB free each, and dtype float16 (15.7 GB) would fit.",
        ),
        (
            "large", "float32", 2, 24,
            "large needs 137.5 GB of memory as float32 and 2 GPUs have 24.0 GB free each: as "
            "float32 it would fit on 7 GPUs with 24.0 GB free each, and dtype float16 (68.8 GB) "
            "would fit on 4 GPUs with 24.0 GB free each.",
        ),
        (
            "huge", "float16", 4, 40,
            "huge needs 275.0 GB of memory as float16 and 4 GPUs have 40.0 GB free each: as "
            "float16 it would fit on 7 GPUs with 40.0 GB free each.",
        ),
        (
            "huge", "float32", 1, 4,
            "huge needs 550.0 GB of memory as float32 and the GPU has 4.0 GB free: mini (500 MB) "
            "would fit.",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_what_would(
    name: str, dtype: str, count: int, gigabytes: int, advice: str
) -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        placement(name).device_map(dtype, gpus(count, gigabytes))
    assert str(caught.value) == advice


@pytest.mark.parametrize(
    ("name", "gigabytes"),
    [
        ("standard", 6), ("galpaca-6.7b", 12), ("large", 16), ("large", 40), ("galpaca-30b", 24),
        ("huge", 16), ("huge", 40), ("huge", 80),
    ],
)  # fmt: skip
def test_the_count_that_is_named_is_the_least_that_will_do(name: str, gigabytes: int) -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        placement(name).device_map("float16", gpus(1, gigabytes))
    found = re.search(r"on (\d+) GPUs", str(caught.value))
    assert found
    count = int(found[1])
    free = gpus(count, gigabytes)
    check_map(name, "float16", placement(name).device_map("float16", free), free)
    with pytest.raises(InsufficientMemoryError):
        placement(name).device_map("float16", gpus(count - 1, gigabytes))


def test_the_documentation_tells_how_many_gpus_are_needed() -> None:
    page = Path(__file__).parents[1] / "docs" / "tasks" / "large-models.md"
    text = page.read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    header = next(row for row in rows if row[:2] == ["", "mini"])
    needed = next(row for row in rows if row[0] == "memory as float16")
    counted = [row for row in rows if row[0].endswith("GB GPUs")]
    assert [row[0].split()[0] for row in counted] == ["16", "24", "40", "80"]
    for column in range(1, len(header)):
        for name in header[column].split(", "):
            info = ModelInfo.by_name(name)
            assert f"{info.memory_needed('float16') / GB:.1f} GB" == needed[column]
            for row in counted:
                count, size = int(row[column]), int(row[0].split()[0])
                assert placement(name).device_map("float16", gpus(count, size))
                if count > 1:
                    with pytest.raises(InsufficientMemoryError):
                        placement(name).device_map("float16", gpus(count - 1, size))


def test_gpus_may_have_different_sizes() -> None:
    free = {0: 16 * GB, 1: 80 * GB}
    found = placement("large").device_map("float16", free)
    check_map("large", "float16", found, free)
    counts = Counter(layers(found).values())
    assert counts[1] > 3 * counts[0]
    with pytest.raises(InsufficientMemoryError, match=r"2 GPUs have 32\.0 GB free in all"):
        placement("large").device_map("float16", {0: 8 * GB, 1: 24 * GB})


def test_a_fine_tune_without_biases_is_placed_too() -> None:
    config = make_config(enable_bias=False, num_hidden_layers=6, vocab_size=300)
    free = dict.fromkeys(range(2), 400_000)
    found = Placement("fine-tune", config).device_map("float32", free)
    assert sorted(set(found.values())) == [0, 1]


class Gpus:
    """Stands in for the GPUs of a machine; what should be loaded there is loaded on the CPU."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *free: int) -> None:
        self.device_map: dict[str, Any] = {}
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(free))
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: (free[index], free[index]))
        load = checkpoints.load_weights

        def load_weights(folder: Path, config: Any, dtype: str, where: Any, progress: Any) -> Any:
            self.device_map = where
            return load(folder, config, dtype, dict.fromkeys(where, "cpu"), progress)

        monkeypatch.setattr(checkpoints, "load_weights", load_weights)


@pytest.fixture
def deep_checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path, make_model(num_hidden_layers=6))


def load(folder: Path, **options: Any) -> LocalEngine:
    return LocalEngine.load(str(folder), LoadOptions(dtype="float32", **options))


def test_loading_uses_all_gpus(deep_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Gpus(monkeypatch, *[700_000] * 3)
    engine = load(deep_checkpoint)
    assert set(machine.device_map.values()) == {0, 1, 2}
    prompt = torch.tensor([[40, 41, 42, 43]])
    with torch.no_grad():
        expected = make_model(num_hidden_layers=6)(prompt).logits
        assert torch.allclose(engine.model(prompt).logits, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "used"),
    [
        ({"num_gpus": 2}, {0, 1}),
        ({"num_gpus": 1}, {"cuda:0"}),
        ({"device": "cuda:2"}, {"cuda:2"}),
        ({"num_gpus": 0}, {"cpu"}),
        ({"device": "cpu"}, {"cpu"}),
    ],
)
def test_the_first_gpus_are_used_or_the_one_that_is_named(
    deep_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], used: set[Any]
) -> None:
    machine = Gpus(monkeypatch, *[900_000] * 3)
    load(deep_checkpoint, **options)
    assert set(machine.device_map.values()) == used


@pytest.mark.parametrize("options", [{"num_gpus": 4}, {"device": "cuda", "num_gpus": 0}])
def test_counts_that_cannot_be_had_are_refused(
    deep_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    Gpus(monkeypatch, 900_000, 900_000)
    with pytest.raises(OptionError, match="this machine has 2: give 1 to 2"):
        load(deep_checkpoint, **options)


def test_nothing_is_read_when_the_gpus_are_too_small(
    deep_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Gpus(monkeypatch, 100_000, 100_000)
    with pytest.raises(InsufficientMemoryError, match=r"2 GPUs have 0 MB free each: .* on \d+ GPU"):
        load(deep_checkpoint)
    assert machine.device_map == {}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_beams": 3, "num_return_sequences": 3},
        {"num_beams": 4, "num_return_sequences": 2, "diversity_penalty": 0.9},
        {"top_k": 4, "penalty_alpha": 0.6},
        {"top_p": 0.9, "seed": 1, "num_return_sequences": 2},
        {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2, "min_new_tokens": 4},
    ],
    ids=lambda options: "-".join(options) or "greedy",
)
def test_every_decoding_runs_with_layers_on_several_gpus(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = byte_tokenizer()
    chosen = GenerationOptions(max_new_tokens=8, **options)
    prompts = [encode(tokenizer, "The Transformer"), encode(tokenizer, "A longer text")]

    def said(engine: LocalEngine) -> list[Any]:
        steps = engine.steps(prompts, chosen, lambda: False)
        return [
            (step.prompt_index, step.sequence_index, [token.id for token in step.ids])
            for step in steps
        ]

    expected = said(LocalEngine(make_model(num_hidden_layers=6), tokenizer))
    device_map = Placement("deep", make_config(num_hidden_layers=6)).device_map(
        "float32", dict.fromkeys(range(3), 700_000)
    )
    assert set(device_map.values()) == {0, 1, 2}
    with pretend_gpus(monkeypatch):
        engine = LocalEngine(spread(make_model(num_hidden_layers=6), device_map), tokenizer)
        assert engine.description.device == "3 devices"
        assert said(engine) == expected
        score = engine.score(prompts[0], prompts[1])
    assert len(score) == len(prompts[1])


def test_the_pretended_gpus_refuse_what_real_ones_would(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretend_gpus(monkeypatch):
        first, second = torch.ones(2, device="cuda:0"), torch.ones(2, device="cuda:1")
        with pytest.raises(RuntimeError, match="mixes tensors on cuda:0, cuda:1"):
            first + second
        with pytest.raises(RuntimeError, match="mixes tensors on cpu, cuda:0"):
            first + torch.ones(2)
        assert (first + second.to("cuda:0")).tolist() == [2, 2]
