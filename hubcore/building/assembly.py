"""Assembles a model from an architecture and weights.

There are two kinds of architecture. A multi-weight builder (marked ``loads_weights`` in the
catalogue) takes ``weights=`` and loads the tensors itself, as torchvision's do, strictly or not:
with a third party's, `LoadWitness` sees which tensors it takes. Any other callable takes
configuration only, and the hub loads the tensors into the module that it returns; if it is marked
``adapts_weights``, it loads them where it is called with more than ``num_classes``.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import re
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import torch
from torch import nn

from ..catalogs.allowed import DataReference, without_loading
from ..catalogs.catalog import ModelEntry
from ..errors import CatalogError, MissingDependencyError, WeightsError, WrongTypeError
from ..packages import hooks
from ..protocols import WeightsLike
from .assigning import AssignedStateDict
from .blank import blank_model, progress_for, skipping_init
from .channels import asked_channels, with_channels
from .head import (
    class_count,
    class_count_by_shape,
    has_head,
    head_prefixes,
    head_tensors,
    make_new_head,
    with_head,
)
from .headed import Headed
from .load_report import Loaded, loads
from .shortcut import can_assign, can_skip_initialisation, is_proved
from .skip_init import SkipRandomInit
from .torchvision_bridge import stand_in
from .weights_argument import enum_name
from .witness import LoadWitness

__all__ = ["assemble"]

logger = logging.getLogger("hubcore")


def assemble(
    model: ModelEntry, weights: WeightsLike | None, progress: bool, config: Mapping[str, Any]
) -> nn.Module:
    """Builds a model.

    Args:
        model: the catalogue entry of the model.
        weights: the weights to load, or None for the architecture's own initialisation.
        progress: show a progress bar on stderr while downloading.
        config: arguments of the architecture. If ``num_classes`` differs from the weights' own, the
            body is pre-trained and the head is new. With another ``in_chans``, the first layer is
            adapted where the catalogue declares it.

    Returns:
        The model, as the architecture leaves it and installed hooks wrap it.

    Raises:
        WeightsError: the weights do not fit the model, or an argument contradicts them.
        MissingDependencyError: another package that the model needs is absent or too old.
        WrongTypeError: ``num_classes`` or ``in_chans`` is no such number.
        CatalogError: the architecture does not take what the catalogue gives it.
        HubError: the weights cannot be downloaded or read.
    """
    classes = config.get("num_classes")
    is_count = isinstance(classes, Integral) and not isinstance(classes, bool) and int(classes) >= 0
    if classes is not None and not is_count:
        raise WrongTypeError(f"num_classes is a whole number, 0 or more, not {classes!r}.")
    try:
        if model.features is not None and classes is not None:
            return _with_linear_head(model, model.features, weights, progress, config)
        return _assembled(model, weights, progress, config)
    except TypeError as error:
        if config.get("in_chans") is not None and "argument 'in_chans'" in str(error):
            raise WrongTypeError(
                f"The model '{model.canonical}' takes no other number of channels: its "
                f"architecture {model.architecture.target} has no argument for it that the "
                f"catalogue declares."
            ) from error
        said: dict[str, Any] = dict(model.architecture.keywords)
        if "backbone" in model.data:
            said["weights_backbone"] = model.data["backbone"]["weights"]
        if not said or set(config) - {"weights_backbone"}:
            raise  # the caller's own arguments, or a fault of the architecture
        raise CatalogError(
            f"The model '{model.canonical}' cannot be built: {model.architecture.target} does not "
            f"take what its catalogue gives it, {said}: {error}"
        ) from error


def _assembled(
    model: ModelEntry, weights: WeightsLike | None, progress: bool, config: Mapping[str, Any]
) -> nn.Module:
    if lacks := model.lacks:
        package = re.split(r"[^A-Za-z0-9._-]", lacks, maxsplit=1)[0]
        raise MissingDependencyError(
            f"The model '{model.canonical}' needs {lacks}: {model.remedy}", package
        )
    architecture = model.architecture
    build = architecture.build
    arguments = {**architecture.keywords, **config}
    if isinstance(architecture, DataReference):
        arguments = {**without_loading(build), **arguments}
    if weights is None:
        asked_channels(model, arguments)
        return _finished(model, blank_model(model, build, progress, arguments), None)

    _add_required_arguments(model, weights, arguments)
    # Called with arguments of its own, such an architecture adapts the weights to them itself; and
    # for no classes, which may leave out more than the head that the catalogue names.
    adapts = model.adapts_weights and any(
        value is not None and (name != "num_classes" or value == 0)
        for name, value in config.items()
    )
    skips = not adapts and can_skip_initialisation(model, arguments)
    tensors = weights.get_state_dict(progress=progress, check_hash=True)
    tensors, adapted = with_channels(model, weights, tensors, arguments)
    lacks_parts, extra = _variant(model, tensors, arguments)
    given = {name: value for name, value in arguments.items() if value is not None}
    arguments = {**arguments, **extra, **given}
    builder_loads = (model.loads_weights or adapts) and not lacks_parts
    assigns = skips and is_proved(model) and can_assign(weights, tensors)
    own_classes = class_count(weights)
    # A third party's architecture that loads its weights itself may do so in part.
    witness = LoadWitness(tensors) if builder_loads and not is_proved(model) else None
    if own_classes is None and model.head and (witness is None or has_head(model, tensors)):
        own_classes = class_count_by_shape(model, build, weights, tensors, arguments, skips)
    classes = arguments.get("num_classes")
    has_new_head = classes is not None and own_classes is not None and classes != own_classes
    if not has_new_head and model.head and own_classes is not None:
        arguments["num_classes"] = classes = own_classes
    # Which parameters a head is made of is known of ours only: a third party's may be replaced.
    skips = skips and (is_proved(model) or not has_new_head)
    new_head: dict[str, torch.Tensor] = {}
    # A module that the hub loads itself has its new head before its weights: it is built once.
    if has_new_head and (skips or builder_loads) and not adapts:
        new_head = make_new_head(model, build, progress, tensors, arguments, skips)
        tensors = with_head(model, tensors, new_head)
    try:
        # Skipping is safe: the strict load below fails unless it overwrites every parameter.
        quantized = skips and bool(arguments.get("quantize"))
        with (
            skipping_init(skips, zeros=quantized) as skipping,
            witness or contextlib.nullcontext(),
        ):
            if skipping and quantized:
                # The builder runs the float model once, so its values must be finite.
                arguments["quantize"] = _Quantize(skipping)
            state_dict = AssignedStateDict(tensors) if assigns else tensors
            if builder_loads:
                meta = {**_meta_of_arguments(arguments), **weights.meta}
                if classes is not None and len(meta.get("categories") or ()) != classes:
                    meta["categories"] = [f"class {index}" for index in range(classes)]
                before_load = skipping.stop if skipping else None
                expected = enum_name(model, arguments)
                guise = stand_in(build, "weights", weights, meta, state_dict, before_load, expected)
                module: nn.Module = build(
                    weights=guise, **progress_for(build, progress), **arguments
                )
            else:
                module = blank_model(model, build, progress, arguments)
        if not builder_loads:
            if has_new_head and not new_head:
                new_head = head_tensors(model, tensors, module)
                state_dict = with_head(model, tensors, new_head)
            if _takes_strict(module):
                module.load_state_dict(state_dict, strict=True)
            else:  # its own way of loading decides, and is followed
                if skips:
                    raise WeightsError(
                        f"The model '{model.name}' has a load_state_dict of its own that need not "
                        f'be strict: its catalogue cannot say "can_skip_initialisation".'
                    )
                witness = LoadWitness(tensors)
                with witness:
                    module.load_state_dict(OrderedDict(state_dict))
    except (RuntimeError, KeyError) as error:
        # Layers of integers raise a KeyError for what the weights lack.
        lacking = isinstance(error, KeyError) and bool(arguments.get("quantize"))
        if not lacking and not str(error).startswith("Error(s) in loading state_dict"):
            raise
        from .misfit import misfit

        why = misfit(
            model, tensors, given if classes is None else {**given, "num_classes": classes}
        )
        if arguments.get("in_chans") is not None and model.in_chans is None and not adapts:
            why += ' Its catalogue declares no "in_chans", so its first layer cannot be adapted.'
        raise WeightsError(
            f"The weights {weights} do not fit the model '{model.name}': {why}"
        ) from error
    left_out: frozenset[str] = frozenset()
    if witness is not None:
        loaded = witness.loaded(module)
        if not loaded:
            raise WeightsError(
                f"The architecture of '{model.name}' loaded none of the {len(tensors)} tensors of "
                f"{weights}: they are in another form, or the architecture does not load what "
                f"weights.get_state_dict() returns."
            )
        left_out = frozenset(module.state_dict()) - loaded
        if left_out := left_out - new_head.keys():
            logger.info(
                "%s: %d tensors came from %s; not from it: %s",
                model.name, len(loaded), weights, ", ".join(sorted(left_out)),
            )  # fmt: skip
    head = head_prefixes(model) if new_head else ()
    loads[module] = Loaded(weights, weakref.ref(module), head, left_out, adapted)
    if new_head:
        logger.info(
            "%s: loaded %d tensors from %s; new, to be trained: %s",
            model.name,
            len(tensors) - len(new_head),
            weights,
            ", ".join(new_head),
        )
    return _finished(model, module, weights)


def _with_linear_head(
    model: ModelEntry,
    features: int,
    weights: WeightsLike | None,
    progress: bool,
    config: Mapping[str, Any],
) -> nn.Module:
    """A backbone without a head, and a new head on the features that its catalogue declares."""
    classes = config["num_classes"]
    own = {name: value for name, value in config.items() if name != "num_classes"}
    backbone = _assembled(model, weights, progress, own)
    if classes == 0:
        return backbone
    headed = Headed(backbone, features, classes)
    if (found := loads.get(backbone)) is not None:
        new = frozenset(f"backbone.{key}" for key in found.new)
        loads[headed] = found._replace(module=weakref.ref(headed), head=("head.",), new=new)
    return headed


def _takes_strict(module: nn.Module) -> bool:
    """Whether a module's way of loading can be told to be strict: an override may take less."""
    if type(module).load_state_dict is nn.Module.load_state_dict:
        return True
    parameters = inspect.signature(module.load_state_dict).parameters.values()
    return any(one.name == "strict" or one.kind is one.VAR_KEYWORD for one in parameters)


