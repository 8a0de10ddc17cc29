"""The catalog: figures of the paper, names, the bundled folder."""

import json

import pytest

from galai_jupyter import catalog
from galai_jupyter.catalog import ModelInfo, format_bytes, format_count
from galai_jupyter.errors import ModelNotFoundError


@pytest.mark.parametrize(
    ("name", "parameters", "layers", "heads", "head_size", "cache_kib"),
    [
        ("mini", "125.0 M", 12, 12, 64, 36),
        ("base", "1.3 B", 24, 32, 64, 192),
        ("standard", "6.7 B", 32, 32, 128, 512),
        ("large", "30.0 B", 48, 56, 128, 1344),
        ("huge", "121.3 B", 96, 80, 128, 3840),
    ],
)
def test_figures_are_those_of_the_paper(
    name: str, parameters: str, layers: int, heads: int, head_size: int, cache_kib: int
) -> None:
    info = ModelInfo.by_name(name)
    assert format_count(info.parameters) == parameters
    assert (info.num_layers, info.num_heads, info.head_size) == (layers, heads, head_size)
    assert (info.vocab_size, info.max_positions) == (50_000, 2048)
    assert info.memory_per_token("float16") == cache_kib * 1024
    assert info.weights_size("float32") == 2 * info.disk_size
    assert "NC" in info.licence


def test_what_fits_is_what_loading_will_accept() -> None:
    info = ModelInfo.by_name("standard")
    assert info.memory_needed("float32") > 1.1 * info.weights_size("float32")
    assert info.widest_dtype(info.memory_needed("float32")) == "float32"
    assert info.widest_dtype(info.memory_needed("float32") - 1) == "bfloat16"
    assert info.widest_dtype(info.memory_needed("bfloat16") - 1) == "int8"
    assert info.widest_dtype(info.memory_needed("int8") - 1) == ""


def test_int8_is_a_byte_for_each_number_the_embedding_again_and_padding() -> None:
    info = ModelInfo.by_name("standard")  # 4,096 wide: nothing to pad
    tokens, positions = 50_000 * 4096, 2050 * 4096
    assert info.weights_size("int8") == info.parameters + tokens + 3 * positions
    assert info.memory_per_token("int8") == info.memory_per_token("float32")
    assert info.memory_needed("int8") > 1.1 * info.weights_size("int8")
    mini = ModelInfo.by_name("mini")  # rows of 768 are packed as 1,024
    padding = 256 * (50_000 + 12 * 8 * 768)
    assert mini.weights_size("int8") == mini.parameters + 768 * (50_000 + 3 * 2050) + padding


def test_all_lists_the_five_galacticas() -> None:
    assert [info.name for info in ModelInfo.all()] == [
        "mini",
        "base",
        "standard",
        "large",
        "huge",
    ]


def test_all_shows_itself_as_galais_table() -> None:
    lines = repr(ModelInfo.all()).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "Name Parameters Layers Heads Head Size Vocabulary Size Context Size",
        "mini 125.0 M 12 12 64 50000 2048",
        "base 1.3 B 24 32 64 50000 2048",
        "standard 6.7 B 32 32 128 50000 2048",
        "large 30.0 B 48 56 128 50000 2048",
        "huge 121.3 B 96 80 128 50000 2048",
    ]
    html = ModelInfo.all()._repr_html_()
    assert html.count("<tr>") == 6
    assert "<th>Vocabulary Size</th>" in html
    assert "<strong>huge</strong></td><td>121.3 B</td><td>96</td>" in html


def test_names_and_hub_ids_are_found() -> None:
    assert ModelInfo.by_name("facebook/galactica-125m") is ModelInfo.by_name("mini")
    assert "OpenAI" in ModelInfo.by_name("galpaca-30b").licence
    with pytest.raises(ModelNotFoundError, match=r"'mini'.*hub id"):
        ModelInfo.by_name("minni")


def test_the_bundled_checkpoint_is_described_by_its_own_config() -> None:
    folder = catalog.checkpoint_path("demo")
    config = json.loads((folder / "config.json").read_text())
    info = ModelInfo.by_name("demo")
    assert info.hidden_size == config["hidden_size"]
    assert info.vocab_size == config["vocab_size"]
    with pytest.raises(ModelNotFoundError):
        catalog.checkpoint_path("mini")


def test_the_bundled_checkpoint_is_small_and_safe() -> None:
    files = list(catalog.checkpoint_path("demo").iterdir())
    assert sum(file.stat().st_size for file in files) <= 16e6
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {f.name for f in files}
    assert not [file for file in files if file.suffix in (".bin", ".pt", ".pkl", ".py")]


def test_sizes_are_written_for_people() -> None:
    assert format_bytes(60e9) == "60.0 GB"
    assert format_bytes(250e6) == "250 MB"
    assert format_count(999) == "999"
