"""`WeightsEnum`: the weights of one model, each a member with its meta-data and preprocessing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, EnumMeta
from typing import TYPE_CHECKING, Any

from .. import settings
from ..catalogs.index import registered, restore_registered
from ..errors import UnknownNameError, WrongWeightsError
from .value import Weights

if TYPE_CHECKING:
    from pathlib import Path

    from ..catalogs.index import Carried

__all__ = ["WeightsEnum", "canonical_name", "no_default"]


class _AnyCase(EnumMeta):
    """Finds members under any spelling, as look-ups by name do: ``ResNet50_Weights.default``.

    The articles that introduced the multi-weight API write ``ImageNet1K_V1``.
    """

    if not TYPE_CHECKING:  # so that a misspelt member is an error for type checkers

        def __getattr__(cls, name: str) -> Any:
            if not name.startswith("_"):
                members = cls.__members__
                if name in members:  # Python before 3.12 asks for each member
                    return members[name]
                spelt = next((m for m in members if m.upper() == name.upper()), None)
                if spelt is not None:
                    from ..deprecation import warn_replaced

                    warn_replaced(f"{cls.__name__}.{name}", f"{cls.__name__}.{spelt}")
                    return members[spelt]
            if name == "DEFAULT":
                raise AttributeError(no_default(cls.__name__, cls.__members__))
            raise AttributeError(f"'{cls.__name__}' has no member or attribute '{name}'")


class _Shown:
    """What notebooks show of a member; in a class of its own, since enums reserve such names."""

    def _repr_html_(self) -> str:
        from ..catalogs.shown import as_html

        member: Any = self
        meta = member.meta
        metrics = [
            (f"{name} on {data}", value)
            for data, results in meta.get("_metrics", {}).items()
            for name, value in results.items()
        ]
        rows = [
            ("task", member.value.task),
            ("parameters", f"{meta['num_params']:,}" if "num_params" in meta else ""),
            *metrics,
            ("license", member.value.license),
            ("file", member.url),
        ]
        return as_html(["weights", repr(member)], [row for row in rows if row[1]])


class WeightsEnum(_Shown, Enum, metaclass=_AnyCase):
    """Base class of all weights enums. The values of the members are `Weights`.

    An enum is made from a catalogue (see `lookup`) or written by hand::

        class AcmeNet_Weights(WeightsEnum):
            FLOWERS_V1 = Weights(url=..., transforms=partial(...), meta={...})
            DEFAULT = FLOWERS_V1
    """

    _value_: Weights

    @classmethod
    def verify(cls, obj: Any) -> Any:
        """Returns the member that ``obj`` stands for.

        Args:
            obj: a member, a member's name in any case (with or without the enum's), or None.

        Returns:
            The member, or None for None.

        Raises:
            WrongWeightsError: ``obj`` is a member of another enum, or any other object.
            UnknownNameError: no member has this name. It is also a ValueError.
        """
        if obj is None or isinstance(obj, cls):
            return obj
        if isinstance(obj, str):
            return cls._find(obj)
        received = type(obj).__name__
        raise WrongWeightsError(
            f"Invalid Weight class provided; expected {cls.__name__} but received {received}."
        )

    @classmethod
    def _find(cls, name: str) -> WeightsEnum:
        wanted = name.rpartition(".")[2].upper()
        for member, value in cls.__members__.items():
            if member.upper() == wanted:
                return value
        if wanted == "DEFAULT":
            raise UnknownNameError("weights", name, hint=no_default(cls.__name__, cls.__members__))
        raise UnknownNameError(
            "weights",
            name,
            (f"{cls.__name__}.{member}" for member in cls.__members__ if member != "DEFAULT"),
        )

    @property
    def url(self) -> str:
        """The address of the checkpoint file."""
        return self._value_.url

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes the preprocessing: ``weights.transforms()`` returns a callable module."""
        return self._value_.transforms

    @property
    def meta(self) -> dict[str, Any]:
        """Facts about the weights: ``num_params``, ``categories``, ``_metrics``, ..."""
        return self._value_.meta

    def download(self, *, progress: bool = True, check_hash: bool = True) -> Path:
        """Returns the file's path in the store, downloading and verifying it first if needed.

        Of weights of several files, all are downloaded; the path is the first one's. Needs no
        torch. With ``HUBCORE_LOCK``, only the locked files are accepted.

        Args:
            progress: show a progress bar on stderr while downloading.
            check_hash: require a digest to verify the file against. False accepts a file without
                one, and notes its digest for the next time.

        Raises:
            hubcore.errors.HubError: the file cannot be downloaded or verified, or ``HUBCORE_LOCK``
                does not allow these weights.
        """
        return next(iter(self._download(progress, check_hash).values()))

    def _download(self, progress: bool, check_hash: bool) -> dict[str, Path]:
        """The paths of all files by their published names, the first one first."""
        from ..store import default_store

        files = self._value_.files
        if settings.lock():
            from .lockfile import locked_files

            files = locked_files(canonical_name(self), self._value_)
        store = default_store()
        return {
            file.name: store.get(file, progress=progress, check_hash=check_hash) for file in files
        }

    def get_state_dict(
        self, progress: bool = True, check_hash: bool = True, map_location: Any = None
    ) -> dict[str, Any]:
        """Loads the tensors by name from the store, downloading the file first if needed.

        Args:
            progress: show a progress bar on stderr while downloading.
            check_hash: require a digest to verify the file against, as in `download`.
            map_location: the device for the tensors, as in `torch.load`. Default: the CPU, mapped
                from the file, so that only what is touched is read.

        Returns:
            The state dict, loaded without executing code from the file.

        Raises:
            hubcore.errors.HubError: the file cannot be downloaded, verified or read.
        """
        from ..checkpoints.legacy import mappable
        from ..checkpoints.reading import read_state_dict

        convert = self._value_.convert
        if not self._value_.further:
            path = self.download(progress=progress, check_hash=check_hash)
            path = mappable(path, progress=progress)
            return read_state_dict(path, map_location=map_location, convert=convert)
        from ..checkpoints.reading import read_several

        paths = {
            name: mappable(path, progress=progress)
            for name, path in self._download(progress, check_hash).items()
        }
        return read_several(paths, map_location=map_location, convert=convert)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self._name_}"

    # A member is one object per process: copying and unpickling return the same one.
    def __copy__(self) -> WeightsEnum:
        return self

    def __deepcopy__(self, memo: object) -> WeightsEnum:
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        look_up = getattr(type(self), "__hub_lookup__", None)
        if look_up is None:  # written by hand: pickle can import the class
            return getattr, (type(self), self._name_)
        name = canonical_name(self)
        plugin = registered(name.partition("/")[0])
        if plugin is not None:  # another process does not have it
            return _restore, (name, look_up, plugin)
        return look_up, (name,)


def _restore(name: str, look_up: Callable[[str], WeightsEnum], plugin: Carried) -> WeightsEnum:
    restore_registered(plugin)
    return look_up(name)


def no_default(enum: str, members: Iterable[str]) -> str:
    """The sentence for an enum of which no member is the default."""
    names = list(members)
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"{enum} has no DEFAULT: its author prefers none of its weights. Name one: {shown}."


def canonical_name(member: WeightsEnum) -> str:
    """``distribution/Enum.MEMBER``, or ``Enum.MEMBER`` if the enum is in no catalogue."""
    return f"{getattr(type(member), '__hub_name__', type(member).__name__)}.{member.name}"
