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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn

from ..catalogs.allowed import DataReference, without_loading
from ..catalogs.catalog import ModelEntry
from ..errors import CatalogError, MissingDependencyError, WeightsError, WrongTypeError
from ..packages import hooks
from ..protocols import WeightsLike
from ..weights.traces import trace
from .assigning import AssignedStateDict
from .channels import asked_channels, with_channels
from .headed import Headed
from .shortcut import can_assign, can_skip_initialisation, is_proved
from .skip_init import SkipRandomInit
from .torchvision_bridge import stand_in
from .weights_argument import enum_name
from .witness import LoadWitness

__all__ = ["LoadReport", "assemble", "load_report"]

logger = logging.getLogger("hubcore")


@dataclass(frozen=True)
class LoadReport:
    """Which tensors of a model came from its weights.

    Attributes:
        weights: the weights that the model was built with.
        loaded: the state-dict keys of the tensors that were loaded from the weights.
        new: the state-dict keys of all others, as the architecture initialised them: a new head,
            which needs training, and what the weights of an architecture that loads them itself
            left out.
        name: the canonical name of the weights; their text if they are in no enum.
        sha256: the SHA-256 of their file, as 64 hex digits, or None if it is not known.
        adapted: those of the weights' tensors that were changed for another number of input
            channels before they were loaded, by their keys there.
    """

    weights: WeightsLike
    loaded: tuple[str, ...]
    new: tuple[str, ...]
    name: str
    sha256: str | None
    adapted: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """In a line: a large model has hundreds of tensors."""
        names = ", ".join(self.new[:4]) + (", ..." if len(self.new) > 4 else "")
        new = f"{len(self.new)} ({names})" if self.new else "0"
        adapted = f" ({', '.join(self.adapted)} adapted)" if self.adapted else ""
        loaded = f"{len(self.loaded)} tensors loaded{adapted}"
        return f"<LoadReport of {self.weights}: {loaded}, {new} new>"


class _Loaded(NamedTuple):
    """What a report is made from on request: most models are never asked for one."""

    weights: WeightsLike
    module: weakref.ref[nn.Module]
    head: tuple[str, ...]  # the prefixes of a new head
    new: frozenset[str]  # what the architecture itself did not load
    adapted: tuple[str, ...]


_loaded: weakref.WeakKeyDictionary[nn.Module, _Loaded] = weakref.WeakKeyDictionary()


