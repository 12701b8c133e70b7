"""DETR's way from images to feature maps: resizing, the ResNet backbone, and padding."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torchvision.models import ResNet
from torchvision.models.detection.transform import GeneralizedRCNNTransform

__all__ = ["DetrTransform", "ResNetBackbone", "pad_features"]


class DetrTransform(GeneralizedRCNNTransform):  # type: ignore[misc]  # it has no types
    """Normalises and resizes images, as torchvision's detectors do, but with antialiasing.

    The published weights were trained on images that were resized with antialiasing.
    """

    def resize(
        self, image: Tensor, target: dict[str, Tensor] | None = None
    ) -> tuple[Tensor, dict[str, Tensor] | None]:
        """Resizes an image (3, H, W), and returns it with the unchanged target.

        Its shorter side becomes `min_size` pixels (in training, one of these sizes at random), but
        its longer side at most `max_size`.
        """
        height, width = image.shape[-2], image.shape[-1]
        shorter, longer = min(height, width), max(height, width)
        size = self.torch_choice(self.min_size) if self.training else self.min_size[-1]
        short = max(1, min(size, int(round(self.max_size * shorter / longer))))  # noqa: RUF046  # TorchScript's round gives a float
        long = min(self.max_size, short * longer // shorter)
        new_size = [short, long] if height <= width else [long, short]
        resized = nn.functional.interpolate(
            image[None], new_size, mode="bilinear", align_corners=False, antialias=True
        )
        return resized[0], target


class ResNetBackbone(nn.Module):
    """A ResNet without its classifier.

    Args:
        resnet: the whole ResNet.
        trainable_layers: the number of its 5 stages to train, counted from the last. The others
            are frozen.

    Attributes:
        out_channels: the number of channels of the features.
    """

    def __init__(self, resnet: ResNet, trainable_layers: int = 5) -> None:
        super().__init__()
        self.out_channels: int = resnet.fc.in_features
        self.body = nn.Sequential(
            OrderedDict(
                (name, module)
                for name, module in resnet.named_children()
                if name not in ("avgpool", "fc")
            )
        )
        frozen = ("conv1", "bn1"), ("layer1",), ("layer2",), ("layer3",), ("layer4",)
        for stage in frozen[: 5 - trainable_layers]:
            for name in stage:
                self.body.get_submodule(name).requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """Images (B, 3, H, W) to features (B, C, ~H/32, ~W/32), or ~H/16 and ~W/16 if dilated."""
        features: Tensor = self.body(images)
        return features


def pad_features(features: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Pads feature maps of different sizes with zeros, and stacks them.

    Args:
        features: one feature map (C, h, w) per image, B of them.

    Returns:
        The stacked maps (B, C, H, W), where H and W are the largest h and w; and the padding mask,
        bool (B, H, W), True where a map is padded.
    """
    height = max([feature.shape[1] for feature in features])
    width = max([feature.shape[2] for feature in features])
    padded = features[0].new_zeros([len(features), features[0].shape[0], height, width])
    padding = torch.ones([len(features), height, width], dtype=torch.bool, device=padded.device)
    for index, feature in enumerate(features):
        _, h, w = feature.shape
        padded[index, :, :h, :w] = feature
        padding[index, :h, :w] = False
    return padded, padding
