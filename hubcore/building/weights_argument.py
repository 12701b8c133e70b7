"""Interprets a builder's ``weights`` argument, and the older ``pretrained`` ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import settings
from ..catalogs.catalog import ModelEntry, WeightsEntry
from ..catalogs.names import find_weights, short_name, weights_for
from ..catalogs.queries import list_weights
from ..errors import UnknownNameError, WeightsError, WrongWeightsError
from ..protocols import WeightsLike
from ..weights.enums import WeightsEnum, canonical_name, no_default
from ..weights.lookup import get_weight, weights_enum
from ..weights.torchvision_members import from_torchvision

__all__ = [
    "backbone_weights",
    "enum_name",
    "own_enum",
    "pretrained_weights",
    "require_usable",
    "resolve_weights",
]


def resolve_weights(
    model: ModelEntry, weights: Any, config: Mapping[str, Any] | None = None
) -> WeightsLike | None:
    """Finds the weights that a builder's ``weights`` argument stands for.

    Args:
        model: the model to build.
        weights: None; an enum member; a name such as ``"DEFAULT"``, ``"IMAGENET1K_V2"`` or
            ``"AcmeFlowers_Weights.V1"``; or an object that satisfies `WeightsLike`.
        config: the builder's other arguments, which may decide between enums (``quantize``).

    Returns:
        The weights, or None for None.

    Raises:
        WrongWeightsError: ``weights`` is none of these, or declares to fit another model. It is
            also a TypeError.
        UnknownNameError: there are no weights of this name. It is also a ValueError.
        WeightsError: a member was named, but the model has no published weights. It is also a
            ValueError.
        LockError: ``HUBCORE_LOCK`` does not allow these weights.
        LicenseError: the user's rules for licences do not.
    """
    if isinstance(weights, str):
        weights = _named_weights(model, weights, config or {})
    if weights is None:
        return None
    if not isinstance(weights, WeightsLike):
        raise WrongWeightsError(
            f"Invalid weights for '{model.name}': expected a member of {model.weights}, its name, "
            f"None, or an object with url, transforms, meta and get_state_dict(), but received "
            f"{type(weights).__name__}."
        )
    accepted = _accepted(model, config or {})
    found = from_torchvision(weights, accepted)
    declared = getattr(type(found), "__hub_name__", None)
    if declared is not None and declared not in (entry.canonical for entry in accepted):
        expected = accepted[0].name if accepted else model.weights
        raise WrongWeightsError(
            f"Invalid Weight class provided; expected {expected} but received "
            f"{type(found).__name__}. The weights that fit '{model.name}' are listed by "
            f"list_weights('{short_name(model)}')."
        )
    require_usable(found)
    return found


def require_usable(weights: WeightsLike) -> None:
    """Refuses weights that the user's lock file or rules for licences do not allow.

    Raises:
        LockError: ``HUBCORE_LOCK`` does not allow these weights.
        LicenseError: the user's rules for licences do not.
    """
    if settings.lock():
        _require_locked(weights)
    _require_license(weights)


def _require_license(weights: WeightsLike) -> None:
    """Refuses weights that the rules for licences do not allow, of whatever type they are."""
    if settings.licenses() is not None:
        from ..catalogs.gate import require_allowed
        from ..weights.licensing import evidence_for

        if isinstance(weights, WeightsEnum):
            name = canonical_name(weights)
        else:
            name = str(getattr(weights, "name", repr(weights)))
        require_allowed(name, evidence_for(weights))


def _require_locked(weights: WeightsLike) -> None:
    """Refuses weights that the lock file does not contain, including those of no catalogue."""
    from ..weights.lockfile import LockError, active_lock, locked_file

    if isinstance(weights, WeightsEnum):
        locked_file(canonical_name(weights), weights.value)
    elif (lock := active_lock()) is not None:
        raise LockError(
            f"HUBCORE_LOCK={lock.path} allows only weights that the lock file names, but "
            f"{weights!r} is in no catalogue and cannot be locked."
        )


def _named_weights(model: ModelEntry, name: str, config: Mapping[str, Any]) -> WeightsEnum:
    if "." in name:
        return get_weight(name)
    entry = own_enum(model, config)
    member = entry.find(name)
    if member is None and name.upper() == "DEFAULT":
        hint = no_default(entry.name, entry.members)
        raise UnknownNameError("weights", f"{entry.name}.{name}", hint=hint)
    if member is None:
        raise UnknownNameError("weights", name, list_weights(model.canonical))
    return weights_enum(entry)[member]


def own_enum(model: ModelEntry, config: Mapping[str, Any] | None = None) -> WeightsEntry:
    """The enum that a bare member name or ``DEFAULT`` refers to.

    Args:
        model: the model.
        config: the builder's arguments, which may decide between enums (``quantize``). None: the
            model's own enum.

    Raises:
        WeightsError: the model has no published weights.
    """
    name = enum_name(model, config)
    if name is None:
        others = ", ".join(list_weights(model.canonical))
        hint = f" Other packages offer: {others}." if others else ""
        raise WeightsError(f"The model '{model.name}' has no published weights.{hint}")
    return model.catalog.weights.get(name) or find_weights(name)


def enum_name(model: ModelEntry, config: Mapping[str, Any] | None = None) -> str | None:
    """The name of the enum that `own_enum` finds; None if the model has no published weights."""
    chosen = None if config is None else _choose(model, model.data.get("accepts", ()), config)
    return chosen or model.weights


def _accepted(model: ModelEntry, config: Mapping[str, Any]) -> list[WeightsEntry]:
    """The enums whose members fit the model, given the builder's other arguments."""
    fitting = weights_for(model)
    cases = model.data.get("accepts")
    if not cases:
        return fitting
    # The arguments choose one of the alternatives.
    alternatives = {case["weights"] for case in cases}
    others = [e for e in fitting if e.catalog is not model.catalog or e.name not in alternatives]
    return [own_enum(model, config), *others]


