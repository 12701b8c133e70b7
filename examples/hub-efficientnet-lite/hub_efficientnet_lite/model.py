"""EfficientNet-Lite: EfficientNet for phones, without squeeze-and-excitation and with ReLU6.

Convolutions pad as TensorFlow's "SAME" does, where the weights come from: with stride 2 an even
size gets its zeros at the right and at the bottom only.

Source: https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
"""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # the field's name for it
from torchvision.ops import StochasticDepth

__all__ = ["EfficientNetLite", "efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"]

# Expansion, kernel, stride, channels, repeats of each stage of EfficientNet-B0 (arXiv:1905.11946).
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


class SameConv2d(nn.Conv2d):
    """A convolution that gives ``ceil(size / stride)``, its padding chosen as TensorFlow does."""

    def forward(self, input: Tensor) -> Tensor:
        height, width = input.shape[-2:]
        top, bottom = _same(height, self.kernel_size[0], self.stride[0])
        left, right = _same(width, self.kernel_size[1], self.stride[1])
        return super().forward(F.pad(input, (left, right, top, bottom)))


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    # Without a branch and without quotients, so that torch.export traces any size, and soon.
    total = max(kernel - 1 - (size - 1) % stride, 0)
    return total // 2, total - total // 2


class ConvNorm(nn.Module):
    """Convolution and batch normalisation, then ReLU6 unless it is a projection."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        *,
        groups: int = 1,
        activation: bool = True,
    ) -> None:
        super().__init__()
        self.conv = SameConv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)
        self.activation = nn.ReLU6() if activation else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.norm(self.conv(x)))


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow; with a short cut where the shape stays."""

    def __init__(
        self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int, drop: float
    ) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = ConvNorm(inputs, wide) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(wide, wide, kernel, stride, groups=wide)
        self.project = ConvNorm(wide, outputs, activation=False)
        self.drop = StochasticDepth(drop, "row")
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        out = self.project(self.depthwise(self.expand(x)))
        return x + self.drop(out) if self.shortcut else out


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite, of which 0 is the smallest; the others are scaled as the paper does.

    Args:
        num_classes: outputs of the classifier.
        width: the factor of the channels. Stem and head keep theirs, unlike EfficientNet's.
        depth: the factor of the repeats. The first and the last stage keep theirs.
        dropout: probability, before the classifier.
        drop_connect: probability that the last block is skipped in training; earlier ones less.

    Takes float images ``(N, 3, H, W)`` and gives logits ``(N, num_classes)``.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        dropout: float = 0.2,
        drop_connect: float = 0.2,
        *,
        width: float = 1.0,
        depth: float = 1.0,
    ) -> None:
        super().__init__()
        self.stem = ConvNorm(3, 32, 3, 2)
        ends = (STAGES[0], STAGES[-1])
        stages = [
            (
                *stage[:3],
                _scaled(stage[3], width),
                stage[4] if stage in ends else _more(stage, depth),
            )
            for stage in STAGES
        ]
        count = sum(stage[-1] for stage in stages)
        blocks: list[InvertedResidual] = []
        channels = 32
        for expansion, kernel, stride, outputs, repeats in stages:
            for repeat in range(repeats):
                drop = drop_connect * len(blocks) / count
                first = stride if repeat == 0 else 1
                blocks.append(InvertedResidual(channels, outputs, expansion, kernel, first, drop))
                channels = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = ConvNorm(channels, 1280)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(1280, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(self.blocks(self.stem(x)))
        return self.classifier(self.dropout(x.mean((2, 3))))


def _scaled(channels: int, width: float) -> int:
    """The nearest multiple of 8, and not less than nine tenths of what was asked for."""
    wanted = channels * width
    nearest = max(8, int(wanted + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * wanted else nearest


def _more(stage: tuple[int, ...], depth: float) -> int:
    return math.ceil(stage[-1] * depth)


def efficientnet_lite0(num_classes: int = 1000, **config: float) -> EfficientNetLite:
    """EfficientNet-Lite0; ``config`` is passed to `EfficientNetLite`."""
    return EfficientNetLite(num_classes, **config)


def efficientnet_lite1(num_classes: int = 1000, **config: float) -> EfficientNetLite:
    """EfficientNet-Lite1; ``config`` is passed to `EfficientNetLite`."""
    return EfficientNetLite(num_classes, **{"width": 1.0, "depth": 1.1, **config})


def efficientnet_lite2(num_classes: int = 1000, **config: float) -> EfficientNetLite:
    """EfficientNet-Lite2; ``config`` is passed to `EfficientNetLite`."""
    return EfficientNetLite(num_classes, **{"width": 1.1, "depth": 1.2, "dropout": 0.3, **config})
