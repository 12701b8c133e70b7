"""`SimpleCopyPaste`: objects of one image, pasted into another one of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional as F  # noqa: N812  # the field's name for it

from .objects import count, is_keypoints, per_object, plain, remade, selected

__all__ = ["SimpleCopyPaste"]


class SimpleCopyPaste(nn.Module):
    """Pastes a random part of the objects of another image of the batch into each image.

    After Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance
    Segmentation", 2021: the objects to paste are any subset, each as likely as any other; the
    pasted ones lie on top; masks and boxes of those beneath are what remains visible of them, and
    objects that are covered in full are removed. Scales and flips are varied before, image by
    image (`torchvision.transforms.v2.ScaleJitter`, `FixedSizeCrop`, ``RandomHorizontalFlip``).

    A batch transform, as `torchvision.transforms.v2.MixUp` is: call it where samples become a
    batch. Each image takes from the one before it, and the first from the last.

    Args:
        blending: soften the edges of what is pasted with a Gaussian filter. The paper finds no
            gain in it. Masks stay sharp.
        p: the probability that anything is pasted into an image.

    Raises:
        ValueError: ``p`` is no probability.
    """

    def __init__(self, *, blending: bool = False, p: float = 1.0) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p must be from 0 to 1, not {p}")
        self.blending = blending
        self.p = p

    def forward(
        self, images: Sequence[Tensor], targets: Sequence[Mapping[str, Any]]
    ) -> tuple[list[Tensor], list[dict[str, Any]]]:
        """Pastes between the images of a batch. Choices are drawn from torch's generator.

        Args:
            images: tensors (C, H, W) of one dtype, of any sizes.
            targets: for each a dict with ``boxes``, ``masks`` ((N, H, W)) and what belongs to each
                object. Keypoints that are covered lose their visibility: in ``visibility`` (N, K),
                a bool tensor becomes False there and numbers become 1, COCO's "not visible".

        Returns:
            New images and targets; the inputs are not changed. Masks are bool or uint8 as they
            were.

        Raises:
            TypeError: a target has no boxes or no masks.
            ValueError: there are not as many targets as images, or two targets have different keys.
        """
        if len(images) != len(targets):
            raise ValueError(f"{len(images)} images, but {len(targets)} targets")
        for number, target in enumerate(targets):
            if not isinstance(target.get("masks"), tv_tensors.Mask):
                raise TypeError(f"Image {number} has no 'masks' (torchvision.tv_tensors.Mask)")
            if target.keys() != targets[0].keys():
                raise ValueError(
                    f"Image {number} has other keys than the first: {sorted(target)} and "
                    f"{sorted(targets[0])}"
                )
        pasted = [
            self._paste(images[at], targets[at], images[at - 1], targets[at - 1])
            for at in range(len(images))
        ]
        return [image for image, _ in pasted], [target for _, target in pasted]

    def _paste(
        self, image: Tensor, target: Mapping[str, Any], source: Tensor, others: Mapping[str, Any]
    ) -> tuple[Tensor, dict[str, Any]]:
        chosen = torch.rand(count(others)) < 0.5
        if not bool(torch.rand(()) < self.p) or not bool(chosen.any()):
            return image, dict(target)
        size = F.get_size(image)
        if F.get_size(source) != size:
            source, others = F.resize(source, size, antialias=True), _resized(others, size)
        added = selected(others, chosen)
        over = plain(added["masks"]).bool().any(dim=0)
        mixed = remade(self._mixed(plain(image), plain(source), over), image)
        below = _covered(target, over)
        joined: dict[str, Any] = {}
        keys = per_object(target, count(target)) & per_object(added, int(chosen.sum()))
        for key, value in below.items():
            if key in keys:
                both = [plain(value), plain(added[key]).to(value.dtype)]
                joined[key] = remade(torch.cat(both), value)
            else:
                joined[key] = value
        return mixed, _without_nothing(joined)

    def _mixed(self, image: Tensor, source: Tensor, over: Tensor) -> Tensor:
        if not self.blending:
            return torch.where(over, source, image)
        alpha = F.gaussian_blur(over[None].float(), kernel_size=[5, 5], sigma=[2.0])
        mixed = alpha * source.float() + (1 - alpha) * image.float()
        made: Tensor = mixed if image.is_floating_point() else mixed.round()
        return made.to(image.dtype)

    def extra_repr(self) -> str:
        return f"blending={self.blending}, p={self.p}"


def _resized(target: Mapping[str, Any], size: list[int]) -> dict[str, Any]:
    return {
        key: F.resize(value, size) if isinstance(value, tv_tensors.TVTensor) else value
        for key, value in target.items()
    }


def _covered(target: Mapping[str, Any], over: Tensor) -> dict[str, Any]:
    """A target of which a part of the image is covered."""
    masks = plain(target["masks"])
    left = masks.bool() & ~over
    changed = left.sum(dim=(1, 2)) < masks.bool().sum(dim=(1, 2))
    found = {**target, "masks": remade(left.to(masks.dtype), target["masks"])}
    for key, value in target.items():
        if isinstance(value, tv_tensors.BoundingBoxes):
            found[key] = _tightened(value, left, changed)
        elif key == "area" and len(value) == len(masks):
            found[key] = torch.where(changed, left.sum(dim=(1, 2)).to(value.dtype), value)
        elif is_keypoints(value) and "visibility" in target:
            found["visibility"] = _hidden(target["visibility"], plain(value), over)
    return found


def _tightened(boxes: Tensor, masks: Tensor, changed: Tensor) -> Tensor:
    """The boxes around what is left of the changed masks; 0 around nothing."""
    from torchvision.ops import masks_to_boxes

    format = boxes.format  # type: ignore[attr-defined]  # of tv_tensors, which have no types
    new = torch.zeros(len(boxes), 4, dtype=torch.float32)
    some = masks.flatten(1).any(dim=1)
    if bool(some.any()):
        # Corners of pixels: the right and lower edge is that of the last pixel.
        new[some] = masks_to_boxes(masks[some]) + torch.tensor([0.0, 0.0, 1.0, 1.0])
    made = tv_tensors.BoundingBoxes(new, format="XYXY", canvas_size=masks.shape[-2:])
    converted = plain(F.convert_bounding_box_format(made, new_format=format))
    return remade(torch.where(changed[:, None], converted.to(boxes.dtype), plain(boxes)), boxes)


def _hidden(visibility: Tensor, points: Tensor, over: Tensor) -> Tensor:
    height, width = over.shape
    x, y = points[..., 0].floor().long(), points[..., 1].floor().long()
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    hidden = inside & over[y.clamp(0, height - 1), x.clamp(0, width - 1)]
    if visibility.dtype == torch.bool:
        return visibility & ~hidden
    return torch.where(hidden, visibility.clamp(max=1), visibility)


def _without_nothing(target: dict[str, Any]) -> dict[str, Any]:
    """Removes objects that are covered in full."""
    return selected(target, plain(target["masks"]).bool().flatten(1).any(dim=1))
