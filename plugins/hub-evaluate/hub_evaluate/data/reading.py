"""Reads samples: from names of files to images and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hubcore.prediction.inputs import ClipInput, Input, PairInput

from ..errors import DataError

__all__ = ["rasterised", "read"]


def read(source: Input, target: Any, task: str, where: str) -> tuple[Any, Any]:
    """The input and the target of a sample, as `Data` describes them.

    Args:
        source: the sample's input.
        target: the sample's target.
        task: the task.
        where: the sample's name, for errors.

    Raises:
        InputError: the image, or the video, cannot be read.
        DataError: the target cannot be read, or does not fit the image.
    """
    if isinstance(source, PairInput):
        return (source.first.open(), source.second.open()), target()
    if isinstance(source, ClipInput):
        return source.frames(), target
    picture = source.open()  # type: ignore[union-attr]  # its tasks take no other inputs
    if isinstance(target, list):
        return picture, _objects(target, task, picture.size, where)
    target = target() if callable(target) else target
    if isinstance(target, np.ndarray) and target.shape != picture.size[::-1]:
        sizes = " and ".join(f"{w} x {h}" for w, h in (target.shape[::-1], picture.size))
        raise DataError(f"{where}: the mask and the image have different sizes: {sizes}")
    return picture, target


def _objects(
    rows: Sequence[Mapping[str, Any]], task: str, size: tuple[int, int], where: str
) -> dict[str, Any]:
    boxes = np.array([one["bbox"] for one in rows], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    found = {
        "boxes": boxes,
        "labels": np.array([one["category_id"] for one in rows], np.int64),
        "area": np.array([one["area"] for one in rows], np.float32),
        "iscrowd": np.array([one["iscrowd"] for one in rows], bool),
    }
    width, height = size
    if task == "instance-segmentation":
        masks = [rasterised(one["segmentation"], width, height, where) for one in rows]
        found["masks"] = np.array(masks, bool).reshape(-1, height, width)
    if task == "keypoint-detection":
        points = [np.array(one["keypoints"], np.float32).reshape(-1, 3) for one in rows]
        if len({len(one) for one in points}) > 1:
            raise DataError(f"{where}: its objects have different numbers of keypoints")
        found["keypoints"] = np.array(points, np.float32).reshape(len(rows), -1 if rows else 0, 3)
    return found


def rasterised(
    shape: Sequence[Any] | Mapping[str, Any], width: int, height: int, where: str
) -> Any:
    """COCO's polygons or run lengths as a mask: bool (height, width).

    Raises:
        DataError: they cannot be drawn, or are of an image of another size.
    """
    from pycocotools import mask as codec

    try:
        if isinstance(shape, Mapping):
            if list(shape["size"]) != [height, width]:
                sizes = "{1} x {0}".format(*shape["size"])
                raise DataError(f"{where}: a mask of {sizes} in an image of {width} x {height}")
            packed = isinstance(shape["counts"], str | bytes)
            runs = shape if packed else codec.frPyObjects(shape, height, width)
        elif shape:
            runs = codec.merge(codec.frPyObjects(list(shape), height, width))
        else:
            return np.zeros((height, width), bool)
        return np.asarray(codec.decode(runs)).reshape(height, width) > 0
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{where}: a mask cannot be drawn: {error}") from error
