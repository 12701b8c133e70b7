"""Video classification: clips are sampled from a video, and their probabilities averaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ...protocols import WeightsLike
from ..frames import Frames
from ..inputs import ClipInput
from ..results import ClassificationResult
from .base import Model, Options, Sample, Task
from .classification import likeliest

__all__ = ["Runner", "clip_indices"]


class Runner(Task[ClipInput]):
    """The model takes clips (B, C, T, H, W) and gives logits (B, classes).

    The weights' ``sampling`` says how they were evaluated: ``clip_len`` frames at ``frame_rate`` a
    second make a clip, and ``clips_per_video`` of them are spread evenly over the video.
    """

    def __init__(self, weights: WeightsLike, options: Options) -> None:
        super().__init__(weights, options)
        sampling = getattr(getattr(weights, "value", None), "sampling", None) or {}
        self.length = int(sampling.get("clip_len") or weights.meta.get("min_temporal_size") or 16)
        self.rate: float | None = sampling.get("frame_rate")
        self.clips = int(sampling.get("clips_per_video") or 1)

    def load(self, item: ClipInput) -> Sample:
        frames = item.frames()
        # Frames that don't tell their rate are taken to have the one that the model wants.
        rate = frames.rate or self.options.rate or self.rate
        step = rate / self.rate if rate and self.rate else 1.0
        indices = clip_indices(len(frames), self.length, self.clips, step)
        clips = []
        for clip in _read_clips(frames, indices):
            clips.append(self.preprocess(clip))
            size = (clip.shape[-1], clip.shape[-2])
        return Sample((torch.stack(clips),), size)

    def run(self, model: Model, samples: Sequence[Sample]) -> Tensor:
        # Clip by clip: a dozen at once would take gigabytes.
        batch = torch.stack([sample.tensors[0] for sample in samples])
        outputs = [model(clips).float().softmax(dim=-1) for clips in batch.unbind(dim=1)]
        return torch.stack(outputs).mean(dim=0)

    def results(
        self, output: Any, items: Sequence[ClipInput], samples: Sequence[Sample]
    ) -> list[ClassificationResult]:
        return [
            ClassificationResult(item, sample.size, likeliest(self, row))
            for item, sample, row in zip(items, samples, output.cpu(), strict=True)
        ]


def clip_indices(frames: int, length: int, clips: int, step: float) -> list[list[int]]:
    """Which frames make up each clip.

    Args:
        frames: how many the video has.
        length: frames a clip.
        clips: how many clips, at most.
        step: frames of the video that pass between two of the clip; may be a fraction.

    The clips start at even distances. A video that is shorter than one clip is stretched to it.
    """
    available = max(1, int(frames / step))
    if available < length:
        return [[int(i * frames / length) for i in range(length)]]
    last = available - length
    starts = sorted({round(k * last / max(1, clips - 1)) for k in range(clips)})
    return [[min(frames - 1, int((start + i) * step)) for i in range(length)] for start in starts]


def _read_clips(frames: Frames, indices: Sequence[Sequence[int]]) -> Iterator[Tensor]:
    """The clips (T, C, H, W), from one pass over the video that keeps only what is still needed."""
    kept: dict[int, Tensor] = {}
    needed = sorted({index for clip in indices for index in clip})
    stream = zip(needed, frames.read(needed), strict=True)
    for clip in indices:
        while clip[-1] not in kept:
            index, frame = next(stream)
            kept[index] = frame
        yield torch.stack([kept[index] for index in clip])
        kept = {index: frame for index, frame in kept.items() if index >= clip[0]}
