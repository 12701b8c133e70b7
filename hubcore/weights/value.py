"""`Weights`: what belongs to one set of pre-trained weights, as a plain value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..download.remote import RemoteFile

__all__ = ["Weights"]


@dataclass(eq=False)
class Weights:
    """What belongs to one set of pre-trained weights.

    Attributes:
        url: where the file is.
        transforms: makes the preprocessing that the weights were evaluated with, as in
            ``weights.transforms(crop_size=224)``; called without arguments it gives the published
            one.
        meta: facts about the weights: ``num_params``, ``categories``, ``_metrics``, ...
        sha256: the file's SHA-256 as 64 hex digits, or a prefix of at least 8 of them. None: the
            digest is read from the file's name, if it ends in one (``name-<hash>.pth``).
        size: the file's length in bytes, if known.
        mirrors: further addresses of the same file, tried in order.
        license: an SPDX identifier, an address, or "unknown".
        task: what the weights do, such as ``image-classification``.
        convert: maps the loaded checkpoint to the model's state dict, where they differ.
        config: arguments of the model that the weights need, such as ``{"image_size": 384}``.
        replaced_by: the weights to use instead: these still load, with a warning.
        sampling: of a video, how its clips were sampled for the published metrics: ``clip_len``
            frames at ``frame_rate`` a second, ``clips_per_video`` of them.
        allow_file: whether the addresses may be ``file:`` ones, because the user wrote them.
    """

    url: str
    transforms: Callable[..., Any]
    meta: dict[str, Any]
    sha256: str | None = None
    size: int | None = None
    mirrors: tuple[str, ...] = ()
    license: str = "unknown"
    task: str | None = None
    convert: Callable[[Any], Mapping[str, Any]] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    replaced_by: str | None = None
    sampling: dict[str, Any] = field(default_factory=dict)
    allow_file: bool = False

    def __eq__(self, other: object) -> bool:
        # Enum compares values to find aliases. Two partials of the same parts never compare
        # equal, so they are compared part by part.
        if not isinstance(other, Weights):
            return NotImplemented
        return (
            self.url == other.url
            and self.meta == other.meta
            and _parts(self.transforms) == _parts(other.transforms)
        )

    __hash__ = None  # type: ignore[assignment]  # mutable, as torchvision's

    @property
    def file(self) -> RemoteFile:
        """The file as the store knows it."""
        from ..download.remote import RemoteFile

        return RemoteFile((self.url, *self.mirrors), self.sha256, self.size, self.allow_file)


def _parts(transforms: Any) -> Any:
    if isinstance(transforms, partial):
        return transforms.func, transforms.args, transforms.keywords
    return transforms
