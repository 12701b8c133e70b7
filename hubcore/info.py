"""What is known of a model, or of weights: what `hub show` shows, as values.

Needs no torch, and runs no code of a package.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .catalogs.catalog import ModelEntry
from .catalogs.facts import default_weights
from .catalogs.licenses import Evidence
from .catalogs.names import find_model, find_weights, model_of, weights_for
from .catalogs.records import MetricState, metric_states
from .digests import digest_state
from .download.addresses import redact
from .download.remote import digest_of_all
from .errors import SettingsError, UnknownNameError
from .packages.references import Reference
from .packages.signatures import signature_of
from .sizes import published_size
from .weights.enums import WeightsEnum, canonical_name
from .weights.licensing import evidence_for
from .weights.lookup import get_weight, weights_enum
from .weights.value import Weights

__all__ = ["FurtherFile", "ModelInfo", "Preprocessing", "WeightsInfo", "model_info", "weights_info"]


@dataclass(frozen=True)
class Preprocessing:
    """How inputs are prepared for weights.

    Attributes:
        target: what prepares them, ``"module:attribute"``; the text of the object if the weights
            were written in Python.
        doc: what it does, in a line, or "".
        settings: its arguments, those that the weights set and the defaults of all others:
            ``crop_size`` and ``resize_size`` in pixels, ``mean``, ``std``, ``interpolation``, ...
    """

    target: str
    doc: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        is_object = ":" not in self.target
        return self.target if is_object else f"{self.target.rpartition(':')[2]}({settings})"


@dataclass(frozen=True)
class FurtherFile:
    """One more file of weights that are several.

    Attributes:
        url: its address, without secrets.
        mirrors: further addresses, without secrets.
        sha256: its SHA-256, as 64 hex digits.
        size: its size in bytes, or None.
    """

    url: str
    mirrors: tuple[str, ...]
    sha256: str
    size: int | None


@dataclass(frozen=True)
class WeightsInfo:
    """What is known of weights.

    Attributes:
        name: ``Enum.MEMBER``.
        canonical: ``distribution/Enum.MEMBER``.
        plugin: the distribution that offers them; "" if they are in no catalogue.
        version: its version, or "".
        model: the canonical name of the model that they fit; None if it is not installed.
        task: such as ``image-classification``, or None.
        doc: a description, or "".
        metrics: the published results by data set, then by metric.
        metric_states: what is known of each published metric, and of others that were measured:
            ``reproduced``, ``differs``, ``not measured``, ... and by whose record.
        params: the number of parameters, or None.
        gmacs: billions of multiply-adds for one input, or None.
        categories: the names of the classes, in the order of the model's outputs; may be empty.
        preprocessing: how inputs are prepared.
        license: an SPDX identifier, the address of a licence, or ``unknown``.
        evidence: who states the licences of the weights and of the code, and the training data.
        recipe: the address of a description of the training, or None.
        size: the size of all files in bytes, or None. Where only MiB are published, it is rounded.
        url: the (first) file's address, without secrets. All that follows is of this file.
        mirrors: further addresses, without secrets.
        sha256: the published digest of the file or a prefix of it, or None.
        digest: how much of the digest is published: ``full``, ``prefix`` or ``none``.
        pinned: the digest that this machine holds the file to, where not all is published, or None.
        pinned_by: what pinned it, such as ``first use``, or None.
        cached: the file in the store, or None; None, too, if a further one is not there.
        files: the further files, where the weights are several.
        replaced_by: the name of the weights to use instead, if these are deprecated.
        meta: all meta-data as the weights have them.
    """

    name: str
    canonical: str
    plugin: str
    version: str
    model: str | None
    task: str | None
    doc: str
    metrics: Mapping[str, Mapping[str, float]]
    metric_states: tuple[MetricState, ...]
    params: int | None
    gmacs: float | None
    categories: tuple[str, ...]
    preprocessing: Preprocessing
    license: str
    evidence: Evidence
    recipe: str | None
    size: int | None
    url: str
    mirrors: tuple[str, ...]
    sha256: str | None
    digest: str
    pinned: str | None
    pinned_by: str | None
    cached: Path | None
    replaced_by: str | None
    meta: Mapping[str, Any]
    files: tuple[FurtherFile, ...] = ()


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model.

    Attributes:
        name: its bare name.
        canonical: ``distribution/name``.
        plugin: the distribution that offers it.
        version: its version, or "".
        task: such as ``image-classification``.
        doc: a description, or "".
        paper: the address of the paper, or None.
        architecture: what builds it, ``"module:attribute"``.
        head: the paths of the modules that are new if ``num_classes`` differs from the weights'.
        default: the member of its own enum that ``DEFAULT`` means, or its first; None without one.
        weights: the weights that fit it, from all packages, its own first.
        replaced_by: the name of the model to use instead, if this one is deprecated.
        lacks: what it needs and this environment lacks, with both versions, or None.
    """

    name: str
    canonical: str
    plugin: str
    version: str
    task: str
    doc: str
    paper: str | None
    architecture: str
    head: tuple[str, ...]
    default: str | None
    weights: tuple[WeightsInfo, ...]
    replaced_by: str | None
    lacks: str | None


