"""Adds weights to a project that `hub pack` or `hub new` wrote: published names keep working.

What `hub new` left to be filled in is no weights, and gives way to the first ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..atomic_write import atomic_write
from ..catalogs.checking import check
from ..catalogs.member_files import is_left_blank
from ..catalogs.names import find_model
from ..catalogs.parsing import read_json
from ..catalogs.queries import plugins
from ..errors import CatalogError, HubError
from ..packages.entry_points import normalise
from .export import dumps
from .recipe import PackError, Recipe

__all__ = ["add_to_project", "is_project", "require_nothing_lost"]

_VERSION = re.compile(r'^version = "(.*)"$', re.MULTILINE)
_NAME = re.compile(r'^name = "(.*)"$', re.MULTILINE)
_LICENSE = re.compile(r'^license = "(.*)"\n', re.MULTILINE)


def is_project(folder: Path) -> bool:
    """Whether a folder holds a project, to which weights may be added."""
    return (folder / "pyproject.toml").is_file()


def require_nothing_lost(recipe: Recipe, values: Mapping[str, str]) -> None:
    """Refuses a package that would take away weights of the installed one of its name.

    Raises:
        PackError: it would.
    """
    for plugin in plugins():
        if plugin.distribution != values["name"] or not plugin.version or not plugin.catalog:
            continue
        entry = plugin.catalog.weights.get(values["enum"])
        lost = sorted(set(entry.members) - {recipe.member}) if entry else []
        if lost:
            raise PackError(
                f"{plugin.distribution} {plugin.version}, which is installed, offers "
                f"{values['enum']}.{lost[0]}: a package with {recipe.member} alone would take it "
                f"away. Give --project with the folder of its source, and {recipe.member} is added."
            )


def add_to_project(
    folder: Path, recipe: Recipe, catalog: Mapping[str, Any], files: Mapping[str, Path]
) -> None:
    """Adds the weights of a catalogue to the project in a folder, and makes them the default.

    The catalogue is written last: until then the project is what it was.

    Args:
        folder: the folder of the project.
        recipe: what is added; its version becomes the project's.
        catalog: the catalogue that a package of these weights alone would have. Its one list is
            in ``categories``.
        files: the files that it refers to, by their paths in the package.

    Raises:
        PackError: it is the project of another package or model, it has these weights or this
            version already, or it cannot be read or written.
    """
    [(enum, entry)] = catalog["weights"].items()
    package = normalise(recipe.name).replace("-", "_")
    path = folder / package / "catalog.json"
    try:
        text = (folder / "pyproject.toml").read_text("utf-8")
        version = _version(folder, recipe, text)
        old = read_json(path)
        check(old, str(path))
        old, is_first = _without_blanks(old, enum)
        project = _renewed(folder, recipe, text, version, is_first=is_first)
        new = _merged(old, enum, entry, recipe, catalog, path, is_first=is_first)
        check(new, str(path))
        for name, source in files.items():
            target = path.parent / name
            target.parent.mkdir(exist_ok=True)
            _write(target, source.read_bytes())
        names = (dumps(list(recipe.categories)) + "\n").encode()
        if recipe.categories and f"categories-{recipe.member}.json" in new["lists"].values():
            _write(path.parent / f"categories-{recipe.member}.json", names)
        elif recipe.categories and is_first:
            _write(path.parent / new["lists"][next(iter(catalog["lists"]))], names)
        changes = folder / "CHANGELOG.md"
        if changes.is_file() and project != text:
            _write(changes, _noted(changes.read_text("utf-8"), recipe, enum).encode())
        _write(folder / "pyproject.toml", project.encode())
        _write(path, (dumps(new) + "\n").encode())
    except CatalogError as error:
        raise PackError(f"The catalogue of {folder} cannot be used: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PackError(f"Cannot add {recipe.member} to {folder}: {reason}.") from error


def _without_blanks(old: Mapping[str, Any], enum: str) -> tuple[Mapping[str, Any], bool]:
    """The catalogue without what `hub new` left to be filled in; whether there was nothing else."""
    known = old.get("weights", {}).get(enum, {})
    members = known.get("members", {})
    filled = {name: one for name, one in members.items() if not is_left_blank(one)}
    if len(filled) == len(members):
        return old, False
    return {**old, "weights": {**old["weights"], enum: {**known, "members": filled}}}, not filled


def _version(folder: Path, recipe: Recipe, text: str) -> re.Match[str]:
    """Where a pyproject.toml, which must be the package's, states the version."""
    from packaging.utils import canonicalize_name

    name, version = _NAME.search(text), _VERSION.search(text)
    if name is None or version is None:
        raise PackError(f"{folder}/pyproject.toml states no name and version: give another folder.")
    if canonicalize_name(name[1]) != canonicalize_name(recipe.name):
        raise PackError(f"{folder} is the project of {name[1]}, not of {recipe.name}.")
    return version


