"""The data of a training: read as `hub evaluate` reads them, checked, and split in two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hub_evaluate.data import Data, Sample, open_data
from hub_evaluate.data.objects import coco_file, voc_root
from hub_evaluate.errors import DataError
from hubcore.download.progress import bar
from hubcore.prediction import InputError

from .errors import TrainingError

__all__ = ["TrainingData", "check_images", "open_training_data"]

SHOWN = 5
TRAIN, VALIDATION = ("train",), ("val", "valid", "validation", "test")
CLASSIFICATION = "image-classification"


@dataclass(frozen=True)
class TrainingData:
    """Labelled data in two parts.

    Attributes:
        categories: the names of the classes, in the order of the model's outputs.
        train: the part that is trained on.
        validation: the part that is measured on.
        divided: whether the parts were made by a seeded split, rather than given.
        fingerprint: the SHA-256 of all names, contents and labels of both parts.
    """

    categories: tuple[str, ...]
    train: Data
    validation: Data
    divided: bool
    fingerprint: str


def open_training_data(
    path: str | Path,
    task: str,
    *,
    validation: str | Path | float | None = None,
    labels: str | Path | Mapping[str, str] | None = None,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> TrainingData:
    """Opens data to train on.

    Args:
        path: the folder, in any layout that `hub_evaluate.open_data` reads; or one with a folder
            ``train`` and a folder ``val`` (``valid``, ``validation`` or ``test``) of such a layout.
        task: the task.
        validation: the data to measure on; or the part of the images, above 0 and below 1, that is
            split off for it. Default: the folder beside ``train``, COCO's or VOC's own part, or a
            fifth.
        labels: as for `open_data`; a class that it calls ``-`` is left out.
        split: the part of the data to train on. Default: ``train``, where the layout has parts.
        limit: train on so many images, chosen at random, with those split off for validation.
        seed: of ``limit`` and of the split.

    Raises:
        DataError: the data cannot be read.
        TrainingError: there is too little to train on.
    """
    root, beside = _sides(Path(path))
    data = open_data(root, task, labels=labels, split=split or "train").limited(limit, seed)
    categories = tuple(data.categories)
    if validation is None and limit is None:
        validation = beside or _own_validation(root, task)
    if validation is None or isinstance(validation, float):
        _require(data, root, least=2)
        train, held = _divided(data, 0.2 if validation is None else validation, seed)
        divided = True
    else:
        _require(data, root, least=1)
        part = "test" if task == CLASSIFICATION else "val"  # of an archive, or of COCO or VOC
        held = open_data(validation, task, categories, labels=labels, split=part)
        train, divided = data, False
    both = replace(data, samples=[*train.samples, *held.samples])
    return TrainingData(categories, train, held, divided, both.fingerprint())


Fault = Callable[[tuple[int, int], Any], str | None]


def check_images(parts: Sequence[Data], fault: Fault, workers: int, progress: bool = False) -> None:
    """Reads every image and its target once, so that what is wrong is known before the training.

    Args:
        parts: the images to train on, and those to measure on.
        fault: says what is wrong with the target of an image of this width and height, or None.
        workers: threads that decode.
        progress: show a progress bar.

    Raises:
        TrainingError: some are wrong. It names them.
    """

    def wrong(place: tuple[Data, int]) -> str | None:
        data, index = place
        try:
            image, target = data[index]
        except (InputError, DataError) as error:
            return str(error)
        found = fault(image.size, target)
        return f"{data.root / data.samples[index].id}: {found}" if found else None

    places = [(data, index) for data in parts for index in range(len(data))]
    shown = None if progress else True
    with ThreadPoolExecutor(max(1, workers)) as pool:
        found = pool.map(wrong, places)
        listing = bar(found, total=len(places), desc="checking", leave=False, disable=shown)
        faults = [one for one in listing if one]
    if faults:
        more = f"\n  and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        listed = "".join(f"\n  {one}" for one in faults[:SHOWN])
        raise TrainingError(
            f"{len(faults)} of {len(places)} images cannot be trained on. Repair or remove:"
            f"{listed}{more}"
        )


def _sides(root: Path) -> tuple[Path, Path | None]:
    """A folder's ``train`` and the folder to validate on, if it has these."""
    train = next((root / name for name in TRAIN if (root / name).is_dir()), None)
    if train is None or (root / "annotations").is_dir():  # COCO's images are in such folders
        return root, None
    return train, next((root / name for name in VALIDATION if (root / name).is_dir()), None)


def _own_validation(root: Path, task: str) -> Path | None:
    """What COCO and VOC hold back themselves; `open_data` finds it with the split ``val``."""
    if task == CLASSIFICATION or not root.is_dir():
        return None
    voc = voc_root(root)
    if voc is not None:
        kind = "Segmentation" if task == "semantic-segmentation" else "Main"
        return root if (voc / "ImageSets" / kind / "val.txt").is_file() else None
    try:
        train, val = (coco_file(root, task, part) for part in ("train", "val"))
    except DataError:
        return None
    return val if val != train else None


def _require(data: Data, root: Path, least: int) -> None:
    """Checks that there is enough of everything.

    Raises:
        TrainingError: there is not.
    """
    if len(data) < least:
        raise TrainingError(
            f"{root}: too little to train on: there must be at least {least} labelled images, and "
            f"there {'is 1' if len(data) == 1 else f'are {len(data)}'}."
        )
    if data.task != CLASSIFICATION:
        return
    counts = Counter(sample.target for sample in data.samples)
    names = data.categories
    if len(names) < 2:
        raise TrainingError(
            f"{root}: there is one class only, '{names[0]}'. A classifier needs at least two."
        )
    none = [name for index, name in enumerate(names) if not counts[index]]
    if none:
        raise TrainingError(
            f"{root}: {_classes(none)} no image among the {len(data)}: {_listed(none)}. Take a "
            f"larger --limit, or leave the class out with --labels."
        )
    few = [name for index, name in enumerate(names) if counts[index] < least]
    if few:
        raise TrainingError(
            f"{root}: {_classes(few)} one image only: {_listed(few)}. Each class needs at least "
            f"two, one to train on and one to measure on. Add images, or leave the class out: a "
            f"line '{few[0]},-' in the file for --labels."
        )


def _classes(names: Sequence[str]) -> str:
    return "a class has" if len(names) == 1 else f"{len(names)} classes have"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:SHOWN])


def _divided(data: Data, share: float, seed: int) -> tuple[Data, Data]:
    """A part of each group of images for each side, at least one image of it."""
    random = np.random.default_rng((seed, len(data)))
    groups = _groups(data)
    held: set[int] = set()
    for group in sorted(set(groups)):
        members = [place for place, one in enumerate(groups) if one == group]
        count = min(len(members) - 1, max(1, round(share * len(members))))
        held.update(random.permutation(members)[:count].tolist())
    if not held:  # groups of one image each
        held.add(int(random.integers(len(data))))
    sides: list[list[Sample]] = [[], []]
    for place, sample in enumerate(data.samples):
        sides[place in held].append(sample)
    train, validation = (replace(data, samples=one) for one in sides)
    return train, validation


def _groups(data: Data) -> list[int]:
    """What images are divided by: their class; the rarest class of their objects; nothing."""
    if data.task == CLASSIFICATION:
        return [sample.target for sample in data.samples]
    if not all(isinstance(sample.target, list) for sample in data.samples):
        return [0] * len(data)
    seen = [{one["category_id"] for one in sample.target} for sample in data.samples]
    counts = Counter(category for one in seen for category in one)
    return [min(one, key=lambda key: (counts[key], key)) if one else -1 for one in seen]
