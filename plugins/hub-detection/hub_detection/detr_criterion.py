"""The training loss of DETR: a set criterion with Hungarian matching.

Source: Carion et al., "End-to-End Object Detection with Transformers", 2020, section 3.1 and
appendix A.2 (https://arxiv.org/abs/2005.12872).
"""

# No `from __future__ import annotations`: TorchScript reads the fields of a NamedTuple as types.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.distributed as dist
import torch.nn.functional as F  # noqa: N812  (the field's name for it)
from torch import Tensor
from torchvision.ops import box_convert, generalized_box_iou, generalized_box_iou_loss


def at_least_float32(values: Tensor) -> Tensor:
    """Values in float32, or in float64 if that is what they are."""
    return values if values.dtype == torch.float64 else values.float()


class Prediction(NamedTuple):
    """The prediction of one decoder layer for a batch of B images with Q queries each.

    Attributes:
        logits: float, (B, Q, num_classes + 1). The last class is "no object".
        boxes: float, (B, Q, 4): (centre x, centre y, width, height) in [0, 1] of the image's size.
    """

    logits: Tensor
    boxes: Tensor


class EncodedTarget(NamedTuple):
    """The N objects in one image.

    Attributes:
        labels: int64, (N,).
        boxes: float32 or float64, (N, 4): (centre x, centre y, width, height) in [0, 1] of the
            image's size.
    """

    labels: Tensor
    boxes: Tensor


def encode_targets(
    targets: Sequence[Mapping[str, Tensor]],
    image_sizes: Sequence[tuple[int, int]],
    num_classes: int,
) -> list[EncodedTarget]:
    """Checks torchvision-style targets, and converts them to the model's form.

    Args:
        targets: one mapping per image, with ``boxes``, float (N, 4), (x1, y1, x2, y2) in pixels,
            and ``labels``, integers (N,) in [0, num_classes). N may be 0.
        image_sizes: (height, width) of each image, in the same pixels as the boxes.
        num_classes: the number of classes, without "no object".

    Returns:
        One `EncodedTarget` per image.

    Raises:
        ValueError: a target is missing or has a wrong shape or dtype, a box has no area or is not
            finite, or a label is out of range.
    """
    if len(targets) != len(image_sizes):
        raise ValueError(
            f"expected one target for each image, got {len(targets)} targets "
            f"for {len(image_sizes)} images"
        )
    encoded = []
    for index, (target, (height, width)) in enumerate(zip(targets, image_sizes, strict=True)):
        for key in ("boxes", "labels"):
            if not isinstance(target.get(key), Tensor):
                raise ValueError(f"target {index} needs a tensor '{key}'")
        boxes, labels = target["boxes"], target["labels"]
        if boxes.dim() != 2 or boxes.shape[1] != 4:
            raise ValueError(
                f"target {index}: boxes must have the shape (N, 4), got {tuple(boxes.shape)}"
            )
        if labels.shape != boxes.shape[:1]:
            raise ValueError(
                f"target {index}: {len(boxes)} boxes need labels of the shape "
                f"({len(boxes)},), got {tuple(labels.shape)}"
            )
        if labels.is_floating_point() or labels.dtype == torch.bool:
            raise ValueError(f"target {index}: labels must be integers, got {labels.dtype}")
        # This also refuses NaN and infinite coordinates.
        proper = ((boxes[:, 2:] - boxes[:, :2]) > 0).all(dim=1) & boxes.isfinite().all(dim=1)
        if not proper.all():
            box = boxes[~proper][0].tolist()
            raise ValueError(
                f"target {index}: boxes must be finite (x1, y1, x2, y2) with x1 < x2 and "
                f"y1 < y2, got {box}"
            )
        known = (labels >= 0) & (labels < num_classes)
        if not known.all():
            label = int(labels[~known][0])
            raise ValueError(
                f"target {index}: labels must be in [0, {num_classes - 1}], got {label}"
            )
        boxes = at_least_float32(boxes)
        scale = boxes.new_tensor([width, height, width, height])
        encoded.append(EncodedTarget(labels.long(), box_convert(boxes, "xyxy", "cxcywh") / scale))
    return encoded


