"""COCO's evaluation of objects, with pycocotools' overlaps and equal results to the last digit.

pycocotools matches one object at a time in Python. Here all images and classes are matched side by
side, all thresholds and ranges of area at once, in the same order; and what was matched is kept, so
that precisions can be computed again for any resampling of the images.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .base import Array

__all__ = ["Matches", "match"]

GROUP = 4096
"""Pairs of an image and a class that are matched side by side."""


class _Pair(NamedTuple):
    """The objects of one class in one image."""

    image: int
    category: int
    scores: Array  # (D,), descending
    areas: Array  # (D,)
    overlaps: Array  # (D, G)
    ignored: Array  # bool (A, G)
    crowd: Array  # bool (G,)


class _Class(NamedTuple):
    """All detections of one class, the highest score first."""

    image: Array  # (D,)
    hit: Array  # bool (A, T, D)
    miss: Array  # bool (A, T, D)
    truths: Array  # (A, images): the objects to find


class Matches:
    """Which detections are right.

    Attributes:
        thresholds: (T,): the least overlaps.
        areas: the names of the ranges of area: all, small, medium, large; none small for keypoints.
    """

    def __init__(self, params: Any, classes: Sequence[_Class]) -> None:
        self.thresholds: Array = params.iouThrs
        self.areas: Sequence[str] = params.areaRngLbl
        self._recalls: Array = params.recThrs
        self._classes = classes

    def precision(self, area: str = "all", counts: Array | None = None) -> Array:
        """The precision at each recall.

        Args:
            area: the range of area.
            counts: int, (images,): how often each image counts. Default: once.

        Returns:
            float64, (T, recalls, classes). -1 for classes of which no object is to be found.
        """
        place = list(self.areas).index(area)
        shape = len(self.thresholds), len(self._recalls), len(self._classes)
        found = -np.ones(shape)
        for number, one in enumerate(self._classes):
            truths = one.truths[place]
            total = int(truths.sum() if counts is None else (truths * counts).sum())
            if total:
                found[:, :, number] = self._curve(one, place, counts, total)
        return found

    def _curve(self, one: _Class, place: int, counts: Array | None, total: int) -> Array:
        weights = np.ones(len(one.image)) if counts is None else counts[one.image].astype(float)
        right = np.cumsum(one.hit[place] * weights, axis=1)
        wrong = np.cumsum(one.miss[place] * weights, axis=1)
        recall = right / total
        precision = right / (wrong + right + np.spacing(1))
        # The highest precision at this recall or a higher one.
        precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        curve = np.zeros((len(self.thresholds), len(self._recalls)))
        for row in range(len(curve)):
            places = np.searchsorted(recall[row], self._recalls, side="left")
            inside = places < recall.shape[1]
            curve[row, inside] = precision[row, places[inside]]
        return curve

    def mean(
        self, area: str = "all", threshold: float | None = None, counts: Array | None = None
    ) -> float:
        """The average precision in [0, 1], over all thresholds or at one; NaN without objects."""
        values = self.precision(area, counts)
        if threshold is not None:
            values = values[self.thresholds == threshold]
        values = values[values > -1]
        return float(np.mean(values)) if values.size else float("nan")


def match(truth: Mapping[str, Any], found: Sequence[Mapping[str, Any]], kind: str) -> Matches:
    """Matches detections with the objects of a data set.

    Args:
        truth: COCO's ``images``, ``categories`` and ``annotations``. Ids are positive.
        found: COCO's results.
        kind: ``bbox``, ``segm`` or ``keypoints``.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):  # it tells how long each step takes
        objects = COCO()
        # pycocotools adds keys to what it is given.
        annotations = [{**row} for row in truth["annotations"]]
        objects.dataset = {"info": {}, **truth, "annotations": annotations}
        objects.createIndex()
        if found:
            detections = objects.loadRes([{**row} for row in found])
        else:
            detections = COCO()
            detections.dataset = {**truth, "annotations": []}
            detections.createIndex()
        evaluation = COCOeval(objects, detections, kind)
        evaluation._prepare()
    params = evaluation.params
    images = sorted(params.imgIds)
    place_of = {image: place for place, image in enumerate(images)}
    pairs: dict[int, list[_Pair]] = {category: [] for category in sorted(params.catIds)}
    overlap = evaluation.computeOks if kind == "keypoints" else evaluation.computeIoU
    present = {*_filled(evaluation._gts), *_filled(evaluation._dts)}
    for image, category in sorted(present):
        if category in pairs and image in place_of:
            pairs[category].append(_pair(evaluation, overlap, image, category, place_of[image]))
    everything = [pair for several in pairs.values() for pair in several]
    flags = _matched(everything, params)
    classes = []
    start = 0
    for several in pairs.values():
        classes.append(_class(several, flags[start : start + len(several)], len(images), params))
        start += len(several)
    return Matches(params, classes)


def _filled(lists: Mapping[Any, Any]) -> list[Any]:
    return [key for key, several in lists.items() if several]


