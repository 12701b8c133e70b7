"""Turns what a user names into inputs: a path, a folder, a glob, or what is in memory.

An input that cannot be used becomes a `Failure` in its place, so that the others can still be
processed. Nothing is decoded here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeGuard

from ..catalogs.tasks import task_facts
from .errors import InputError
from .files import content_of
from .folders import VIDEO_SUFFIXES, image_suffixes, images_in, listed, matches
from .inputs import (
    ClipInput,
    ImageInput,
    ImagesInput,
    Input,
    PairInput,
    PointsInput,
    PromptedInput,
    TextInput,
)
from .values import Failure

__all__ = ["expand"]


def expand(inputs: Any, task: str) -> list[Input | Failure]:
    """Lists the inputs of a task.

    A folder stands for the images in it (not in its subfolders), in natural order.

    Args:
        inputs: a path, a glob, an image (PIL, array or tensor; the bytes of an image file, or an
            open one), or a list, tuple, set or iterator of these. For tasks that take
            videos: a video file, a folder of frames, a folder of either, or a uint8 tensor
            (T, 3, H, W). For tasks that take two images, such as ``optical-flow``: consecutive
            images, folders of them, or tuples of two images. For sets of images: folders and
            tuples of images, each a set; single ones make one set together. For prompts: tuples
            of images and the prompt for them. For texts: strings. For points: ``.npy`` files,
            arrays and tensors (N, D).
        task: the task, such as ``image-classification``. It decides the kind of the inputs. One
            that nothing is known of takes images.

    Returns:
        The inputs in order, with a `Failure` in the place of each that cannot be used.
    """
    known = task_facts(task)
    kind = known.input if known else "image"
    several = inputs if _is_several(inputs) else [inputs]
    if isinstance(inputs, tuple) and kind not in _TUPLES:  # there it is one input
        several = list(inputs)
    return list(_READERS[kind](several))


def _images(inputs: Iterable[Any], first: int = 0) -> Iterator[ImageInput | Failure]:
    for number, one in enumerate(inputs, first):
        if not _is_path(one):
            yield _image(one, number)
            continue
        for path in _matches(one):
            if isinstance(path, Failure):
                yield path
            elif path.is_dir():
                found = images_in(path)
                yield from (ImageInput(str(image), image) for image in found)
                if not found:
                    reason = f"no images in this folder. For its subfolders: '{path}/**/*.jpg'"
                    yield _failure(path, reason)
            else:
                yield ImageInput(str(path), path)


def _pairs(inputs: Iterable[Any]) -> Iterator[PairInput | Failure]:
    loose: list[ImageInput] = []
    for one in inputs:
        if isinstance(one, tuple):
            yield from _sequence(_only_images(one))
        elif _is_path(one) and os.path.isdir(os.path.expanduser(one)):  # noqa: PTH111, PTH112
            yield from _sequence(_images([one]))
        else:
            found = list(_images([one], len(loose)))
            yield from (item for item in found if isinstance(item, Failure))
            loose += (item for item in found if isinstance(item, ImageInput))
    if loose:
        yield from _sequence(loose)


def _only_images(images: Iterable[Any]) -> Iterator[ImageInput | Failure]:
    """One input per item: in a tuple, a folder or a glob does not stand for its images."""
    for number, one in enumerate(images):
        if _is_path(one):
            path = Path(os.fsdecode(one))
            yield _no_path(one) or ImageInput(str(path), path)
        else:
            yield _image(one, number)


def _sequence(found: Iterable[ImageInput | Failure]) -> Iterator[PairInput | Failure]:
    images = []
    for item in found:
        if isinstance(item, Failure):
            yield item
        else:
            images.append(item)
    for first, second in pairwise(images):
        yield PairInput(f"{first.name} to {second.name}", first, second)
    if len(images) == 1:
        yield _failure(images[0].name, "needs a second image")


def _clips(inputs: Iterable[Any]) -> Iterator[ClipInput | Failure]:
    for number, one in enumerate(inputs):
        if not _is_path(one):
            yield ClipInput(_name_of(one, number), one)
            continue
        for path in _matches(one):
            if isinstance(path, Failure):
                yield path
            elif path.is_dir():
                yield from _clips_in(path)
            elif path.suffix.lower() in image_suffixes():
                yield _failure(path, "is a single image: give the folder that holds the frames")
            else:
                yield ClipInput(str(path), path)


def _clips_in(folder: Path) -> Iterator[ClipInput | Failure]:
    """A folder of frames is one video. Any other folder stands for the videos in it."""
    if images_in(folder):
        yield ClipInput(str(folder), folder)
        return
    found = [
        path
        for path in listed(folder)
        if path.suffix.lower() in VIDEO_SUFFIXES or (path.is_dir() and images_in(path))
    ]
    yield from (ClipInput(str(path), path) for path in found)
    if not found:
        yield _failure(folder, "no frames and no videos in this folder")


def _sets(inputs: Iterable[Any]) -> Iterator[ImagesInput | Failure]:
    loose: list[Any] = []
    for one in inputs:
        is_folder = _is_path(one) and os.path.isdir(os.path.expanduser(one))  # noqa: PTH111, PTH112
        if isinstance(one, tuple):
            yield from _set(_only_images(one))
        elif is_folder:
            yield from _set(_images([one]), str(one))
        else:
            loose.append(one)
    if loose:
        yield from _set(
            found for number, one in enumerate(loose) for found in _images([one], number)
        )


def _set(found: Iterable[ImageInput | Failure], name: str = "") -> Iterator[ImagesInput | Failure]:
    """One set; if any of its images cannot be used, the set cannot."""
    images = list(found)
    faults = [one for one in images if isinstance(one, Failure)]
    usable = tuple(one for one in images if isinstance(one, ImageInput))
    if faults or not usable:
        yield from faults or [_failure(name or "()", "has no images")]
        return
    ends = dict.fromkeys((usable[0].name, usable[-1].name))
    yield ImagesInput(name or " to ".join(ends), usable)


def _prompted(inputs: Iterable[Any]) -> Iterator[PromptedInput | Failure]:
    for number, one in enumerate(inputs):
        if not (isinstance(one, tuple) and len(one) == 2):
            name = str(one) if _is_path(one) else _name_of(one, number)
            yield _failure(name, "has no prompt: give a tuple of the image and its prompt")
            continue
        for image in _images([one[0]], number):
            if isinstance(image, Failure):
                yield image
            else:
                yield PromptedInput(image.name, image, one[1])


def _texts(inputs: Iterable[Any]) -> Iterator[TextInput | Failure]:
    for number, one in enumerate(inputs):
        if not isinstance(one, str) or not one.strip():
            kind = "an empty text" if isinstance(one, str) else f"a {type(one).__name__}, no text"
            yield _failure(f"input {number}", f"is {kind}")
            continue
        name = " ".join(one.split())
        yield TextInput(f"{name[:_LONGEST]}..." if len(name) > _LONGEST else name, one)


def _points(inputs: Iterable[Any]) -> Iterator[PointsInput | Failure]:
    for number, one in enumerate(inputs):
        if not _is_path(one):
            yield PointsInput(_name_of(one, number), one)
            continue
        for path in _matches(one):
            yield path if isinstance(path, Failure) else PointsInput(str(path), path)


_TUPLES = ("pair", "images", "prompted")
"""The kinds of inputs of which a tuple is one."""
_LONGEST = 60  # characters of a text's name

# A reader for each kind of inputs that a task can take: `catalogs.tasks.INPUTS`.
_READERS: dict[str, Callable[[Iterable[Any]], Iterator[Input | Failure]]] = {
    "image": _images,
    "pair": _pairs,
    "video": _clips,
    "images": _sets,
    "prompted": _prompted,
    "text": _texts,
    "points": _points,
}


def _matches(path: str | os.PathLike[Any]) -> Iterator[Path | Failure]:
    """The files and folders that a path or a glob names, or why there are none."""
    failure = _no_path(path)
    if failure is not None:
        yield failure
        return
    try:
        yield from matches(path)
    except InputError as error:
        yield Failure(error.source, error)


def _no_path(given: str | os.PathLike[Any]) -> Failure | None:
    """Why a text is no path of a file, if it is none."""
    text = os.fsdecode(given)
    if not text:
        return _failure("''", "is empty: give a file, a folder or a glob ('.' is this folder)")
    if re.match(r"[a-z][a-z0-9+.-]+://|data:.*,", text, re.IGNORECASE):
        return _failure(text, "is a web address: download the file, and give its path or its bytes")
    return None


def _image(one: Any, number: int) -> ImageInput | Failure:
    """An image in memory. An open file is read at once: later it may be closed, or read again."""
    name = _name_of(one, number)
    if not callable(getattr(one, "read", None)):
        return ImageInput(name, one)
    try:
        return ImageInput(name, content_of(one))
    except (OSError, ValueError) as error:
        return _failure(name, f"cannot be used: {error}")


def _is_several(inputs: Any) -> bool:
    # Arrays, tensors and open files can be iterated as well, but each is one input.
    return isinstance(inputs, list | set | frozenset | Iterator) and not hasattr(inputs, "read")


def _is_path(one: Any) -> TypeGuard[str | os.PathLike[Any]]:
    return isinstance(one, str | os.PathLike)


def _name_of(one: Any, number: int) -> str:
    """A name for an input that is not a path: that of its file if known, else a number."""
    name = getattr(one, "filename", "") or getattr(one, "name", "")
    return os.fsdecode(name) if name and _is_path(name) else f"input {number}"


def _failure(path: object, reason: str) -> Failure:
    return Failure(str(path), InputError(str(path), reason))
