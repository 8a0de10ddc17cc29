"""Loading checkpoints: what lies in a folder, what is corrected, what is refused, and how."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from galai_jupyter.engines import checkpoint as checkpoints
from galai_jupyter.engines import fingerprint as fingerprints
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.errors import (
    CheckpointError,
    GalacticaError,
    InsufficientMemoryError,
    ModelNotFoundError,
    OptionError,
)
from galai_jupyter.options import LoadOptions
from galai_jupyter.tokens import byte_tokenizer, decode, encode
from tests.conftest import make_model, write_checkpoint, write_hub_folder

CPU = LoadOptions(device="cpu", dtype="float32")
PROMPT = torch.tensor([[40, 41, 42, 43]])


def load(folder: Path, options: LoadOptions = CPU) -> LocalEngine:
    return LocalEngine.load(str(folder), options)


def same(model: Any, other: Any) -> bool:
    with torch.no_grad():
        return torch.allclose(model(PROMPT).logits, other(PROMPT).logits, atol=1e-5)


def test_a_folder_as_on_the_hub_computes_what_it_should(tmp_path: Path) -> None:
    model = make_model()
    engine = load(write_hub_folder(tmp_path / "hub", model))
    assert same(engine.model, model)
    assert not engine.model.training  # dropout is 0.1 in these configurations


def test_galacticas_pre_tokenization_survives_a_gpt2_tokenizer_config(tmp_path: Path) -> None:
    engine = load(write_hub_folder(tmp_path / "hub"))
    ids = encode(engine.tokenizer, "x = 2048\n\n<work>")
    assert decode(engine.tokenizer, ids) == "x = 2048\n\n<work>"
    assert [decode(engine.tokenizer, [i]) for i in ids][-7:] == [*"2048", "\n", "\n", "<work>"]


def test_a_model_is_never_left_in_training_mode() -> None:
    model = make_model().train()
    engine = LocalEngine(model, load_tokenizer_for_tests())
    assert not engine.model.training


def load_tokenizer_for_tests() -> Any:
    from galai_jupyter.tokens import byte_tokenizer

    return byte_tokenizer()


def test_fine_tunes_in_safetensors_load(tmp_path: Path) -> None:
    model = make_model(vocab_size=300)  # rows beyond the tokenizer, as fine-tunes have them
    assert same(load(write_checkpoint(tmp_path, model)).model, model)


def test_old_key_prefixes_load(tmp_path: Path) -> None:
    model = make_model()
    folder = write_hub_folder(tmp_path, model)
    weights = torch.load(folder / "pytorch_model.bin")
    torch.save(
        {key.removeprefix("model."): value for key, value in weights.items()},
        folder / "pytorch_model.bin",
    )
    assert same(load(folder).model, model)


def test_float16_files_load_in_any_format(tmp_path: Path) -> None:
    folder = write_hub_folder(tmp_path, make_model().half())
    assert load(folder).description.dtype == "float32"
    bfloat16 = LoadOptions(device="cpu", dtype="bfloat16")
    assert load(folder, bfloat16).description.dtype == "bfloat16"


def test_missing_weights_are_never_filled_with_random_numbers(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path)
    weights = load_file(folder / "model.safetensors")
    del weights["model.decoder.layers.1.fc1.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lacks model\.decoder\.layers\.1\.fc1\.weight"):
        load(folder)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path)
    weights = load_file(folder / "model.safetensors")
    weights["model.decoder.layers.0.fc1.weight"] = torch.zeros(5, 5)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(CheckpointError, match="fc1"):
        load(folder)


@pytest.mark.parametrize("said", [{"bias": False}, {"enable_bias": True}, {}])
def test_checkpoints_without_biases_correct_a_wrong_config(tmp_path: Path, said: dict) -> None:
    model = make_model(enable_bias=False)
    folder = write_hub_folder(tmp_path, model)
    config = json.loads((folder / "config.json").read_text())
    del config["enable_bias"]  # as in forks that were made before the key existed
    (folder / "config.json").write_text(json.dumps(config | said))
    engine = load(folder)
    assert same(engine.model, model)
    assert engine.model.config.enable_bias is False


def test_biases_that_the_config_denies_are_used(tmp_path: Path) -> None:
    model = make_model()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(".bias"):
                parameter.normal_()
    folder = write_hub_folder(tmp_path, model, enable_bias=False)
    assert same(load(folder).model, model)


def test_layer_norms_without_weights_load(tmp_path: Path) -> None:
    model = make_model(enable_bias=False, layer_norm_elementwise_affine=False)
    folder = write_hub_folder(tmp_path, model, layer_norm_elementwise_affine=True)
    assert same(load(folder).model, model)


class Malice:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (print, ("code from a checkpoint was run",))


def test_pickled_code_is_never_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_hub_folder(tmp_path)
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({"model": Malice()}))
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(folder)
    assert "code from a checkpoint" not in capsys.readouterr().out


def test_code_in_the_folder_is_never_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_checkpoint(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "evil.Model", "AutoConfig": "evil.Config"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text("print('code from a checkpoint was run')")
    load(folder)
    assert "code from a checkpoint" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("model.safetensors", b"", "cannot be read"),
        ("model.safetensors", b"\x10\0\0\0\0\0\0\0garbage", "cannot be read"),
        ("model.safetensors", None, "cannot be read"),
        ("config.json", b"{", "cannot be read"),
        ("config.json", None, r"no config\.json"),
        ("tokenizer.json", None, r"no tokenizer\.json"),
        ("config.json", b'{"model_type": "unheard-of"}', "cannot be read"),
        (
            "config.json",
            b'{"model_type": "bert", "architectures": ["BertForMaskedLM"]}',
            "not a causal language model",
        ),
    ],
)
def test_damaged_folders_are_one_sentence(
    tmp_path: Path, file: str, content: bytes | None, message: str
) -> None:
    folder = write_checkpoint(tmp_path)
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(CheckpointError, match=message) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="download the checkpoint again"):
        load(folder)


def test_a_foreign_vocabulary_is_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path, make_model(vocab_size=100))
    with pytest.raises(CheckpointError, match="do not belong together"):
        load(folder)


def test_unknown_names_say_how_to_name_a_model() -> None:
    for name in ("minni", "no such model", "../nowhere", "a/b/c"):
        with pytest.raises(ModelNotFoundError, match=r"hub id \(owner/name\)"):
            LocalEngine.load(name)


@pytest.mark.parametrize("name", ["mini", "facebook/galactica-125m", "someone/fine-tune"])
def test_without_a_network_the_message_says_so(name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="cannot be reached"):
        LocalEngine.load(name)


def test_without_a_network_an_earlier_download_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--someone--fine-tune"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0123abc")
    write_hub_folder(cached / "snapshots" / "0123abc")
    engine = LocalEngine.load("someone/fine-tune", CPU)
    assert engine.description.name == "someone/fine-tune"
    assert engine.description.revision == "0123abc"


def test_memory_is_checked_before_anything_is_read(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from galai_jupyter.engines import hardware

    monkeypatch.setattr(hardware, "free_memory", lambda: 1000)
    monkeypatch.setattr(checkpoints, "load_weights", lambda *_: pytest.fail("it was loaded"))
    with pytest.raises(InsufficientMemoryError, match="is free"):
        load(checkpoint)


@pytest.mark.parametrize(
    ("dtype", "free", "advice"),
    [
        ("float16", 30e9, "standard .* would fit"),
        ("float32", 70e9, "--dtype bfloat16"),
        ("float16", 1e3, "a machine with more memory"),
    ],
)
def test_what_cannot_fit_is_refused_with_what_would(dtype: str, free: float, advice: str) -> None:
    with pytest.raises(InsufficientMemoryError, match=advice):
        checkpoints.check_memory("large", 30_000_000_000, dtype, 10**9, int(free))
    checkpoints.check_memory("large", 30_000_000_000, dtype, 10**9, 200 * 10**9)


def test_int8_is_advised_where_it_can_be_had() -> None:
    sizes = ("large", 30_000_000_000, "bfloat16", 10**9, 40 * 10**9)
    with pytest.raises(InsufficientMemoryError, match="--dtype int8 needs 35"):
        checkpoints.check_memory(*sizes, int8_extra=0)
    with pytest.raises(InsufficientMemoryError, match=r"standard .* would fit"):
        checkpoints.check_memory(*sizes)


def test_int8_is_for_galacticas_architecture(tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=400, n_positions=64, n_embd=32, n_layer=1, n_head=2)
    folder = write_checkpoint(tmp_path, GPT2LMHeadModel(config))
    assert load(folder).description.dtype == "float32"
    with pytest.raises(GalacticaError, match="int8 is for Galactica's architecture"):
        load(folder, LoadOptions(device="cpu", dtype="int8"))


def test_sharded_checkpoints_load(tmp_path: Path) -> None:
    model = make_model()
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    byte_tokenizer().save(str(tmp_path / "tokenizer.json"))
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    assert same(load(tmp_path).model, model)


def test_the_generation_config_of_a_folder_is_read(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path)
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 77}))
    assert load(folder).model.generation_config.eos_token_id == 77


def test_parameters_are_counted_without_memory(checkpoint: Path) -> None:
    config = checkpoints.read_config(checkpoint)
    assert checkpoints.count_parameters(config) == sum(
        parameter.numel() for parameter in make_model().parameters()
    )


def test_downloads_of_old_notebooks_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = tmp_path / "models--owner--name"
    write_checkpoint(cached / "snapshots" / "abc123")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc123")
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("TRANSFORMERS_CACHE", str(tmp_path))
    with pytest.warns(UserWarning, match="HF_HUB_CACHE is its name now"):
        engine = LocalEngine.load("owner/name", CPU)
    assert engine.description.revision == "abc123"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "other"))
    with pytest.raises(ModelNotFoundError):
        LocalEngine.load("owner/name", CPU)


def test_the_description_follows_the_weights(checkpoint: Path) -> None:
    engine = load(checkpoint)
    assert engine.description.device == "cpu"
    engine.model.to(torch.bfloat16)
    assert engine.description.dtype == "bfloat16"


def test_devices_and_formats_that_do_not_exist_are_refused(checkpoint: Path) -> None:
    for options in (
        LoadOptions(device="gpu"),
        LoadOptions(device="cuda:99"),
        LoadOptions(dtype="float8"),
    ):
        with pytest.raises(GalacticaError):
            load(checkpoint, options)


def test_the_bundled_model_loads_and_passes_all_checks() -> None:
    engine = LocalEngine.load("demo", CPU)
    assert engine.context_size == 2048
    assert engine.description.licence == "Apache-2.0"


def test_a_checkpoint_has_a_fingerprint_of_its_content(tmp_path: Path) -> None:
    first = write_checkpoint(tmp_path / "first")
    copy = Path(shutil.copytree(first, tmp_path / "copy"))
    (copy / "README.md").write_text("about it")
    other = write_checkpoint(tmp_path / "other", make_model(seed=1))
    digits = [load(folder).description.fingerprint for folder in (first, copy, other)]
    assert len(digits[0]) == 32
    assert digits[0] == digits[1] != digits[2]


def test_large_files_are_sampled_from_end_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "_WHOLE", 100)
    monkeypatch.setattr(fingerprints, "_BLOCKS", 4)
    monkeypatch.setattr(fingerprints, "_BLOCK_SIZE", 10)
    found = set()
    for place in (None, 0, 505, 999):
        content = bytearray(1000)
        if place is not None:
            content[place] = 1
        (tmp_path / "model.safetensors").write_bytes(content)
        found.add(fingerprints.fingerprint(tmp_path))
    assert len(found) == 3  # the change in the middle lies between two blocks


def test_a_revision_that_was_downloaded_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--someone--fine-tune"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("b" * 40)
    write_hub_folder(cached / "snapshots" / ("a" * 40), make_model(seed=1))
    write_hub_folder(cached / "snapshots" / ("b" * 40), make_model(seed=2))
    old = LocalEngine.load("someone/fine-tune", LoadOptions(device="cpu", revision="a" * 40))
    new = LocalEngine.load("someone/fine-tune", CPU)
    assert (old.description.revision, new.description.revision) == ("a" * 40, "b" * 40)
    assert old.description.fingerprint != new.description.fingerprint


def test_only_what_comes_from_the_hub_has_revisions(checkpoint: Path) -> None:
    for name in ("demo", str(checkpoint)):
        with pytest.raises(OptionError, match="drop revision"):
            LocalEngine.load(name, LoadOptions(revision="main"))
