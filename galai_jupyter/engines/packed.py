"""Weights in; linear layers that hold them in the order in which the CPU's kernel reads them, out.

torch hands oneDNN a matrix row by row. For a few tokens at a time, which is what generation reads,
the kernel then spends more time rearranging the matrix than multiplying by it. Here it is
rearranged once. In bfloat16 results are the same to the bit, and a token takes half the time; in
float32 it is several sequences (beams, candidates) that gain as much.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from galai_jupyter.errors import OptionError


class PackedLinear(nn.Module):
    """A linear layer over a packed matrix, which it holds instead of the original.

    Parameters
    ----------
    weight : torch.Tensor, shape (outputs, inputs)
        On the CPU, in a format for which :func:`can_pack` holds.
    bias : torch.nn.Parameter of shape (outputs,), optional
        None is no bias.

    Attributes
    ----------
    out_features, in_features : int
        The shape of the matrix.
    """

    def __init__(self, weight: Tensor, bias: nn.Parameter | None = None) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self.bias = bias
        self._packed = _pack(weight)

    @property
    def weight(self) -> Tensor:
        """A copy of the matrix, shape (outputs, inputs)."""
        return self._packed.to_dense()

    def forward(self, states: Tensor) -> Tensor:
        """Return outputs of shape (…, outputs) for states of shape (…, inputs)."""
        return _multiply(states, self._packed, self.bias)

    def extra_repr(self) -> str:
        """Say the shape, as torch's own layer does."""
        return f"in_features={self.in_features}, out_features={self.out_features}, packed"

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> PackedLinear:
        """Convert the matrix with all others; it cannot leave the CPU."""
        weight = fn(self.weight)
        if weight.device.type != "cpu" or not can_pack(weight.dtype):
            raise OptionError(
                "These weights are packed for the CPU and its formats: load the model with the "
                "device and dtype that you want instead of moving it."
            )
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._packed = _pack(weight)
        return self


class PackedHead(nn.Linear):
    """An output layer that shares its matrix with the embedding, and packs a copy at first use.

    Parameters
    ----------
    weight : torch.nn.Parameter, shape (tokens, width)
        The embedding's own.
    """

    def __init__(self, weight: nn.Parameter) -> None:
        with torch.device("meta"):
            super().__init__(weight.shape[1], weight.shape[0], bias=False)
        self.weight = weight
        self._packed: Tensor | None = None
        self._state: object = None

    def forward(self, states: Tensor) -> Tensor:
        """Return logits of shape (…, tokens) for states of shape (…, width)."""
        weight = self.weight
        if weight.device.type != "cpu" or not can_pack(weight.dtype):
            return functional.linear(states, weight)
        state = (weight.data_ptr(), weight.dtype, weight._version)
        if self._packed is None or state != self._state:
            self._packed, self._state = _pack(weight), state
        return _multiply(states, self._packed, None)


@cache
def can_pack(dtype: torch.dtype) -> bool:
    """Return whether matrices of this format can be packed here: tried out on a small one."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    if dtype not in (torch.float32, torch.bfloat16):
        return False
    weight, states = torch.eye(32, 16, dtype=dtype), torch.ones(2, 16, dtype=dtype)
    try:
        product = _multiply(states, _pack(weight), None)
    except (AttributeError, RuntimeError):  # this torch, or this processor, has no such operation
        return False
    return torch.equal(product, functional.linear(states, weight))


def _pack(weight: Tensor) -> Tensor:
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), None)
    return packed


def _multiply(states: Tensor, packed: Tensor, bias: Tensor | None) -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(states, packed, bias, "none", [], "")
    return product
