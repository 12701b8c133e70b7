"""Video classification: the classes of one clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import nn

from ..pipeline import BATCH, Pipeline, example_image
from ..ports import Port
from ..preprocessing import preprocessing_of
from .classification import OUTPUTS, Classifier, measures, outputs

__all__ = ["clips", "example", "measures", "outputs", "pipeline"]

FRAMES = 16  # of a clip, where the weights do not say
SHIFT = 2  # pixels from a frame to the next


def clips(weights: Any) -> Port:
    """The input: of as many frames as the weights' own clips, which they were evaluated with."""
    sampling = getattr(getattr(weights, "value", None), "sampling", None) or {}
    frames = int(sampling.get("clip_len") or weights.meta.get("min_temporal_size") or FRAMES)
    shape = ("batch", "frames", "height", "width", 3)
    return Port("image", "uint8", (*shape[:1], frames, *shape[2:]), "clips, RGB, 0 to 255")


def pipeline(model: nn.Module, weights: Any, top: int) -> Pipeline:
    port = clips(weights)
    frames = int(port.shape[1])
    images = example_image(BATCH * frames)
    clip = images.reshape(BATCH, frames, *images.shape[1:])
    return Pipeline(Classifier(preprocessing_of(weights), model, top), (port,), (clip,), OUTPUTS)


def example(image: Image, inputs: Sequence[Port]) -> tuple[Any, Mapping[str, Any]]:
    """A clip in which the picture moves."""
    frames = inputs[0].shape[1]
    assert isinstance(frames, int)  # `pipeline` makes it so
    pixels = np.asarray(image)
    clip = np.stack([np.roll(pixels, SHIFT * number, axis=1) for number in range(frames)])
    return torch.from_numpy(clip).permute(0, 3, 1, 2), {"image": clip[None]}
