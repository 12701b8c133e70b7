"""What timm publishes of its weights' accuracy, `catalog_data/timm_results.csv`."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from timm.models import PretrainedCfg

__all__ = ["SOURCE", "metrics"]

COMMIT = "0173a139a2c66db3a41ebfe1d8ac4fb02483642e"
SOURCE = {
    "title": "results-imagenet.csv of timm",
    "url": f"https://github.com/huggingface/pytorch-image-models/blob/{COMMIT}/results/results-imagenet.csv",
    "summary": "timm's own validation of its weights on ImageNet-1K, by their full names.",
    "date": "2026-11-27",
}
_TABLE = Path(__file__).parents[1] / "catalog_data" / "timm_results.csv"


def metrics(name: str, cfg: PretrainedCfg) -> Mapping[str, Any]:
    """The published results of weights by data set; empty if timm's table does not name them.

    timm validates many weights at another size or crop than that of their preprocessing. Such
    results have a data set of their own, whose name says so: the preprocessing is not theirs.
    """
    row = _rows().get(name)
    if row is None:
        return {}
    size, crop = int(row["img_size"]), float(row["crop_pct"])
    dataset = "ImageNet-1K"
    if size != cfg.input_size[-1] or abs(crop - cfg.crop_pct) >= 0.001:
        dataset += f" at {size} px, crop {crop:g}"
    return {dataset: {"acc@1": float(row["top1"]), "acc@5": float(row["top5"])}}


@functools.cache
def _rows() -> dict[str, dict[str, str]]:
    lines = _TABLE.read_text("utf-8").splitlines()
    table = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {row["model"]: row for row in table}
