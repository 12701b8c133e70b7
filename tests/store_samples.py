"""What the store's tests keep in it: a file, and a catalogue of three weights with their files."""

import hashlib
import json
import os

CONTENT = {name: os.urandom(20_000) for name in ("one", "two", "three")}
DIGESTS = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()}
DATA = os.urandom(10_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
NAME = f"net-{DIGEST[:8]}.pth"
TRANSFORMS = ["hubcore.transforms:ImageClassification", {"crop_size": 224}]


def write_catalog(home, urls, digests=DIGESTS, transforms=TRANSFORMS):
    """A catalogue of three weights of two models, as if installed."""
    member = {
        name: {
            "url": urls[name],
            "sha256": digests[name],
            "transforms": transforms,
            "meta": {"num_params": 1, "categories": ["a", "b"]},
        }
        for name in CONTENT
    }
    catalog = {
        "schema": 1,
        "models": {
            model: {
                "task": "image-classification",
                "architecture": "torchvision.models:resnet18",
                "weights": f"{model.title()}_Weights",
            }
            for model in ("anet", "bnet")
        },
        "weights": {
            "Anet_Weights": {
                "builder": "anet",
                "default": "TWO",
                "members": {"ONE": member["one"], "TWO": member["two"]},
            },
            "Bnet_Weights": {
                "builder": "bnet",
                "default": "THREE",
                "members": {"THREE": member["three"]},
            },
        },
    }
    folder = home / "catalogs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "acme.json").write_text(json.dumps(catalog), "utf-8")


def digests(home):
    return sorted(path.name for path in home.glob("blobs/*/*") if path.suffix != ".json")


def blobs(store):
    """The files of a store."""
    return [path for path in store.root.glob("blobs/*/*") if path.suffix != ".json"]


def overwrite(path, data):
    """Changes a file of the store, whose mode forbids that to ordinary users."""
    path.chmod(path.stat().st_mode | 0o200)
    path.write_bytes(data)
