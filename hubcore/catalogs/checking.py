"""Checks a catalogue's JSON when it is read: every field that anything reads has its type.

`hub check` applies the whole JSON Schema; here is what later steps rely on, at little cost. So one
wrong value sets its package aside with the reason, and is no fault of a command that meets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..digests import is_digest
from ..download.addresses import file_name
from ..errors import CatalogError, IncompatibleCatalogError
from ..packages.references import Reference
from .license_checking import check_license_names, check_licensing
from .values import MEMBER, META, MODEL, RESERVED, SAMPLING, Table, is_identifier, is_name

__all__ = ["SCHEMA", "check"]

SCHEMA = 1
"""The newest format that this version of hubcore reads."""


def check(data: object, where: str) -> None:
    """Checks a parsed catalogue.

    Args:
        data: the parsed JSON.
        where: the file, for messages.

    Raises:
        CatalogError: a value is not as it must be; the message says which.
        IncompatibleCatalogError: it is written in a newer format.
    """
    if not isinstance(data, dict):
        raise CatalogError("a catalogue must be a JSON object", where)
    schema = data.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool):
        raise CatalogError('"schema" must be an integer', where)
    if schema > SCHEMA:
        raise IncompatibleCatalogError(
            f"is in format {schema}, but this hubcore reads formats up to {SCHEMA}: "
            "upgrade hubcore",
            where,
        )
    _check_lists(data, where)
    _check_records(data, where)
    check_licensing(data, where)
    models = data.get("models", {})
    for name, model in _objects(data, "models", where):
        place = ("models", name)
        if not is_name(name):
            raise _wrong(
                f"{name[:80]!r} is not a valid name: it must consist of ASCII letters, digits, "
                "'_', '.', '+' and '-'",
                where,
                ("models",),
            )
        if "task" not in model:
            raise _wrong('"task" must be a string', where, place)
        if "architecture" not in model:
            _fail("architecture", None, where, place)
        _fields(model, MODEL, where, place)
    for name, weights in _objects(data, "weights", where):
        _check_weights(name, weights, models, where)
    check_license_names(data, where)


def _check_lists(data: Mapping[str, Any], where: str) -> None:
    lists = data.get("lists", {})
    if not isinstance(lists, dict):
        raise CatalogError('"lists" must be an object', where)
    for name, file in lists.items():
        if not _is_below(file):
            message = f"{file!r} is not a path below the catalogue"
            raise CatalogError(message, f"{where}: lists.{name}")


def _check_records(data: Mapping[str, Any], where: str) -> None:
    records = data.get("records", {})
    if not isinstance(records, dict):
        raise CatalogError('"records" must be an object', where)
    for file, digest in records.items():
        if not _is_below(file):
            raise CatalogError(f"{file!r} is not a path below the catalogue", f"{where}: records")
        if type(digest) is not str or not is_digest(digest):
            message = f"must be the weights' SHA-256 in 64 lower-case digits, not {digest!r}"
            raise CatalogError(message, f"{where}: records.{file}")


def _is_below(file: object) -> bool:
    """Whether a path stays in a catalogue's own folder, whose files alone it may refer to."""
    return (
        isinstance(file, str)
        and file != ""
        and "\0" not in file
        and not file.startswith(("/", "\\"))
        and ".." not in Path(file).parts
    )


