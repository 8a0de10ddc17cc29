"""Sizes in, an OPT model out; and the checkpoint folder that it is saved to."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AttentionInterface, GenerationConfig, OPTConfig, OPTForCausalLM
from transformers.utils import logging

from galai_jupyter.tokens import CONTEXT_SIZE
from training.batches import Batch
from training.tokenizer import END, PAD

IGNORED = -100
HEAD_SIZE = 64


@dataclass(frozen=True)
class Shape:
    """The sizes of a model; those of the bundled one unless said otherwise."""

    vocabulary: int
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    context: int = CONTEXT_SIZE


def causal_attention(
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, *_: object, **__: object
) -> tuple[Tensor, None]:
    """Attend in plain matrix products: for short rows on a CPU four times as fast as the kernel.

    Shapes as in transformers: [rows, heads, tokens, size] in, [rows, tokens, heads, size] out;
    OPT scales the queries itself.
    """
    tokens = query.shape[2]
    later = torch.full((tokens, tokens), -math.inf, dtype=query.dtype).triu(1)
    weights = (query @ key.transpose(2, 3) + later).softmax(-1)
    return (weights.to(value.dtype) @ value).transpose(1, 2).contiguous(), None


AttentionInterface.register("causal", causal_attention)


def new_model(shape: Shape) -> OPTForCausalLM:
    """Return a model with random weights, built as Galactica's are: pre-norm OPT with GELU."""
    config = OPTConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        word_embed_proj_dim=shape.hidden,
        ffn_dim=4 * shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        max_position_embeddings=shape.context,
        do_layer_norm_before=True,
        activation_function="gelu",
        dropout=0.0,
        attention_dropout=0.0,
        layerdrop=0.0,
        enable_bias=True,
        layer_norm_elementwise_affine=True,
        tie_word_embeddings=True,
        bos_token_id=0,
        pad_token_id=PAD,
        eos_token_id=END,
        attn_implementation="causal",
    )
    model = OPTForCausalLM(config)
    with torch.no_grad():  # residual branches start small, which steadies the first steps
        for layer in model.model.decoder.layers:
            for linear in (layer.self_attn.out_proj, layer.fc2):
                linear.weight.mul_((2 * shape.layers) ** -0.5)
        table = model.model.decoder.embed_positions.weight
        table.copy_(sinusoids(*table.shape))
        table.requires_grad_(False)
        attention = model.model.decoder.layers[0].self_attn
        for head, back in enumerate((1, 2, 3, 4)[: shape.heads]):
            look_back(attention.q_proj.weight, attention.k_proj.weight, head, back)
    return model


def _waves(number: int) -> Tensor:
    """Return frequencies, in radians per token, from one that tells neighbours apart downwards."""
    return 3.0 * torch.exp(-math.log(3000) * torch.arange(number) / number)


def sinusoids(rows: int, width: int, size: float = 0.05) -> Tensor:
    """Return the Transformer's sines and cosines of positions, all waves of amplitude `size`.

    Galactica learns its positions. A short training cannot, for 2,048 of them: with these, kept as
    they are, what is learned at one position holds at all others.
    """
    angles = torch.arange(rows)[:, None] * _waves(width // 2)
    return size * torch.cat((angles.sin(), angles.cos()), dim=1)


def look_back(query: Tensor, key: Tensor, head: int, back: int) -> None:
    """Let a head start out by attending to the token that stands `back` places before.

    Query and key read the same waves of the position; the query turns them back by `back` tokens
    (sin(a - b) = sin a cos b - cos a sin b), so that their product is largest there. Copying, and
    with it every sum, is built on such heads, and they are slow to learn. They are trained on.
    """
    width, size = query.shape[1], HEAD_SIZE
    waves = torch.arange(0, size, 2) * (width // 2) // (2 * size)
    turn = _waves(width // 2)[waves] * back
    row = head * size + torch.arange(size // 2)
    query[head * size : (head + 1) * size] = 0
    key[head * size : (head + 1) * size] = 0
    for offset, wave, other, sign in (
        (0, waves, width // 2 + waves, -1),
        (size // 2, width // 2 + waves, waves, 1),
    ):
        key[row + offset, wave] = 1
        query[row + offset, wave] = turn.cos()
        query[row + offset, other] = sign * turn.sin()


def batch_loss(model: OPTForCausalLM, batch: Batch) -> Tensor:
    """Return the mean loss over the counted tokens; only they pass through the output layer."""
    targets = batch.ids[:, 1:].where(batch.counted[:, 1:], IGNORED).flatten()
    order = targets.ne(IGNORED).nonzero()[:, 0]
    filled = -(-len(order) // 256) * 256  # few different shapes, as in `batches`
    order = torch.cat((order, targets.eq(IGNORED).nonzero()[: filled - len(order), 0]))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.model.decoder(
            input_ids=batch.ids, position_ids=batch.positions, use_cache=False
        ).last_hidden_state[:, :-1]
        logits = model.lm_head(hidden.flatten(0, 1)[order])
    return cross_entropy(logits.float(), targets[order], ignore_index=IGNORED)


def save_model(model: OPTForCausalLM, folder: Path) -> None:
    """Write the weights in float16, the configuration and the generation defaults."""
    logging.disable_progress_bar()
    half = copy.deepcopy(model).to(torch.float16).eval()
    half.generation_config = GenerationConfig(bos_token_id=0, pad_token_id=PAD, eos_token_id=END)
    half.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # it is written for its owner alone
