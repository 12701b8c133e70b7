"""Builders: functions that build one model each, with weights and arguments.

A builder takes ``weights`` (None, an enum member, a name, or any object that satisfies
`WeightsLike`), ``progress`` and the model's own arguments. Whether weights fit is decided by what
they declare and by their tensors, not by their type.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..catalogs.catalog import ModelEntry
from ..catalogs.index import registered, restore_registered
from ..catalogs.names import find_model
from ..catalogs.queries import list_weights
from ..deprecation import handle_legacy_interface, warn_replaced
from ..errors import HubError, MissingDependencyError
from ..weights.enums import WeightsEnum
from ..weights.lookup import weights_enum
from .weights_argument import (
    backbone_weights,
    own_enum,
    pretrained_weights,
    resolve_weights,
)

if TYPE_CHECKING:
    from torch import nn

    from ..catalogs.index import Carried
    from ..protocols import WeightsLike

__all__ = ["builder_of", "get_model", "get_model_builder", "get_model_weights"]

_builders: dict[str, tuple[ModelEntry, Callable[..., nn.Module]]] = {}


def get_model(
    name: str, *, weights: WeightsLike | str | bool | None = None, **config: Any
) -> nn.Module:
    """Builds a model by name.

    Args:
        name: the model's name, such as ``"resnet50"``, or its canonical name, such as
            ``"hub-classification/resnet50"``; in any case.
        weights: an enum member, its name, ``"DEFAULT"``, any weights that fit the model, or None
            for a model without pre-trained weights.
        **config: the builder's other arguments: ``progress``, ``num_classes``, ...

    Returns:
        The model, in training mode like those of torchvision's builders.

    Raises:
        UnknownNameError: there is no such model, or it has no such weights. It is also a
            ValueError.
        AmbiguousNameError: several packages offer the name. It is also a ValueError.
        WrongWeightsError: ``weights`` are of another model, or are not weights.
        WeightsError: an argument contradicts the weights, or the model has none.
        HubError: the weights cannot be downloaded or do not fit, or a package is missing.
    """
    if weights is not None:
        config["weights"] = weights
    return get_model_builder(name)(**config)


def get_model_builder(name: str) -> Callable[..., nn.Module]:
    """Finds the builder of a model: ``get_model_builder("resnet50")(weights="DEFAULT")``.

    Args:
        name: the model's name, bare or canonical, in any case.

    Returns:
        A function that takes keyword arguments and returns the model, as `get_model` does.

    Raises:
        UnknownNameError: there is no such model.
        AmbiguousNameError: several packages offer the name.
    """
    return builder_of(find_model(name))


def get_model_weights(name: str | Callable[..., Any]) -> type[WeightsEnum]:
    """Finds the weights enum of a model.

    Args:
        name: the model's name, or its builder.

    Returns:
        The model's own enum, without weights that other packages offer for the model.

    Raises:
        UnknownNameError: there is no such model.
        AmbiguousNameError: several packages offer the name.
        ValueError: the model has no published weights.
    """
    model = find_model(name)
    return weights_enum(own_enum(model))


def builder_of(model: ModelEntry) -> Callable[..., nn.Module]:
    """The builder of a catalogue entry: always the same function for the same entry."""
    entry, builder = _builders.get(model.canonical, (None, None))
    if entry is None or builder is None or (entry is not model and entry.data != model.data):
        builder = _make_builder(model)
        _builders[model.canonical] = (model, builder)
    return builder


_ARGUMENTS = """\
Args:
    weights: the weights to load: an enum member, its name, "DEFAULT", an object with ``url``,
        ``transforms``, ``meta`` and ``get_state_dict()``, or None for a model without pre-trained
        weights. Published: {weights}.
    progress: show a progress bar on stderr while downloading.
    **config: passed on to ``{architecture}``. If ``num_classes`` differs from the weights' own, the
        body is pre-trained and the head is new.

Returns:
    The model, in training mode.
"""


def _documentation(model: ModelEntry) -> str:
    weights = ", ".join(list_weights(model.canonical)) or "none"
    architecture = model.architecture.target.replace(":", ".")
    return f"{model.doc}\n\n{_ARGUMENTS.format(weights=weights, architecture=architecture)}"


def _make_builder(model: ModelEntry) -> Callable[..., nn.Module]:
    def builder(**kwargs: Any) -> nn.Module:
        return _build(_as_listed(model), **kwargs)

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
        "weights": ("pretrained", lambda kwargs: pretrained_weights(model, model.data, kwargs))
    }
    backbone = model.data.get("backbone")
    if backbone is not None:
        legacy["weights_backbone"] = (
            "pretrained_backbone",
            lambda kwargs: pretrained_weights(model, backbone, kwargs),
        )
    return _Builder(model, handle_legacy_interface(**legacy)(builder))


class _Builder:
    """A function that pickles by its model's name, wherever it can be imported from."""

    def __init__(self, model: ModelEntry, function: Callable[..., nn.Module]) -> None:
        functools.update_wrapper(self, function)
        self._model = model
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> nn.Module:
        return self._function(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._model.canonical, registered(self._model.catalog.distribution))

    def __copy__(self) -> _Builder:
        return self

    def __deepcopy__(self, memo: object) -> _Builder:
        return self

    def __repr__(self) -> str:
        return f"<builder of {self._model.canonical}>"


def _restore(name: str, plugin: Carried | None) -> Callable[..., nn.Module]:
    restore_registered(plugin)  # another process does not have it
    return get_model_builder(name)


def _as_listed(model: ModelEntry) -> ModelEntry:
    """The entry as it is listed now: after registering or installing there are new ones."""
    with contextlib.suppress(HubError):
        found = find_model(model.canonical)
        if found.data == model.data:
            return found
    return model


def _build(
    model: ModelEntry, *, weights: Any = None, progress: bool = True, **config: Any
) -> nn.Module:
    if model.replaced_by:
        warn_replaced(f"The model '{model.name}'", f"'{model.replaced_by}'")
    resolved = resolve_weights(model, weights, config)
    successor = getattr(getattr(resolved, "value", None), "replaced_by", None)
    if successor and not (isinstance(weights, str) and "." in weights):  # get_weight warned already
        warn_replaced(str(resolved), successor)
    backbone = model.data.get("backbone")
    if backbone is not None:
        # The model's own weights include the backbone's.
        chosen = config.pop("weights_backbone", model.parameters.get("weights_backbone"))
        config["weights_backbone"] = None if resolved else backbone_weights(backbone, chosen)
    try:
        from .assembly import assemble

        return assemble(model, resolved, progress, config)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise MissingDependencyError(
            f"The model '{model.name}' needs the package '{missing}', which is not installed. "
            f"To install it: pip install {model.catalog.distribution}",
            missing,
        ) from error
