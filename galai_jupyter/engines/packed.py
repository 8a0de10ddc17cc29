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


class PackedLinear(nn.Module):
    """A linear layer over a matrix that it holds packed, or as it is where it cannot be packed.

    Parameters
    ----------
    weight : torch.Tensor, shape (outputs, inputs)
        The matrix.
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
        self._hold(weight)

    def _hold(self, weight: Tensor) -> None:
        self._is_packed = _is_packable(weight)
        self._matrix = _pack(weight) if self._is_packed else weight

    @property
    def weight(self) -> Tensor:
        """The matrix, shape (outputs, inputs); a copy of it where it is packed."""
        return self._matrix.to_dense() if self._is_packed else self._matrix

    def forward(self, states: Tensor) -> Tensor:
        """Return outputs of shape (…, outputs) for states of shape (…, inputs)."""
        if self._is_packed:
            return _multiply(states, self._matrix, self.bias)
        return functional.linear(states, self._matrix, self.bias)

    def extra_repr(self) -> str:
        """Say the shape, as torch's own layer does."""
        packed = ", packed" if self._is_packed else ""
        return f"in_features={self.in_features}, out_features={self.out_features}{packed}"

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> PackedLinear:
        """Convert or move the matrix with all others."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._hold(fn(self.weight))
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
        if not _is_packable(weight):
            return functional.linear(states, weight)
        version = None if weight.is_inference() else weight._version
        state = (weight.data_ptr(), weight.dtype, version)
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


def _is_packable(weight: Tensor) -> bool:
    return weight.device.type == "cpu" and can_pack(weight.dtype)


def _pack(weight: Tensor) -> Tensor:
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), None)
    return packed


def _multiply(states: Tensor, packed: Tensor, bias: Tensor | None) -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(states, packed, bias, "none", [], "")
    return product