def _pair(evaluation: Any, overlap: Any, image: int, category: int, place: int) -> _Pair:
    params = evaluation.params
    truths, found = evaluation._gts[image, category], evaluation._dts[image, category]
    scores = np.array([one["score"] for one in found])
    order = np.argsort(-scores, kind="mergesort")[: params.maxDets[-1]]
    overlaps = overlap(image, category) if truths and found else []
    areas = np.array([one["area"] for one in truths])
    ignored = np.array([one["ignore"] for one in truths], bool)
    return _Pair(
        place,
        category,
        scores[order],
        np.array([one["area"] for one in found])[order],
        np.asarray(overlaps, float).reshape(len(order), len(truths)),
        ignored | _outside(areas, params),
        np.array([one.get("iscrowd", 0) for one in truths], bool),
    )


def _outside(areas: Array, params: Any) -> Array:
    """Which areas are outside of each range: bool (A, N)."""
    limits = np.array(params.areaRng)
    outside: Array = (areas < limits[:, :1]) | (areas > limits[:, 1:])
    return outside


def _matched(pairs: Sequence[_Pair], params: Any) -> list[tuple[Array, Array]]:
    """For each pair which detections are matched, and which are ignored: bool (A, T, D)."""
    shape = len(params.areaRng), len(params.iouThrs)
    flags = [
        (np.zeros((*shape, len(pair.scores)), bool), np.zeros((*shape, len(pair.scores)), bool))
        for pair in pairs
    ]
    # Those of similar size side by side, so that little is padded.
    both = [place for place, pair in enumerate(pairs) if pair.overlaps.size]
    both.sort(key=lambda place: (pairs[place].overlaps.shape[1], pairs[place].overlaps.shape[0]))
    for start in range(0, len(both), GROUP):
        _match_group(both[start : start + GROUP], pairs, flags, params)
    return flags


def _match_group(
    places: Sequence[int],
    pairs: Sequence[_Pair],
    flags: Sequence[tuple[Array, Array]],
    params: Any,
) -> None:
    """Gives each detection in turn the best object that is left, as COCO's evaluation does."""
    group = sorted(places, key=lambda place: -len(pairs[place].scores))
    lengths = np.array([len(pairs[place].scores) for place in group])
    width = max(pairs[place].overlaps.shape[1] for place in group)
    overlaps = np.full((len(group), lengths[0], width), -1.0)
    ignored = np.ones((len(group), len(params.areaRng), 1, width), bool)
    crowd = np.zeros((len(group), 1, 1, width), bool)
    for row, place in enumerate(group):
        found, truths = pairs[place].overlaps.shape
        overlaps[row, :found, :truths] = pairs[place].overlaps
        ignored[row, :, 0, :truths] = pairs[place].ignored
        crowd[row, 0, 0, :truths] = pairs[place].crowd
    least = np.minimum(params.iouThrs, 1 - 1e-10)[None, None, :, None]
    free = np.ones((len(group), len(params.areaRng), len(params.iouThrs), width), bool)
    hits = np.zeros((*free.shape[:3], lengths[0]), bool)
    skipped = np.zeros_like(hits)
    for rank in range(lengths[0]):
        active = int(np.searchsorted(-lengths, -rank, side="left"))  # those with more detections
        overlap = overlaps[:active, rank, None, None, :]
        possible = (overlap >= least) & (free[:active] | crowd[:active])
        counted = possible & ~ignored[:active]
        # An object that counts comes before any that does not.
        any_counted = counted.any(axis=-1, keepdims=True)
        possible = np.where(any_counted, counted, possible)
        values = np.where(possible, overlap, -1.0)
        # Of equal overlaps the last one.
        best = width - 1 - values[..., ::-1].argmax(axis=-1)[..., None]
        hit = possible.any(axis=-1)
        taken = np.take_along_axis(free[:active], best, axis=-1)
        np.put_along_axis(free[:active], best, taken & ~hit[..., None], axis=-1)
        hits[:active, ..., rank] = hit
        skipped[:active, ..., rank] = hit & ~any_counted[..., 0]
    for row, place in enumerate(group):
        flags[place][0][:] = hits[row, ..., : lengths[row]]
        flags[place][1][:] = skipped[row, ..., : lengths[row]]


def _class(
    pairs: Sequence[_Pair], flags: Sequence[tuple[Array, Array]], images: int, params: Any
) -> _Class:
    shape = len(params.areaRng), len(params.iouThrs)
    truths = np.zeros((shape[0], images), np.int64)
    for pair in pairs:
        truths[:, pair.image] += (~pair.ignored).sum(axis=1)
    empty = np.zeros((*shape, 0), bool)
    scores = np.concatenate([np.zeros(0), *(pair.scores for pair in pairs)])
    image = np.repeat([pair.image for pair in pairs], [len(pair.scores) for pair in pairs])
    hit = np.concatenate([empty, *(hit for hit, _ in flags)], axis=-1)
    ignored = np.concatenate([empty, *(ignored for _, ignored in flags)], axis=-1)
    areas = np.concatenate([np.zeros(0), *(pair.areas for pair in pairs)])
    ignored |= ~hit & _outside(areas, params)[:, None, :]
    order = np.argsort(-scores, kind="mergesort")
    hit, ignored = hit[..., order], ignored[..., order]
    return _Class(image[order].astype(np.int64), hit & ~ignored, ~hit & ~ignored, truths)
