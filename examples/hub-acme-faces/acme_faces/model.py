"""MTCNN of facenet-pytorch, with the interface of torchvision's detectors.

Three networks, each with a file of its own: one proposes boxes at every scale, one refines them,
and one refines them once more and places the landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["MTCNN", "together"]


class MTCNN(nn.Module):
    """Faces and their landmarks, in images of different sizes.

    Args:
        min_face_size: the shorter side of the smallest face to find, in pixels.
        thresholds: the lowest probability with which each of the three networks keeps a box.
        factor: between the scales of the image pyramid, in (0, 1).
    """

    def __init__(
        self,
        min_face_size: int = 20,
        thresholds: Sequence[float] = (0.6, 0.7, 0.7),
        factor: float = 0.709,
    ) -> None:
        super().__init__()
        from facenet_pytorch.models.mtcnn import ONet, PNet, RNet

        self.pnet, self.rnet, self.onet = PNet(False), RNet(False), ONet(False)
        self.min_face_size, self.thresholds, self.factor = min_face_size, list(thresholds), factor

    def forward(self, images: Sequence[Tensor]) -> list[dict[str, Tensor]]:
        """Finds faces.

        Args:
            images: float tensors (3, H, W) with values in [0, 1].

        Returns:
            For each image, of N faces: ``boxes`` (N, 4), x1, y1, x2 and y2 in pixels; ``scores``
            (N,); ``labels`` (N,), all 1; ``keypoints`` (N, 5, 3), x, y and 1.
        """
        return [self._faces(image) for image in images]

    def _faces(self, image: Tensor) -> dict[str, Tensor]:
        from facenet_pytorch.models.utils.detect_face import detect_face

        pixels = (image * 255).permute(1, 2, 0)
        if min(pixels.shape[:2]) < self.min_face_size:  # no scale at which a face could be found
            boxes, points = torch.zeros(0, 5), torch.zeros(0, 5, 2)
        else:
            [boxes], [points] = detect_face(
                pixels, self.min_face_size, self.pnet, self.rnet, self.onet,
                self.thresholds, self.factor, image.device,
            )  # fmt: skip
        found = torch.as_tensor(boxes.astype("float32") if len(boxes) else torch.zeros(0, 5))
        placed = torch.as_tensor(points.astype("float32") if len(points) else torch.zeros(0, 5, 2))
        found, placed = found.to(image.device), placed.to(image.device)
        return {
            "boxes": found[:, :4],
            "scores": found[:, 4],
            "labels": torch.ones(len(found), dtype=torch.int64, device=image.device),
            "keypoints": torch.cat([placed, torch.ones_like(placed[..., :1])], -1),
        }


def together(files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One state dict of three files: ``conv1.weight`` in ``pnet.pt`` is ``pnet.conv1.weight``."""
    return {
        f"{name.removesuffix('.pt')}.{key}": value
        for name, tensors in files.items()
        for key, value in tensors.items()
    }
