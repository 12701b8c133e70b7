"""`WeightsLike`: what the hub needs of an object that holds weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

__all__ = ["WeightsLike"]


@runtime_checkable
class WeightsLike(Protocol):
    """What a builder needs of its ``weights`` argument: these four members, not a certain type.

    torchvision's enum members satisfy it, and so do those of any enum that follows its pattern.
    """

    @property
    def url(self) -> str:
        """The address of the file."""
        ...

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes the preprocessing: ``weights.transforms()`` is a callable that takes an input."""
        ...

    @property
    def meta(self) -> dict[str, Any]:
        """Meta-data of the weights; the length of ``categories`` is the number of classes."""
        ...

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """Loads the tensors, downloading their file if necessary.

        Args:
            *args: not used by the hub.
            **kwargs: ``progress`` (show a progress bar) and ``check_hash`` (verify the file), both
                bool.

        Returns:
            The tensors by their names in the model's state dict.
        """
        ...
