"""Loading from warm files: ``get_model`` against torchvision's and timm's ``create_model``."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torchvision

import hubcore

from .measure import Options, geometric_mean, median, turns
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
# The other weights of this one want images of 518 pixels.
MEMBERS = {"vit_h_14": "IMAGENET1K_SWAG_LINEAR_V1"}
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
            member = hub.add(name, member_of(name))
            rivals = _rivals(hub, name, member)
            image = _input(name)
            figures = turns(
                {rival: _timed(load, image) for rival, load in rivals.items()},
                options.repeats,
                warm_up=0 if load_rows else 1,
            )
            for rows, part in ((load_rows, 0), (forward_rows, 1)):
                rows.append(_row(name, {k: [f[part] for f in v] for k, v in figures.items()}))
            hub.remove(member)
    return [
        _table("Loading", load_rows, options),
        _table("Loading and the first forward", forward_rows, options),
    ]


def member_of(name: str) -> Any:
    """The weights that the suites take of a model."""
    enum = torchvision.models.get_model_weights(name)
    return enum[MEMBERS[name]] if name in MEMBERS else enum.DEFAULT


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
    side = 256 if "swin_v2" in name else 224
    return torch.rand(1, 3, side, side, generator=generator)


def _timed(load: Callable[[], Any], image: Any) -> Callable[[], tuple[float, float]]:
    """A rival that takes the time of loading, and until the first output is there."""

    def rival() -> tuple[float, float]:
        gc.collect()
        start = time.perf_counter()
        model = load()
        loaded = time.perf_counter() - start
        with torch.inference_mode():
            model.eval()(image)
        return loaded, time.perf_counter() - start

    return rival


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
