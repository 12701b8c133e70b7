"""Compares two models in everything that code can tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Any

import torch
from torch import nn

__all__ = ["differences"]

_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
_PLAIN = (bool, int, float, str, NoneType)

Facts = dict[str, Any]


def differences(ours: nn.Module, theirs: nn.Module) -> Iterator[str]:
    """What differs between two models that should be the same.

    Compared are, of each parameter, buffer and tensor that a module keeps as an attribute or in a
    list or dict: the type, shape, dtype, strides, device, ``requires_grad``, value (bit for bit),
    own attributes, hooks, and which others are the same object or the same memory; of each module:
    its type, plain attributes, and numbers of hooks.

    Args:
        ours: the one model.
        theirs: the model that it should equal.

    Yields:
        One line for each difference.
    """
    our_facts, their_facts = dict(_facts(ours)), dict(_facts(theirs))
    for name in {**their_facts, **our_facts}:
        if name not in our_facts or name not in their_facts:
            yield f"{name} is {'missing' if name in their_facts else 'not expected'}"
            continue
        ours_here, theirs_here = our_facts[name], their_facts[name]
        for fact in {**theirs_here, **ours_here}:
            value, expected = ours_here.get(fact), theirs_here.get(fact)
            if isinstance(expected, torch.Tensor) and isinstance(value, torch.Tensor):
                if not _equal(value, expected):
                    yield f"{name} has other values"
            elif repr(value) != repr(expected):  # NaN equals NaN
                yield f"{name}: {fact} is {value!r}, not {expected!r}"


def _facts(model: nn.Module) -> Iterator[tuple[str, Facts]]:
    objects: dict[int, str] = {}  # the first name of each
    memory: dict[int, str] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        place = path or "the model"
        same = objects.setdefault(id(module), place)
        plain = {key: value for key, value in vars(module).items() if _is_plain(value)}
        hooks = {key: len(vars(module).get(key, ())) for key in _HOOKS}
        yield place, {"type": type(module), "the same as": same, **hooks, **plain}
        for name, tensor in _tensors(module):
            name = f"{path}.{name}" if path else name
            yield name, _facts_of(tensor, name, objects, memory)
    for key, value in model.state_dict().items():
        # What is no tensor of a module: the packed weights of quantized layers, extra state.
        if not isinstance(value, torch.Tensor) or value.is_quantized:
            yield f"state dict's {key}", dict(_inside("it", value))


def _tensors(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for key, value in vars(module).items():
        if key in ("_parameters", "_buffers"):
            for name, tensor in value.items():
                if tensor is not None:
                    yield name, tensor
        elif key != "_modules":
            yield from _inside(key, value)


def _inside(name: str, value: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors in nested lists, tuples and dicts, with what leads to them."""
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _inside(f"{name}[{index}]", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _inside(f"{name}[{key!r}]", item)


def _facts_of(
    tensor: torch.Tensor, name: str, objects: dict[int, str], memory: dict[int, str]
) -> Facts:
    facts: Facts = {
        "type": type(tensor),
        "the same as": objects.setdefault(id(tensor), name),
        "shape": tuple(tensor.shape),
        "dtype": tensor.dtype,
        "device": tensor.device,
        "requires_grad": tensor.requires_grad,
        "attributes": vars(tensor),
        "hooks": len(tensor._backward_hooks or ()),
        "hooks after gradients": len(getattr(tensor, "_post_accumulate_grad_hooks", None) or ()),
        "value": tensor.detach(),
    }
    if tensor.layout is torch.strided:
        facts["strides"] = tensor.stride()
        if not tensor.is_meta and tensor.numel():
            storage = tensor.untyped_storage()
            facts["memory"] = (memory.setdefault(storage.data_ptr(), name), storage.nbytes())
    return facts


def _equal(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape or ours.device != theirs.device:
        return False
    if ours.is_meta:
        return True
    if ours.is_quantized:
        same_scale = torch.equal(ours.dequantize(), theirs.dequantize())
        return same_scale and torch.equal(ours.int_repr(), theirs.int_repr())
    if ours.layout is not torch.strided:
        return torch.equal(ours.to_dense(), theirs.to_dense())
    bits = [tensor.contiguous().reshape(-1).view(torch.uint8) for tensor in (ours, theirs)]
    return torch.equal(*bits)


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return type(value) in _PLAIN
