"""The published checkpoint's names, and ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["to_state_dict"]

_NAMES = (
    (r"^_conv_stem\.", "stem.conv."),
    (r"^_bn0\.", "stem.norm."),
    (r"^_conv_head\.", "head.conv."),
    (r"^_bn1\.", "head.norm."),
    (r"^_fc\.", "classifier."),
    (r"^_blocks\.", "blocks."),
    (r"\._expand_conv\.", ".expand.conv."),
    (r"\._bn0\.", ".expand.norm."),
    (r"\._depthwise_conv\.", ".depthwise.conv."),
    (r"\._bn1\.", ".depthwise.norm."),
    (r"\._project_conv\.", ".project.conv."),
    (r"\._bn2\.", ".project.norm."),
)


def to_state_dict(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Renames the tensors of the checkpoint to those of `EfficientNetLite`."""
    return {_renamed(key): tensor for key, tensor in checkpoint.items()}


def _renamed(key: str) -> str:
    for pattern, name in _NAMES:
        key = re.sub(pattern, name, key)
    return key