def _choose(model: ModelEntry, cases: Any, config: Mapping[str, Any]) -> str | None:
    """The ``weights`` of the first case whose ``when`` matches the builder's arguments."""
    arguments = {**model.parameters, **config}
    for case in cases:
        if all(arguments.get(key) == value for key, value in case.get("when", {}).items()):
            return str(case["weights"])
    return None


def pretrained_weights(
    model: ModelEntry, source: Mapping[str, Any], config: Mapping[str, Any]
) -> Any:
    """The weights that ``pretrained=True`` or ``pretrained_backbone=True`` loads.

    Args:
        model: the model.
        source: the part of the model's entry with ``weights`` and ``pretrained``.
        config: the builder's arguments, which may decide between weights.

    Returns:
        The enum member, or None if there has never been one.
    """
    name = source.get("pretrained")
    if isinstance(name, list):
        name = _choose(model, name, config)
    enum = source.get("weights")
    if name is None or enum is None:
        return None
    return get_weight(name if "." in name else f"{_enum_path(model, enum)}.{name}")


def _enum_path(model: ModelEntry, enum: str) -> str:
    own = model.catalog.weights.get(enum)
    return own.canonical if own else enum


def backbone_weights(backbone: Mapping[str, Any], chosen: Any) -> Any:
    """The weights that a builder's ``weights_backbone`` argument stands for.

    Args:
        backbone: the ``backbone`` part of the model's entry.
        chosen: the argument: None, an enum member, or a name.

    Raises:
        UnknownNameError: there are no weights of this name.
    """
    if isinstance(chosen, WeightsLike):
        found = from_torchvision(chosen)
        _require_license(found)
        return found
    if not isinstance(chosen, str):
        return chosen
    enum = weights_enum(find_weights(backbone["weights"]))
    return get_weight(chosen) if "." in chosen else enum.verify(chosen)
