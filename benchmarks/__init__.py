"""Measures hubcore against its peers, side by side in one run: ``python -m benchmarks``.

Each suite is a module here with ``run(options) -> list[Table]``, and ``plot(tables, folder)``
where a picture says more. `SUITES` lists them in the order in which they run.
"""

import sys
from pathlib import Path

# Checkpoints and photos are made as the tests make them.
sys.path.append(str(Path(__file__).parents[1] / "tests"))

SUITES = {
    "listing": "names without torch, against the bare interpreter and torchvision",
    "loading": "a model with its weights, against torchvision and timm",
    "sweep": "loading every model of torchvision",
    "memory": "peak memory of loading, and of four workers that share a model",
    "first": "a whole process: one photo in, its label out",
    "batch": "200 photos through a model, and the speed switches",
    "engines": "with torch and without: a new process, 200 photos, and memory",
    "evaluating": "COCO's metrics against pycocotools, and hub evaluate against hub predict",
    "training": "an epoch of hub train, against plain loops after torchvision's references",
    "site": "a site of 2,000 weights, and its catalogue page with 2,000 and 100,000 rows",
    "download": "files over the network, against other downloaders",
    "buckets": "a file in a bucket, against the same file at its http address",
    "peers": "one fetch for eight stores, against the fetch of one",
    "cluster": "predictions on a Ray cluster of this machine: what travels, and the speed",
}
