"""The differences between the committed catalogues and the installed torchvision.

The catalogues are read as users read them, through hubcore, so what is compared is what
``weights.meta`` and its kind really give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from torchvision.models import WeightsEnum

from hubcore.catalogs.catalog import Catalog, ModelEntry, WeightsEntry
from hubcore.errors import HubError
from hubcore.packages.references import Reference
from hubcore.weights.lookup import make_enum

from . import upstream
from .build import LICENSES, own_entries
from .families import FAMILIES, Family

# What torchvision's legacy defaults may depend on.
_LEGACY_CALLS: tuple[dict[str, Any], ...] = (
    {},
    {"pretrained": "legacy"},
    {"quantize": False},
    {"quantize": True},
)


def read(family: Family) -> Catalog:
    return Catalog.read(family.catalog, family.distribution, package=family.package)


def package_of_enum(name: str) -> str:
    """The package of the built-in family that has these weights."""
    return next(family.package for family in FAMILIES if name in read(family).weights)


def differences(family: Family, catalog: Catalog | None = None) -> Iterator[str]:
    """Says each difference in one line that begins with the place, such as ``resnet50.head``."""
    catalog = catalog or read(family)
    theirs = upstream.builders(family)
    own = own_entries(family)
    yield from _names("models", catalog.models, {*theirs, *own["models"]})
    enums: dict[str, type[WeightsEnum]] = {}
    for name, builder in theirs.items():
        enum = upstream.weights_enums(upstream.parameters(builder)["weights"].annotation)[0]
        enums[enum.__name__] = enum
        if name in catalog.models:
            yield from _model(family, catalog.models[name], builder, enum)
    yield from _names("weights", catalog.weights, {*enums, *own["weights"]})
    for name, entry in catalog.weights.items():
        yield from _weights(entry, enums.get(name))
    for name in own["models"].keys() & catalog.models.keys():
        yield from _own_model(catalog, catalog.models[name])


def _names(kind: str, ours: Mapping[str, Any], theirs: set[str]) -> Iterator[str]:
    for name in sorted(theirs - set(ours)):
        yield f"{kind}: {name} is missing"
    for name in sorted(set(ours) - theirs):
        yield f"{kind}: {name} is not in torchvision"


def _value(place: str, ours: Any, theirs: Any) -> Iterator[str]:
    # By text, so that NaN equals NaN, our members equal torchvision's, and 1 differs from True.
    if repr(ours) != repr(theirs):
        yield f"{place}: is {ours!r}, should be {theirs!r}"


def _mapping(place: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    missing = "(missing)"
    for key in {**theirs, **ours}:
        yield from _value(f"{place}.{key}", ours.get(key, missing), theirs.get(key, missing))


def _model(
    family: Family, entry: ModelEntry, builder: upstream.Builder, enum: type[WeightsEnum]
) -> Iterator[str]:
    name = entry.name
    yield from _value(f"{name}.task", entry.task, family.task_of(name))
    yield from _value(
        f"{name}.architecture",
        entry.architecture,
        Reference(family.architecture(builder.__name__)),
    )
    yield from _value(f"{name}.export", entry.export, builder.__name__)
    yield from _value(f"{name}.loads_weights", entry.loads_weights, True)
    yield from _value(f"{name}.weights", entry.weights, enum.__name__)
    yield from _architecture(entry, builder)
    yield from _legacy(name, entry.data, builder)


def _architecture(entry: ModelEntry, builder: upstream.Builder) -> Iterator[str]:
    """What holds for any model: the catalogue agrees with its code, and describes it."""
    name = entry.name
    theirs = {
        key: str(p.default) if isinstance(p.default, WeightsEnum) else p.default
        for key, p in upstream.parameters(builder).items()
    }
    yield from _mapping(f"{name}.parameters", entry.parameters, theirs)
    yield from _value(f"{name}.parameters", list(entry.parameters), list(theirs))
    yield from _value(f"{name}.head", list(entry.head), upstream.head(builder))
    if not entry.data.get("doc"):
        yield f"{name}.doc: there is none"


def _own_model(catalog: Catalog, model: ModelEntry) -> Iterator[str]:
    """A model that torchvision does not have is held against its own code."""
    builder = model.architecture.func
    yield from _architecture(model, builder)
    for member, data in catalog.weights[model.weights or ""].members.items():
        place = f"{model.weights}.{member}.meta.num_params"
        yield from _value(place, data["meta"]["num_params"], upstream.num_params(builder))


def _legacy(name: str, data: Mapping[str, Any], builder: upstream.Builder) -> Iterator[str]:
    ours = {"weights": data}
    if "backbone" in data:
        ours["weights_backbone"] = data["backbone"]
    parameters = upstream.parameters(builder)
    accepted = {enum.__name__ for enum in upstream.weights_enums(parameters["weights"].annotation)}
    offered = {data["weights"], *(case["weights"] for case in data.get("accepts", ()))}
    yield from _value(f"{name}.accepts", sorted(offered), sorted(accepted))
    theirs = upstream.legacy_defaults(builder)
    yield from _value(f"{name}.pretrained", sorted(ours), sorted(theirs))
    for parameter in sorted(ours.keys() & theirs.keys()):
        enum = upstream.weights_enums(parameters[parameter].annotation)[0]
        yield from _value(f"{name}.{parameter}", ours[parameter]["weights"], enum.__name__)
        for call in _LEGACY_CALLS:
            call = {"pretrained": True, "pretrained_backbone": True, **call}
            member = theirs[parameter](call)
            yield from _value(
                f"{name}.pretrained of {parameter} with {call}",
                _pretrained(ours[parameter], call),
                None if member is None else str(member),
            )


def _pretrained(data: Mapping[str, Any], call: Mapping[str, Any]) -> str | None:
    cases = data["pretrained"]
    if not isinstance(cases, list):
        cases = [{"weights": cases}]
    chosen = next(
        case["weights"]
        for case in cases
        if all(call.get(key) == value for key, value in case.get("when", {}).items())
    )
    return chosen if chosen is None or "." in chosen else f"{data['weights']}.{chosen}"


def _resolve_member(name: str) -> Any:
    enum, _, member = name.rpartition(".")
    for family in FAMILIES:
        entry = read(family).weights.get(enum)
        if entry and member in entry.members:
            return make_enum(entry, _resolve_member)[member]
    raise HubError(f"@{name} names no weights of any catalogue")


def _weights(entry: WeightsEntry, theirs: type[WeightsEnum] | None) -> Iterator[str]:
    name = entry.name
    if entry.builder not in entry.catalog.models:
        yield f"{name}.builder: {entry.builder} is not a model of this catalogue"
    elif entry.catalog.models[entry.builder].weights != name:
        yield f"{name}.builder: {entry.builder} has {entry.catalog.models[entry.builder].weights}"
    try:
        ours: Any = make_enum(entry, _resolve_member)
    except HubError as error:
        yield f"{name}: {error}"
        return
    if theirs is not None:
        # Aliases, DEFAULT among them, are compared with the member that they stand for.
        yield from _mapping(name, _aliases(ours), _aliases(theirs))
    for member in ours:
        place = f"{name}.{member.name}"
        yield from _file(place, member)
        if theirs is not None and member.name in theirs.__members__:
            yield from _member(place, member, theirs[member.name])


def _aliases(enum: Any) -> dict[str, str]:
    return {alias: member.name for alias, member in enum.__members__.items()}


def _file(place: str, member: Any) -> Iterator[str]:
    """What the hub promises of each weights beyond torchvision."""
    value = member.value
    named = re.search(r"[-_]([0-9a-f]{8,64})\.[a-z]+$", value.url)
    if not value.sha256:
        yield f"{place}.sha256: there is none"
    elif named and not value.sha256.startswith(named[1]):
        yield f"{place}.sha256: {value.sha256} is not that of {value.url}"
    if not value.license:
        yield f"{place}.license: there is none"
    if not value.task:
        yield f"{place}.task: there is none"
    if not value.meta.get("_docs"):
        yield f"{place}.meta._docs: there is none"


def _member(place: str, ours: Any, theirs: WeightsEnum) -> Iterator[str]:
    yield from _value(f"{place}.url", ours.url, theirs.url)
    url = theirs.meta.get("license", "unknown")
    yield from _value(f"{place}.license", ours.value.license, LICENSES.get(url, url))
    yield from _mapping(f"{place}.meta", _without_docs(ours.meta), _without_docs(theirs.meta))
    if _words(ours.meta.get("_docs")) == _words(theirs.meta["_docs"]):
        yield f"{place}.meta._docs: these are torchvision's words, not ours"
    module, _, kind = ours.transforms.target.partition(":")
    yield from _value(f"{place}.transforms", module, "hubcore.transforms")
    yield from _transforms(f"{place}.transforms", kind, ours.transforms.keywords, theirs)


def _transforms(
    place: str, kind: str, arguments: dict[str, Any], theirs: WeightsEnum
) -> Iterator[str]:
    wanted_kind, wanted = upstream.effective(theirs.transforms)
    if kind != wanted_kind:
        yield from _value(place, kind, wanted_kind)
        return
    try:
        yield from _mapping(place, upstream.effective_of(kind, arguments), wanted)
    except (TypeError, ValueError) as error:  # an argument that the preprocessing does not have
        yield f"{place}: {error}"


def _without_docs(meta: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meta.items() if key != "_docs"}


def _words(text: str | None) -> str:
    return " ".join((text or "").lower().split())
