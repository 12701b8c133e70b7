"""`WeightsLike`: all that the hub asks of an object that holds weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

__all__ = ["WeightsLike"]


@runtime_checkable
class WeightsLike(Protocol):
    """All that a builder asks of ``weights``: not a type, but these four.

    torchvision's own members satisfy it, and so does any enum that follows its pattern.
    """

    @property
    def url(self) -> str:
        """The address of the file."""
        ...

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes the preprocessing: ``weights.transforms()`` is a callable module."""
        ...

    @property
    def meta(self) -> dict[str, Any]:
        """Facts about the weights; ``categories`` decides the number of classes."""
        ...

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """The tensors by name. Takes ``progress`` and ``check_hash`` as keywords."""
        ...