def _finished(model: ModelEntry, module: nn.Module, weights: WeightsLike | None) -> nn.Module:
    """The model as installed hooks wrap it, with its load report."""
    finished = hooks.wrap_model(module, model.canonical, weights)
    if finished is not module and module in loads:
        loads[finished] = loads[module]
    return finished


def _add_required_arguments(
    model: ModelEntry, weights: WeightsLike, arguments: dict[str, Any]
) -> None:
    """Adds the arguments that the weights need."""
    needed = getattr(getattr(weights, "value", None), "config", None) or {}
    for name, value in needed.items():
        if arguments.get(name) is None:
            arguments[name] = value
        elif arguments[name] != value:
            raise WeightsError(
                f"The weights {weights} of '{model.name}' need {name}={value!r}, but "
                f"{name}={arguments[name]!r} was given. Leave {name} out, or choose other weights."
            )


def _variant(
    model: ModelEntry, tensors: Mapping[str, Any], arguments: Mapping[str, Any]
) -> tuple[bool, Mapping[str, Any]]:
    """Whether weights lack parts which the builder would insist on, and the arguments for that."""
    asked = {**model.parameters, **arguments}
    for variant in model.variants:
        if all(asked.get(name) == value for name, value in variant.get("when", {}).items()):
            parts = tuple(f"{path}." for path in variant["lacks"])
            if any(key.startswith(parts) for key in tensors):
                return False, variant.get("otherwise", {})
            return True, variant["arguments"]
    return False, {}


def _meta_of_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Meta-data that torchvision's builders read, where the arguments say the same."""
    meta: dict[str, Any] = {}
    if arguments.get("image_size") is not None:
        meta["min_size"] = (arguments["image_size"],) * 2
    if arguments.get("input_size") is not None:
        meta["min_size"] = tuple(arguments["input_size"])
    if arguments.get("num_keypoints") is not None:
        names = [f"keypoint {number}" for number in range(arguments["num_keypoints"])]
        meta["keypoint_names"] = names
    return meta


class _Quantize(int):
    """The value True for ``quantize``, which also stops the skipping once the float model is built.

    A builder checks ``quantize`` again at that point. Quantizing, which comes next, is much work
    with nothing to skip.
    """

    _skipping: SkipRandomInit

    def __new__(cls, skipping: SkipRandomInit) -> _Quantize:
        self = super().__new__(cls, True)
        self._skipping = skipping
        return self

    def __bool__(self) -> bool:
        if self._skipping.has_begun:
            self._skipping.stop()
        return True
