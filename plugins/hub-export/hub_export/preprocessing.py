"""The hub's preprocessing as modules that can be exported: from uint8 images to a model's input.

Each gives what the preset of `hubcore.transforms` gives for a PIL image of the same pixels. The
antialiased resize is torch's own for uint8, which rounds as Pillow does: it equals Pillow's within
1 of 255. Sizes are computed in the graph, in whole numbers, so one file takes images of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the field's name for it
from torchvision.transforms import _presets as torchvisions

from hubcore import transforms as presets
from hubcore.info import Preprocessing
from hubcore.info import preprocessing_of as preprocessing_info
from hubcore.packages.references import Reference

from .errors import ExportError

__all__ = ["described", "is_preset", "preprocessing_of"]

MODES = ("bilinear", "bicubic")


def preprocessing_of(weights: Any) -> _Images:
    """The module that prepares images as the weights' preprocessing does.

    Raises:
        ExportError: it is none of the hub's, or resizes in another way than these.
    """
    preset = weights.transforms()
    for module, kinds in _MODULES.items():
        if type(preset) in kinds:
            made: _Images = module(preset)
            return made
    raise ExportError(
        f"The preprocessing of {weights} is {type(preset).__module__}.{type(preset).__name__}, "
        f"which cannot be put into an exported file: only hubcore.transforms can. Export the bare "
        f"model with --raw, and prepare its inputs yourself."
    )


def is_preset(weights: Any, name: str) -> bool:
    """Whether the weights' preprocessing is the preset of that name, ours or torchvision's."""
    return type(weights.transforms()) in (getattr(presets, name), getattr(torchvisions, name))


def described(weights: Any) -> Preprocessing:
    """The preprocessing by its name and settings, also that of weights written in Python.

    One that is neither of a catalogue nor a preset is described by its text.
    """
    if isinstance(weights.transforms, Reference):
        return preprocessing_info(weights.transforms)
    preset = weights.transforms()
    name = type(preset).__name__
    if name not in presets.__all__ or not is_preset(weights, name):
        return Preprocessing(repr(preset))
    settings = {
        key: getattr(value, "value", value)  # interpolation is an enum
        for key, value in vars(preset).items()
        if not key.startswith("_") and key != "training"
    }
    return Preprocessing(f"{presets.__name__}:{name}", settings=settings)


class _Images(nn.Module):
    """Resizes, crops, rescales and normalises images: (N, H, W, 3) to (N, 3, H', W')."""

    def __init__(self, preset: Any) -> None:
        super().__init__()
        self.resize_size = preset.resize_size
        self.crop_size = getattr(preset, "crop_size", None)
        self.mode = str(preset.interpolation.value)
        if self.resize_size is not None and self.mode not in MODES:
            raise ExportError(
                f"Images are resized with the interpolation '{self.mode}', which cannot be put "
                f"into an exported file: only {' and '.join(MODES)} can. Export the bare model "
                f"with --raw, and prepare its inputs yourself."
            )
        if self.crop_size is not None and min(self.resize_size) < max(self.crop_size):
            raise ExportError(
                "The preprocessing crops more than is left of a small image, and fills up with "
                "black, which cannot be put into an exported file. Export the bare model with "
                "--raw, and prepare its inputs yourself."
            )
        self.normalise = _Normalise(preset.mean, preset.std)

    def forward(self, image: Tensor) -> Tensor:
        images = image.permute(0, 3, 1, 2)
        if self.resize_size is not None:
            size = _resized(image.shape[1], image.shape[2], self.resize_size)
            images = self.resize(images, size)
        if self.crop_size is not None:
            images = _centre(images, self.crop_size)
        prepared: Tensor = self.normalise(images)
        return prepared

    def resize(self, images: Tensor, size: list[Any]) -> Tensor:
        return F.interpolate(images, size, mode=self.mode, align_corners=False, antialias=True)


class _Clips(_Images):
    """The same for clips: (N, T, H, W, 3) to (N, 3, T, H', W'). Frames are not antialiased."""

    def forward(self, image: Tensor) -> Tensor:
        batch, frames = image.shape[:2]
        prepared = super().forward(image.flatten(0, 1))
        return prepared.reshape(batch, frames, *prepared.shape[1:]).transpose(1, 2)

    def resize(self, images: Tensor, size: list[Any]) -> Tensor:
        resized = F.interpolate(images.float(), size, mode=self.mode, align_corners=False)
        return resized.round()  # as torchvision does for uint8


class _Normalise(nn.Module):
    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        rescaled: Tensor = (images.float() / 255 - self.mean) / self.std
        return rescaled


def _resized(height: Any, width: Any, size: Sequence[int]) -> list[Any]:
    """The size of an image whose shorter side is resized to the one number, or to both."""
    if len(size) == 2:
        return list(size)
    shorter = torch.sym_min(height, width)
    return [size[0] * height // shorter, size[0] * width // shorter]


def _centre(images: Tensor, size: Sequence[int]) -> Tensor:
    """The central part, as torchvision's `center_crop` for images that are large enough."""
    height, width = (size[0], size[-1])
    top = _half(images.shape[-2] - height)
    left = _half(images.shape[-1] - width)
    # By index: of a part that may be the whole side torch.export asks whether it is contiguous,
    # and the file would take only images of the example's orientation.
    rows = torch.arange(height, device=images.device) + top
    columns = torch.arange(width, device=images.device) + left
    return images.index_select(-2, rows).index_select(-1, columns)


def _half(number: Any) -> Any:
    """Half of it, rounded to the even number as Python's `round` does."""
    half = number // 2
    return half + (number % 2) * (half % 2)


_MODULES: dict[Any, tuple[type, ...]] = {
    _Images: (
        presets.ImageClassification,
        torchvisions.ImageClassification,
        presets.SemanticSegmentation,
        torchvisions.SemanticSegmentation,
    ),
    _Clips: (presets.VideoClassification, torchvisions.VideoClassification),
}
