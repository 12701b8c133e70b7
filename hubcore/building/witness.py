"""Sees which tensors an architecture takes from weights when it loads them itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from .skip_init import RANDOM_FILLS

__all__ = ["LoadWitness"]


class LoadWitness(TorchFunctionMode):
    """A context manager that follows tensors of weights through the operations of this thread.

    An architecture may load weights under other names, in part, or not strictly, and only its
    operations tell what became of them. What is made from the weights' tensors (by copying,
    joining, another dtype) counts as theirs, until it is overwritten as a whole.

    Args:
        tensors: the weights' state dict. It must live until the last call of `loaded`.
    """

    def __init__(self, tensors: Mapping[str, Any]) -> None:
        # Some files hold a state dict for each part.
        self._given = {place for value in _tensors(dict(tensors)) if (place := _place(value))}
        self._theirs = set(self._given)
        self._names = tensors.keys()
        super().__init__()

    def loaded(self, module: nn.Module) -> frozenset[str]:
        """The state-dict keys of a module whose values came from the weights.

        What has no memory to follow, such as an empty tensor, counts if the weights have its name.
        """
        return frozenset(
            key
            for key, value in module.state_dict().items()
            if (place in self._theirs if (place := _place(value)) else key in self._names)
        )

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if not self._given:  # tensors without memory, which nothing is made from
            return func(*args, **kwargs)
        if func in _OVERWRITES:
            target = args[0] if args else kwargs.get("tensor", kwargs.get("self"))
            sources: Iterable[Any] = (*args[1:], *kwargs.values())
            if kwargs:
                sources = [source for source in sources if source is not target]
            is_theirs = self._has(sources)
            result = func(*args, **kwargs)
            # A part that is overwritten leaves the rest.
            if is_theirs:
                self._note(target, True)
            elif _is_whole(target):
                self._note(target, False)
            return result
        is_theirs = self._has((args, kwargs))
        result = func(*args, **kwargs)
        for tensor in _tensors(result):
            self._note(tensor, is_theirs)
        return result

    def _has(self, values: Any) -> bool:
        return any(_place(tensor) in self._theirs for tensor in _tensors(values))

    def _note(self, tensor: Any, is_theirs: bool) -> None:
        # Memory that is used again belongs to its new tensor, but never that of the weights.
        if place := _place(tensor):
            if is_theirs:
                self._theirs.add(place)
            elif place not in self._given:
                self._theirs.discard(place)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _place(value: Any) -> int:
    """Where a tensor's memory begins; 0 if it has none."""
    if not isinstance(value, torch.Tensor):
        return 0
    with torch._C.DisableTorchFunction():
        try:
            return value.untyped_storage().data_ptr()
        except (NotImplementedError, RuntimeError):  # sparse, or of no device
            return 0


def _is_whole(value: Any) -> bool:
    if not isinstance(value, torch.Tensor):
        return False
    with torch._C.DisableTorchFunction():
        try:
            return value.nbytes == value.untyped_storage().nbytes()
        except (NotImplementedError, RuntimeError):
            return False


_OVERWRITES = RANDOM_FILLS | {
    nn.init.constant_,
    torch.Tensor.copy_,
    torch.Tensor.fill_,
    torch.Tensor.zero_,
}
