"""The frames of a video, from a folder of images, a video file or a tensor.

Frames are decoded on demand and in ascending order, so a long video takes no more memory than the
frames that the caller keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import MissingDependencyError
from .errors import InputError
from .files import require_regular
from .folders import images_in
from .images import open_image
from .pixels import Array, is_tensor

__all__ = ["Frames", "open_frames"]


class Frames(Protocol):
    """The frames of a video.

    Attributes:
        rate: the frame rate in frames per second; None if unknown.
    """

    rate: float | None

    def __len__(self) -> int: ...

    def read(self, indices: Sequence[int]) -> Iterator[Array]:
        """Decodes some frames.

        Args:
            indices: the indices of the frames, ascending.

        Returns:
            The frames in this order, RGB: uint8, (H, W, 3), in [0, 255].

        Raises:
            InputError: while iterating: a frame cannot be decoded, or sizes differ.
        """
        ...


def open_frames(name: str, content: Any) -> Frames:
    """Opens a video.

    Args:
        name: the input's name, for errors.
        content: the path of a video file or of a folder of images; or a tensor, uint8,
            (T, 3, H, W), RGB in [0, 255].

    Raises:
        InputError: the video cannot be read, or has no frames.
        MissingDependencyError: it is a video file, and PyAV is not installed.
    """
    if is_tensor(content):
        return _TensorFrames(name, content)
    if not isinstance(content, str | Path):
        raise InputError(
            name,
            "expected a video: the path of a file or of a folder of frames, or a uint8 tensor "
            f"(T, 3, H, W), not a value of the type {type(content).__name__}",
        )
    path = Path(content)
    return _FolderFrames(path) if path.is_dir() else _FileFrames(path)


class _TensorFrames:
    rate: float | None = None

    def __init__(self, name: str, clip: Any) -> None:
        kind = str(clip.dtype)
        if clip.ndim != 4 or clip.shape[1] != 3 or kind != "torch.uint8" or not clip.numel():
            shape = tuple(clip.shape)
            raise InputError(name, f"expected a uint8 tensor (T, 3, H, W), not {shape} of {kind}")
        self._clip: Array = clip.detach().cpu().numpy().transpose(0, 2, 3, 1)

    def __len__(self) -> int:
        return len(self._clip)

    def read(self, indices: Sequence[int]) -> Iterator[Array]:
        return (self._clip[index] for index in indices)


class _FolderFrames:
    rate: float | None = None

    def __init__(self, folder: Path) -> None:
        self._paths = images_in(folder)
        if not self._paths:
            raise InputError(str(folder), "no images in this folder")
        self._folder = folder

    def __len__(self) -> int:
        return len(self._paths)

    def read(self, indices: Sequence[int]) -> Iterator[Array]:
        size: tuple[int, int] | None = None
        for index in indices:
            path = self._paths[index]
            image = open_image(str(path), path)
            size = size or image.size
            if image.size != size:
                raise InputError(
                    str(self._folder),
                    f"frames differ in size: {path.name} is {_size_text(image.size)}, "
                    f"others are {_size_text(size)}",
                )
            yield np.asarray(image)


class _FileFrames:
    """A video file, decoded with PyAV."""

    def __init__(self, path: Path) -> None:
        try:
            import av
        except ModuleNotFoundError as error:
            raise MissingDependencyError(
                "Reading video files needs PyAV, which is not installed. To install it: "
                "pip install 'hubcore[video]' (or give a folder of frames)",
                "av",
            ) from error
        require_regular(path)
        self._path = path
        self._errors = (av.FFmpegError, OSError, IndexError)
        try:
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                self.rate = float(stream.average_rate) if stream.average_rate else None
                # The header's count may be missing or wrong.
                self._count = sum(1 for packet in container.demux(stream) if packet.size)
        except self._errors as error:
            raise self._unreadable(error) from error
        if not self._count:
            raise InputError(str(path), "this video has no frames")

    def __len__(self) -> int:
        return self._count

    def read(self, indices: Sequence[int]) -> Iterator[Array]:
        import av

        wanted = iter(indices)
        index = next(wanted, None)
        frame = None
        try:
            with av.open(str(self._path)) as container:
                container.streams.video[0].thread_type = "AUTO"
                for number, frame in enumerate(container.decode(video=0)):
                    while index == number:
                        yield _upright(frame)
                        index = next(wanted, None)
                    if index is None:
                        return
        except self._errors as error:
            raise self._unreadable(error) from error
        if frame is None:
            raise InputError(str(self._path), "no frame of this video can be decoded")
        while index is not None:  # some packets gave no frame: the last frame stands for them
            yield _upright(frame)
            index = next(wanted, None)

    def _unreadable(self, error: Exception) -> InputError:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, IndexError):
            reason = "the file has no video stream"
        return InputError(str(self._path), f"is not a video that can be read ({reason})")


def _upright(frame: Any) -> Array:
    """A decoded frame as (H, W, 3), rotated as the file says."""
    turns = round(getattr(frame, "rotation", 0) / 90)
    return np.rot90(frame.to_ndarray(format="rgb24"), turns, (0, 1))


def _size_text(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
