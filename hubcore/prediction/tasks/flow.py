"""Optical flow: the movement of each pixel from an image to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...protocols import WeightsLike
from ..errors import InputError
from ..inputs import PairInput
from ..pixels import Array
from ..results import Flow
from .base import Options, Sample, Task

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

__all__ = ["OpticalFlow"]

MULTIPLE = 8
"""RAFT needs widths and heights divisible by this. Images are padded by repeating their edges."""


class OpticalFlow(Task[PairInput]):
    """For models that take two batches (B, 3, H, W) and return a list of flows, the best last."""

    def __init__(self, weights: WeightsLike, options: Options) -> None:
        super().__init__(weights, options)
        self.least = tuple(weights.meta.get("min_size") or (1, 1))

    def load(self, item: PairInput) -> Sample:
        from torch.nn.functional import pad

        first, second = self._opened(item)
        width, height = first.size
        padding = self._padding(width, height)
        tensors = tuple(
            pad(image[None], padding, mode="replicate")[0]
            for image in self.preprocess(first, second)
        )
        return Sample(tensors, first.size)

    def decode(self, item: PairInput) -> Sample:
        import numpy as np

        first, second = self._opened(item)
        return Sample((np.asarray(first), np.asarray(second)), first.size)

    def _opened(self, item: PairInput) -> tuple[Image, Image]:
        first, second = item.first.open(), item.second.open()
        if first.size != second.size:
            sizes = " and ".join("{} x {}".format(*image.size) for image in (first, second))
            raise InputError(item.name, f"optical flow needs images of equal size, not {sizes}")
        return first, second

    def results(
        self, output: Any, items: Sequence[PairInput], samples: Sequence[Sample]
    ) -> list[Flow]:
        last: Tensor = output[-1] if isinstance(output, list | tuple) else output
        return [
            _result(item, sample, self._without_padding(flow, *sample.size))
            for item, sample, flow in zip(items, samples, last.float().cpu(), strict=True)
        ]

    def from_arrays(
        self, found: Mapping[str, Array], items: Sequence[PairInput], samples: Sequence[Sample]
    ) -> list[Flow]:
        return [
            _result(item, sample, flow)
            for item, sample, flow in zip(items, samples, found["flow"], strict=True)
        ]

    def _padding(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The pixels to add on the left, on the right, above and below."""
        least_height, least_width = self.least
        wide = _next_multiple(max(width, least_width)) - width
        high = _next_multiple(max(height, least_height)) - height
        return wide // 2, wide - wide // 2, high // 2, high - high // 2

    def _without_padding(self, flow: Tensor, width: int, height: int) -> Tensor:
        left, _, above, _ = self._padding(width, height)
        return flow[:, above : above + height, left : left + width].clone()


def _result(item: PairInput, sample: Sample, flow: Any) -> Flow:
    import numpy as np

    lengths = np.linalg.norm(np.asarray(flow), axis=0)
    return Flow(
        item,
        sample.size,
        flow,
        float(lengths.min()),
        float(lengths.mean()),
        float(lengths.max()),
    )


def _next_multiple(size: int) -> int:
    return -(-size // MULTIPLE) * MULTIPLE
