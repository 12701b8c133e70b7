"""Where trained weights come from: what tells one training from another, and what is shipped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hub_evaluate.identity import machine, versions
from hubcore.weights.traces import trace

from .choice import Chosen
from .curves import write_csv
from .data import TrainingData
from .loop import Progress
from .recipes import Recipe

__all__ = ["identity_of", "lineage_of", "write_split"]


def identity_of(chosen: Chosen, recipe: Recipe, data: TrainingData, seed: int) -> dict[str, str]:
    """What a training is of: a checkpoint goes on only with the same."""
    settings = asdict(recipe) | {"text": ""}
    parts = {"train": [one.id for one in data.train.samples],
             "validation": [one.id for one in data.validation.samples]}  # fmt: skip
    return {
        "the model": chosen.entry.canonical,
        "the weights": _start(chosen),
        "the recipe": _digest(settings),
        "the data": data.fingerprint,
        "the split": _digest(parts),
        "the seed": str(seed),
    }


def _start(chosen: Chosen) -> str:
    if chosen.weights is not None:
        return str(trace(chosen.weights))
    return "the backbone's" if chosen.backbone else "none"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def write_split(folder: Path, data: TrainingData) -> None:
    """Writes which image is in which part: ``train.csv`` and ``validation.csv``.

    For classification they have the classes too, so that `hub evaluate --labels` reads them.

    Raises:
        TrainingError: they cannot be written.
    """
    classes = data.train.task == "image-classification"
    for name, part in (("train", data.train), ("validation", data.validation)):
        rows = [
            [one.id, *([data.categories[one.target]] if classes else [])] for one in part.samples
        ]
        write_csv(folder / f"{name}.csv", ["file", "class"] if classes else ["file"], rows)


def lineage_of(
    identity: Mapping[str, str], chosen: Chosen, recipe: Recipe, data: TrainingData,
    state: Progress, epoch: int, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """Where the weights come from, for the package."""
    parent = None
    if chosen.weights is not None:
        name, digest = trace(chosen.weights)
        parent = {"weights": name, "sha256": digest}
    return {
        "model": chosen.entry.canonical,
        "parent": parent,
        "recipe": asdict(replace(recipe, text="")),
        "recipe_sha256": hashlib.sha256(recipe.text.encode()).hexdigest(),
        "seed": seed,
        "data": {
            "name": data.train.root.resolve().name,
            "format": data.train.format,
            "sha256": data.fingerprint,
            "train": len(data.train.samples),
            "validation": len(data.validation.samples),
            "split": identity["the split"],
            "divided": data.divided,
            "left_out": dict(data.train.left_out),
        },
        "epoch": epoch + 1,
        "epochs": state.epochs,
        "versions": versions(),
        "machine": machine(),
    }
