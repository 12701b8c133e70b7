"""Enums of other projects, as enums of the hub.

torchvision's pattern is widely followed: an enum whose members have ``url``, ``transforms``,
``meta`` and ``get_state_dict()``. To be listed, locked and stored as all weights are, its members
get counterparts here with the same names and facts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from ..errors import WrongTypeError
from ..protocols import WeightsLike
from .enums import WeightsEnum
from .torchvision_members import loads_as_torchvision
from .value import Weights

__all__ = ["adopt"]

_adopted: WeakKeyDictionary[type[Enum], type[WeightsEnum]] = WeakKeyDictionary()


def adopt(enum: type[Enum]) -> type[WeightsEnum]:
    """The hub's counterpart of an enum that follows torchvision's pattern: always the same class.

    Members whose class loads its tensors in its own way are loaded so. All others go through the
    store. Preprocessing that is a ready-made object, as TorchGeo's is, becomes a function that
    returns it.

    Args:
        enum: a subclass of `WeightsEnum`, which is returned as it is, or another enum.

    Raises:
        WrongTypeError: it is no enum, has no members, or one that lacks what weights need.
    """
    if issubclass(enum, WeightsEnum):
        return enum
    if enum not in _adopted:
        if not _holds_weights(enum):
            raise WrongTypeError(
                f"{enum.__name__} is no enum of weights: its members would have url, transforms, "
                f"meta and get_state_dict()."
            )
        members = {name: _value(member) for name, member in enum.__members__.items()}
        functional: Any = _Adopted  # mypy mistakes Enum's functional interface for a look-up
        made = functional(enum.__name__, members, module=enum.__module__, qualname=enum.__name__)
        made.__hub_source__ = enum
        made.__doc__ = enum.__doc__
        _adopted[enum] = made
    return _adopted[enum]


def _holds_weights(enum: type[Any]) -> bool:
    return (
        issubclass(enum, Enum)
        and len(enum) > 0
        and all(isinstance(member, WeightsLike) for member in enum)
    )


class _Adopted(WeightsEnum):
    """Base class of the counterparts."""

    def get_state_dict(
        self, progress: bool = True, check_hash: bool = True, map_location: Any = None
    ) -> Any:
        source = _source(self)
        if loads_as_torchvision(source):
            return super().get_state_dict(progress, check_hash, map_location)
        self.value.file.require_permit()
        tensors: Mapping[str, Any] = source.get_state_dict(progress=progress, check_hash=check_hash)
        return tensors

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return _counterpart, (type(_source(self)), self.name)


def _source(member: WeightsEnum) -> Any:
    return type(member).__hub_source__[member.name]  # type: ignore[attr-defined]


def _counterpart(enum: type[Enum], name: str) -> WeightsEnum:
    return adopt(enum)[name]


def _value(member: Any) -> Weights:
    meta = dict(member.meta)
    license = str(meta.get("license") or "unknown")
    return Weights(member.url, _factory(member.transforms), meta, license=license)


def _factory(transforms: Any) -> Callable[..., Any]:
    """A partial, a class or a function makes the preprocessing; any other object is it."""
    if isinstance(transforms, partial | type) or inspect.isroutine(transforms):
        return transforms
    return partial(_as_it_is, transforms)


def _as_it_is(transforms: Any) -> Any:
    return transforms
