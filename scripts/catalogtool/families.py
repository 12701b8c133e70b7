"""The built-in families: where each stands in torchvision and in this repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "scripts" / "catalog_data"
CATALOGS = ROOT / "hubcore" / "catalogs"
LABELS = CATALOGS / "labels"


@dataclass(frozen=True)
class Family:
    """One distribution of models, with the torchvision module that holds its builders."""

    name: str
    module: str
    task: str
    wrappers: str | None = None  # our module that offers torchvision's builders, if one has to

    @property
    def distribution(self) -> str:
        return f"hub-{self.name}"

    @property
    def package(self) -> str:
        return self.distribution.replace("-", "_")

    def architecture(self, builder: str) -> str:
        """The reference to a builder in a catalogue."""
        return f"{self.wrappers or self.module}:{builder}"

    @property
    def folder(self) -> Path:
        return ROOT / "plugins" / self.distribution

    @property
    def catalog(self) -> Path:
        return self.folder / self.package / "catalog.json"

    @property
    def stub(self) -> Path:
        return self.folder / self.package / "__init__.pyi"

    @property
    def readme(self) -> Path:
        return self.folder / "README.md"

    def task_of(self, model: str) -> str:
        """The task of one model: the family's, but for the detectors that do more than boxes."""
        if model.startswith("maskrcnn"):
            return "instance-segmentation"
        if model.startswith("keypointrcnn"):
            return "keypoint-detection"
        return self.task


FAMILIES = (
    Family("classification", "torchvision.models", "image-classification"),
    Family("detection", "torchvision.models.detection", "object-detection"),
    Family("segmentation", "torchvision.models.segmentation", "semantic-segmentation"),
    Family(
        "quantization",
        "torchvision.models.quantization",
        "image-classification",
        "hub_quantization.builders",
    ),
    Family("video", "torchvision.models.video", "video-classification"),
    Family("optical-flow", "torchvision.models.optical_flow", "optical-flow"),
)
