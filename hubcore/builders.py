"""Builders: functions that make a model from its name, weights and arguments.

A builder takes ``weights`` (None, a member, a name, or anything that satisfies `WeightsLike`),
``progress`` and the model's own arguments. Weights fit because they say so and because their
tensors do, not because of their type.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import registry
from .catalog import ModelEntry, WeightsEntry
from .deprecation import handle_legacy_interface
from .errors import MissingDependencyError, UnknownNameError
from .weights import WeightsEnum, WeightsLike

if TYPE_CHECKING:
    from torch import nn

__all__ = ["builder_of", "get_model", "get_model_builder", "get_model_weights", "resolve_weights"]

_builders: dict[str, tuple[ModelEntry, Callable[..., nn.Module]]] = {}


def get_model(name: str, **config: Any) -> nn.Module:
    """Builds a model by name.

    Args:
        name: bare or canonical, in any case.
        **config: the builder's arguments: ``weights``, ``progress``, ``num_classes``, ...

    Returns:
        The model, in training mode as torchvision's builders leave it.

    Raises:
        UnknownNameError: there is no such model, or it has no such weights.
        HubError: the weights cannot be had or do not fit.
    """
    return get_model_builder(name)(**config)


def get_model_builder(name: str) -> Callable[..., nn.Module]:
    """The builder of a model: ``get_model_builder("resnet50")(weights="DEFAULT")``.

    Raises:
        UnknownNameError: there is no such model.
    """
    return builder_of(registry.find_model(name))


def get_model_weights(name: str | Callable[..., Any]) -> type[WeightsEnum]:
    """The model's own enum of weights.

    Args:
        name: the model's name, or its builder.

    Raises:
        ValueError: the model has no published weights.
    """
    model = registry.find_model(name)
    return registry.weights_enum(_own_enum(model))


def builder_of(model: ModelEntry) -> Callable[..., nn.Module]:
    """The builder of a catalogue's entry: always the same function for an entry."""
    entry, builder = _builders.get(model.canonical, (None, None))
    if builder is None or entry is not model:
        builder = _make_builder(model)
        _builders[model.canonical] = (model, builder)
    return builder


def resolve_weights(
    model: ModelEntry, weights: Any, config: Mapping[str, Any] | None = None
) -> WeightsLike | None:
    """What a builder's ``weights`` argument means.

    Args:
        model: the model they are for.
        weights: None; a member; a name such as ``"DEFAULT"``, ``"IMAGENET1K_V2"`` or
            ``"AcmeFlowers_Weights.V1"``; or an object that satisfies `WeightsLike`.
        config: the builder's other arguments, which may decide between enums (``quantize``).

    Raises:
        TypeError: ``weights`` is nothing of these, or declares to fit another model.
        UnknownNameError: the name means no weights.
    """
    if isinstance(weights, str):
        weights = _named_weights(model, weights, config or {})
    if weights is None:
        return None
    if not isinstance(weights, WeightsLike):
        raise TypeError(
            f"Invalid weights for '{model.name}': expected a member of {model.weights}, its name, "
            f"None, or an object with url, transforms, meta and get_state_dict(), but received "
            f"{type(weights).__name__}."
        )
    declared = getattr(type(weights), "__hub_name__", None)
    accepted = _accepted(model, config or {})
    if declared is not None and declared not in (entry.canonical for entry in accepted):
        expected = accepted[0].name if accepted else model.weights
        raise TypeError(
            f"Invalid Weight class provided; expected {expected} but received "
            f"{type(weights).__name__}. The weights that fit '{model.name}' are listed by "
            f"list_weights('{registry.short_name(model)}')."
        )
    if os.environ.get("HUBCORE_LOCK"):
        from .lockfile import require_locked

        require_locked(weights)
    return weights


def _named_weights(model: ModelEntry, name: str, config: Mapping[str, Any]) -> WeightsEnum:
    if "." in name:
        return registry.get_weight(name)
    entry = _own_enum(model, config)
    member = entry.find(name)
    if member is None:
        raise UnknownNameError("weights", name, registry.list_weights(model.canonical))
    return registry.weights_enum(entry)[member]


def _own_enum(model: ModelEntry, config: Mapping[str, Any] | None = None) -> WeightsEntry:
    """The enum that a bare member name or ``DEFAULT`` refers to; without a call the model's own."""
    name = model.weights
    if config is not None:
        name = _choose(model, model.data.get("accepts", ()), config) or name
    if name is None:
        others = ", ".join(registry.list_weights(model.canonical))
        hint = f" Other packages offer: {others}." if others else ""
        raise ValueError(f"The model '{model.name}' has no published weights.{hint}")
    return model.catalog.weights.get(name) or registry.find_weights(name)


