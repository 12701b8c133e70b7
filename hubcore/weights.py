"""The vocabulary of weights: `Weights`, `WeightsEnum` and the protocol that builders accept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from .errors import UnknownNameError
from .references import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from .catalog import WeightsEntry
    from .store import RemoteFile

__all__ = ["Weights", "WeightsEnum", "WeightsLike"]


@dataclass(eq=False)
class Weights:
    """What belongs to one set of pre-trained weights.

    Attributes:
        url: where the file is.
        transforms: makes the preprocessing that the weights were evaluated with, as in
            ``weights.transforms(crop_size=224)``; called without arguments it gives the published
            one.
        meta: facts about the weights: ``num_params``, ``categories``, ``_metrics``, ...
        sha256: the file's SHA-256 as 64 hex digits, or a prefix of at least 8 of them. None: the
            digest is read from the file's name, if it ends in one (``name-<hash>.pth``).
        size: the file's length in bytes, if known.
        mirrors: further addresses of the same file, tried in order.
        license: an SPDX identifier, an address, or "unknown".
        task: what the weights do, such as ``image-classification``.
        convert: maps the loaded checkpoint to the model's state dict, where they differ.
        config: arguments of the model that the weights need, such as ``{"image_size": 384}``.
        replaced_by: the weights to use instead: these still load, with a warning.
        sampling: of a video, how its clips were sampled for the published metrics: ``clip_len``
            frames at ``frame_rate`` a second, ``clips_per_video`` of them.
        allow_file: whether the addresses may be ``file:`` ones, because the user wrote them.
    """

    url: str
    transforms: Callable[..., Any]
    meta: dict[str, Any]
    sha256: str | None = None
    size: int | None = None
    mirrors: tuple[str, ...] = ()
    license: str = "unknown"
    task: str | None = None
    convert: Callable[[Any], Mapping[str, Any]] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    replaced_by: str | None = None
    sampling: dict[str, Any] = field(default_factory=dict)
    allow_file: bool = False

    def __eq__(self, other: object) -> bool:
        # Enum compares values to find aliases. Two partials of the same parts never compare
        # equal, so they are compared part by part.
        if not isinstance(other, Weights):
            return NotImplemented
        return (
            self.url == other.url
            and self.meta == other.meta
            and _parts(self.transforms) == _parts(other.transforms)
        )

    __hash__ = None  # type: ignore[assignment]  # mutable, as torchvision's

    @property
    def file(self) -> RemoteFile:
        """The file as the store knows it."""
        from .store import RemoteFile

        return RemoteFile((self.url, *self.mirrors), self.sha256, self.size, self.allow_file)


@runtime_checkable
class WeightsLike(Protocol):
    """All that a builder asks of ``weights``: not a type, but these four.

    torchvision's own members satisfy it, and so does any enum that follows its pattern.
    """

    @property
    def url(self) -> str:
        """Where the file is."""
        ...

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes the preprocessing."""
        ...

    @property
    def meta(self) -> dict[str, Any]:
        """Facts about the weights; ``categories`` decides the number of classes."""
        ...

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """The tensors by name. Takes ``progress`` and ``check_hash`` as keywords."""
        ...


class WeightsEnum(Enum):
    """Parent of all enums of weights; the members' values are `Weights`.

    Members are made by the registry from a catalogue, or written by hand::

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
        """Where the file is."""
        return self._value_.url

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes the preprocessing: ``weights.transforms()`` is a callable module."""
        return self._value_.transforms

    @property
    def meta(self) -> dict[str, Any]:
        """Facts about the weights."""
        return self._value_.meta

    def download(self, *, progress: bool = True, check_hash: bool = True) -> Path:
        """Fetches the file into the store unless it is there, verified, and returns its path.

        Needs no torch.
        """
        import os

        from .store import default_store

        file = self._value_.file
        if os.environ.get("HUBCORE_LOCK"):
            from .lockfile import locked_file

            file = locked_file(self)
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
        from .conversion import mappable
        from .loading import read_state_dict

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
        canonical = getattr(type(self), "__hub_name__", None)
        if canonical is None:
            return getattr, (type(self), self._name_)
        from .registry import get_weight

        return get_weight, (f"{canonical}.{self._name_}",)


def make_enum(entry: WeightsEntry, resolve_member: Callable[[str], WeightsEnum]) -> Any:
    """The enum class of a catalogue's entry.

    Args:
        entry: what the catalogue says.
        resolve_member: finds the weights that a meta value such as
            ``"@ResNet18_Weights.IMAGENET1K_V1"`` names.
    """
    members = {
        name: _weights(entry, name, data, resolve_member) for name, data in entry.members.items()
    }
    for alias, target in entry.aliases.items():
        members[alias] = members[target]
    package = entry.catalog.package
    functional: Any = WeightsEnum  # mypy takes Enum's functional interface for a look-up
    enum = functional(entry.name, members, module=package or __name__, qualname=entry.name)
    enum.__hub_name__ = entry.canonical
    enum.__doc__ = f"Weights of {entry.builder}, from {entry.catalog.distribution}."
    return enum


def _weights(
    entry: WeightsEntry,
    name: str,
    data: Mapping[str, Any],
    resolve_member: Callable[[str], WeightsEnum],
) -> Weights:
    model = entry.catalog.models.get(entry.builder.rpartition("/")[2])
    return Weights(
        url=data["url"],
        transforms=Reference.from_json(data["transforms"]),
        meta={
            key: _meta_value(entry, key, value, resolve_member)
            for key, value in data.get("meta", {}).items()
        },
        sha256=data.get("sha256"),
        size=data.get("size"),
        mirrors=tuple(data.get("mirrors", ())),
        license=data.get("license", "unknown"),
        task=data.get("task") or (model.task if model else None),
        convert=Reference.from_json(data["convert"]) if "convert" in data else None,
        config=dict(data.get("config", {})),
        replaced_by=data.get("replaced_by"),
        sampling=dict(data.get("sampling", {})),
        # Packages have their catalogue in a package; others come from the user.
        allow_file=entry.catalog.package is None,
    )


def _meta_value(
    entry: WeightsEntry, key: str, value: Any, resolve_member: Callable[[str], WeightsEnum]
) -> Any:
    if isinstance(value, str) and value.startswith("@"):
        return resolve_member(value[1:]) if "." in value else entry.catalog.named_list(value[1:])
    if key == "min_size":  # JSON has no tuples, torchvision's meta has this one
        return tuple(value)
    if key == "_metrics":  # nor has it NaN, which is how torchvision says "not measured"
        return {
            data: {name: math.nan if result is None else result for name, result in results.items()}
            for data, results in value.items()
        }
    return value


def _parts(transforms: Any) -> Any:
    if isinstance(transforms, partial):
        return transforms.func, transforms.args, transforms.keywords
    return transforms
