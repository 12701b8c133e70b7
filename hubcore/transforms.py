"""Preprocessing: turns images, video clips and pairs of images into a model's input.

Each class gives exactly the tensors of the preset of the same name in
``torchvision.transforms._presets``, and takes arguments that can be written in a catalogue. All can
be compiled with `torch.jit.script` (for tensor inputs).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F  # noqa: N812  # the field's name for it

__all__ = [
    "ImageClassification",
    "ObjectDetection",
    "OpticalFlow",
    "SemanticSegmentation",
    "VideoClassification",
]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def _sizes(size: int | Sequence[int]) -> list[int]:
    return [size] if isinstance(size, int) else list(size)


def _rescaled_and_normalised(img: Tensor, mean: list[float], std: list[float]) -> Tensor:
    result: Tensor = F.normalize(F.convert_image_dtype(img, torch.float), mean, std)
    return result


class _Preset(nn.Module):
    """A module whose repr shows its settings, one on each line."""

    shown: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = "".join(f"\n    {name}={getattr(self, name)}" for name in self.shown)
        return f"{type(self).__name__}({lines}\n)" if lines else f"{type(self).__name__}()"


class _NormalisingPreset(_Preset):
    """The settings common to the presets that resize and normalise."""

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        interpolation: InterpolationMode | str,
        antialias: bool | None,
    ) -> None:
        super().__init__()
        self.mean = list(mean)
        self.std = list(std)
        self.interpolation = InterpolationMode(interpolation)
        self.antialias = antialias


class ImageClassification(_NormalisingPreset):
    """Resizes the shorter side, crops the centre, rescales to [0, 1] and normalises.

    Args:
        crop_size: height and width of the result, in pixels.
        resize_size: length of the shorter side before cropping, in pixels.
        mean, std: one number per channel, for values in [0, 1]. Default: ImageNet's.
        interpolation: an `InterpolationMode` or its name, such as ``"bicubic"``.
        antialias: apply antialiasing when tensors are shrunk (PIL images always get it).

    Raises:
        ValueError: `interpolation` is not the name of a mode.
    """

    shown = ("crop_size", "resize_size", "mean", "std", "interpolation")

    def __init__(
        self,
        *,
        crop_size: int,
        resize_size: int = 256,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__(mean, std, interpolation, antialias)
        self.crop_size = _sizes(crop_size)
        self.resize_size = _sizes(resize_size)

    def forward(self, img: Tensor) -> Tensor:
        """Preprocesses an image.

        Args:
            img: a PIL image or a tensor ``(..., C, H, W)``, uint8 in [0, 255] or float in [0, 1].

        Returns:
            A float32 tensor ``(..., C, crop_size, crop_size)``.
        """
        resized = F.resize(
            img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias
        )
        cropped = F.center_crop(resized, self.crop_size)
        if not isinstance(cropped, Tensor):
            cropped = F.pil_to_tensor(cropped)
        return _rescaled_and_normalised(cropped, self.mean, self.std)

    def describe(self) -> str:
        """The preprocessing in a sentence."""
        return (
            f"Takes a PIL image or a (..., C, H, W) tensor; resizes the shorter side to "
            f"{self.resize_size} ({self.interpolation.value}), crops the central "
            f"{self.crop_size}, rescales to [0, 1] and normalises with mean {self.mean} and std "
            f"{self.std}."
        )


class ObjectDetection(_Preset):
    """Rescales to [0, 1]; the detection models resize and normalise images themselves."""

    def forward(self, img: Tensor) -> Tensor:
        """Preprocesses an image.

        Args:
            img: a PIL image or a tensor ``(..., C, H, W)``, uint8 in [0, 255] or float in [0, 1].

        Returns:
            A float32 tensor ``(..., C, H, W)`` in [0, 1].
        """
        if not isinstance(img, Tensor):
            img = F.pil_to_tensor(img)
        rescaled: Tensor = F.convert_image_dtype(img, torch.float)
        return rescaled

    def describe(self) -> str:
        """The preprocessing in a sentence."""
        return "Takes a PIL image or a (..., C, H, W) tensor and rescales it to [0, 1]."


class SemanticSegmentation(_NormalisingPreset):
    """Resizes the shorter side, rescales to [0, 1] and normalises.

    Args:
        resize_size: length of the shorter side, in pixels, or None to keep the image's size.
        mean, std, interpolation, antialias: as for `ImageClassification`.

    Raises:
        ValueError: `interpolation` is not the name of a mode.
    """

    shown = ("resize_size", "mean", "std", "interpolation")

    def __init__(
        self,
        *,
        resize_size: int | None,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__(mean, std, interpolation, antialias)
        self.resize_size = None if resize_size is None else _sizes(resize_size)

    def forward(self, img: Tensor) -> Tensor:
        """Preprocesses an image.

        Args:
            img: a PIL image or a tensor ``(..., C, H, W)``, uint8 in [0, 255] or float in [0, 1].

        Returns:
            A float32 tensor ``(..., C, H', W')``, where the shorter of H' and W' is `resize_size`.
        """
        if isinstance(self.resize_size, list):
            img = F.resize(
                img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias
            )
        if not isinstance(img, Tensor):
            img = F.pil_to_tensor(img)
        return _rescaled_and_normalised(img, self.mean, self.std)

    def describe(self) -> str:
        """The preprocessing in a sentence."""
        return (
            f"Takes a PIL image or a (..., C, H, W) tensor; resizes the shorter side to "
            f"{self.resize_size} ({self.interpolation.value}), rescales to [0, 1] and normalises "
            f"with mean {self.mean} and std {self.std}."
        )


class VideoClassification(_NormalisingPreset):
    """Resizes, crops, rescales and normalises each frame, and moves channels before time.

    Args:
        crop_size: (height, width) of the result, in pixels.
        resize_size: (height, width) before cropping, or (shorter side,), in pixels.
        mean, std: one number per channel, for values in [0, 1]. Default: Kinetics-400's.
        interpolation: an `InterpolationMode` or its name. Frames are resized without
            antialiasing, since the published weights were evaluated so.

    Raises:
        ValueError: `interpolation` is not the name of a mode.
    """

    shown = ("crop_size", "resize_size", "mean", "std", "interpolation")

    def __init__(
        self,
        *,
        crop_size: Sequence[int],
        resize_size: Sequence[int],
        mean: Sequence[float] = (0.43216, 0.394666, 0.37645),
        std: Sequence[float] = (0.22803, 0.22145, 0.216989),
        interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
    ) -> None:
        super().__init__(mean, std, interpolation, antialias=False)
        self.crop_size = list(crop_size)
        self.resize_size = list(resize_size)

    def forward(self, vid: Tensor) -> Tensor:
        """Preprocesses a clip.

        Args:
            vid: a clip ``(T, C, H, W)`` or a batch ``(B, T, C, H, W)``, uint8 in [0, 255] or float
                in [0, 1].

        Returns:
            A float32 tensor ``(C, T, *crop_size)`` or ``(B, C, T, *crop_size)``.
        """
        single = vid.ndim < 5
        clips = vid.unsqueeze(0) if single else vid
        batch, time, channels, height, width = clips.shape
        frames = clips.view(-1, channels, height, width)
        frames = F.resize(
            frames, self.resize_size, interpolation=self.interpolation, antialias=self.antialias
        )
        frames = F.center_crop(frames, self.crop_size)
        frames = _rescaled_and_normalised(frames, self.mean, self.std)
        height, width = self.crop_size
        clips = frames.view(batch, time, channels, height, width).permute(0, 2, 1, 3, 4)
        return clips.squeeze(0) if single else clips

    def describe(self) -> str:
        """The preprocessing in a sentence."""
        return (
            f"Takes a (T, C, H, W) clip or a batch of them; resizes frames to {self.resize_size} "
            f"({self.interpolation.value}), crops the central {self.crop_size}, rescales to "
            f"[0, 1], normalises with mean {self.mean} and std {self.std}, and gives (C, T, H, W)."
        )


class OpticalFlow(_Preset):
    """Rescales a pair of images to [-1, 1]."""

    def forward(self, img1: Tensor, img2: Tensor) -> tuple[Tensor, Tensor]:
        """Preprocesses a pair of images.

        Args:
            img1, img2: PIL images or tensors ``(..., C, H, W)``, uint8 in [0, 255] or float in
                [0, 1].

        Returns:
            Two contiguous float32 tensors of the same sizes, in [-1, 1].
        """
        if not isinstance(img1, Tensor):
            img1 = F.pil_to_tensor(img1)
        if not isinstance(img2, Tensor):
            img2 = F.pil_to_tensor(img2)
        half = [0.5, 0.5, 0.5]
        first = _rescaled_and_normalised(img1, half, half)
        second = _rescaled_and_normalised(img2, half, half)
        return first.contiguous(), second.contiguous()

    def describe(self) -> str:
        """The preprocessing in a sentence."""
        return "Takes two PIL images or (..., C, H, W) tensors and rescales them to [-1, 1]."