def model_info(model: str | Callable[..., Any]) -> ModelInfo:
    """What is known of a model.

    Args:
        model: its bare or canonical name, in any case, or its builder.

    Raises:
        UnknownNameError: nothing has this name; the error suggests similar names.
        AmbiguousNameError: several packages offer it.
        TypeError: `model` is neither a name nor a builder of the hub.
    """
    entry = find_model(model)
    default = default_weights(entry)
    return ModelInfo(
        name=entry.name,
        canonical=entry.canonical,
        plugin=entry.catalog.distribution,
        version=entry.catalog.version,
        task=entry.task,
        doc=str(entry.data.get("doc", "")),
        paper=entry.data.get("paper"),
        architecture=entry.architecture.target,
        head=entry.head,
        default=default[0] if default else None,
        weights=tuple(map(weights_info, _members_for(entry))),
        replaced_by=entry.replaced_by,
        lacks=entry.lacks,
    )


def weights_info(weights: str | WeightsEnum) -> WeightsInfo:
    """What is known of weights.

    Args:
        weights: their full name, such as ``"ResNet50_Weights.DEFAULT"``, bare or canonical and in
            any case, or a member of an enum.

    Raises:
        ValueError: the name is not of this form.
        UnknownNameError: there are no such weights; the error suggests similar names.
        AmbiguousNameError: several packages offer them.
    """
    member = weights if isinstance(weights, WeightsEnum) else get_weight(weights)
    value, meta = member.value, member.meta
    file = value.file
    plugin, version, model = _origin(member)
    pin, cached = _in_store(member)
    return WeightsInfo(
        name=repr(member),
        canonical=canonical_name(member),
        plugin=plugin,
        version=version,
        model=model,
        task=value.task,
        doc=meta.get("_docs") or "",
        metrics=meta.get("_metrics") or {},
        metric_states=_metric_states(member),
        params=meta.get("num_params"),
        gmacs=meta.get("_ops"),
        categories=tuple(meta.get("categories") or ()),
        preprocessing=preprocessing_of(member.transforms),
        license=value.license,
        evidence=evidence_for(member),
        recipe=meta.get("recipe"),
        size=_size(value) or published_size(meta),
        url=redact(value.url),
        mirrors=tuple(map(redact, value.mirrors)),
        sha256=file.digest,
        digest=digest_state(file.digest),
        pinned=pin.sha256 if pin else None,
        pinned_by=pin.by if pin else None,
        cached=cached,
        replaced_by=value.replaced_by,
        meta=dict(meta),
        files=tuple(
            FurtherFile(
                redact(one.urls[0]), tuple(map(redact, one.urls[1:])), one.digest or "", one.size
            )
            for one in value.further
        ),
    )


def _size(weights: Weights) -> int | None:
    sizes = [weights.size, *(file.size for file in weights.further)]
    return None if None in sizes else sum(size for size in sizes if size)


def _members_for(model: ModelEntry) -> list[WeightsEnum]:
    """The weights that fit a model, without those that their package has replaced by others."""
    return [
        member
        for entry in weights_for(model)
        for member in weights_enum(entry)
        if member.value.replaced_by is None
    ]


def _origin(member: WeightsEnum) -> tuple[str, str, str | None]:
    """The distribution, its version and the model that weights fit."""
    name = getattr(type(member), "__hub_name__", None)
    if name is not None:
        with contextlib.suppress(UnknownNameError):  # the enum outlived its package
            entry = find_weights(name)
            model = model_of(entry)
            catalog = entry.catalog
            return catalog.distribution, catalog.version, model.canonical if model else None
    return "", "", None


def _metric_states(member: WeightsEnum) -> tuple[MetricState, ...]:
    reference = member.transforms
    transforms = reference.to_json() if isinstance(reference, Reference) else None
    published = member.meta.get("_metrics") or {}
    return tuple(metric_states(digest_of_all(member.value.files), transforms, published))


def _in_store(member: WeightsEnum) -> tuple[Any, Path | None]:
    from .store import default_store

    try:
        store = default_store()
        held = [store.held(file) for file in member.value.files]
        return store.pinned(member.value.url), held[0] if None not in held else None
    except (SettingsError, OSError):  # no home directory, or one that cannot be read
        return None, None


def preprocessing_of(transforms: Any) -> Preprocessing:
    """How inputs are prepared, read from the source of what prepares them: nothing is imported.

    Args:
        transforms: a catalogue's reference, or an object that weights written in Python have.
    """
    if not isinstance(transforms, Reference):
        return Preprocessing(repr(transforms))
    signature = signature_of(transforms.target)
    settings = {**transforms.keywords}
    for name, value in signature.defaults.items():
        settings.setdefault(name, value)
    return Preprocessing(transforms.target, signature.doc, settings)
