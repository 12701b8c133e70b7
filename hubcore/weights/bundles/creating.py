"""Writes bundles."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...atomic_write import atomic_write, check_writable
from ...catalogs.catalog import Catalog
from ...catalogs.names import find_weights, model_of
from ...digests import is_digest
from ...download.addresses import redact
from ...download.hashing import sha256_of
from ...store import Store
from ..enums import WeightsEnum, canonical_name
from .catalogs import self_contained
from .exported import exported_files
from .format import FORMAT, MANIFEST, BundleError, CountingReader

__all__ = ["create_bundle"]


def create_bundle(
    members: Sequence[WeightsEnum],
    target: Path,
    store: Store,
    *,
    progress: bool = True,
    on_bytes: Callable[[int], object] = lambda count: None,
) -> list[str]:
    """Writes a bundle of weights, downloading first what is not in the store.

    Args:
        members: the weights.
        target: the bundle file. It is replaced in one step once the bundle is complete.
        store: where the files come from.
        progress: show a progress bar on stderr while downloading.
        on_bytes: called with the number of bytes after each read of a file that goes in.

    Returns:
        The canonical names of the weights in the bundle.

    Raises:
        BundleError: some weights cannot be downloaded, or the bundle cannot be written.
    """
    try:
        check_writable(target)
    except OSError as error:
        raise BundleError(f"Cannot write {target}: {error.strerror or error}.") from error
    wanted = [(member, file) for member in members for file in member.value.files]
    results = store.get_many([file for _, file in wanted], progress=progress)
    files: dict[str, dict[str, Any]] = {}
    paths: dict[str, Path] = {}
    for (member, file), result in zip(wanted, results, strict=True):
        if isinstance(result, Exception):
            raise BundleError(f"Cannot bundle {canonical_name(member)}: {result}") from result
        digest = result.name if is_digest(result.name) else sha256_of(result)
        facts = files.setdefault(
            digest, {"name": file.name, "size": result.stat().st_size, "urls": [], "weights": []}
        )
        facts["urls"] = list(dict.fromkeys([*facts["urls"], *map(redact, file.urls)]))
        facts["weights"].append(canonical_name(member))
        paths[digest] = result
    exported = exported_files(store, files)
    manifest = {
        "bundle": FORMAT,
        "files": files,
        "exported": {name: facts for name, (_, facts) in exported.items()},
        "catalogs": _catalogs(members),
    }
    contents = [(f"files/{digest}", path) for digest, path in paths.items()]
    contents += [(f"exported/{name}", path) for name, (path, _) in exported.items()]
    try:
        with (
            atomic_write(target) as temporary,
            tarfile.open(temporary, "w", format=tarfile.PAX_FORMAT) as tar,
        ):
            text = json.dumps(manifest, indent=1).encode()
            tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
            for name, path in contents:
                with path.open("rb") as file_:
                    tar.addfile(_member(name, path.stat().st_size), CountingReader(file_, on_bytes))
    except OSError as error:
        raise BundleError(f"Cannot write {target}: {error.strerror or error}.") from error
    return [canonical_name(member) for member in members]


def _catalogs(members: Sequence[WeightsEnum]) -> dict[str, Any]:
    """The parts of the catalogues that describe these weights and their models."""
    catalogs: dict[str, Any] = {}

    def part_of(catalog: Catalog) -> dict[str, Any]:
        empty = {"schema": catalog.data["schema"], "models": {}, "weights": {}}
        part: dict[str, Any] = catalogs.setdefault(catalog.distribution, empty)
        return part

    included = {canonical_name(member) for member in members}
    for member in members:
        enum = getattr(type(member), "__hub_name__", None)
        if enum is None:
            continue
        entry = find_weights(enum)
        catalog = entry.catalog
        part = part_of(catalog)
        weights = part["weights"].setdefault(
            entry.name, {**entry.data, "members": {}, "aliases": {}, "default": None}
        )
        weights["members"][member.name] = self_contained(
            entry.members[member.name], catalog, included
        )
        if entry.default == member.name:
            weights["default"] = member.name
        for alias, target in entry.data.get("aliases", {}).items():
            if target == member.name:
                weights["aliases"][alias] = target
        model = model_of(entry)
        if model is not None:
            part_of(model.catalog)["models"][model.name] = dict(model.data)
            if model.catalog.distribution != catalog.distribution:
                weights["builder"] = model.canonical  # it means this model there, too
        for value in entry.members[member.name].get("meta", {}).values():
            name = value[1:] if isinstance(value, str) and value.startswith("@") else ""
            if name in catalog.data.get("lists", {}):
                part.setdefault("inline_lists", {})[name] = catalog.named_list(name)
    return catalogs


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mtime = int(time.time())
    return info