def _objects(
    data: Mapping[str, Any], key: str, where: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    entries = data.get(key, {})
    if not isinstance(entries, dict):
        raise CatalogError(f'"{key}" must be an object', where)
    for name, entry in entries.items():
        if not isinstance(name, str) or not isinstance(entry, dict):
            raise _wrong("must be an object", where, (key, name))
        yield name, entry


def _check_weights(
    name: str, weights: Mapping[str, Any], models: Mapping[str, Any], where: str
) -> None:
    place = ("weights", name)
    if not is_identifier(name):
        raise _wrong(
            f"{name[:80]!r} is not a Python identifier in ASCII, as the name of an enum must be",
            where,
            place,
        )
    builder = weights.get("builder")
    if not isinstance(builder, str) or not (
        builder in models or all(map(is_name, builder.split("/", 1)))
    ):
        raise _wrong('"builder" must name the model that the weights fit', where, place)
    members = weights.get("members")
    if not isinstance(members, dict) or not members:
        raise _wrong('"members" must be an object with at least one entry', where, place)
    default = weights.get("default")
    if default is not None and not (isinstance(default, str) and default in members):
        raise _wrong(f"DEFAULT names {default!r}, which is not a member", where, place)
    aliases = weights.get("aliases")
    if aliases is not None:
        _check_aliases(aliases, members, where, place)
    for member, data in members.items():
        if not isinstance(member, str) or not is_identifier(member):
            raise _wrong(
                f"{member!r} is not a Python identifier in ASCII, as the name of a member must be",
                where,
                (*place, "members", member),
            )
        _check_free(member, where, place)
        if not isinstance(data, dict) or "url" not in data:
            raise _wrong('"url" must be a string', where, (*place, "members", member))
        if "transforms" not in data:
            _fail("transforms", None, where, (*place, "members", member))
        _fields(data, MEMBER, where, (*place, "members", member))
        if "files" in data:
            _check_file_names(data, where, (*place, "members", member))


def _check_file_names(data: Mapping[str, Any], where: str, place: tuple[str, ...]) -> None:
    """Checks that files of the same weights have published names, by which they are told apart."""
    names = [file_name(file["url"]) for file in (data, *data["files"])]
    if "" in names or len(set(names)) < len(names):
        raise _wrong(
            f'the files of weights must have different names at the end of their "url", not '
            f"{', '.join(repr(name) for name in names)}",
            where,
            place,
        )


def _check_aliases(
    aliases: object, members: Mapping[str, Any], where: str, place: tuple[str, ...]
) -> None:
    if not isinstance(aliases, dict):
        raise _wrong('"aliases" must be an object', where, place)
    for alias, target in aliases.items():
        if not isinstance(target, str) or target not in members:
            raise _wrong(f"{alias} names {target!r}, which is not a member", where, place)
        if not is_identifier(alias):
            raise _wrong(f"{alias!r} is not a Python identifier in ASCII", where, place)
        _check_free(alias, where, place)


def _check_free(name: str, where: str, place: tuple[str, ...]) -> None:
    """Checks that the name of a member is not one that the enum has for itself."""
    if name.startswith("_") or name in RESERVED:
        raise _wrong(f"{name!r} cannot name a member: enums use the name themselves", where, place)


def _fields(
    data: Mapping[str, Any],
    table: Table,
    where: str,
    place: tuple[str, ...],
) -> None:
    """Checks the values of an object by its table; unknown keys are ignored."""
    for key, value in data.items():
        entry = table.get(key)
        if entry is not None and not entry[0](value):
            _fail(key, value, where, place)


def _fail(key: str, value: Any, where: str, place: tuple[str, ...]) -> None:
    """Raises the error of a field, with the place of the fault in it."""
    if key in ("architecture", "transforms", "convert"):
        Reference.from_json(value, f"{where}: {'.'.join((*place, key))}")
    if key == "meta" and isinstance(value, dict):
        for inner, wrong in value.items():
            entry = META.get(inner)
            if entry is not None and not entry[0](wrong):
                raise _wrong(f'"{inner}" must be {entry[1]}', where, (*place, key))
    if key == "sampling" and isinstance(value, dict):
        for inner, wrong in value.items():
            entry = SAMPLING.get(inner)
            if entry is not None and not entry[0](wrong):
                raise _wrong(f'"{inner}" must be {entry[1]}', where, (*place, key))
    words = (MODEL if place[0] == "models" else MEMBER)[key][1]
    verb = "" if words.startswith("name ") else "be "
    raise _wrong(f'"{key}" must {verb}{words}', where, place)


def _wrong(message: str, where: str, place: tuple[str, ...]) -> CatalogError:
    return CatalogError(message, f"{where}: {'.'.join(place)}")
