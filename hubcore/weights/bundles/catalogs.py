"""The catalogue entries that a bundle brings: what is taken, and what is refused.

They are data of whoever made the bundle. They may add names, but never take the name of a built-in
family or of an installed distribution, nor replace what an earlier bundle brought unasked.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...catalogs import queries
from ...catalogs.allowed import Origin, references, refused, trust
from ...catalogs.catalog import Catalog
from ...catalogs.index import refresh
from ...catalogs.known_packages import BUILT_IN
from ...catalogs.licenses import evidence_of, parent_json, to_json
from ...download.addresses import redact
from ...errors import CatalogError, PluginWarning
from ...packages.entry_points import normalise
from ...store.ownership import write_private
from .format import BundleError

__all__ = ["KeptCatalogs", "self_contained"]


class KeptCatalogs:
    """The entries of a bundle that go to the store's catalogues; checked when it is made.

    Args:
        catalogs: the bundle's entries by distribution.
        folder: the folder of the store's catalogues.
        source: the bundle, for messages.
        replace: replace entries that an earlier bundle brought and that differ.
        believe_digests: of files of which an earlier bundle gave only the first digits or none.

    Raises:
        BundleError: the entries differ from those of an earlier bundle.
        CatalogError: the entries break the format.
    """

    def __init__(
        self,
        catalogs: Mapping[str, Any],
        folder: Path,
        source: Path,
        *,
        replace: bool = False,
        believe_digests: bool = False,
    ) -> None:
        self._believe_digests = believe_digests
        self._folder = folder
        self._merged: dict[str, dict[str, Any]] = {}
        self._lists: dict[Path, list[str]] = {}
        self._notes: list[str] = []
        installed = {
            plugin.distribution: plugin.catalog
            for plugin in queries.plugins()
            if plugin.catalog is None
            or plugin.catalog.path is None
            or folder not in plugin.catalog.path.parents
        }
        for distribution, part in catalogs.items():
            if not _is_safe(distribution) or normalise(distribution) != distribution:
                self._notes.append(
                    f"{distribution!r} in the bundle is no distribution's name: its entries are "
                    f"not used."
                )
                continue
            if not isinstance(part, dict):
                raise CatalogError("a catalogue must be a JSON object", f"{source}: {distribution}")
            lists = _checked_lists(part.get("inline_lists", {}), f"{source}: {distribution}")
            part = {key: part[key] for key in ("schema", "models", "weights") if key in part}
            Catalog(part, distribution, origin=Origin.DATA)  # raises if it breaks the format
            if distribution in installed:
                self._compare(distribution, part, installed[distribution])
            elif distribution in BUILT_IN:
                self._notes.append(
                    f"The bundle's entries of '{distribution}' are not used: only the package may "
                    f"bring these names. To use the files: pip install {distribution}"
                )
            else:
                self._merge(distribution, part, lists, source, replace)

    def write(self, *, trust_code: bool = False) -> None:
        """Writes the catalogues, each in one step, and warns of what is not used.

        Args:
            trust_code: let these catalogues, in the content that they have then, name any code.
        """
        for note in self._notes:
            warnings.warn(note, PluginWarning, stacklevel=2)
        for path, items in self._lists.items():
            _write(path, items)
        for distribution, merged in self._merged.items():
            path = self._folder / f"{distribution}.json"
            _write(path, merged)
            if trust_code:
                trust(path)
            else:
                _warn_of_code(distribution, merged, path)
        refresh()

    def _compare(self, distribution: str, part: Mapping[str, Any], mine: Catalog | None) -> None:
        if mine is None:
            return
        different = list(_different(_as_bundled(mine, part), part, more_digits=True))
        if different:
            self._notes.append(
                f"'{distribution}' is installed, and its entries are used, not the bundle's, which "
                f"differ in {_shortened(different)}."
            )

    def _merge(
        self,
        distribution: str,
        part: Mapping[str, Any],
        lists: Mapping[str, list[str]],
        source: Path,
        replace: bool,
    ) -> None:
        path = self._folder / f"{distribution}.json"
        old: Mapping[str, Any] = {"schema": part["schema"]}
        if path.exists():
            try:
                old = Catalog.read(path, distribution, origin=Origin.DATA).data
            except CatalogError as error:
                raise BundleError(
                    f"The entries of '{distribution}' cannot be added to those that an earlier "
                    f"bundle brought: {error}. To remove them: rm {path}"
                ) from error
        different = list(_different(old, part, more_digits=self._believe_digests))
        files = {name: f"{distribution}-lists/{name}.json" for name in lists}
        for name, file in files.items():
            target = self._folder / file
            if target.exists() and _content(target) != lists[name]:
                different.append(f"lists.{name}")
            self._lists[target] = lists[name]
        if different and not replace:
            raise BundleError(
                f"{source} would replace what an earlier bundle brought for '{distribution}': "
                f"{_shortened(different)}. Nothing was imported. If the new entries are right: hub "
                f"bundle import {source} --replace"
            )
        merged = _merged(old, part)
        merged["lists"] = {**old.get("lists", {}), **files}
        Catalog(merged, distribution, path=path, origin=Origin.DATA)
        self._merged[distribution] = merged


def self_contained(data: Mapping[str, Any], catalog: Catalog, included: set[str]) -> dict[str, Any]:
    """A copy of an entry without secrets and without references to what is not in the bundle.

    Args:
        data: the entry of a member.
        catalog: the catalogue that it is in.
        included: the canonical names of the weights in the bundle.
    """
    meta = {
        key: value
        for key, value in data.get("meta", {}).items()
        if not (isinstance(value, str) and value.startswith("@") and "." in value)
        or f"{catalog.distribution}/{value[1:]}" in included
    }
    clean = {**data, "meta": meta}
    evidence = evidence_of(catalog, data)
    if "evidence" in data:
        clean["evidence"] = to_json(evidence)
    if evidence.parent is not None:
        clean["parent"] = parent_json(evidence.parent)
    clean |= _without_secrets(data)
    if "files" in data:
        clean["files"] = [_without_secrets(one) for one in data["files"]]
    return clean


def _without_secrets(file: Mapping[str, Any]) -> dict[str, Any]:
    """A file's facts, with addresses in which nothing is secret."""
    clean = {key: file[key] for key in ("url", "sha256", "size") if key in file}
    clean["url"] = redact(file["url"])
    if "mirrors" in file:
        clean["mirrors"] = [redact(url) for url in file["mirrors"]]
    return clean


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    weights = dict(old.get("weights", {}))
    for name, entry in new.get("weights", {}).items():
        mine = weights.get(name, {})
        weights[name] = {
            **mine,
            **entry,
            "members": {**mine.get("members", {}), **entry["members"]},
            "aliases": {**mine.get("aliases", {}), **entry.get("aliases", {})},
            "default": entry.get("default") or mine.get("default"),
        }
    return {
        "schema": max(old["schema"], new["schema"]),
        "models": {**old.get("models", {}), **new.get("models", {})},
        "weights": weights,
    }


