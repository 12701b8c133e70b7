"""Three small networks: which shapes a picture holds, a picture of twice the size, and depth."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle

__all__ = ["Distance", "Shapes", "Twice"]


class Shapes(nn.Module):
    """Takes float images (N, 3, H, W), and gives logits (N, num_classes), each for itself."""

    def __init__(self, num_classes: int = 3) -> None:
        super().__init__()
        widths = [3, 16, 32, 64]
        self.body = nn.Sequential()
        for before, after in itertools.pairwise(widths):
            self.body.append(nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False))
            self.body.append(nn.BatchNorm2d(after))
            self.body.append(nn.ReLU(inplace=True))
        self.body.append(nn.Conv2d(64, 64, 3, padding=1))
        self.body.append(nn.ReLU(inplace=True))
        self.classifier = nn.Linear(64, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        # The maximum: a shape counts wherever it is, however small a part of the picture.
        return self.classifier(self.body(x).amax((2, 3)))


class Twice(nn.Module):
    """Takes float images (N, 3, H, W) in [0, 1], and gives images (N, 3, 2H, 2W) in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(inplace=True),
            nn.Conv2d(32, 16, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(16, 12, 3, padding=1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        smooth = interpolate(x, scale_factor=2.0, mode="bicubic", align_corners=False)
        return (smooth + pixel_shuffle(self.body(x), 2)).clamp(0, 1)


class Distance(nn.Module):
    """Takes float images (N, 3, H, W) in [0, 1], and gives depths (N, 1, H, W), above 0."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential()
        for before, after, stride, dilation in (
            (3, 16, 2, 1), (16, 32, 2, 1), (32, 32, 1, 2), (32, 32, 1, 4),
        ):  # fmt: skip
            self.body.append(nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False))
            self.body.append(nn.BatchNorm2d(after))
            self.body.append(nn.ReLU(inplace=True))
        self.coarse = nn.Conv2d(32, 8, 1)
        self.fine = nn.Sequential(
            nn.Conv2d(11, 16, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(16, 1, 3, padding=1)
        )  # the coarse features, and the picture itself: edges are where its own are

    def forward(self, x: Tensor) -> Tensor:
        coarse = interpolate(self.coarse(self.body(x)), x.shape[-2:], mode="bilinear")
        return self.fine(torch.cat([coarse, x], 1)).exp()
