"""What an exported file says of itself: `metadata.schema.json` describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from hubcore.catalogs.catalog import ModelEntry
from hubcore.download.hashing import sha256_of
from hubcore.info import weights_info
from hubcore.weights.enums import WeightsEnum

from .formats import Format
from .ports import Port
from .preprocessing import described

__all__ = ["SCHEMA", "describe"]

SCHEMA = 1
OF_VECTORS = 2  # whoever reads only 1 would take vectors for logits


def describe(
    wanted: Format,
    *,
    task: str,
    model: ModelEntry | str,
    weights: Any,
    raw: bool,
    layer: str = "",
    inputs: Sequence[Port],
    outputs: Sequence[Port],
) -> dict[str, Any]:
    """The metadata of a file, ready for JSON.

    Args:
        wanted: the file's format.
        task: the model's task.
        model: the model's entry, or its class's name.
        weights: its weights.
        raw: whether the file holds the bare model.
        layer: where the vectors come from that it gives; "" if it predicts.
        inputs, outputs: the file's.
    """
    known = weights_info(weights) if isinstance(weights, WeightsEnum) else None
    prepared = described(weights)
    meta: Mapping[str, Any] = weights.meta
    found: dict[str, Any] = {
        "schema": OF_VECTORS if layer else SCHEMA,
        "format": wanted.name,
        "task": task,
        "model": model if isinstance(model, str) else model.canonical,
        "weights": known.canonical if known else str(weights),
        "sha256": sha256_of(weights.download(progress=False)) if known else None,
        "license": known.license if known else meta.get("license", "unknown"),
        "categories": list(meta.get("categories") or ()),
        "preprocessing": {
            "target": prepared.target,
            "settings": dict(prepared.settings),
            "inside": not raw,
        },
        "raw": raw,
        "inputs": [port.to_json() for port in inputs],
        "outputs": [port.to_json() for port in outputs],
        "made_with": _versions(wanted),
    }
    if layer:
        found["vectors"] = {"layer": layer}
    if task in wanted.bare:
        found["preprocessing"]["why"] = wanted.bare[task]
    if meta.get("keypoint_names"):
        found["keypoint_names"] = list(meta["keypoint_names"])
    sampling = getattr(getattr(weights, "value", None), "sampling", None)
    if sampling:
        found["sampling"] = dict(sampling)
    return found


def _versions(wanted: Format) -> dict[str, str]:
    found = {}
    for name in ("hubcore", "hub-export", "torch", "torchvision", *wanted.needs):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
