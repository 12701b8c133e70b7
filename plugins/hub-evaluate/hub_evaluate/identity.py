"""What an evaluation was made with: the weights' digest, preprocessing, versions, machine."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hubcore.download.hashing import sha256_of
from hubcore.download.remote import digest_of_all
from hubcore.packages.references import Reference
from hubcore.packages.versions import installed_version
from hubcore.weights.enums import WeightsEnum

__all__ = ["machine", "preprocessing", "versions", "weights_digest"]

PACKAGES = ("hub-evaluate", "hubcore", "torch", "torchvision", "numpy", "pillow", "pycocotools")


def weights_digest(weights: Any, model: Any) -> str:
    """The SHA-256 of the weights' file, or an exported one; of a module, of its tensors by name.

    Of weights of several files it is that of what ``sha256sum`` prints of them.
    """
    if isinstance(model, Path):
        return sha256_of(model)
    if isinstance(weights, WeightsEnum) and not isinstance(model, nn.Module):
        first, *further = weights.value.files
        found = sha256_of(weights.download(progress=False))  # downloads and verifies all of them
        whole = digest_of_all((first._replace(sha256=found), *further))
        assert whole is not None  # catalogues have further files' digests in full
        return whole
    state = model.state_dict() if isinstance(model, nn.Module) else weights.get_state_dict()
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        if isinstance(tensor, torch.Tensor):
            values = tensor.detach().cpu().contiguous()
            digest.update(f"{name} {values.dtype} {tuple(values.shape)} ".encode())
            if values.is_quantized:
                values = values.int_repr()
            digest.update(values.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def preprocessing(weights: Any) -> Any:
    """The weights' preprocessing as catalogues write it, or as text."""
    stated = getattr(weights, "preprocessing", None)  # of an exported file
    if stated is not None:
        return stated
    transforms = getattr(getattr(weights, "value", None), "transforms", None)
    if isinstance(transforms, Reference):
        return transforms.to_json()
    return re.sub(r" at 0x[0-9a-f]+", "", repr(weights.transforms()))  # the same in all processes


def versions() -> dict[str, str]:
    """The versions of everything that can change a digit."""
    found = {"python": platform.python_version()}
    return found | {name: installed_version(name) or "unknown" for name in PACKAGES}


def machine() -> dict[str, Any]:
    """The machine, without what would tell whose it is."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _processor() -> str:
    if sys.platform == "linux":
        try:
            with open("/proc/cpuinfo") as file:  # noqa: PTH123  # no path of ours
                for line in file:
                    if line.startswith("model name"):
                        return line.partition(":")[2].strip()
        except OSError:
            pass
    return platform.processor() or "unknown"