def _accepted(model: ModelEntry, config: Mapping[str, Any]) -> list[WeightsEntry]:
    """The enums whose members fit, given the builder's other arguments."""
    fitting = registry.weights_for(model)
    cases = model.data.get("accepts")
    if not cases:
        return fitting
    # Of the alternatives, the one that the arguments choose.
    alternatives = {case["weights"] for case in cases}
    others = [e for e in fitting if e.catalog is not model.catalog or e.name not in alternatives]
    return [_own_enum(model, config), *others]


def _choose(model: ModelEntry, cases: Any, config: Mapping[str, Any]) -> str | None:
    """The ``weights`` of the first case whose ``when`` agrees with the builder's arguments."""
    arguments = {**model.parameters, **config}
    for case in cases:
        if all(arguments.get(key) == value for key, value in case.get("when", {}).items()):
            return str(case["weights"])
    return None


def _pretrained(model: ModelEntry, source: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    """What ``pretrained=True`` or ``pretrained_backbone=True`` has always loaded, if anything."""
    name = source.get("pretrained")
    if isinstance(name, list):
        name = _choose(model, name, config)
    enum = source.get("weights")
    if name is None or enum is None:
        return None
    return registry.get_weight(name if "." in name else f"{_enum_path(model, enum)}.{name}")


def _enum_path(model: ModelEntry, enum: str) -> str:
    own = model.catalog.weights.get(enum)
    return own.canonical if own else enum


_ARGUMENTS = """\
Args:
    weights: what to load: a member, its name, "DEFAULT", an object with ``url``, ``transforms``,
        ``meta`` and ``get_state_dict()``, or None for a fresh model. Published: {weights}.
    progress: show a progress bar on stderr while downloading.
    **config: passed on to ``{architecture}``. A ``num_classes`` other than the weights' keeps the
        body and gives the model a new head.

Returns:
    The model, in training mode.
"""


def _documentation(model: ModelEntry) -> str:
    weights = ", ".join(registry.list_weights(model.canonical)) or "none"
    architecture = model.architecture.target.replace(":", ".")
    return f"{model.doc}\n\n{_ARGUMENTS.format(weights=weights, architecture=architecture)}"


def _make_builder(model: ModelEntry) -> Callable[..., nn.Module]:
    def builder(**kwargs: Any) -> nn.Module:
        return _build(model, **kwargs)

    builder.__name__ = builder.__qualname__ = model.export
    builder.__module__ = model.catalog.package or __name__
    builder.__doc__ = _documentation(model)
    builder.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # PEP 362
        [
            *(
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
                for name, default in model.parameters.items()
            ),
            inspect.Parameter("config", inspect.Parameter.VAR_KEYWORD),
        ]
    )
    builder.__hub_model__ = model.canonical  # type: ignore[attr-defined]  # find_model reads it
    legacy: dict[str, tuple[str, Any]] = {
        "weights": ("pretrained", lambda kwargs: _pretrained(model, model.data, kwargs))
    }
    backbone = model.data.get("backbone")
    if backbone is not None:
        legacy["weights_backbone"] = (
            "pretrained_backbone",
            lambda kwargs: _pretrained(model, backbone, kwargs),
        )
    return handle_legacy_interface(**legacy)(builder)


def _build(
    model: ModelEntry, *, weights: Any = None, progress: bool = True, **config: Any
) -> nn.Module:
    if model.replaced_by:
        registry.warn_replaced(f"The model '{model.name}'", f"'{model.replaced_by}'")
    resolved = resolve_weights(model, weights, config)
    successor = getattr(getattr(resolved, "value", None), "replaced_by", None)
    if successor and not (isinstance(weights, str) and "." in weights):  # get_weight has warned
        registry.warn_replaced(str(resolved), successor)
    backbone = model.data.get("backbone")
    if backbone is not None:
        # With weights of its own a model has no use for its backbone's.
        chosen = config.pop("weights_backbone", model.parameters.get("weights_backbone"))
        config["weights_backbone"] = None if resolved else _backbone_weights(backbone, chosen)
    try:
        from .assembly import assemble

        return assemble(model, resolved, progress, config)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise MissingDependencyError(
            f"The model '{model.name}' needs '{missing}', which is not installed: pip install "
            f"{model.catalog.distribution}",
            missing,
        ) from error


def _backbone_weights(backbone: Mapping[str, Any], chosen: Any) -> Any:
    if not isinstance(chosen, str):
        return chosen
    enum = registry.weights_enum(registry.find_weights(backbone["weights"]))
    return registry.get_weight(chosen) if "." in chosen else enum.verify(chosen)
