"""Loading from warm files: ``get_model`` against torchvision's and timm's ``create_model``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torchvision

import hubcore

from .measure import Options, geometric_mean, median, seconds, turns
from .results import Table
from .seeded import SeededHub, seeded_hub

MODELS = (
    "resnet50",
    "vgg16",
    "convnext_large",
    "swin_v2_b",
    "regnet_y_16gf",
    "fasterrcnn_resnet50_fpn_v2",
    "vit_h_14",
)
# timm's model of the same architecture, where it has one. Its files have names of their own for
# the tensors, so it gets a file of its own.
TIMM = {
    "resnet50": "resnet50",
    "vgg16": "vgg16",
    "convnext_large": "convnext_large",
    "swin_v2_b": "swinv2_base_window8_256",
    "regnet_y_16gf": "regnety_160",
    "vit_h_14": "vit_huge_patch14_224",
}


def run(options: Options) -> list[Table]:
    load_rows, forward_rows = [], []
    with seeded_hub() as hub:
        for name in options.models or MODELS:
            member = hub.add(name)
            rivals = _rivals(hub, name, member)
            loads = turns({k: seconds(f) for k, f in rivals.items()}, options.repeats)
            load_rows.append(_row(name, loads))
            image = _input(name)
            both = turns(
                {k: seconds(_then_forward(f, image)) for k, f in rivals.items()}, options.repeats
            )
            forward_rows.append(_row(name, both))
            hub.remove(member)
    return [
        _table("Loading", load_rows, options),
        _table("Loading and the first forward", forward_rows, options),
    ]


def _rivals(hub: SeededHub, name: str, member: Any) -> dict[str, Callable[[], Any]]:
    rivals: dict[str, Callable[[], Any]] = {
        "torchvision": lambda: torchvision.models.get_model(name, weights=member),
        "hubcore": lambda: hubcore.get_model(f"seeded/{name}", weights="DEFAULT"),
    }
    if name in TIMM:
        import timm

        file = hub.folder / "timm.pth"
        torch.save(timm.create_model(TIMM[name]).state_dict(), file)
        rivals["timm"] = lambda: timm.create_model(
            TIMM[name], pretrained=True, pretrained_cfg_overlay={"file": str(file)}
        )
    return rivals


def _input(name: str) -> Any:
    generator = torch.Generator().manual_seed(0)
    if "rcnn" in name:
        return [torch.rand(3, 480, 640, generator=generator)]
    side = 256 if "swin_v2" in name else 518 if name == "vit_h_14" else 224
    return torch.rand(1, 3, side, side, generator=generator)


def _then_forward(load: Callable[[], Any], image: Any) -> Callable[[], Any]:
    def action() -> Any:
        model = load().eval()
        with torch.inference_mode():
            model(image)
        return model

    return action


def _row(name: str, figures: dict[str, list[float]]) -> list[Any]:
    theirs, ours = median(figures["torchvision"]), median(figures["hubcore"])
    timm = median(figures["timm"]) if "timm" in figures else "-"
    return [name, theirs, timm, ours, theirs / ours]


def _table(title: str, rows: list[list[Any]], options: Options) -> Table:
    ratio = geometric_mean(row[-1] for row in rows)
    return Table(
        title,
        ["model", "torchvision, s", "timm, s", "hubcore, s", "times torchvision's speed"],
        rows,
        [
            f"Medians of {options.repeats} turns. Geometric mean {ratio:.1f} times torchvision's "
            f"speed, at worst {min(row[-1] for row in rows):.1f} times."
        ],
    )


def plot(tables: list[Table], folder: Path) -> None:
    from .pictures import grouped

    grouped(
        [str(row[0]) for row in tables[0].rows],
        {table.title: [float(row[-1]) for row in table.rows] for table in tables},
        "times torchvision's speed",
        folder / "loading.svg",
    )
