"""What is stated of the licences and the training data of the built-in families' weights.

The statements, each with its source, are in ``catalog_data/licenses.json``; which of them holds for
which weights is decided here, by the names that torchvision gave them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from .families import DATA

# Weights that began with ImageNet weights, though their builder does not do so by default.
_FROM_IMAGENET = {"RetinaNet_ResNet50_FPN_V2_Weights"}
_FLOW = {
    "C": "flying-chairs",
    "T": "flying-things-3d",
    "S": "sintel",
    "K": "kitti",
    "H": "hd1k",
}


def add_licensing(catalog: dict[str, Any], family: str) -> None:
    """Adds to a catalogue, in place, what is stated of its weights."""
    shared: dict[str, Any] = {}
    for enum, entry in catalog["weights"].items():
        for member, value in entry["members"].items():
            name, evidence = _evidence(family, enum, member, catalog["models"][entry["builder"]])
            shared[name] = evidence
            value["evidence"] = f"@{name}"
    used = {shared[name][key][1:] for name in shared for key in ("weights", "code")}
    catalog["licenses"] = {n: s for n, s in _data()["licenses"].items() if n in used}
    catalog["evidence"] = dict(sorted(shared.items()))


def _evidence(
    family: str, enum: str, member: str, model: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    weights, code, source = "torchvision-weights", "torchvision-code", family
    backbone = model["parameters"].get("weights_backbone") or enum in _FROM_IMAGENET
    if family == "classification":
        data, source = ["imagenet-1k"], "imagenet"
        if "SWAG" in member:
            data, weights, source = ["instagram-3.6b", "imagenet-1k"], "swag", "swag"
    elif family == "quantization":
        data, source = ["imagenet-1k"], "quantized"
    elif family in ("detection", "segmentation"):
        data = ["imagenet-1k", "coco"] if backbone else ["coco"]
        if enum.startswith("DETR"):
            weights, code, source = "detr-weights", "hub-detection-code", "detr"
    elif family == "video":
        data, source = ["kinetics-400"], "kinetics"
        if enum.startswith("Swin3D"):
            data = ["imagenet-22k" if "IMAGENET22K" in member else "imagenet-1k", *data]
    else:  # C_T_SKHT_K_V1: the stages of training, each a data set or a mix of several
        letters = "".join(member.split("_")[:-1])
        data, source = [_FLOW[letter] for letter in dict.fromkeys(letters)], "flow"
    name = "detr" if source == "detr" else "+".join(data)
    evidence = {
        "weights": f"@{weights}",
        "code": f"@{code}",
        "data": data,
        "data_source": _data()["data_sources"][source],
    }
    return name, evidence


@cache
def _data() -> dict[str, dict[str, Any]]:
    data: dict[str, dict[str, Any]] = json.loads((DATA / "licenses.json").read_text("utf-8"))
    return data
