"""Tensors that claim to be on GPUs, computed on the CPU: mixing two devices fails, as it would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

_MAY_MIX = ("copy_", "_to_copy", "index", "index_put", "index_put_")
"""What CUDA, too, does with tensors of several devices (indices may be on the CPU)."""


class PretendTensor(torch.Tensor):
    """A CPU tensor that says it is on a GPU."""

    inner: torch.Tensor
    place: torch.device

    @staticmethod
    def __new__(cls, inner: torch.Tensor, device: str) -> PretendTensor:
        tensor = torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
        )
        tensor.inner = inner
        tensor.place = torch.device(device)
        return tensor

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return self.place

    def to(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        device, dtype, _, _ = torch._C._nn._parse_to(*args, **kwargs)
        inner = self.inner.to(dtype=dtype or self.inner.dtype)
        place = device or self.place
        return PretendTensor(inner, str(place)) if place.type == "cuda" else inner

    def cpu(self, *args: Any) -> torch.Tensor:
        return self.inner

    def tolist(self) -> Any:
        return self.inner.tolist()

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return _run(func, args, kwargs or {})


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Compute on the CPU; the result is where CUDA would have it."""
    name = func.overloadpacket.__name__
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    # A number in a tensor without dimensions may be on the CPU.
    places = [str(t.device) for t in tensors if t.dim() or isinstance(t, PretendTensor)]
    if name not in _MAY_MIX and len(set(places)) > 1:
        raise RuntimeError(f"{func} mixes tensors on {', '.join(sorted(set(places)))}.")
    if name.startswith("index") and set(places[1:]) - {places[0], "cpu"}:
        raise RuntimeError(f"{func}: indices on {places[1:]}, values on {places[0]}.")
    asked = kwargs.get("device")
    target = str(asked) if asked is not None else places[0] if places else "cpu"
    if asked is not None:
        kwargs = {**kwargs, "device": "cpu"}
    if isinstance(kwargs.get("generator"), torch.Generator):
        assert str(kwargs["generator"].device) == target
    result = func(*tree_map(_unwrap, args), **tree_map(_unwrap, kwargs))
    if name.endswith("_") and not name.startswith("_"):
        return args[0]
    if not target.startswith("cuda"):
        return result
    return tree_map(lambda leaf: _wrap(leaf, target), result)


def _unwrap(leaf: Any) -> Any:
    return leaf.inner if isinstance(leaf, PretendTensor) else leaf


def _wrap(leaf: Any, device: str) -> Any:
    return PretendTensor(leaf, device) if isinstance(leaf, torch.Tensor) else leaf


@contextmanager
def pretend_gpus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let torch compute on ``cuda:0``, ``cuda:1`` … on a machine that has none."""
    monkeypatch.setattr(torch.cuda, "_lazy_init", lambda: None)
    # No wrapper can be made in inference mode; the weights want no gradients anyhow.
    monkeypatch.setattr(torch.inference_mode, "__enter__", lambda mode: None)
    monkeypatch.setattr(torch.inference_mode, "__exit__", lambda mode, *error: None)
    lifting = torch._C._only_lift_cpu_tensors()
    torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(…, device=…) copies, then
    try:
        with _Mode():
            yield
    finally:
        torch._C._set_only_lift_cpu_tensors(lifting)


def spread(model: Any, device_map: dict[str, Any]) -> Any:
    """Put a model onto pretended GPUs, with the hooks that accelerate gives a real one."""
    from accelerate.hooks import AlignDevicesHook, add_hook_to_module

    homes: dict[str, PretendTensor] = {}
    for name, module in model.named_modules():
        owner = next((gpu for key, gpu in device_map.items() if _within(name, key)), None)
        if owner is None:
            continue
        for key, weight in list(module._parameters.items()):
            if weight is not None:
                home = homes.setdefault(
                    str(weight.data_ptr()), PretendTensor(weight.detach(), f"cuda:{owner}")
                )
                module._parameters[key] = torch.nn.Parameter(home, requires_grad=False)
        for key, buffer in list(module._buffers.items()):
            if buffer is not None:
                module._buffers[key] = PretendTensor(buffer, f"cuda:{owner}")
        if name in device_map:
            # As in accelerate.dispatch_model: inputs go to the module's GPU, outputs stay there.
            add_hook_to_module(module, AlignDevicesHook(execution_device=f"cuda:{owner}"))
    add_hook_to_module(model, AlignDevicesHook(io_same_device=True))
    model.hf_device_map = device_map
    return model


def _within(name: str, key: str) -> bool:
    return name == key or name.startswith(f"{key}.")
