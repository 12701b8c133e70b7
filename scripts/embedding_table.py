"""Finds out what each model's vector and maps are, and writes the table of docs/embeddings.md.

    python scripts/embedding_table.py [MODEL ...]

Each model is built with random weights and given one image, in its weights' own preprocessing;
what it is given as an embedding is compared with what forward hooks of torch see at its head.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

import hubcore
from hubcore.catalogs.names import find_model
from hubcore.embedding import EmbeddingError
from hubcore.embedding.embedder import Embedder

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "embeddings.md"
RESULTS = ROOT / "docs" / "embeddings.json"
BEGIN, END = "<!-- vectors: begin -->", "<!-- vectors: end -->"


def main() -> int:
    warnings.simplefilter("ignore")
    names = sys.argv[1:] or [one for one in hubcore.list_models() if "/" not in one]
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for name in names:
        if name not in results or sys.argv[1:]:
            results[name] = examined(name)
            print(name, results[name], file=sys.stderr)
            text = json.dumps(dict(sorted(results.items())), indent=1)
            RESULTS.write_text(text + "\n", "utf-8")
    page = PAGE.read_text("utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(before + BEGIN + "\n" + table(results) + END + after, "utf-8")
    return 0


def examined(name: str) -> dict[str, Any]:
    """The vector and the maps of a model."""
    entry = find_model(name)
    model, weights = random_model(name)
    found: dict[str, Any] = {"task": entry.task}
    try:
        embedder = Embedder(model, weights, task=entry.task)
        [made] = embedder(an_input(entry.task))
        found |= {"vector": embedder.layer, "length": len(made.vector)}
        [made] = Embedder(model, weights, task=entry.task, spatial=True)(an_input(entry.task))
        found["map"] = list(made.vector.shape)
    except EmbeddingError as error:
        found["error"] = str(error)
    if entry.task != "optical-flow":
        maps = hubcore.features(model, size=size_of(weights))
        found["features"] = [[one.module, one.channels, one.stride] for one in maps.info]
        found["traced"] = maps.is_traced
    return found


def random_model(name: str) -> tuple[torch.nn.Module, Any]:
    """A model with random weights, and the weights that it has by default."""
    torch.manual_seed(0)
    weights = hubcore.get_model_weights(name).DEFAULT
    given: dict[str, Any] = {}
    entry = find_model(name).data
    if "backbone" in entry:
        given["weights_backbone"] = None
    if "torchvision.models:vit_" in str(entry["architecture"]):  # for images of one size
        given["image_size"] = size_of(weights)
    return hubcore.get_model(name, weights=None, **given).eval(), weights


def size_of(weights: Any) -> int | None:
    """The side of the images that weights were evaluated with."""
    crop = weights.transforms.keywords.get("crop_size")
    return max(crop) if isinstance(crop, list) else crop


def an_input(task: str) -> Any:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (240, 320, 3), dtype=np.uint8)
    if task == "video-classification":
        return [torch.from_numpy(rng.integers(0, 256, (16, 3, 128, 171), dtype=np.uint8))]
    return [(image, image)] if task == "optical-flow" else [image]


def table(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    lines = ["| model | vector | numbers | maps: module, channels, stride |", "|---|---|---|---|"]
    for name, one in sorted(results.items()):
        vector = one.get("vector", "none: it declares no head")
        maps = "; ".join(f"{m} {c} / {s}" for m, c, s in one.get("features", ())) or "-"
        lines.append(f"| {name} | {vector} | {one.get('length', '-')} | {maps} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
