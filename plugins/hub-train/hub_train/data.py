"""The data of a training: read as `hub evaluate` reads them, checked, and split in two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hub_evaluate.data import Data, Labels, Sample, existing, open_data
from hub_evaluate.data.classes import names_files, read_classes
from hub_evaluate.data.labels import read_table
from hubcore.download.progress import bar
from hubcore.prediction import InputError

from .errors import TrainingError

__all__ = ["TrainingData", "check_images", "open_training_data"]

SHOWN = 5
TRAIN, VALIDATION = ("train",), ("val", "valid", "validation", "test")


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
            split off for it. Default: the folder beside ``train``, or a fifth.
        labels: as for `open_data`; a class that it calls ``-`` is left out.
        split: the part of the data to train on. Default: ``train``, where the layout has parts.
        limit: train on so many images, chosen at random, with those split off for validation.
        seed: of ``limit`` and of the split.

    Raises:
        DataError: the data cannot be read.
        TrainingError: there is too little to train on.
    """
    root, beside = _sides(Path(path))
    if validation is None:
        validation = beside if beside is not None else 0.2
    categories, data = _opened(root, task, labels, split or "train")
    data = data.limited(limit, seed)
    if isinstance(validation, float):
        _require_two(data, categories, root)
        train, held = _divided(data, validation, seed)
        divided = True
    else:
        _require_classes(data, categories, root)
        train, divided = data, False
        # The archives' other part; anything else is told by its path.
        held = open_data(validation, task, categories, labels=labels, split="test")
    both = replace(data, samples=[*train.samples, *held.samples])
    return TrainingData(tuple(categories), train, held, divided, both.fingerprint())


def check_images(samples: Sequence[Sample], workers: int, progress: bool = False) -> None:
    """Decodes every image once, so that one that cannot be read is known before the training.

    Raises:
        TrainingError: some cannot be read. It names them.
    """

    def fault(sample: Sample) -> str | None:
        try:
            sample.input.open()  # type: ignore[union-attr]  # an image
        except InputError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(max(1, workers)) as pool:
        found = bar(pool.map(fault, samples), total=len(samples), desc="checking", unit="image",
                    leave=False, disable=None if progress else True)  # fmt: skip
        faults = [one for one in found if one]
    if faults:
        more = f"\n  and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        listed = "".join(f"\n  {one}" for one in faults[:SHOWN])
        raise TrainingError(
            f"{len(faults)} of {len(samples)} images cannot be read. Repair or remove:"
            f"{listed}{more}"
        )


def _sides(root: Path) -> tuple[Path, Path | None]:
    """A folder's ``train`` and the folder to validate on, if it has these."""
    train = next((root / name for name in TRAIN if (root / name).is_dir()), None)
    if train is None:
        return root, None
    return train, next((root / name for name in VALIDATION if (root / name).is_dir()), None)


def _count(data: Data) -> Counter[int]:
    return Counter(sample.target for sample in data.samples)


def _require_two(data: Data, categories: Sequence[str], root: Path) -> None:
    counts = _count(data)
    lonely = [name for index, name in enumerate(categories) if counts[index] == 1]
    if lonely:
        named = ", ".join(f"'{name}'" for name in lonely[:SHOWN])
        raise TrainingError(
            f"{root}: {_classes(lonely)} one image only: {named}. Each class needs at least two, "
            f"one to train on and one to measure on. Add images, or leave the class out: a line "
            f"'{lonely[0]},-' in the file for --labels."
        )
    _require_classes(data, categories, root)


def _require_classes(data: Data, categories: Sequence[str], root: Path) -> None:
    counts = _count(data)
    if len(categories) < 2:
        raise TrainingError(
            f"{root}: there is one class only, '{categories[0]}'. A classifier needs at least two."
        )
    none = [name for index, name in enumerate(categories) if not counts[index]]
    if none:
        named = ", ".join(f"'{name}'" for name in none[:SHOWN])
        raise TrainingError(
            f"{root}: {_classes(none)} no image among the {len(data.samples)}: {named}. Take a "
            f"larger --limit, or leave the class out with --labels."
        )


def _classes(names: Sequence[str]) -> str:
    return "a class has" if len(names) == 1 else f"{len(names)} classes have"


def _divided(data: Data, share: float, seed: int) -> tuple[Data, Data]:
    """A part of each class for each side, at least one image of it."""
    random = np.random.default_rng((seed, len(data.samples)))
    held: set[int] = set()
    for index in sorted(_count(data)):
        members = [place for place, one in enumerate(data.samples) if one.target == index]
        count = min(len(members) - 1, max(1, round(share * len(members))))
        held.update(random.permutation(members)[:count].tolist())
    sides = [
        replace(data, samples=[one for place, one in enumerate(data.samples)
                               if (place in held) == wanted])
        for wanted in (False, True)
    ]  # fmt: skip
    return sides[0], sides[1]


class _Learned(Labels):
    """Takes every class of the data as a category of its own."""

    def _find(self, name: str) -> int | None:
        if name not in self.categories:
            self.categories.append(name)
        return self.categories.index(name)


def _opened(
    root: Path, task: str, labels: str | Path | Mapping[str, str] | None, split: str
) -> tuple[list[str], Data]:
    """The categories of data, sorted, and the data with them."""
    existing(root)
    names: dict[str, str] = {}
    table: Path | None = None
    if isinstance(labels, Mapping):
        names = {str(key): str(value) for key, value in labels.items()}
    elif labels is not None and names_files(root, Path(labels)):
        table = Path(labels)
    elif labels is not None:
        names = {row[0]: row[1] for row in read_table(Path(labels), ("class", "category"))}
    learned = _Learned([], names)
    data = read_classes(root, learned, table, split)
    categories = sorted(learned.categories)
    places = {name: index for index, name in enumerate(categories)}
    order = [places[name] for name in learned.categories]
    samples = [replace(one, target=order[one.target]) for one in data.samples]
    return categories, replace(data, samples=samples)
