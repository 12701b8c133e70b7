"""What an architecture needs to know of weights besides their tensors, found in the tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..catalogs.catalog import ModelEntry
from ..packages.references import Reference

__all__ = ["PACKED", "Needs", "needs"]

PACKED = "_packed_params"
"""In the names of a quantized layer's values, which are no tensors."""

_INHERITED = ("min_size", "min_temporal_size", "keypoint_names")


class Needs(NamedTuple):
    """What the catalogue entry of weights must have.

    Attributes:
        meta: meta-data that the builder reads.
        config: arguments that the weights need the model to have.
        image_size: the side in pixels of the only images that the model takes; None if it takes
            others too.
    """

    meta: dict[str, Any]
    config: dict[str, Any]
    image_size: int | None


def needs(model: ModelEntry, tensors: Mapping[str, Any], transforms: Reference) -> Needs:
    """Finds what a model's builder must be told to build the model that has these tensors.

    Sizes and numbers that the tensors show are taken from them, all else from the model's own
    default weights.

    Args:
        model: the model.
        tensors: the state dict.
        transforms: the preprocessing of the weights.
    """
    meta = _inherited(model)
    sizes = _image_size(tensors, meta, transforms)
    meta.update(sizes)
    meta.update(_keypoints(tensors, meta))
    config: dict[str, Any] = {}
    if "quantize" in model.parameters and _is_quantized(tensors):
        config["quantize"] = True
        meta["backend"] = _engine(tensors)
    for variant in model.variants:
        parts = tuple(f"{path}." for path in variant["lacks"])
        if any(key.startswith(parts) for key in tensors):
            config.update(variant.get("otherwise", {}))
    return Needs(meta, config, sizes["min_size"][0] if sizes else None)


def _inherited(model: ModelEntry) -> dict[str, Any]:
    """The meta-data that holds for all weights of a model."""
    entry = model.catalog.weights.get(model.weights or "")
    if entry is None:
        return {}
    meta = entry.members[entry.default or next(iter(entry.members))].get("meta", {})
    return {key: meta[key] for key in _INHERITED if key in meta}


def _image_size(
    tensors: Mapping[str, Any], meta: Mapping[str, Any], transforms: Reference
) -> dict[str, Any]:
    """The sizes that the positions of a transformer belong to."""
    shapes = {key: tuple(getattr(value, "shape", ())) for key, value in tensors.items()}
    if "encoder.pos_embedding" in shapes and "conv_proj.weight" in shapes:  # ViT
        grid = math.isqrt(shapes["encoder.pos_embedding"][1] - 1)
        return {"min_size": [grid * shapes["conv_proj.weight"][-1]] * 2}
    if "pos_encoding.spatial_pos" in shapes:  # MViT: patches of 2 x 4 x 4 pixels
        grid = math.isqrt(shapes["pos_encoding.spatial_pos"][0])
        frames = shapes["pos_encoding.temporal_pos"][0]
        return {"min_size": [4 * grid] * 2, "min_temporal_size": 2 * frames}
    if "blocks.0.attn.rel_pos_h" in shapes:
        grid = (shapes["blocks.0.attn.rel_pos_h"][0] + 1) // 2
        frames = (shapes["blocks.0.attn.rel_pos_t"][0] + 1) // 2
        return {"min_size": [4 * grid] * 2, "min_temporal_size": 2 * frames}
    if any(".grid_attention." in key for key in shapes) and "min_size" in meta:  # MaxViT
        size = transforms.keywords.get("crop_size", meta["min_size"][0])
        return {"min_size": [size] * 2}  # its tensors fit many sizes: that of its images
    return {}


def _keypoints(tensors: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, Any]:
    scores = tensors.get("roi_heads.keypoint_predictor.kps_score_lowres.weight")
    if scores is None:
        return {}
    count = scores.shape[1]
    names = meta.get("keypoint_names")
    # The names of the model's own weights, as far as it is as many.
    if count == 17 and names:
        return {}
    return {"keypoint_names": [f"keypoint {number}" for number in range(count)]}


def _is_quantized(tensors: Mapping[str, Any]) -> bool:
    return any(getattr(value, "is_quantized", False) for value in tensors.values())


def _engine(tensors: Mapping[str, Any]) -> str:
    """The engine that a model was quantized for: fbgemm's weights have a scale per channel."""
    import torch

    for key, value in tensors.items():
        if key.endswith("weight") and getattr(value, "is_quantized", False):
            per_channel = value.qscheme() == torch.per_channel_affine
            return "fbgemm" if per_channel else "qnnpack"
    return "fbgemm"
