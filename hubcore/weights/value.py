"""`Weights`: everything that describes one set of pre-trained weights, as a plain value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from ..download.addresses import redact

if TYPE_CHECKING:
    from ..download.remote import RemoteFile

__all__ = ["Weights"]


@dataclass(eq=False)
class Weights:
    """Everything that describes one set of pre-trained weights.

    Attributes:
        url: the file's address.
        transforms: makes the preprocessing that the weights were evaluated with. Called without
            arguments it makes the published one; arguments change it, as in
            ``weights.transforms(crop_size=224)``.
        meta: facts about the weights: ``num_params``, ``categories``, ``_metrics``, ...
        sha256: the file's SHA-256 as 64 hex digits, or a prefix of at least 8 of them. None: the
            digest is read from the file's name, if it ends in one (``name-<hash>.pth``).
        size: the file's length in bytes, if known.
        mirrors: further addresses of the same file, tried in order after ``url``.
        license: an SPDX identifier, the address of a licence, or "unknown".
        task: what the weights do, such as ``image-classification``.
        convert: turns the loaded checkpoint into the model's state dict, where the two differ.
        config: arguments that the weights need the model to have, such as ``{"image_size": 384}``.
        replaced_by: the name of the weights to use instead, if these are deprecated. They still
            load, with a warning.
        sampling: for video models, how clips were sampled for the published metrics:
            ``clip_len`` frames at ``frame_rate`` frames per second, ``clips_per_video`` clips.
        allow_file: whether ``file:`` addresses are allowed. True only where the user wrote them.
        further: more files, where the weights are several: each with its whole digest. ``url`` is
            the first, and names the weights in results.
        permit: applies the user's rules for licences before the file is used. Set by the hub.
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
    further: tuple[RemoteFile, ...] = ()
    permit: Callable[[], None] | None = field(default=None, init=False, repr=False)

    def __repr__(self) -> str:
        # Notebooks and logs show it, and addresses may hold secrets.
        shown = {part.name: getattr(self, part.name) for part in fields(self) if part.repr}
        shown |= {"url": redact(self.url), "mirrors": tuple(map(redact, self.mirrors))}
        return f"Weights({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def __eq__(self, other: object) -> bool:
        # Enum compares values to find aliases. Two partials with equal parts do not compare
        # equal, so the parts are compared.
        if not isinstance(other, Weights):
            return NotImplemented
        return (
            self.url == other.url
            and self.sha256 == other.sha256
            and self.meta == other.meta
            and [(f.urls, f.sha256) for f in self.further]
            == [(f.urls, f.sha256) for f in other.further]
            and _parts(self.transforms) == _parts(other.transforms)
        )

    __hash__ = None  # type: ignore[assignment]  # mutable, as torchvision's

    @property
    def file(self) -> RemoteFile:
        """The (first) file's addresses, digest and size, as the store takes them."""
        from ..download.remote import RemoteFile
        from ..sizes import published_size

        urls = (self.url, *self.mirrors)
        about = None if self.further else published_size(self.meta)
        if self.permit is None:
            self.permit = _Own(self)
        return RemoteFile(urls, self.sha256, self.size, self.allow_file, about, self.permit)

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        """All files, the first one first."""
        first = self.file
        return (
            first,
            *(
                one._replace(allow_file=self.allow_file, permit=first.permit)
                for one in self.further
            ),
        )

    def __getstate__(self) -> dict[str, Any]:
        # What a catalogue says stays there: a copy is judged by its own licence.
        return {**self.__dict__, "permit": None}


class _Own:
    """The user's rules for licences applied to weights that are in no catalogue."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def __call__(self) -> None:
        from .. import settings

        if settings.licenses() is not None:
            from ..catalogs.gate import require_allowed
            from .licensing import evidence_for

            require_allowed(self._weights.url, evidence_for(self._weights))


def _parts(transforms: Any) -> Any:
    if isinstance(transforms, partial):
        return transforms.func, transforms.args, transforms.keywords
    return transforms
