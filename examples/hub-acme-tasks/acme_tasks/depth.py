"""A task whose result is an image of numbers: how far away each pixel is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubcore.prediction.tasks import ImageInput, ImageTask, Result, Sample

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

__all__ = ["DepthEstimation", "DepthMap"]


@dataclass(frozen=True, eq=False)
class DepthMap(Result):
    """How far away each pixel is.

    Attributes:
        depth: float32 (H, W), the size of the input; all above 0.
        unit: what the numbers count, such as ``m``; "" if they only order the pixels.
    """

    depth: np.ndarray
    unit: str

    def _figures(self) -> dict[str, float]:
        import numpy as np

        near, middle, far = np.quantile(self.depth, [0, 0.5, 1])
        return {"nearest": float(near), "median": float(middle), "farthest": float(far)}

    def lines(self) -> list[str]:
        unit = f" {self.unit}" if self.unit else ""
        return [f"{name} {value:.2f}{unit}" for name, value in self._figures().items()]

    def annotations(self) -> list[dict[str, Any]]:
        figures = {name: round(value, 4) for name, value in self._figures().items()}
        width, height = self.size
        return [{"width": width, "height": height, **figures, "unit": self.unit or None}]

    def picture(self) -> Image:
        """A picture of the input's size: white is the nearest pixel, black the farthest."""
        import numpy as np
        from PIL import Image

        nearness = 1 / self.depth
        low, high = float(nearness.min()), float(nearness.max())
        grey = (nearness - low) / max(high - low, 1e-12) * 255
        return Image.fromarray(grey.round().astype(np.uint8)).convert("RGB")


class DepthEstimation(ImageTask):
    """For models that give depths (B, 1, H, W), above 0, for images of that size.

    The weights' meta-data may have ``depth_unit``, what the numbers count.
    """

    batch_size = 4

    def results(
        self, output: Any, items: Sequence[ImageInput], samples: Sequence[Sample]
    ) -> list[DepthMap]:
        from torch.nn.functional import interpolate

        unit = str(self.weights.meta.get("depth_unit") or "")
        found = []
        for item, sample, depth in zip(items, samples, output.float(), strict=True):
            width, height = sample.size  # preprocessing may have resized the image
            if depth.shape[-2:] != (height, width):
                depth = interpolate(depth[None], (height, width), mode="bilinear")[0]
            found.append(DepthMap(item, sample.size, depth[0].cpu().numpy(), unit))
        return found
