"""Labelled samples: what all readers of data return."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hubcore.prediction.inputs import ClipInput, ImageInput, Input, PairInput

from ..errors import DataError
from .reading import read

__all__ = ["Data", "Sample", "image"]


@dataclass(frozen=True)
class Sample:
    """One labelled input.

    Attributes:
        id: the sample's name, unique in its data: usually a path below the data's folder.
        input: the image, pair of images or video, decoded when it is needed. An image's
            ``input.open()`` gives a PIL image in RGB.
        target: for classification the index of the class in the weights' categories, an int; for
            objects a list of COCO's annotations, whose ``category_id`` is such an index; else a
            function without arguments that reads the target: for semantic segmentation an integer
            array (height, width) with 255 where no class counts; for optical flow a pair of a
            float32 array (2, height, width) in pixels and a bool array (height, width) that says
            where it is known.
        files: the files that the target is read from, where it is not in memory.
    """

    id: str
    input: Input
    target: Any
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Data:
    """Labelled samples in a fixed order.

    Attributes:
        format: how they are stored, such as ``folders by class``.
        root: the folder or file that was named.
        samples: the samples, ordered.
        left_out: the number of samples or objects of each class that the labels leave out.
        total: the number of samples before `limited`.
        task: the task that they were opened for.
        categories: the categories that targets are indices of.

    ``data[index]`` reads a sample: an input and its target. So the data may be given to
    `torch.utils.data.DataLoader`; nothing here imports torch.
    """

    format: str
    root: Path
    samples: Sequence[Sample]
    left_out: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    task: str = ""
    categories: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Reads a sample, decoded now.

        Returns:
            The input and its target. The input is a PIL image in RGB, upright; for optical flow two
            of them; for videos a `hubcore.prediction.frames.Frames`. The target is, by task:

            - classification: the index of the class, an int;
            - objects: a dict of arrays, one row for each object: ``boxes`` float32 (N, 4), left,
              top, right and bottom in pixels; ``labels`` int64 (N,); ``area`` float32 (N,) in
              pixels; ``iscrowd`` bool (N,); for instance segmentation ``masks`` bool
              (N, height, width); for keypoints ``keypoints`` float32 (N, K, 3), x, y and COCO's
              visibility 0, 1 or 2;
            - semantic segmentation: int64 (height, width), 255 where no class counts;
            - optical flow: the movement in pixels, float32 (2, height, width), and where it is
              known, bool (height, width).

        Raises:
            IndexError: there is no such sample.
            InputError: the image, or the video, cannot be read.
            DataError: the target cannot be read, or does not fit the image.
            UnknownClassesError: a mask has values that are no categories.
        """
        sample = self.samples[index]
        return read(sample.input, sample.target, self.task, sample.id)

    def limited(self, limit: int | None, seed: int = 0) -> Data:
        """A random part of the samples, in their order; the same one for the same seed."""
        count = len(self.samples)
        chosen: Sequence[int] = range(count)
        if limit is not None and limit < count:
            random = np.random.default_rng(seed)
            chosen = sorted(random.choice(count, limit, replace=False).tolist())
        samples = [self.samples[index] for index in chosen]
        return replace(self, samples=samples, total=count)

    def only(self, names: Sequence[str]) -> Data:
        """The samples of these names, in their order in the data.

        Raises:
            DataError: the data have none of such a name.
        """
        wanted = set(names)
        samples = [sample for sample in self.samples if sample.id in wanted]
        missing = sorted(wanted - {sample.id for sample in samples})
        if missing:
            more = f" and {len(missing) - 1} more" if missing[1:] else ""
            raise DataError(f"{self.root}: there is no '{missing[0]}'{more} in these data.")
        return replace(self, samples=samples)

    def fingerprint(self) -> str:
        """The SHA-256 of all names, contents and labels, as hexadecimal digits."""
        digest = hashlib.sha256()
        for sample in self.samples:
            digest.update(json.dumps([sample.id, _label(sample.target)]).encode())
            for content in _contents(sample.input):
                digest.update(_digest(content))
            for path in sample.files:
                digest.update(_digest(path))
        return digest.hexdigest()


def image(root: Path, path: Path, target: Any, *files: Path) -> Sample:
    """A sample that is the file of an image."""
    return Sample(relative(root, path), ImageInput(str(path), path), target, files)


def relative(root: Path, path: Path) -> str:
    """A path as the name of a sample: the same on every machine."""
    return Path(os.path.relpath(path, root)).as_posix()


def _label(target: Any) -> Any:
    return None if isinstance(target, Callable) else target  # type: ignore[arg-type]  # a class


def _contents(source: Input) -> Iterator[Any]:
    if isinstance(source, PairInput):
        yield from (source.first.content, source.second.content)
    elif isinstance(source, ClipInput) and isinstance(source.content, Path):
        folder = source.content
        yield from sorted(folder.iterdir()) if folder.is_dir() else [folder]
    else:
        yield source.content  # type: ignore[union-attr]  # its tasks take no other inputs


def _digest(content: Any) -> bytes:
    if not isinstance(content, Path):
        values = np.ascontiguousarray(content)
        return hashlib.sha256(f"{values.dtype}{values.shape}".encode() + values.tobytes()).digest()
    try:
        with content.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            return digest.digest()
    except OSError:
        return b"unreadable"