def _renewed(
    folder: Path, recipe: Recipe, text: str, version: re.Match[str], *, is_first: bool
) -> str:
    """The project's pyproject.toml with the new version and licence."""
    from packaging.version import InvalidVersion, Version

    try:
        found, known = Version(recipe.version), Version(version[1])
        is_newer = found > known or (is_first and found == known)
    except InvalidVersion:
        is_newer = True
    if not is_newer:
        raise PackError(
            f"{folder} has the version {version[1]} already: give a newer one with --version."
        )
    text = text[: version.start(1)] + recipe.version + text[version.end(1) :]
    license = _LICENSE.search(text)
    if license is not None and license[1] != recipe.license:
        # The line is of the whole package; each of the weights states its own in the catalogue.
        text = text[: license.start()] + text[license.end() :]
    return text


def _merged(
    old: Mapping[str, Any],
    enum: str,
    entry: Mapping[str, Any],
    recipe: Recipe,
    catalog: Mapping[str, Any],
    path: Path,
    *,
    is_first: bool,
) -> dict[str, Any]:
    """The old catalogue with the new weights in it."""
    known = old.get("weights", {}).get(enum)
    if known is None:
        raise PackError(f"{path} has no {enum}: give the folder of the package's own source.")
    if _canonical(known["builder"], old, recipe) != entry["builder"]:
        raise PackError(
            f"{enum} fits the model '{known['builder']}', not '{entry['builder']}': weights of "
            f"another model need a package of another name."
        )
    if recipe.member in known["members"] or recipe.member in known.get("aliases", {}):
        raise PackError(
            f"{enum}.{recipe.member} is there already, and what is published never changes: name "
            f"these weights --member V{len(known['members']) + 1}, say."
        )
    member = dict(entry["members"][recipe.member])
    lists = dict(old.get("lists", {}))
    for name, file in catalog["lists"].items() if recipe.categories else ():
        stated = read_json(path.parent / lists[name]) if name in lists else None
        if stated != list(recipe.categories) and not is_first:
            name, file = f"{name}-{recipe.member}", f"categories-{recipe.member}.json"
            member["meta"] = {**member["meta"], "categories": f"@{name}"}
        lists.setdefault(name, file)
    records = {**old.get("records", {}), **catalog.get("records", {})}
    merged = {
        **known,
        "default": recipe.member,
        "members": {**known["members"], recipe.member: member},
    }
    return {
        **old,
        "lists": lists,
        **({"records": records} if records else {}),
        "weights": {**old["weights"], enum: merged},
    }


def _canonical(builder: str, old: Mapping[str, Any], recipe: Recipe) -> str:
    """The canonical name of the model that the enum of a catalogue names."""
    if builder in old.get("models", {}):
        return f"{normalise(recipe.name)}/{builder}"
    try:
        return find_model(builder).canonical
    except HubError:  # it is not installed
        return builder


def _noted(text: str, recipe: Recipe, enum: str) -> str:
    """The changelog with a section for the new version above the others."""
    section = f"## [{recipe.version}]\n\n- `{enum}.{recipe.member}`, which is the default now.\n\n"
    place = text.find("## [")
    return text + "\n" + section if place < 0 else text[:place] + section + text[place:]


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
