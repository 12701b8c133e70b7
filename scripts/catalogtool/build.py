"""A family's catalogue, from the installed torchvision and the hand-written data."""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from torchvision.models import WeightsEnum, _meta

from . import upstream
from .families import DATA, LABELS, Family
from .licensing import add_licensing
from .texts import read_texts

# Lists that stand once in hubcore/catalogs/labels.
LISTS: dict[str, list[str]] = {
    "imagenet-1k": _meta._IMAGENET_CATEGORIES,
    "coco-91": _meta._COCO_CATEGORIES,
    "coco-person-keypoints": _meta._COCO_PERSON_KEYPOINT_NAMES,
    "voc-21": _meta._VOC_CATEGORIES,
    "kinetics-400": _meta._KINETICS400_CATEGORIES,
}

# The SPDX names of the licences that torchvision's meta-data points at.
LICENSES = {"https://github.com/facebookresearch/SWAG/blob/main/LICENSE": "CC-BY-NC-4.0"}

# Arguments that torchvision's legacy defaults look at, and the values worth asking about.
LEGACY_CASES: tuple[dict[str, Any], ...] = (
    {},
    {"pretrained": "legacy"},
    {"quantize": True},
)


def build(family: Family) -> dict[str, Any]:
    texts = read_texts(family)
    models: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    for name, builder in upstream.builders(family).items():
        parameters = upstream.parameters(builder)
        enum = upstream.weights_enums(parameters["weights"].annotation)[0]
        models[name] = _model(family, name, builder, parameters, enum)
        weights[enum.__name__] = _weights(name, enum)
        if any(path.startswith("aux_classifier") for path in models[name]["head"]):
            for member in weights[enum.__name__]["members"].values():
                member["config"] = {"aux_loss": True}
    own = own_entries(family)
    models.update(own["models"])
    weights.update(own["weights"])
    for name, model in models.items():
        model["doc"] = texts.descriptions.get(name, "")
        if name in texts.papers:
            model["paper"] = texts.papers[name]
    for enum_name, entry in weights.items():
        for member, value in entry["members"].items():
            value["meta"]["_docs"] = texts.descriptions.get(f"{enum_name}.{member}", "")
    catalog = {"schema": 1, "models": dict(sorted(models.items())), "weights": weights}
    add_licensing(catalog, family.name)
    return catalog


def _model(
    family: Family,
    name: str,
    builder: upstream.Builder,
    parameters: dict[str, inspect.Parameter],
    enum: type[WeightsEnum],
) -> dict[str, Any]:
    legacy = upstream.legacy_defaults(builder)
    entry: dict[str, Any] = {
        "task": family.task_of(name),
        "architecture": family.architecture(builder.__name__),
        "loads_weights": True,
        "parameters": {key: _default(p.default) for key, p in parameters.items()},
        "weights": enum.__name__,
        "pretrained": _pretrained(legacy["weights"], enum),
    }
    if accepts := _accepts(legacy["weights"]):
        entry["accepts"] = accepts
    if "weights_backbone" in parameters:
        backbone = upstream.weights_enums(parameters["weights_backbone"].annotation)[0]
        entry["backbone"] = {
            "weights": backbone.__name__,
            "pretrained": _pretrained(legacy["weights_backbone"], backbone),
        }
    entry["head"] = upstream.head(builder)
    if variants := _variants(entry["head"], parameters):
        entry["variants"] = variants
    if builder.__name__ != name:
        entry["export"] = builder.__name__
    return entry


