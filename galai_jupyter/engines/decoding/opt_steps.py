"""New tokens and a cache in, the hidden states of an OPT model out: its layers without overhead.

On a CPU a token of a small model costs less than the Python that leads to its matrix products. So
the few operations of a layer are called here one after the other, on the model's own weights. The
results are those of the modules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear, scaled_dot_product_attention

from galai_jupyter.engines.int8 import Int8Linear, split_digits

Product = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class _Layer:
    """The parts of one layer, as functions of states of shape (rows, tokens, width)."""

    attention_norm: Product
    projections: Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]
    output: Product
    inner_norm: Product
    first: Product
    activation: Product
    second: Product


class OptSteps:
    """Reads new tokens after those that are in a cache.

    Parameters
    ----------
    decoder : transformers.OPTDecoder
        One for which :meth:`fits` holds.
    """

    def __init__(self, decoder: Any) -> None:
        attention = decoder.layers[0].self_attn
        self._heads, self._scaling = attention.num_heads, attention.scaling
        self._embed = decoder.embed_tokens
        positions = decoder.embed_positions
        self._positions = positions.weight[positions.offset :]
        self._layers = [_layer(layer) for layer in decoder.layers]
        final = decoder.final_layer_norm
        self._final: Product = _identity if final is None else _norm(final)

    @staticmethod
    def fits(decoder: Any) -> bool:
        """Return whether a decoder is a plain OPT on a CPU, whose modules nobody listens to."""
        from transformers.models.opt.modeling_opt import OPTDecoder

        return (
            type(decoder) is OPTDecoder
            and not decoder.training
            and decoder.config.do_layer_norm_before
            and decoder.config._attn_implementation == "sdpa"
            and decoder.project_in is None
            and decoder.project_out is None
            and all(parameter.device.type == "cpu" for parameter in decoder.parameters())
            and not any(
                module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module)
                for module in decoder.modules()
            )
        )

    @staticmethod
    def reads(ids: Tensor, mask: Tensor | None, cache: Any) -> bool:
        """Return whether these tokens can be read: a beginning, or padding within, cannot."""
        known = cache.get_seq_length() > 0
        return known and (mask is None or mask.dim() == 4 or ids.shape[1] == 1)

    def __call__(
        self, ids: Tensor, mask: Tensor | None, positions: Tensor | None, cache: Any
    ) -> Tensor:
        """Append the tokens to the cache; return their states, shape (rows, tokens, width).

        Parameters
        ----------
        ids : torch.Tensor, shape (rows, tokens)
            The new tokens.
        mask : torch.Tensor, optional
            1 for each token and 0 for padding, shape (rows, length); or what is added to the
            scores of attention, shape (rows, 1, tokens, length). Without it all tokens count.
        positions : torch.Tensor, shape (rows, tokens), optional
            The place of each token in its text; they follow each other if left out.
        cache : transformers.Cache
            The keys and values of the tokens before.
        """
        rows, count = ids.shape
        length = cache.get_seq_length()
        if positions is None and mask is not None:
            positions = mask.sum(dim=1, keepdim=True) - 1
        if mask is not None and mask.dim() == 2:
            mask = mask[:, None, None, :].bool()
        elif mask is None and count > 1:
            mask = torch.ones(count, length + count, dtype=torch.bool).tril(length)
        places = slice(length, length + count) if positions is None else positions
        states = self._embed(ids) + self._positions[places]
        shape = (rows, count, self._heads, -1)
        for number, layer in enumerate(self._layers):
            query, key, value = layer.projections(layer.attention_norm(states))
            key, value = cache.update(
                key.view(shape).transpose(1, 2), value.view(shape).transpose(1, 2), number
            )
            query = (query * self._scaling).view(shape).transpose(1, 2)
            found = _attend(query, key, value, mask).transpose(1, 2)
            states = states + layer.output(found.reshape(rows, count, -1))
            inner = layer.activation(layer.first(layer.inner_norm(states)))
            states = states + layer.second(inner)
        return self._final(states)


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Return what attention finds; in float32, where few queries take a third of the time."""
    if query.dtype == torch.float32:
        return scaled_dot_product_attention(query, key, value, mask, scale=1.0)
    if mask is not None and mask.dtype != torch.bool:
        mask = mask.float()
    found = scaled_dot_product_attention(query.float(), key.float(), value.float(), mask, scale=1.0)
    return found.to(query.dtype)


def _layer(layer: Any) -> _Layer:
    attention = layer.self_attn
    return _Layer(
        attention_norm=_norm(layer.self_attn_layer_norm),
        projections=_projections(attention.q_proj, attention.k_proj, attention.v_proj),
        output=_product(attention.out_proj),
        inner_norm=_norm(layer.final_layer_norm),
        first=_product(layer.fc1),
        activation=layer.activation_fn,
        second=_product(layer.fc2),
    )


def _identity(states: Tensor) -> Tensor:
    return states


def _norm(module: nn.LayerNorm) -> Product:
    shape, weight, bias, eps = module.normalized_shape, module.weight, module.bias, module.eps
    return lambda states: layer_norm(states, shape, weight, bias, eps)


def _product(module: nn.Module) -> Product:
    if type(module) is not nn.Linear:
        return module
    weight, bias = module.weight, module.bias
    return lambda states: linear(states, weight, bias)


def _projections(*modules: nn.Module) -> Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]:
    """Return the three products of attention; 8-bit ones prepare their states once for all."""
    if all(isinstance(module, Int8Linear) and module.takes_digits for module in modules):
        layers: Any = modules

        def multiply(states: Tensor) -> Any:
            digits = split_digits(states)
            return tuple(layer.multiply(digits) for layer in layers)

        return multiply
    products = [_product(module) for module in modules]
    return lambda states: tuple(product(states) for product in products)  # type: ignore[return-value]
