"""Data: reads labelled images, pairs of images and videos in the layouts that people have.

`open_data` recognises the layout and returns labelled samples in a fixed order. Targets are in
terms of the categories that it is given, or of the data's own. Nothing is decoded before it is
asked for::

    data = open_data("photos/", "image-classification")
    data.categories          # ['cat', 'dog']
    image, target = data[0]  # a PIL image, and 0 for a cat

Listing needs no torch, but for the archives that torchvision reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hubcore.prediction.errors import InputError

from ..errors import DataError
from .labels import Labels, read_table
from .resized import resized
from .samples import Data, Sample

__all__ = ["Data", "Labels", "Sample", "existing", "open_data", "resized"]


def existing(path: str | Path) -> Path:
    """The path of data, if something is there that may be data.

    Raises:
        DataError: nothing is there, or a file that is not JSON.
    """
    root = Path(path)
    try:
        if not root.exists():
            raise DataError(f"{root}: there is no such file or folder")
    except (OSError, ValueError) as error:  # a name that cannot be a file's, such as a long one
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{str(root)!r}: cannot be looked at: {reason}") from error
    if not root.is_dir() and root.suffix != ".json":
        what = "a single file" if root.is_file() else "a device, a pipe or a socket"
        raise DataError(
            f"{root}: this is {what}. Labelled data are a folder of images and labels, or COCO's "
            f"JSON file."
        )
    return root


def open_data(
    path: str | Path,
    task: str,
    categories: Sequence[str] | None = None,
    *,
    labels: str | Path | Mapping[str, str] | None = None,
    split: str | None = None,
) -> Data:
    """Opens labelled data.

    Args:
        path: the folder; for COCO also the path of its JSON file.
        task: the task, which decides what a target is: see `Sample`.
        categories: the weights' categories. None: those of the data, by name; those of COCO and of
            archives in their own order. For objects the first is then ``__background__``.
        labels: what classes are called in the categories: a dict from a class of the data to a
            category, its index, or ``-`` to leave the class out; or a CSV file with such rows. For
            classification also a CSV file with a row ``file,class`` for each sample.
        split: the part of the data, such as ``val``, ``test`` or ``final``.

    Raises:
        DataError: the layout is not known, or a label is wrong.
        UnknownClassesError: the categories do not have all classes.
    """
    root = existing(path)
    try:
        data, known = _open(root, task, categories, labels, split)
    except InputError as error:
        raise DataError(str(error)) from error
    return replace(data, task=task, categories=tuple(known.categories), total=len(data.samples))


def _open(
    root: Path,
    task: str,
    categories: Sequence[str] | None,
    labels: str | Path | Mapping[str, str] | None,
    split: str | None,
) -> tuple[Data, Labels]:
    table: Path | None = None
    names: dict[str, str] = {}
    if isinstance(labels, Mapping):
        names = {str(key): str(value) for key, value in labels.items()}
    elif labels is not None:
        table = Path(labels)
        if not _lists_samples(root, task, table):
            names = {row[0]: row[1] for row in read_table(table, ("class", "category"))}
            table = None
    found = Labels(categories, names)
    if task == "image-classification":
        from .classes import read_classes

        return read_classes(root, found, table, split), found
    if task == "video-classification":
        from .videos import read_videos

        return read_videos(root, found, table), found
    if task == "semantic-segmentation":
        from .masks import read_masks

        return read_masks(root, found, names, split), found
    if task == "optical-flow":
        from .flows import read_flows

        return read_flows(root, split), found
    if task in ("object-detection", "instance-segmentation", "keypoint-detection"):
        from .objects import read_objects

        return read_objects(root, task, found, split), found
    raise DataError(f"There is no evaluation for the task '{task}'.")


def _lists_samples(root: Path, task: str, table: Path) -> bool:
    """Whether a CSV has a row for each sample, rather than one for each class."""
    if task not in ("image-classification", "video-classification") or root.is_file():
        return False
    from .classes import names_files
    from .videos import COLUMNS

    if task == "image-classification":
        return names_files(root, table)
    rows = read_table(table, COLUMNS)
    return bool(rows) and (
        "youtube_id" in map(str.lower, rows[0]) or any((root / row[0]).exists() for row in rows[:3])
    )
