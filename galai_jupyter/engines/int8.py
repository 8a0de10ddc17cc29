"""Weights in; layers that hold them as 8-bit integers, for a CPU, out.

A row of a matrix becomes whole numbers from -127 to 127 and one scale. Where torch has fbgemm
(x86), integers are multiplied by integers, and an activation is given as two digits: two rows of
one product, which reads the weights once. That is 14 bits, with a scale for each row, so what is
lost is lost in the weights alone, outliers among the activations (Dettmers et al. 2022, arXiv
2208.07339) do no harm, and a row's result depends on no other row and on no padding. Elsewhere the
matrix is converted to float32 block by block as it is multiplied.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from galai_jupyter.errors import OptionError

_LARGEST = 127
_DIGIT = 63
_OFFSET = 64
"""Digits are -63 to 63 and are stored as 1 to 127: so the sum of two products fits into the 16 bits
in which processors without VNNI form it."""
_BASE = 2 * _DIGIT
_BLOCK = 2**18
"""Numbers of a matrix that are converted at once where there is no fbgemm: 1 MB as float32."""


class Int8Matrix:
    """A matrix as whole numbers and scales, filled a block of rows at a time.

    Parameters
    ----------
    rows, columns : int
        Its shape.

    Attributes
    ----------
    numbers : torch.Tensor of int8, shape (rows, columns)
        The matrix, divided by the scales and rounded.
    scales : torch.Tensor of float32, shape (rows,)
        One for each row.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.numbers = torch.empty(rows, columns, dtype=torch.int8)
        self.scales = torch.empty(rows)

    def fill(self, start: int, block: Tensor) -> None:
        """Round the rows from `start` on; `block` has the shape (its rows, columns)."""
        block = block.float()
        scales = block.abs().amax(dim=1).div_(_LARGEST).clamp_(min=torch.finfo(torch.float32).tiny)
        place = slice(start, start + len(block))
        self.scales[place] = scales
        self.numbers[place] = (block / scales[:, None]).round_()


class Int8Linear(nn.Module):
    """A linear layer over an 8-bit matrix; states are floating-point in and out.

    Parameters
    ----------
    matrix : Int8Matrix
        Of shape (outputs, inputs).
    bias : torch.nn.Parameter of shape (outputs,), optional
        None is no bias.

    Attributes
    ----------
    out_features, in_features : int
        The shape of the matrix.
    """

    def __init__(self, matrix: Int8Matrix, bias: nn.Parameter | None = None) -> None:
        super().__init__()
        self.out_features, self.in_features = matrix.numbers.shape
        self.bias = bias
        self._matrix: Int8Matrix | None = None
        self._packed: Any = None
        if _has_fbgemm():
            self._packed = _pack(matrix)
        else:
            self._matrix = matrix

    @property
    def weight(self) -> Tensor:
        """A float32 copy of the matrix, shape (outputs, inputs)."""
        if self._matrix is not None:
            return self._matrix.numbers * self._matrix.scales[:, None]
        unpacked: Tensor = torch.ops.quantized.linear_unpack(self._packed)[0].dequantize()
        return unpacked

    @property
    def takes_digits(self) -> bool:
        """Whether `multiply` can be called: torch has fbgemm here."""
        return self._packed is not None

    def forward(self, states: Tensor) -> Tensor:
        """Return outputs of shape (…, outputs) for states of shape (…, inputs)."""
        if states.dtype != torch.float32:
            return self(states.float()).to(states.dtype)  # type: ignore[no-any-return]
        return self.multiply(split_digits(states)) if self.takes_digits else self._by_blocks(states)

    def multiply(self, digits: Digits) -> Tensor:
        """Multiply both digits of each number at once, and add up what comes out."""
        products = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            digits.both, 1.0, _OFFSET, self._packed
        )
        product = torch.add(products[1], products[0], alpha=_BASE)
        bias = self.bias
        return product.mul_(digits.units) if bias is None else bias.addcmul(product, digits.units)

    def extra_repr(self) -> str:
        """Say the shape, as torch's own layer does."""
        return f"in_features={self.in_features}, out_features={self.out_features}, int8"

    def _by_blocks(self, states: Tensor) -> Tensor:
        """Multiply as float32, by a block of the matrix at a time that fits into the caches."""
        assert self._matrix is not None
        numbers, scales = self._matrix.numbers, self._matrix.scales
        blocks = torch.split(numbers, max(1, _BLOCK // self.in_features))
        products = [functional.linear(states, block.float()) for block in blocks]
        product = torch.cat(products, dim=-1).mul_(scales)
        return product if self.bias is None else product.add_(self.bias)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Int8Linear:
        """Stay as it is, and refuse to move: the packed matrix could not follow."""
        if fn(torch.empty(0)).device.type != "cpu":
            raise OptionError(
                "8-bit weights run on the CPU only: load the model with another dtype to move it."
            )
        return self


class Digits(NamedTuple):
    """States as numbers of two digits.

    Attributes
    ----------
    both : torch.Tensor, shape (2, …, inputs)
        The high and the low digits, whole numbers.
    units : torch.Tensor, shape (…, 1)
        What one low digit is worth in each row.
    """

    both: Tensor
    units: Tensor


def split_digits(states: Tensor) -> Digits:
    """Return float32 states of shape (…, inputs) as digits."""
    largest = states.abs().amax(dim=-1, keepdim=True)  # a vector norm takes 15 times as long
    units = largest.div_(_DIGIT * _BASE).clamp_(min=1e-30)
    numbers = states / units
    high = (numbers * (1 / _BASE)).round_()
    return Digits(torch.stack((high, torch.sub(numbers, high, alpha=_BASE))), units)


class Int8Embedding(nn.Module):
    """An embedding over an 8-bit matrix.

    Parameters
    ----------
    matrix : Int8Matrix
        Of shape (tokens, width).

    Attributes
    ----------
    weight : torch.nn.Parameter of int8, shape (tokens, width)
        The matrix without its scales.
    scales : torch.Tensor of float32, shape (tokens,)
        What each row is multiplied by.
    """

    scales: Tensor

    def __init__(self, matrix: Int8Matrix) -> None:
        super().__init__()
        self.weight = nn.Parameter(matrix.numbers, requires_grad=False)
        self.register_buffer("scales", matrix.scales)

    def forward(self, ids: Tensor) -> Tensor:
        """Return embeddings of shape (…, width) for ids of any shape."""
        return self.weight[ids].to(self.scales.dtype) * self.scales[ids].unsqueeze(-1)


def _has_fbgemm() -> bool:
    """Return whether torch's fbgemm is here; its quantised tensors are due to leave torch."""
    return (
        torch.backends.quantized.engine in ("x86", "fbgemm")
        and hasattr(torch, "_make_per_channel_quantized_tensor")
        and hasattr(torch.ops.quantized, "linear_with_input_q_dq_qweight_dq_output_fp32")
    )


def _pack(matrix: Int8Matrix) -> Any:
    zeros = torch.zeros(len(matrix.scales), dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that quantised tensors are deprecated
        tensor = torch._make_per_channel_quantized_tensor(
            matrix.numbers, matrix.scales.double(), zeros, 0
        )
        return torch.ops.quantized.linear_prepack(tensor, None)
