"""What the queries of a DETR give, in the form of torchvision's detectors.

DETR, Deformable DETR, RF-DETR and their like, and those in Transformers, return scores of classes
and a box for each query. How the scores are meant is not told by the tensors: the weights' ``meta``
says it, ``"scores"``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import PredictionError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["objects_in"]

_MOST = 300
"""Objects of an image, where a query may be of several classes."""


def objects_in(
    output: Any, sizes: Sequence[tuple[int, int]], scores: str, least: float
) -> list[dict[str, Tensor]]:
    """The objects of each image.

    Args:
        output: a dict or an object with ``pred_logits`` or ``logits`` (B, Q, C), ``pred_boxes``
            (B, Q, 4): centre, width and height as parts of the image's, and perhaps ``pred_masks``
            (B, Q, height, width), logits.
        sizes: (width, height) of each image, in pixels.
        scores: ``sigmoid``, where each class is a question of its own, or ``softmax``, where the
            last one means no object.
        least: the lowest score of objects to return.

    Returns:
        For each image ``scores`` (N), ``labels`` (N), ``boxes`` (N, 4): x1, y1, x2, y2 in pixels,
        and perhaps ``masks`` (N, 1, height, width), probabilities.

    Raises:
        PredictionError: the output has no such tensors.
    """
    logits = _part(output, "pred_logits", "logits")
    boxes, masks = _part(output, "pred_boxes"), _part(output, "pred_masks")
    if logits is None or boxes is None:
        raise PredictionError(
            'The weights say "scores", but the model does not return "pred_boxes" with '
            '"pred_logits" or "logits".'
        )
    return [
        _objects(
            logits[one], boxes[one], None if masks is None else masks[one], size, scores, least
        )
        for one, size in enumerate(sizes)
    ]


def _objects(
    logits: Tensor,
    boxes: Tensor,
    masks: Tensor | None,
    size: tuple[int, int],
    kind: str,
    least: float,
) -> dict[str, Tensor]:
    import torch

    logits = logits.float()
    if kind == "sigmoid":
        found = logits.sigmoid().flatten()
        scores, places = found.topk(min(_MOST, len(found)))
        queries, labels = places // logits.shape[1], places % logits.shape[1]
    else:
        scores, labels = logits.softmax(-1)[:, :-1].max(-1)
        queries = torch.arange(len(scores), device=scores.device)
    kept = scores >= least
    queries = queries[kept]
    width, height = size
    x, y, w, h = boxes[queries].float().unbind(-1)
    corners = torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], -1).clamp(0, 1)
    objects = {
        "scores": scores[kept],
        "labels": labels[kept],
        "boxes": corners * corners.new_tensor([width, height, width, height]),
    }
    if masks is not None:
        objects["masks"] = torch.nn.functional.interpolate(
            masks[queries, None].float(), (height, width), mode="bilinear", align_corners=False
        ).sigmoid()
    return objects


def _part(output: Any, *names: str) -> Tensor | None:
    for name in names:
        part = output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
        if part is not None:
            found: Tensor = part
            return found
    return None