def _variants(head: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """How a model is built for weights without auxiliary heads, which its builder insists on."""
    parts = sorted({path.partition(".")[0] for path in head if path.lower().startswith("aux")})
    if not parts:
        return []
    if parts == ["aux_classifier"]:
        lacking, otherwise = {"aux_loss": False}, {"aux_loss": True}
        return [{"lacks": parts, "arguments": lacking, "otherwise": otherwise}]
    # As these builders do with weights.
    arguments = {"aux_logits": False, "transform_input": True, "init_weights": False}
    variant: dict[str, Any] = {"lacks": parts, "arguments": arguments}
    if "quantize" in parameters and parts == ["AuxLogits"]:
        variant["when"] = {"quantize": False}  # quantized, the builder takes them without
    return [variant]


def _default(value: Any) -> Any:
    return str(value) if isinstance(value, WeightsEnum) else value


def _pretrained(
    legacy: Callable[[dict[str, Any]], WeightsEnum | None], own: type[WeightsEnum]
) -> Any:
    """What ``pretrained=True`` loads: a member, or a list of cases ending with the general one."""

    def ask(case: dict[str, Any]) -> str | None:
        member = legacy({"pretrained": True, "pretrained_backbone": True, **case})
        return str(member) if isinstance(member, WeightsEnum) else None

    answers = [(case, ask(case)) for case in LEGACY_CASES]
    general = answers[0][1]
    special = [
        {"when": case, "weights": answer} for case, answer in answers[1:] if answer != general
    ]
    prefix = f"{own.__name__}."
    if not special:
        return general and general.removeprefix(prefix)
    cases: list[dict[str, Any]] = [*special, {"weights": general}]
    if all(case["weights"].startswith(prefix) for case in cases):
        for case in cases:
            case["weights"] = case["weights"].removeprefix(prefix)
    return cases


def _accepts(legacy: Callable[[dict[str, Any]], WeightsEnum | None]) -> list[dict[str, Any]]:
    """The cases of a builder that takes another enumeration with ``quantize=True``."""
    plain, quantized = (
        type(legacy({"pretrained": True, "quantize": quantize})).__name__
        for quantize in (False, True)
    )
    if plain == quantized:
        return []
    return [{"when": {"quantize": True}, "weights": quantized}, {"weights": plain}]


def _weights(model: str, enum: type[WeightsEnum]) -> dict[str, Any]:
    names = enum.__members__
    aliases = {
        alias: member.name
        for alias, member in names.items()
        if alias not in ("DEFAULT", member.name)
    }
    entry: dict[str, Any] = {"builder": model, "default": names["DEFAULT"].name}
    if aliases:
        entry["aliases"] = aliases
    entry["members"] = {member.name: _member(member) for member in enum}
    return entry


def _member(member: WeightsEnum) -> dict[str, Any]:
    entry = {"url": member.url, **digest(member.url)}
    license_url = member.meta.get("license", "unknown")
    entry["license"] = LICENSES.get(license_url, license_url)
    entry["transforms"] = _transforms(member.transforms)
    if sampling := _sampling(member.meta["_docs"]):
        entry["sampling"] = sampling
    entry["meta"] = {key: encode(value) for key, value in member.meta.items() if key != "_docs"}
    return entry


def _sampling(docs: str) -> dict[str, float]:
    """How the clips of a video were sampled, which torchvision says only in words."""
    found = re.findall(r"`(clip_len|frame_rate|clips_per_video)=([\d.]+)`", docs)
    return {key: float(value) if "." in value else int(value) for key, value in sorted(found)}


def _transforms(transforms: Any) -> list[Any]:
    kind = getattr(transforms, "func", transforms)
    arguments = getattr(transforms, "keywords", {})
    plain = {key: encode(getattr(value, "value", value)) for key, value in arguments.items()}
    return [f"hubcore.transforms:{kind.__name__}", plain]


def encode(value: Any) -> Any:
    """A meta-data value as JSON: long lists and members by reference, NaN as null."""
    if isinstance(value, WeightsEnum):
        return f"@{value}"
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        for name, labels in LISTS.items():
            if list(value) == labels:
                return f"@{name}"
        return [encode(item) for item in value]
    return value


@cache
def _digests() -> dict[str, dict[str, Any]]:
    files: dict[str, dict[str, Any]] = json.loads((DATA / "digests.json").read_text())["files"]
    return files


def digest(url: str) -> dict[str, Any]:
    """The SHA-256 of a published file and its size, as far as they are known.

    A file that is not listed has the first digits of its digest in its name. Some old names
    put an underscore before them, where others have a hyphen.
    """
    if known := _digests().get(url):
        return {key: value for key, value in known.items() if value is not None}
    found = re.search(r"[-_]([0-9a-f]{8,64})\.[a-z]+$", url)
    return {"sha256": found[1]} if found else {}


def own_entries(family: Family) -> dict[str, dict[str, Any]]:
    """The models and weights of a family that torchvision does not have."""
    path = DATA / "own" / f"{family.name}.json"
    if not path.exists():
        return {"models": {}, "weights": {}}
    own: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    for enum in own["weights"].values():
        for member in enum["members"].values():
            member.update(digest(member["url"]))
    return own


def label_files() -> Iterator[tuple[Path, str]]:
    """The shared lists, as files of hubcore."""
    for name, labels in LISTS.items():
        text = json.dumps(labels, indent=0, ensure_ascii=False) + "\n"
        yield LABELS / f"{name}.json", text