def _as_bundled(catalog: Catalog, part: Mapping[str, Any]) -> dict[str, Any]:
    """A catalogue in which the entries that a bundle has, too, are as a bundle would hold them."""
    entries = part.get("weights", {})
    included = {
        f"{catalog.distribution}/{name}.{member}"
        for name, entry in entries.items()
        for member in entry["members"]
    }
    weights = dict(catalog.data.get("weights", {}))
    for name in entries.keys() & weights.keys():
        members = weights[name]["members"]
        bundled = {
            member: self_contained(members[member], catalog, included)
            for member in entries[name]["members"].keys() & members.keys()
        }
        weights[name] = {**weights[name], "members": {**members, **bundled}}
    return {**catalog.data, "weights": weights}


def _different(
    old: Mapping[str, Any], new: Mapping[str, Any], *, more_digits: bool
) -> Iterator[str]:
    """The places where both have an entry, and the new one says something else.

    With `more_digits`, a digest that continues the old one, or is the first, says nothing else.
    """
    for name, model in new.get("models", {}).items():
        mine = old.get("models", {}).get(name, model)
        if mine != model:
            keys = [key for key in {**mine, **model} if mine.get(key) != model.get(key)]
            yield from (f"models.{name}.{key}" for key in keys)
    for name, entry in new.get("weights", {}).items():
        mine = old.get("weights", {}).get(name)
        if mine is None:
            continue
        if mine["builder"] != entry["builder"]:
            yield f"weights.{name}.builder"
        if None not in (mine.get("default"), entry.get("default")) and (
            mine["default"] != entry["default"]
        ):
            yield f"weights.{name}.default"
        for kind in ("members", "aliases"):
            known = mine.get(kind, {})
            for key, value in entry.get(kind, {}).items():
                before = known.get(key, value)
                if before == value:
                    continue
                if kind == "aliases":
                    yield f"weights.{name}.aliases.{key}"
                    continue
                keys = [k for k in {**before, **value} if before.get(k) != value.get(k)]
                if more_digits and str(value.get("sha256") or "").startswith(
                    str(before.get("sha256") or "")
                ):
                    keys = [k for k in keys if k != "sha256"]
                yield from (f"weights.{name}.{key}.{k}" for k in keys)


def _warn_of_code(distribution: str, data: Mapping[str, Any], path: Path) -> None:
    """Says which code of a catalogue is not used until the user trusts it."""
    names = {found.target for found in references(data) if refused(found)}
    if names:
        warnings.warn(
            f"The entries of '{distribution}' name code that a bundle does not bring, and that is "
            f"not used: {_shortened(sorted(names))}. Install the package that has it; or, if you "
            f"know who made the bundle and trust them to run code: hub catalog trust '{path}'",
            PluginWarning,
            stacklevel=2,
        )


def _checked_lists(lists: object, where: str) -> Mapping[str, list[str]]:
    if not isinstance(lists, dict):
        raise CatalogError('"inline_lists" must be an object', where)
    for name, items in lists.items():
        if not _is_safe(name) or not isinstance(items, list):
            raise CatalogError(f"{name!r} is not a list with a name", f"{where}: inline_lists")
        if not all(isinstance(item, str) for item in items):
            raise CatalogError("must be a list of strings", f"{where}: inline_lists.{name}")
    return lists


def _is_safe(name: object) -> bool:
    """Whether a name from a bundle can be used as a file name."""
    plain = name.replace("-", "").replace("_", "") if isinstance(name, str) else ""
    return plain.isascii() and plain.isalnum() and not str(name).startswith("-")


def _shortened(places: list[str]) -> str:
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    return ", ".join(places[:5]) + more


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _write(path: Path, value: object) -> None:
    write_private(path, json.dumps(value, indent=1))
