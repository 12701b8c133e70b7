"""Checkpoints of every model without a download, for the hub and torchvision alike.

Their tensors are seeded noise in the published shapes. The hub has them verified in its store,
torchvision as finished downloads of torch.hub: two names of one file, so that neither finds the
pages warmer. Other processes see them through `env`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torchvision
from seeding import seeded_tensors

from hubcore.catalogs.index import refresh
from hubcore.catalogs.names import find_model, find_weights
from hubcore.store import Store

__all__ = ["SeededHub", "seeded_hub"]


class SeededHub:
    """A store, a catalogue called ``seeded`` and torch.hub's folder, in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            "HUBCORE_HOME": str(folder / "home"),
            "HUBCORE_OFFLINE": "1",
            "TORCH_HOME": str(folder / "torch"),
        }
        self._catalog: dict[str, Any] = {"schema": 1, "models": {}, "weights": {}}
        self._store = Store(folder / "home")

    def add(self, name: str, member: Any = None) -> Any:
        """Makes the checkpoint of a model, by default of its default weights.

        Returns:
            torchvision's member. The hub's model is ``seeded/NAME``, its weights ``DEFAULT``.
        """
        member = member or torchvision.models.get_model_weights(name).DEFAULT
        checkpoints = self.folder / "torch" / "hub" / "checkpoints"
        checkpoints.mkdir(parents=True, exist_ok=True)
        file = checkpoints / member.url.rpartition("/")[2]
        torch.save(seeded_tensors(name, member), file)
        blob = self._store.add(file)
        file.unlink()
        file.hardlink_to(blob)

        model = find_model(name)
        enum = find_weights(type(member).__name__)
        data = {
            **enum.members[member.name],
            "url": f"https://download.example.org/{file.name}",
            "sha256": blob.name,
            "size": blob.stat().st_size,
        }
        data.pop("mirrors", None)
        meta = {key: _resolved(enum, value) for key, value in data["meta"].items()}
        entry = {"builder": name, "default": member.name, "members": {member.name: data}}
        # What the entries refer to: licences, and who states them.
        for key in ("licenses", "datasets", "evidence"):
            self._catalog.setdefault(key, {}).update(enum.catalog.data.get(key, {}))
        self._catalog["models"][name] = model.data
        self._catalog["weights"][enum.name] = {**entry}
        data["meta"] = meta
        catalogs = self.folder / "home" / "catalogs"
        catalogs.mkdir(exist_ok=True)
        (catalogs / "seeded.json").write_text(json.dumps(self._catalog), encoding="utf-8")
        refresh()
        return member

    def remove(self, member: Any) -> None:
        """Frees a checkpoint's disk."""
        (self.folder / "torch" / "hub" / "checkpoints" / member.url.rpartition("/")[2]).unlink()
        weights = self._catalog["weights"].pop(type(member).__name__)
        digest = weights["members"][member.name]["sha256"]
        self._store.blob_path(digest).unlink()


def _resolved(enum: Any, value: Any) -> Any:
    """Lists are the family's own; a reference to other weights is of no use here."""
    if isinstance(value, str) and value.startswith("@"):
        return None if "." in value else enum.catalog.named_list(value[1:])
    return value


@contextmanager
def seeded_hub() -> Iterator[SeededHub]:
    """A seeded hub for this process and its children."""
    folder = Path(tempfile.mkdtemp(prefix="hub-benchmark-"))
    hub = SeededHub(folder)
    before = {key: os.environ.get(key) for key in hub.env}
    os.environ.update(hub.env)
    refresh()
    try:
        yield hub
    finally:
        shutil.rmtree(folder)
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})
        refresh()
