"""`WeightsEnum`: the weights of one model, each a member with its meta-data and preprocessing."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from ..errors import UnknownNameError
from .value import Weights

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WeightsEnum", "canonical_name"]


class WeightsEnum(Enum):
    """Parent of all enums of weights; the members' values are `Weights`.

    An enum is made from a catalogue (see `lookup`), or written by hand::

        class AcmeNet_Weights(WeightsEnum):
            FLOWERS_V1 = Weights(url=..., transforms=partial(...), meta={...})
            DEFAULT = FLOWERS_V1
    """

    _value_: Weights

    @classmethod
    def verify(cls, obj: Any) -> Any:
        """The member that ``obj`` means: a member, its name in any case, or None.

        Raises:
            TypeError: ``obj`` belongs to another enum, or is nothing of the kind.
            UnknownNameError: no member has this name. It is a ValueError.
        """
        if obj is None or isinstance(obj, cls):
            return obj
        if isinstance(obj, str):
            return cls._find(obj)
        received = type(obj).__name__
        raise TypeError(
            f"Invalid Weight class provided; expected {cls.__name__} but received {received}."
        )

    @classmethod
    def _find(cls, name: str) -> WeightsEnum:
        wanted = name.rpartition(".")[2].upper()
        for member, value in cls.__members__.items():
            if member.upper() == wanted:
                return value
        raise UnknownNameError(
            "weights",
            name,
            (f"{cls.__name__}.{member}" for member in cls.__members__ if member != "DEFAULT"),
        )

    @property
    def url(self) -> str:
        """The address of the file."""
        return self._value_.url

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes the preprocessing: ``weights.transforms()`` is a callable module."""
        return self._value_.transforms

    @property
    def meta(self) -> dict[str, Any]:
        """Facts about the weights: ``num_params``, ``categories``, ``_metrics``, ..."""
        return self._value_.meta

    def download(self, *, progress: bool = True, check_hash: bool = True) -> Path:
        """Fetches the file into the store unless it is there, verified, and returns its path.

        Needs no torch.
        """
        from ..store import default_store

        file = self._value_.file
        if os.environ.get("HUBCORE_LOCK"):
            from .lockfile import locked_file

            file = locked_file(canonical_name(self), self._value_)
        return default_store().get(file, progress=progress, check_hash=check_hash)

    def get_state_dict(
        self, progress: bool = True, check_hash: bool = True, map_location: Any = None
    ) -> dict[str, Any]:
        """The tensors by name, from the store or downloaded into it.

        Args:
            progress: show a progress bar on stderr while downloading.
            check_hash: verify the file against its digest; an error where there is none to
                verify against.
            map_location: where the tensors go, as `torch.load` takes it. Default: the CPU, mapped
                from the file, so that only what is touched is read.

        Returns:
            The state dict, loaded without executing anything from the file.

        Raises:
            hubcore.errors.HubError: the file cannot be had, or is not what it should be.
        """
        from ..checkpoints.legacy import mappable
        from ..checkpoints.reading import read_state_dict

        path = mappable(self.download(progress=progress, check_hash=check_hash))
        return read_state_dict(path, map_location=map_location, convert=self._value_.convert)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self._name_}"

    # A member is one object per process, however it is copied or shipped.
    def __copy__(self) -> WeightsEnum:
        return self

    def __deepcopy__(self, memo: object) -> WeightsEnum:
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        look_up = getattr(type(self), "__hub_lookup__", None)
        if look_up is None:  # a class that can be imported
            return getattr, (type(self), self._name_)
        return look_up, (canonical_name(self),)


def canonical_name(member: WeightsEnum) -> str:
    """``distribution/Enum.MEMBER``; of an enum that is in no catalogue, ``Enum.MEMBER``."""
    return f"{getattr(type(member), '__hub_name__', type(member).__name__)}.{member.name}"