def load_report(model: nn.Module) -> LoadReport | None:
    """Reports which of a model's tensors were loaded from weights and which are new.

    Args:
        model: a model that a builder of the hub returned.

    Returns:
        The report, or None if the model was built without weights.
    """
    found = _loaded.get(model)
    if found is None:
        return None
    keys = list((found.module() or model).state_dict())
    new = tuple(key for key in keys if key.startswith(found.head) or key in found.new)
    loaded = tuple(key for key in keys if key not in new)
    return LoadReport(found.weights, loaded, new, *trace(found.weights), found.adapted)


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
        CatalogError: the architecture does not take what the catalogue gives it.
        HubError: the weights cannot be downloaded or read.
    """
    try:
        if model.features is not None and config.get("num_classes") is not None:
            return _with_linear_head(model, weights, progress, config)
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
    build = architecture.func
    arguments = {**architecture.keywords, **config}
    if isinstance(architecture, DataReference):
        arguments = {**without_loading(build), **arguments}
    if weights is None:
        asked_channels(model, arguments)
        return _finished(model, _blank(model, build, progress, arguments), None)

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
    own_classes = _class_count(weights)
    # A third party's architecture that loads its weights itself may do so in part.
    witness = LoadWitness(tensors) if builder_loads and not is_proved(model) else None
    if own_classes is None and model.head and (witness is None or _has_head(model, tensors)):
        own_classes = _class_count_by_shape(model, build, weights, tensors, arguments, skips)
    classes = arguments.get("num_classes")
    has_new_head = classes is not None and own_classes is not None and classes != own_classes
    if not has_new_head and model.head and own_classes is not None:
        arguments["num_classes"] = classes = own_classes
    # Which parameters a head is made of is known of ours only: a third party's may be replaced.
    skips = skips and (is_proved(model) or not has_new_head)
    new_head: dict[str, torch.Tensor] = {}
    # A module that the hub loads itself has its new head before its weights: it is built once.
    if has_new_head and (skips or builder_loads) and not adapts:
        new_head = _new_head(model, build, progress, tensors, arguments, skips)
        tensors = _with_head(model, tensors, new_head)
    try:
        # Skipping is safe: the strict load below fails unless it overwrites every parameter.
        quantized = skips and bool(arguments.get("quantize"))
        with _skipping(skips, zeros=quantized) as skipping, witness or contextlib.nullcontext():
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
                module: nn.Module = build(weights=guise, **_progress(build, progress), **arguments)
            else:
                module = _blank(model, build, progress, arguments)
        if not builder_loads:
            if has_new_head and not new_head:
                new_head = _head_tensors(model, tensors, module)
                state_dict = _with_head(model, tensors, new_head)
            module.load_state_dict(state_dict, strict=True)
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
    head = _head_prefixes(model) if new_head else ()
    _loaded[module] = _Loaded(weights, weakref.ref(module), head, left_out, adapted)
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
    model: ModelEntry, weights: WeightsLike | None, progress: bool, config: Mapping[str, Any]
) -> nn.Module:
    """A backbone without a head, and a new head on the features that its catalogue declares."""
    classes, features = config["num_classes"], model.features
    if type(classes) is not int or classes < 0 or features is None:
        raise WrongTypeError(f"num_classes is a whole number, 0 or more, not {classes!r}.")
    own = {name: value for name, value in config.items() if name != "num_classes"}
    backbone = _assembled(model, weights, progress, own)
    if classes == 0:
        return backbone
    headed = Headed(backbone, features, classes)
    if (found := _loaded.get(backbone)) is not None:
        new = frozenset(f"backbone.{key}" for key in found.new)
        _loaded[headed] = found._replace(module=weakref.ref(headed), head=("head.",), new=new)
    return headed


def _finished(model: ModelEntry, module: nn.Module, weights: WeightsLike | None) -> nn.Module:
    """The model as installed hooks wrap it, with its load report."""
    finished = hooks.wrap_model(module, model.canonical, weights)
    if finished is not module and module in _loaded:
        _loaded[finished] = _loaded[module]
    return finished


def _blank(
    model: ModelEntry, build: Callable[..., nn.Module], progress: bool, arguments: dict[str, Any]
) -> nn.Module:
    """The model without weights (but with its backbone's, if given), initialised as usual."""
    if not model.loads_weights:
        return build(**arguments)
    arguments = dict(arguments)
    backbone = arguments.get("weights_backbone")
    if backbone is not None:
        arguments["weights_backbone"] = None
        tensors = backbone.get_state_dict(progress=progress, check_hash=True)
        if (
            is_proved(model)
            and can_skip_initialisation(model, arguments)
            and can_assign(backbone, tensors)
        ):
            tensors = AssignedStateDict(tensors)
        arguments["weights_backbone"] = stand_in(
            build, "weights_backbone", backbone, backbone.meta, tensors
        )
    return build(weights=None, **_progress(build, progress), **arguments)


def _progress(build: Callable[..., nn.Module], progress: bool) -> dict[str, bool]:
    """The ``progress`` argument, for an architecture that names it as a parameter."""
    try:
        takes = "progress" in inspect.signature(build).parameters
    except (TypeError, ValueError):  # a callable that tells no signature
        return {}
    return {"progress": progress} if takes else {}


def _skipping(skips: bool, *, zeros: bool = False) -> SkipRandomInit | contextlib.nullcontext[None]:
    """In this context the initialisation is skipped, if it may be."""
    return SkipRandomInit(zeros=zeros) if skips else contextlib.nullcontext()


def _new_head(
    model: ModelEntry,
    build: Callable[..., nn.Module],
    progress: bool,
    tensors: Mapping[str, Any],
    arguments: dict[str, Any],
    skips: bool,
) -> dict[str, torch.Tensor]:
    """The tensors of a new head, initialised as the architecture does."""

    def blank(arguments: dict[str, Any]) -> nn.Module:
        if skips and not arguments.get("quantize"):
            return _blank_but_head(model, build, progress, arguments)
        return _blank(model, build, progress, arguments)

    head = _head_tensors(model, tensors, blank(arguments))
    if arguments.get("quantize") and not head.keys() <= tensors.keys():
        # Weights of quantization-aware training, which become integers after loading.
        head = _head_tensors(model, tensors, blank({**arguments, "quantize": False}))
    return head


def _blank_but_head(
    model: ModelEntry, build: Callable[..., nn.Module], progress: bool, arguments: dict[str, Any]
) -> nn.Module:
    """A blank model in which only the head is sure to be initialised, which takes little time."""
    with SkipRandomInit() as draft:
        parameters = _blank(model, build, progress, arguments).named_parameters()
    head = {draft.number_of(p) for name, p in parameters if name.startswith(_head_prefixes(model))}
    with SkipRandomInit(keep=head):
        return _blank(model, build, progress, arguments)


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


def _class_count(weights: WeightsLike) -> int | None:
    """The number of classes in the weights' meta-data; None if it is not there."""
    categories = weights.meta.get("categories")
    if categories:
        return len(categories)
    if isinstance(weights.meta.get("num_classes"), int):
        return int(weights.meta["num_classes"])  # for classes published without names
    return None


def _class_count_by_shape(
    model: ModelEntry,
    build: Callable[..., nn.Module],
    weights: WeightsLike,
    tensors: Mapping[str, Any],
    arguments: dict[str, Any],
    skips: bool,
) -> int:
    """The number of classes for which the model's head has the same shapes as the weights'.

    Tries ``num_classes``, then the rows of the head's weight: some heads have more rows than
    classes.
    """
    weight = tensors.get(f"{model.head[0]}.weight")
    rows = len(weight) if isinstance(weight, torch.Tensor) else None
    for count in (arguments.get("num_classes"), rows):
        if count is None:
            continue
        with torch.random.fork_rng(devices=()), _skipping(skips):
            blank = _blank(model, build, False, {**arguments, "num_classes": count})
        if all(
            key in tensors and getattr(tensors[key], "shape", None) == value.shape
            for key, value in _head_tensors(model, tensors, blank).items()
        ):
            return int(count)
    raise WeightsError(
        f"The weights {weights} do not say how many classes they have. Pass the number that they "
        f"were trained with, num_classes=..., or add 'categories' to their meta-data."
    )


def _head_tensors(
    model: ModelEntry, tensors: Mapping[str, Any], blank: nn.Module
) -> dict[str, torch.Tensor]:
    """The head's tensors in a blank model.

    Left out are heads that the weights do not have: some come without the auxiliary ones. Weights
    without any are those of a backbone, for which all are new.
    """
    if not model.head:
        raise WeightsError(
            f"The catalogue of '{model.name}' does not say which part of it is the head, so "
            f"num_classes must be that of the weights. Leave num_classes out."
        )
    heads = _head_prefixes(model)
    present = tuple(p for p in heads if any(key.startswith(p) for key in tensors)) or heads
    return {key: value for key, value in blank.state_dict().items() if key.startswith(present)}


def _has_head(model: ModelEntry, tensors: Mapping[str, Any]) -> bool:
    """Whether weights have any tensor of the model's head."""
    return any(key.startswith(_head_prefixes(model)) for key in tensors)


def _head_prefixes(model: ModelEntry) -> tuple[str, ...]:
    """The prefixes of the head's state-dict keys."""
    return tuple(f"{path}." for path in model.head)


def _with_head(
    model: ModelEntry, tensors: Mapping[str, Any], new: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A copy of a state dict, including its meta-data, with another head.

    A new head without tensors, as timm's models have for ``num_classes=0``, leaves none of the old.
    """
    state_dict = OrderedDict(tensors)
    if not new:
        for key in [key for key in state_dict if key.startswith(_head_prefixes(model))]:
            del state_dict[key]
    state_dict.update(new)
    state_dict._metadata = getattr(tensors, "_metadata", None)  # type: ignore[attr-defined]  # torch
    return state_dict


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
