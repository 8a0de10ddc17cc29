"""An OPT checkpoint's files in; the model on the CPU, made weight by weight, out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from galai_jupyter.engines.hardware import trim_heap
from galai_jupyter.engines.int8 import Int8Embedding, Int8Linear, Int8Matrix
from galai_jupyter.engines.packed import PackedHead, PackedLinear, can_pack
from galai_jupyter.engines.progress import Progress
from galai_jupyter.engines.weights import WeightFiles

if TYPE_CHECKING:
    from transformers import PretrainedConfig

_HEAD = "lm_head.weight"
_EMBEDDING = "model.decoder.embed_tokens.weight"


def assemble(
    folder: Path, config: PretrainedConfig, dtype: str, progress: Progress
) -> tuple[Any, set[str], set[str]]:
    """Return a model whose weights were converted as they were read.

    At no time is there more in memory than the weights in their new format and a few blocks.

    Parameters
    ----------
    folder : pathlib.Path
        The checkpoint.
    config : transformers.OPTConfig
        Its configuration.
    dtype : str
        Number format of the weights. ``"int8"`` is for matrices: biases, norms and positions are
        float32 then.
    progress : callable
        Told how far it is.

    Returns
    -------
    model : transformers.OPTForCausalLM
        Without numbers if the checkpoint does not fit it.
    missing, unexpected : set of str
        The weights that are not in the checkpoint, or there with another shape, and those that
        the model has no place for.
    """
    from transformers import AutoModelForCausalLM, GenerationConfig

    files = WeightFiles(folder)
    number_format = torch.float32 if dtype == "int8" else getattr(torch, dtype)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=number_format)
    shapes = {name: tuple(weight.shape) for name, weight in model.named_parameters()}
    sources = {_with_prefix(name, shapes): name for name in files.shapes}
    missing = {name for name, shape in shapes.items() if _shape(files, sources, name) != shape}
    unexpected = {
        name for name in sources if name not in shapes and not name.endswith((_HEAD, ".version"))
    }
    if missing or unexpected:
        return model, missing, unexpected
    if (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder)
    # The embedding first: what converting the largest matrix takes is free again when the rest
    # comes.
    for done, name in enumerate(sorted(shapes, key=lambda name: name != _EMBEDDING)):
        progress("Loading", done / len(shapes))
        _put(model, name, files, sources[name], number_format, dtype == "int8")
    progress("Loading", 1.0)
    return model, missing, unexpected


def _with_prefix(name: str, shapes: dict[str, tuple[int, ...]]) -> str:
    """Return the model's name of a weight; old checkpoints leave the ``model.`` in front out."""
    longer = f"model.{name}"
    return longer if name not in shapes and longer in shapes else name


def _shape(files: WeightFiles, sources: dict[str, str], name: str) -> tuple[int, ...] | None:
    source = sources.get(name)
    return None if source is None else files.shapes[source]


def _put(
    model: Any, name: str, files: WeightFiles, source: str, dtype: torch.dtype, int8: bool
) -> None:
    """Read a weight, convert it, and give it to the layers that it belongs to."""
    path, _, leaf = name.rpartition(".")
    layer = model.get_submodule(path)
    shape = files.shapes[source]
    tied = name == _EMBEDDING and model.config.tie_word_embeddings
    is_matrix = leaf == "weight" and isinstance(layer, nn.Linear)
    if int8 and (name == _EMBEDDING or is_matrix):
        matrix = Int8Matrix(*shape)
        for start, block in files.blocks(source):
            matrix.fill(start, block)
        if name == _EMBEDDING:
            model.set_input_embeddings(Int8Embedding(matrix))
        else:
            model.set_submodule(path, Int8Linear(matrix, layer.bias))
        if tied:
            model.lm_head = Int8Linear(matrix)
        del matrix
        trim_heap()
        return
    weight = torch.empty(shape, dtype=dtype)
    for start, block in files.blocks(source):
        weight[start : start + len(block)] = block
    if is_matrix and can_pack(dtype):
        model.set_submodule(path, PackedLinear(weight, layer.bias))
        del weight
        trim_heap()
        return
    setattr(layer, leaf, nn.Parameter(weight))
    if tied:
        model.lm_head = PackedHead(layer.weight)


def count_parameters(model: Any) -> int:
    """Return the number of a model's parameters, packed ones too; a tied head is counted once."""
    count: int = sum(parameter.numel() for parameter in model.parameters())
    layers = [
        module for module in model.modules() if isinstance(module, (Int8Linear, PackedLinear))
    ]
    count += sum(layer.out_features * layer.in_features for layer in layers)
    if model.config.tie_word_embeddings and isinstance(model.get_output_embeddings(), Int8Linear):
        count -= model.get_input_embeddings().weight.numel()
    return count