@dataclass(frozen=True)
class SetCriterion:
    """Matches queries to objects one to one, and computes the losses.

    The default weights are those of the paper.

    Attributes:
        class_weight: the weight of classification, in the matching cost and in the loss.
        box_weight: the weight of the boxes' L1 distance, in the matching cost and in the loss.
        giou_weight: the weight of the generalised IoU, in the matching cost and in the loss.
        no_object_weight: the weight of "no object", the class of most queries, in the cross-entropy
            (``eos_coef`` in the authors' code).
    """

    class_weight: float = 1.0
    box_weight: float = 5.0
    giou_weight: float = 2.0
    no_object_weight: float = 0.1

    def __call__(
        self, layers: Sequence[Prediction], targets: Sequence[EncodedTarget]
    ) -> dict[str, Tensor]:
        """The weighted losses of all decoder layers, whose sum is to be minimised.

        Args:
            layers: the predictions of the decoder layers, the final one last.
            targets: one target per image of the batch.

        Returns:
            The scalars ``loss_ce``, ``loss_bbox`` and ``loss_giou`` of the final layer, and the
            same with the suffixes ``_0``, ``_1``, ... for the layers before it (auxiliary losses).

        Raises:
            ValueError: the predictions are not finite.
        """
        num_boxes = _mean_over_processes(sum(len(target.labels) for target in targets), layers[0])
        *auxiliary, final = layers
        losses = self._layer_losses(final, targets, num_boxes)
        for index, layer in enumerate(auxiliary):
            for name, loss in self._layer_losses(layer, targets, num_boxes).items():
                losses[f"{name}_{index}"] = loss
        return losses

    @torch.no_grad()
    def match(
        self, prediction: Prediction, targets: Sequence[EncodedTarget]
    ) -> list[tuple[Tensor, Tensor]]:
        """Assigns objects to queries at the lowest total cost, with the Hungarian algorithm.

        Args:
            prediction: the prediction of one decoder layer.
            targets: one target per image of the batch.

        Returns:
            (queries, objects) for each image: indices, int64 of length min(Q, N), on the CPU. Query
            ``queries[i]`` is to predict object ``objects[i]``.

        Raises:
            ValueError: the predictions are not finite, as when the training has diverged.
        """
        from scipy.optimize import linear_sum_assignment

        matches = []
        for logits, boxes, target in zip(*prediction, targets, strict=True):
            logits, boxes = at_least_float32(logits), at_least_float32(boxes)
            wanted = target.boxes.to(boxes.dtype)
            cost = (
                -self.class_weight * logits.softmax(-1)[:, target.labels]
                + self.box_weight * torch.cdist(boxes, wanted, p=1)
                - self.giou_weight * generalized_box_iou(_corners(boxes), _corners(wanted))
            ).cpu()
            if not cost.isfinite().all():
                raise ValueError(
                    "the model's predictions are not finite: its training has diverged "
                    "(lower the learning rate or clip the gradients)"
                )
            queries, objects = linear_sum_assignment(cost.numpy())
            matches.append((torch.as_tensor(queries), torch.as_tensor(objects)))
        return matches

    def _layer_losses(
        self, prediction: Prediction, targets: Sequence[EncodedTarget], num_boxes: Tensor
    ) -> dict[str, Tensor]:
        logits, boxes = at_least_float32(prediction.logits), at_least_float32(prediction.boxes)
        device = logits.device
        matches = self.match(prediction, targets)
        images = torch.cat([torch.full_like(q, i) for i, (q, _) in enumerate(matches)]).to(device)
        queries = torch.cat([q for q, _ in matches]).to(device)
        pairs = list(zip(targets, matches, strict=True))
        labels = torch.cat([target.labels[objects.to(device)] for target, (_, objects) in pairs])
        wanted = torch.cat([target.boxes[objects.to(device)] for target, (_, objects) in pairs])
        wanted = wanted.to(boxes.dtype)

        no_object = logits.shape[-1] - 1
        classes = torch.full(logits.shape[:2], no_object, device=device)
        classes[images, queries] = labels
        weight = logits.new_ones(no_object + 1)
        weight[no_object] = self.no_object_weight
        cross_entropy = F.cross_entropy(logits.flatten(0, 1), classes.flatten(), weight)

        found = boxes[images, queries]
        l1 = F.l1_loss(found, wanted, reduction="sum") / num_boxes
        # eps=0 is safe: every target has an area, so there is no division by zero.
        giou = generalized_box_iou_loss(_corners(found), _corners(wanted), reduction="sum", eps=0.0)
        return {
            "loss_ce": self.class_weight * cross_entropy,
            "loss_bbox": self.box_weight * l1,
            "loss_giou": self.giou_weight * giou / num_boxes,
        }


def _corners(boxes: Tensor) -> Tensor:
    corners: Tensor = box_convert(boxes, "cxcywh", "xyxy")
    return corners


def _mean_over_processes(num_boxes: int, prediction: Prediction) -> Tensor:
    """The mean number of objects per process of a distributed run, at least 1."""
    mean = torch.tensor(float(num_boxes), device=prediction.logits.device)
    if dist.is_available() and dist.is_initialized():
        dist.all_reduce(mean)
        mean /= dist.get_world_size()
    return mean.clamp(min=1)
