#!/usr/bin/env python
"""Packs a checkpoint with odd names, licences and addresses, and holds what is made to the rules.

    python scripts/fuzz_pack.py --count 2000 --seed 1

`hub pack` must refuse in a sentence, and leave no folder behind, or write a project that TOML and
JSON readers read, whose catalogue the hub reads and `hub check` accepts, and whose weights have the
classes that were given.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from fuzzing import Faults, described, main
from torch import Tensor, nn

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib

ODD = [
    *("", " ", "\n", "\t", "\0", "\x1b[31m", "\u2028", "\u202e", "\ud800", "\u00a0", "ä", "日本"),
    *(
        "'",
        '"',
        "\\",
        "$x",
        "${name}",
        "%s",
        "{x}",
        "]]",
        "@imagenet-1k",
        "@x",
        "../x",
        "a/b",
        "--",
    ),
    *("a" * 300, "None", "class", "1", "__x__", "name", "DEFAULT", "Default", "con", "inf", "nan"),
]
NAMES = ["acme-pets", "Acme.Pets", "hub-x", "a1", "acme_pets", "x"]
VERSIONS = ["0.1.0", "1.0", "1.0.dev1", "v1.0", "1!2.0", "1.0+local", "1.0-1", "01.0"]
LICENSES = [
    "MIT",
    "unknown",
    "Apache-2.0 OR MIT",
    "https://x.dev/l",
    "mit",
    "LicenseRef-x",
    "MIT AND",
]
URLS = [
    *("https://files.acme.dev/best.pth", "http://files.acme.dev/b.pth", "hf://acme/net/b.pth@abc"),
    *("package:acme/x.pth", "https://files.acme.dev/b.pth?a=b", "https://u:p@files.acme.dev/b.pth"),
    *(
        "ftp://x/b",
        "https://ünï.dev/b.pth",
        "s3://b/x.pth",
        "https://files.acme.dev",
        "https://[::1]/b",
    ),
    *("https://files.acme.dev:99999/x.pth", "HTTPS://FILES.ACME.DEV/b.pth", "file:///b.pth"),
]
CHECKS = ("schema", "keys", "names", "digests", "sizes", "metrics", "fetchable", "licenses")


class Net(nn.Module):
    """A model that is built at once."""

    def __init__(self, num_classes: int = 3) -> None:
        super().__init__()
        self.fc = nn.Linear(3, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


def some(chance: random.Random, good: list[str]) -> str:
    """A good text, an odd one, or both together."""
    kind = chance.random()
    if kind < 0.8:
        return chance.choice(good)
    return chance.choice(ODD) if kind < 0.93 else chance.choice(good) + chance.choice(ODD)


def recipe(chance: random.Random, checkpoint: Path) -> Any:
    from hubcore.authoring.packing import Recipe

    figures = [97.1, 0, -1, 200, 1e308, 99]
    measured = {some(chance, ["acc@1", "acc@5", "x"]): chance.choice(figures)}
    return Recipe(
        checkpoint,
        "tiny",
        categories=[some(chance, ["cat", "dog", "fish"]) for _ in range(3)],
        name=some(chance, NAMES),
        version=some(chance, VERSIONS),
        member=some(chance, ["V1", "FLOWERS_V2", "v1"]),
        metrics=measured if chance.random() < 0.5 else {},
        dataset=some(chance, ["Pets"]) if chance.random() < 0.5 else None,
        license=some(chance, LICENSES),
        url=some(chance, URLS) if chance.random() < 0.5 else None,
        training=some(chance, ["https://acme.dev/how"]) if chance.random() < 0.5 else None,
        preprocessing={"crop_size": chance.choice([8, 96]), "resize_size": 96},
    )


def hold(folder: Path, made_from: Any) -> None:
    """Raises what is wrong with a project."""
    import hubcore
    from hubcore.testing import CHECKS as ALL
    from hubcore.testing import Fault, Subject

    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    [path] = folder.glob("*/catalog.json")
    subject = Subject.of_file(path)
    faults = [one for part in CHECKS for one in ALL[part](subject) if isinstance(one, Fault)]
    # The package, or another that an address names, is not installed here.
    problems = [one.problem for one in faults if "no installed package ships" not in one.problem]
    if problems:
        raise AssertionError(f"hub check: {problems[0]}")
    [enum] = json.loads(path.read_text("utf-8"))["weights"]
    with hubcore.register(path, name=project["name"]):
        weights = hubcore.get_weight(f"{project['name']}/{enum}.{made_from.member}")
        if list(weights.meta["categories"]) != list(made_from.categories):
            raise AssertionError("the classes are others")


def fuzz(count: int, seed: int) -> Faults:
    """Packs so often. Returns the faults by their last line."""
    import hubcore
    from hubcore.authoring.packing import make_project
    from hubcore.errors import HubError

    chance, faults = random.Random(seed), Faults()
    model = {"task": "image-classification", "architecture": f"{__name__}:Net", "head": ["fc"]}
    with (
        tempfile.TemporaryDirectory() as temporary,
        hubcore.register({"schema": 1, "models": {"tiny": model}}, name="acme-base"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        checkpoint, folder = Path(temporary, "best.pth"), Path(temporary, "project")
        torch.save(Net().state_dict(), checkpoint)
        for _ in range(count):
            chosen = recipe(chance, checkpoint)
            try:
                make_project(chosen, folder)
                hold(folder, chosen)
            except HubError as error:
                if folder.exists():
                    faults[f"a project was left that is refused: {error}"[:200]] += 1
            except Exception as error:
                faults[described(error, "packed")] += 1
            shutil.rmtree(folder, ignore_errors=True)
    return faults


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", fuzz))
