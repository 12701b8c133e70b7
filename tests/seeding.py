"""Checkpoints of cheap, repeatable tensors, served to torchvision and to the hub alike.

The files lie where torchvision's loader looks for finished downloads, so it reads them without its
downloader. The hub reads the same folder through its store, and verifies each file: the catalogues
here are copies of the families' in which digests and sizes are those of the seeded files.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.quantization.utils import quantize_model

from hubcore.building import builders
from hubcore.building.skip_init import SkipRandomInit
from hubcore.catalogs import index
from hubcore.catalogs.index import refresh
from hubcore.catalogs.names import find_model, find_weights
from hubcore.download.hashing import sha256_of
from hubcore.weights import lookup
from hubcore.weights.lookup import get_weight

NOISE = torch.randn(1_000_003, generator=torch.Generator().manual_seed(0))


def blank_config(name: str, member: Any) -> dict[str, Any]:
    """Arguments with which the model without weights has the shape of the published ones."""
    config: dict[str, Any] = {}
    if member.meta.get("categories"):
        config["num_classes"] = len(member.meta["categories"])
    if name.startswith("vit_"):
        config["image_size"] = member.meta["min_size"][0]
    if name.startswith(("fcn_", "deeplabv3_")):
        config["aux_loss"] = True
    if name.endswith(("googlenet", "inception_v3")):
        config["init_weights"] = False
    return config | no_backbone(name)


def no_backbone(name: str) -> dict[str, Any]:
    entry = find_model(name)
    return {"weights_backbone": None} if "backbone" in entry.data else {}


def seed(model: nn.Module) -> None:
    """Fills a model with values under which every tensor matters to a finite output."""
    with torch.no_grad():
        for index, (key, tensor) in enumerate(model.state_dict().items()):
            if tensor.is_floating_point():
                tensor.copy_(_values(key, tensor, 997 * index % 100_003))


def _values(key: str, tensor: Tensor, offset: int) -> Tensor:
    size = tensor.numel()
    noise = NOISE.repeat(math.ceil((size + offset) / len(NOISE)))[offset : offset + size]
    noise = noise.view(tensor.shape)
    if key.endswith("running_var"):
        return 1 + 0.2 * noise.abs()
    if tensor.ndim > 1:
        return noise / math.sqrt(size / len(tensor))
    return 0.1 * noise + (1 if key.endswith("weight") else 0)


def seeded_tensors(name: str, member: Any) -> Mapping[str, Any]:
    """A state dict with the keys and shapes of the published one."""
    with SkipRandomInit():
        model = torchvision.models.get_model(name, weights=None, **blank_config(name, member))
    seed(model)
    if name == "quantized_mobilenet_v3_large":  # its file is the one that was trained
        return _trained_quantized(model, member.meta["backend"]).state_dict()
    if "backend" in member.meta:
        torch.manual_seed(0)  # it calibrates on random numbers
        quantize_model(model, member.meta["backend"])
        if name == "quantized_inception_v3":
            model.AuxLogits = None  # its published file has none
    return model.state_dict()


def _trained_quantized(model: Any, backend: str) -> nn.Module:
    """A model as it is during quantization-aware training."""
    model.fuse_model(is_qat=True)
    model.qconfig = torch.ao.quantization.get_default_qat_qconfig(backend)
    torch.ao.quantization.prepare_qat(model.train(), inplace=True)
    model(torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    return model


def as_of_old(name: str, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The state dict as older releases wrote it: other keys, no counters, no version numbers."""
    renamed = {}
    for key, value in tensors.items():
        if key.endswith("num_batches_tracked"):
            continue
        if name.startswith("densenet"):
            key = re.sub(r"(denselayer\d+\.(?:norm|conv))([12]\.)", r"\1.\2", key)
        if name.startswith("vit_"):
            key = key.replace(".mlp.0.", ".mlp.linear_1.").replace(".mlp.3.", ".mlp.linear_2.")
        renamed[key] = value
    return renamed


class SeededHub:
    """The families' catalogues and torch.hub's folder of checkpoints, in a folder of a test."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        self.checkpoints = folder / "torch" / "hub" / "checkpoints"
        self.checkpoints.mkdir(parents=True)
        for entry in entry_points(group="hubcore.catalog"):
            package, _, name = entry.value.partition(":")
            spec = find_spec(package)
            assert entry.dist
            assert spec
            assert spec.origin
            copy = self.tree / "plugins" / entry.dist.name / package / name
            copy.parent.mkdir(parents=True)
            shutil.copy(Path(spec.origin).parent / name, copy)

    def put(self, member: Any, tensors: Mapping[str, Any], *, old_format: bool = False) -> Any:
        """Saves tensors as the file of one of torchvision's members; returns the hub's member."""
        path = self.checkpoints / member.url.rpartition("/")[2]
        torch.save(tensors, path, _use_new_zipfile_serialization=not old_format)
        enum = type(member).__name__
        entry = find_weights(enum)
        catalog = self.tree.joinpath(
            "plugins", entry.catalog.distribution, str(entry.catalog.package), "catalog.json"
        )
        data = json.loads(catalog.read_text("utf-8"))
        data["weights"][enum]["members"][member.name].update(
            sha256=sha256_of(path), size=path.stat().st_size
        )
        catalog.write_text(json.dumps(data), "utf-8")
        refresh()
        return get_weight(f"{entry.canonical}.{member.name}")

    def put_seeded(self, name: str, member: Any) -> Any:
        return self.put(member, seeded_tensors(name, member))


@contextmanager
def seeded_hub(folder: Path) -> Iterator[SeededHub]:
    """A seeded hub in place of the installed families."""
    with pytest.MonkeyPatch.context() as patch:
        hub = SeededHub(folder)
        patch.setenv("TORCH_HOME", str(hub.checkpoints.parents[1]))
        patch.setattr(torch.hub, "_hub_dir", None)
        patch.setenv("HUBCORE_HOME", str(folder / "home"))
        patch.setenv("HUBCORE_OFFLINE", "1")
        patch.setattr(index, "_source_trees", [hub.tree])
        # Members are one object per process: those of the real catalogues wait untouched.
        patch.setattr(lookup, "_enums", {})
        patch.setattr(builders, "_builders", {})
        refresh()
        try:
            yield hub
        finally:
            for path in hub.checkpoints.iterdir():
                path.unlink()
    refresh()
