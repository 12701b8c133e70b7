"""Video classification: averages the probabilities of clips that are sampled from a video."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...protocols import WeightsLike
from ..inputs import ClipInput
from ..pixels import Array
from ..results import ClassificationResult
from .base import Model, Options, RunArrays, Sample, Task
from .classification import likeliest

if TYPE_CHECKING:
    from torch import Tensor

    from ..frames import Frames

__all__ = ["VideoClassification", "clip_indices"]


class VideoClassification(Task[ClipInput]):
    """For models that take clips (B, C, T, H, W) and return logits (B, classes).

    Clips are sampled as they were when the weights were evaluated, which the weights' ``sampling``
    describes: a clip has ``clip_len`` frames at ``frame_rate`` frames per second, and
    ``clips_per_video`` clips are spread evenly over the video.
    """

    def __init__(self, weights: WeightsLike, options: Options) -> None:
        super().__init__(weights, options)
        sampling = getattr(getattr(weights, "value", None), "sampling", None) or {}
        self.length = int(sampling.get("clip_len") or weights.meta.get("min_temporal_size") or 16)
        self.rate: float | None = sampling.get("frame_rate")
        self.clips = int(sampling.get("clips_per_video") or 1)

    def load(self, item: ClipInput) -> Sample:
        import torch

        clips = []
        for frames in self._clips(item):
            # Each frame as the tensor that torchvision makes of an image.
            clip = torch.stack([torch.tensor(frame).permute(2, 0, 1) for frame in frames])
            clips.append(self.preprocess(clip))
        return Sample((torch.stack(clips),), _size(frames[0]))

    def decode(self, item: ClipInput) -> Sample:
        import numpy as np

        clips = np.stack([np.stack(frames) for frames in self._clips(item)])
        return Sample((clips,), _size(clips[0, 0]))

    def _clips(self, item: ClipInput) -> Iterator[list[Array]]:
        """The frames of each clip."""
        frames = item.frames()
        # A video of unknown rate is assumed to have the rate that the model expects.
        rate = frames.rate or self.options.rate or self.rate
        step = rate / self.rate if rate and self.rate else 1.0
        indices = clip_indices(len(frames), self.length, self.clips, step)
        return _read_clips(frames, indices)

    def run(self, model: Model, samples: Sequence[Sample]) -> Tensor:
        import torch

        # One clip at a time: a dozen at once would take gigabytes.
        batch = torch.stack([sample.tensors[0] for sample in samples])
        outputs = [model(clips).float().softmax(dim=-1) for clips in batch.unbind(dim=1)]
        return torch.stack(outputs).mean(dim=0)

    def results(
        self, output: Any, items: Sequence[ClipInput], samples: Sequence[Sample]
    ) -> list[ClassificationResult]:
        return self.from_arrays({"probabilities": output.cpu().numpy()}, items, samples)

    def run_arrays(self, run: RunArrays, samples: Sequence[Sample]) -> Mapping[str, Array]:
        import numpy as np

        batch = np.stack([sample.tensors[0] for sample in samples])
        outputs = [run([clips])["probabilities"] for clips in batch.swapaxes(0, 1)]
        return {"probabilities": np.mean(outputs, axis=0)}

    def from_arrays(
        self, found: Mapping[str, Array], items: Sequence[ClipInput], samples: Sequence[Sample]
    ) -> list[ClassificationResult]:
        return [
            ClassificationResult(item, sample.size, likeliest(self, row))
            for item, sample, row in zip(items, samples, found["probabilities"], strict=True)
        ]


def clip_indices(frames: int, length: int, clips: int, step: float) -> list[list[int]]:
    """Chooses the frames of each clip.

    The clips are evenly spaced. A video that is shorter than one clip is stretched to it.

    Args:
        frames: the number of frames in the video.
        length: the number of frames per clip.
        clips: the largest number of clips.
        step: the distance between consecutive frames of a clip, in frames of the video. It may be
            a fraction.

    Returns:
        For each clip, the indices of its frames in the video, ascending.
    """
    available = max(1, int(frames / step))
    if available < length:
        return [[int(i * frames / length) for i in range(length)]]
    last = available - length
    starts = sorted({round(k * last / max(1, clips - 1)) for k in range(clips)})
    return [[min(frames - 1, int((start + i) * step)) for i in range(length)] for start in starts]


def _size(frame: Array) -> tuple[int, int]:
    return frame.shape[1], frame.shape[0]


def _read_clips(frames: Frames, indices: Sequence[Sequence[int]]) -> Iterator[list[Array]]:
    """Yields each clip's frames, in one pass over the video. Keeps only frames still needed."""
    kept: dict[int, Array] = {}
    needed = sorted({index for clip in indices for index in clip})
    stream = zip(needed, frames.read(needed), strict=True)
    for clip in indices:
        while clip[-1] not in kept:
            index, frame = next(stream)
            kept[index] = frame
        yield [kept[index] for index in clip]
        kept = {index: frame for index, frame in kept.items() if index >= clip[0]}
