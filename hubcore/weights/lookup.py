"""Makes weights enums from the catalogues, and finds weights by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..catalogs.catalog import Catalog, WeightsEntry
from ..catalogs.names import find_weights, model_of, task_of
from ..catalogs.permits import Permit
from ..errors import UnknownNameError
from .enums import WeightsEnum
from .value import Weights

if TYPE_CHECKING:
    from ..download.remote import RemoteFile

__all__ = ["get_weight", "keep_enum", "make_enum", "meta_value", "weights_enum"]

# Classes outlive the index, so that members stay the same objects when plugins are rediscovered.
# Kept with what they were made from: if the data, the model's task or the origin changes, the class
# is made anew.
_enums: dict[str, tuple[Mapping[str, Any], object, type[WeightsEnum]]] = {}


def get_weight(name: str) -> WeightsEnum:
    """Finds weights by their full name.

    Warns with a FutureWarning if the weights are deprecated.

    Args:
        name: ``"ResNet50_Weights.IMAGENET1K_V2"``, ``"ResNet50_Weights.DEFAULT"``, or the canonical
            ``"hub-classification/ResNet50_Weights.IMAGENET1K_V2"``; in any case.

    Raises:
        UnknownNameError: there are no such weights, or the name is not of this form. It is also a
            ValueError.
        AmbiguousNameError: several packages offer them. It is also a ValueError.
    """
    enum, dot, member = name.rpartition(".")
    if not dot or not enum or not member or "." in enum.rpartition("/")[2]:
        raise _malformed(name, enum)
    found = weights_enum(find_weights(enum))._find(member)
    if found.value.replaced_by:
        from ..deprecation import warn_replaced

        warn_replaced(str(found), found.value.replaced_by)
    return found


def _malformed(name: str, enum: str) -> UnknownNameError:
    """The error for a name that is not ``ENUM.MEMBER``, with the enum's members if there is one."""
    try:
        entry = find_weights(enum or name)
    except UnknownNameError:
        hint = "Give the enum and its member, as in 'ResNet50_Weights.IMAGENET1K_V2'."
        return UnknownNameError("weights", name, hint=hint)
    return UnknownNameError("weights", name, [f"{entry.name}.{member}" for member in entry.members])


def weights_enum(entry: WeightsEntry) -> type[WeightsEnum]:
    """The enum class of a catalogue entry: always the same one, so members compare by identity."""
    data, facts, enum = _enums.get(entry.canonical, (None, None, None))
    same = data is entry.data or data == entry.data
    # A class that was written by hand tells its members' tasks itself.
    if enum is None or not same or (hasattr(enum, "__hub_name__") and facts != _facts(entry)):
        enum = make_enum(entry, partial(_referenced, entry))
        keep_enum(entry, enum)
    return enum


def keep_enum(entry: WeightsEntry, enum: type[WeightsEnum]) -> None:
    """Makes `weights_enum` return an existing class for an entry."""
    _enums[entry.canonical] = (entry.data, _facts(entry), enum)


def make_enum(entry: WeightsEntry, resolve_member: Callable[[str], WeightsEnum]) -> Any:
    """Makes a new enum class from a catalogue entry.

    Args:
        entry: the catalogue entry.
        resolve_member: finds the weights that a meta value such as
            ``"@ResNet18_Weights.IMAGENET1K_V1"`` refers to; called with the name after ``@``.

    Returns:
        The class, a subclass of `WeightsEnum`.
    """
    members = {
        name: _weights(entry, name, data, resolve_member) for name, data in entry.members.items()
    }
    for alias, target in entry.aliases.items():
        members[alias] = members[target]
    package = entry.catalog.package
    functional: Any = WeightsEnum  # mypy mistakes Enum's functional interface for a look-up
    enum = functional(entry.name, members, module=package or __name__, qualname=entry.name)
    enum.__hub_name__ = entry.canonical
    enum.__hub_lookup__ = get_weight  # how a pickled member is found again
    enum.__doc__ = f"Weights of {entry.builder}, from {entry.catalog.distribution}."
    return enum


def _facts(entry: WeightsEntry) -> object:
    """What a class depends on besides the entry's data."""
    model = model_of(entry)
    return model.task if model else None, entry.catalog.origin


def _weights(
    entry: WeightsEntry,
    name: str,
    data: Mapping[str, Any],
    resolve_member: Callable[[str], WeightsEnum],
) -> Weights:
    convert = data.get("convert")
    if convert is not None:
        convert = entry.catalog.reference(convert, converts=True)
    weights = Weights(
        url=data["url"],
        transforms=entry.catalog.reference(data["transforms"]),
        meta={
            key: meta_value(entry.catalog, key, value, resolve_member)
            for key, value in data.get("meta", {}).items()
        },
        sha256=data.get("sha256"),
        size=data.get("size"),
        mirrors=tuple(data.get("mirrors", ())),
        license=data.get("license", "unknown"),
        task=task_of(entry, name),
        convert=convert,
        config=dict(data.get("config", {})),
        replaced_by=data.get("replaced_by"),
        sampling=dict(data.get("sampling", {})),
        # A catalogue outside of a package comes from the user.
        allow_file=entry.catalog.package is None,
        further=_further(data) if "files" in data else (),
    )
    weights.permit = Permit(entry.catalog, f"{entry.canonical}.{name}", data)
    return weights


def _further(data: Mapping[str, Any]) -> tuple[RemoteFile, ...]:
    from ..catalogs.member_files import files_of  # most weights are one file

    return files_of(data)[1:]


def meta_value(
    catalog: Catalog, key: str, value: Any, resolve_member: Callable[[str], WeightsEnum]
) -> Any:
    """A meta-data value of a catalogue as Python has it.

    Args:
        catalog: the catalogue, which may have lists that the value refers to.
        key: the name of the value.
        value: the value in JSON.
        resolve_member: as for `make_enum`.
    """
    if isinstance(value, str) and value.startswith("@"):
        return resolve_member(value[1:]) if "." in value else catalog.named_list(value[1:])
    if key == "min_size":  # a tuple in torchvision; JSON has none
        return tuple(value)
    if key == "_metrics":  # torchvision writes NaN for "not measured"; JSON has null
        return {
            data: {name: math.nan if result is None else result for name, result in results.items()}
            for data, results in value.items()
        }
    return value


def _referenced(entry: WeightsEntry, name: str) -> WeightsEnum:
    """The weights that a meta value refers to, looked up in the same catalogue first."""
    if name.partition(".")[0] in entry.catalog.weights:
        name = f"{entry.catalog.distribution}/{name}"
    return get_weight(name)
