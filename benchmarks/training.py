"""`hub train` against plain loops written after torchvision's references, seconds an epoch.

Both train the same model from random weights on the same drawn images, with the same augmentation,
batches and optimizer, and decode in the process that trains. The time of an epoch is that of its
steps alone: importing, measuring, packing and the last checkpoint are not in it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .measure import Options, median, report_of, turns
from .results import Table

__all__ = ["run"]

PICTURES, SCENES = 256, 12
EPOCHS = 1

RECIPE = """
tasks = ["image-classification", "object-detection"]
epochs = {epochs}
batch_size = {batch}
keep = "last"
[images]
train_size = 128
test_size = 128
test_resize = 144
objects = "flip"
[optimizer]
lr = 0.01
weight_decay = 1e-4
[schedule]
name = "constant"
"""

OURS = """
import csv, json
from hub_train import train
train({model!r}, {data!r}, weights=None, recipe={recipe!r}, output={output!r}, validation={held!r},
      workers=0, package=False, checkpoint_every=1e9)
rows = csv.DictReader(open({output!r} + "/curve.csv"))
print(json.dumps([float(row["s"]) for row in rows]))
"""

CLASSES = """
import json, time
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, models
from torchvision.transforms import v2
transform = v2.Compose([
    v2.RandomResizedCrop(128), v2.RandomHorizontalFlip(), v2.PILToTensor(),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])
data = datasets.ImageFolder({data!r}, transform)
model = models.{model}(weights=None, num_classes=len(data.classes)).train()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
criterion = torch.nn.CrossEntropyLoss()
taken = []
for epoch in range({epochs}):
    begun = time.monotonic()
    for images, labels in DataLoader(data, {batch}, shuffle=True, drop_last=True):
        loss = criterion(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
    taken.append(time.monotonic() - begun)
print(json.dumps(taken))
"""

OBJECTS = """
import json, time
from pathlib import Path
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, tv_tensors
from torchvision.models import detection
from torchvision.transforms import v2
transform = v2.Compose([v2.ToImage(), v2.RandomHorizontalFlip(),
                        v2.ToDtype(torch.float32, scale=True), v2.SanitizeBoundingBoxes(),
                        v2.ToPureTensor()])
root = Path({data!r})
plain = datasets.CocoDetection(root / "images", root / "annotations" / "instances_train.json",
                               transforms=transform)
data = datasets.wrap_dataset_for_transforms_v2(plain, target_keys=["boxes", "labels"])
model = detection.{model}(weights=None, weights_backbone=None, num_classes=4).train()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
collate = lambda batch: tuple(zip(*batch))
taken = []
for epoch in range({epochs}):
    begun = time.monotonic()
    loader = DataLoader(data, {batch}, shuffle=True, drop_last=True, collate_fn=collate)
    for images, targets in loader:
        loss = sum(model(images, targets).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
    taken.append(time.monotonic() - begun)
print(json.dumps(taken))
"""


def run(options: Options) -> list[Table]:
    repeats = min(options.repeats, 2)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        _draw_classes(root / "classes", PICTURES)
        _draw_classes(root / "classes-held", 6)
        _draw_scenes(root / "scenes", SCENES)
        _draw_scenes(root / "scenes-held", 2)
        return [
            _table(root, "classes", CLASSES, "mobilenet_v2", 32, PICTURES, repeats),
            _table(root, "scenes", OBJECTS, "fasterrcnn_mobilenet_v3_large_320_fpn", 4, SCENES,
                   repeats),
        ]  # fmt: skip


def _table(
    root: Path, kind: str, reference: str, model: str, batch: int, images: int, repeats: int
) -> Table:
    recipe = root / f"{kind}.toml"
    recipe.write_text(RECIPE.format(epochs=EPOCHS, batch=batch))
    values = {"model": model, "data": str(root / kind), "held": str(root / f"{kind}-held"),
              "recipe": str(recipe), "output": str(root / f"{kind}-out"),
              "epochs": EPOCHS, "batch": batch}  # fmt: skip

    def ours() -> float:
        shutil.rmtree(values["output"], ignore_errors=True)
        return float(median(report_of(OURS.format(**values))))

    rivals = {
        "plain loop": lambda: float(median(report_of(reference.format(**values)))),
        "hub train": ours,
    }
    figures = {name: median(found) for name, found in turns(rivals, repeats, warm_up=0).items()}
    return Table(
        f"an epoch of {model}: {images} drawn images in batches of {batch}",
        ["loop", "seconds", "of the plain loop"],
        [
            [name, round(value, 2), round(value / figures["plain loop"], 3)]
            for name, value in figures.items()
        ],
    )


def _draw_scenes(folder: Path, count: int) -> None:
    from hub_train.scenes import draw_scenes

    draw_scenes(folder, count, size=(320, 240))


def _draw_classes(folder: Path, count: int) -> None:
    """Scenes of one object, in a folder for each of its shapes."""
    import json

    from hub_train.scenes import draw_scenes

    with tempfile.TemporaryDirectory() as temporary:
        drawn = draw_scenes(Path(temporary) / "drawn", count, size=(160, 160), objects=1)
        content = json.loads((drawn / "annotations" / "instances_train.json").read_text("utf-8"))
        names = {one["id"]: one["name"] for one in content["categories"]}
        files = {one["id"]: one["file_name"] for one in content["images"]}
        for one in content["annotations"]:
            place = folder / names[one["category_id"]]
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(drawn / "images" / files[one["image_id"]], place)
