"""Checks a catalogue's JSON when it is read: every field that anything reads has its type.

`hub check` applies the whole JSON Schema; here is what later steps rely on, at little cost. So one
wrong value sets its package aside with the reason, and is no fault of a command that meets it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..digests import is_prefix
from ..errors import CatalogError, IncompatibleCatalogError
from ..packages.references import Reference
from .license_checking import check_license_names, check_licensing, is_evidence, is_parent

__all__ = ["SCHEMA", "check", "is_name", "parse"]

SCHEMA = 1
"""The newest format that this version of hubcore reads."""

_LARGEST = 64 * 1024 * 1024  # bytes; timm's catalogue of 1,826 models has 3 MB

Check = Callable[[Any], bool]

is_name = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}", re.ASCII).fullmatch
"""Whether a text can be a model's name: ASCII letters and digits, ``_``, ``.``, ``+`` and ``-``.

So no two names look alike, and a name is safe in a terminal, an address and a file's name.
"""

_is_release = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII).fullmatch
_is_identifier = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}", re.ASCII).fullmatch


def parse(text: str | bytes, where: str, *, strict: bool = False) -> Any:
    """Parses JSON that somebody else wrote.

    Args:
        text: the JSON.
        where: the file, for messages.
        strict: refuse objects that have a key twice, too, which takes longer.

    Raises:
        CatalogError: the text is too large or too deep, is not JSON, or has NaN or Infinity.
    """

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not JSON: write null")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"an object has the key {twice!r} twice")
        return made

    if len(text) > _LARGEST:
        raise CatalogError(f"is larger than {_LARGEST // 2**20} MiB", where)
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(text, parse_constant=refuse, object_pairs_hook=unique if strict else None)
    except RecursionError:
        raise CatalogError("is nested too deeply", where) from None
    except UnicodeDecodeError:
        raise CatalogError("is not UTF-8 text", where) from None
    except ValueError as error:
        raise CatalogError(f"is not valid JSON ({error})", where) from error


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
    check_licensing(data, where)
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
        _fields(model, _MODEL, where, place)
    for name, weights in _objects(data, "weights", where):
        _check_weights(name, weights, where)
    check_license_names(data, where)


def _check_lists(data: Mapping[str, Any], where: str) -> None:
    lists = data.get("lists", {})
    if not isinstance(lists, dict):
        raise CatalogError('"lists" must be an object', where)
    for name, file in lists.items():
        # A catalogue may only refer to files in its own folder or below.
        if (
            not isinstance(file, str)
            or not file
            or "\0" in file
            or file.startswith(("/", "\\"))
            or ".." in Path(file).parts
        ):
            message = f"{file!r} is not a path below the catalogue"
            raise CatalogError(message, f"{where}: lists.{name}")


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


def _check_weights(name: str, weights: Mapping[str, Any], where: str) -> None:
    place = ("weights", name)
    if not _is_identifier(name):
        raise _wrong(
            f"{name[:80]!r} is not a Python identifier in ASCII, as the name of an enum must be",
            where,
            place,
        )
    builder = weights.get("builder")
    if not isinstance(builder, str) or not all(map(is_name, builder.split("/", 1))):
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
        if not isinstance(member, str) or not _is_identifier(member):
            raise _wrong(
                f"{member!r} is not a Python identifier in ASCII, as the name of a member must be",
                where,
                (*place, "members", member),
            )
        if not isinstance(data, dict) or "url" not in data:
            raise _wrong('"url" must be a string', where, (*place, "members", member))
        if "transforms" not in data:
            _fail("transforms", None, where, (*place, "members", member))
        _fields(data, _MEMBER, where, (*place, "members", member))


def _check_aliases(
    aliases: object, members: Mapping[str, Any], where: str, place: tuple[str, ...]
) -> None:
    if not isinstance(aliases, dict):
        raise _wrong('"aliases" must be an object', where, place)
    for alias, target in aliases.items():
        if not isinstance(target, str) or target not in members:
            raise _wrong(f"{alias} names {target!r}, which is not a member", where, place)
        if not _is_identifier(alias):
            raise _wrong(f"{alias!r} is not a Python identifier in ASCII", where, place)


def _fields(
    data: Mapping[str, Any],
    table: Mapping[str, tuple[Check, str]],
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
            entry = _META.get(inner)
            if entry is not None and not entry[0](wrong):
                raise _wrong(f'"{inner}" must be {entry[1]}', where, (*place, key))
    if key == "sampling" and isinstance(value, dict):
        for inner, wrong in value.items():
            entry = _SAMPLING.get(inner)
            if entry is not None and not entry[0](wrong):
                raise _wrong(f'"{inner}" must be {entry[1]}', where, (*place, key))
    words = (_MODEL if place[0] == "models" else _MEMBER)[key][1]
    verb = "" if words.startswith("name ") else "be "
    raise _wrong(f'"{key}" must {verb}{words}', where, place)


def _wrong(message: str, where: str, place: tuple[str, ...]) -> CatalogError:
    return CatalogError(message, f"{where}: {'.'.join(place)}")


# -- What a value must be: a test, and its words


def _is_text(value: Any) -> bool:
    return type(value) is str and value != ""


def _is_any_text(value: Any) -> bool:
    return type(value) is str


def _is_address(value: Any) -> bool:
    return type(value) is str and value.isprintable() and value != "" and " " not in value


def _is_optional_name(value: Any) -> bool:
    return value is None or (type(value) is str and _is_identifier(value) is not None)


def _is_optional_word(value: Any) -> bool:
    return value is None or (type(value) is str and all(map(is_name, value.split("/", 1))))


def _is_texts(value: Any) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


def _is_addresses(value: Any) -> bool:
    return type(value) is list and all(map(_is_address, value))


def _is_object(value: Any) -> bool:
    return type(value) is dict


def _is_boolean(value: Any) -> bool:
    return type(value) is bool


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_positive(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**63


def _is_number(value: Any) -> bool:
    kind = type(value)
    return (kind is float and math.isfinite(value)) or (kind is int and abs(value) < 2**63)


def _is_measure(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_digest(value: Any) -> bool:
    return value is None or (type(value) is str and is_prefix(value))


def _is_task(value: Any) -> bool:
    return type(value) is str and is_name(value) is not None


def _is_needs(value: Any) -> bool:
    return type(value) is dict and all(
        is_name(name) and type(version) is str and _is_release(version)
        for name, version in value.items()
    )


def _is_reference(value: Any) -> bool:
    if type(value) is list and len(value) == 2 and type(value[1]) is dict:
        value = value[0]
    return type(value) is str


def _is_list_of_names(value: Any) -> bool:
    """A list in place, or ``@name`` of one."""
    return (type(value) is str and value[:1] == "@" and len(value) > 1) or _is_texts(value)


def _is_categories(value: Any) -> bool:
    return value is None or _is_list_of_names(value)


def _is_min_size(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and all(map(_is_positive, value))


def _is_metrics(value: Any) -> bool:
    return type(value) is dict and all(
        type(results) is dict
        and all(result is None or _is_number(result) for result in results.values())
        for results in value.values()
    )


def _is_cases(value: Any) -> bool:
    """Cases of ``when`` and ``weights``, of which the first that fits the call counts."""
    return type(value) is list and all(
        type(case) is dict
        and "weights" in case
        and type(case.get("when", {})) is dict
        and (case["weights"] is None or type(case["weights"]) is str)
        for case in value
    )


def _is_accepts(value: Any) -> bool:
    return _is_cases(value) and all(case["weights"] is not None for case in value)


def _is_pretrained(value: Any) -> bool:
    return value is None or type(value) is str or (_is_cases(value) and value != [])


def _is_backbone(value: Any) -> bool:
    return (
        type(value) is dict
        and type(value.get("weights")) is str
        and _is_pretrained(value.get("pretrained"))
    )


def _is_meta(value: Any) -> bool:
    if type(value) is not dict:
        return False
    for key, item in value.items():
        entry = _META.get(key)
        if entry is not None and not entry[0](item):
            return False
    return True


def _is_sampling(value: Any) -> bool:
    return type(value) is dict and all(
        key not in _SAMPLING or _SAMPLING[key][0](item) for key, item in value.items()
    )


_REFERENCE = (_is_reference, '"module:attribute" or ["module:attribute", {keyword arguments}]')

_MODEL: Mapping[str, tuple[Check, str]] = {
    "task": (_is_task, "a string without spaces"),
    "architecture": _REFERENCE,
    "loads_weights": (_is_boolean, "true or false"),
    "parameters": (_is_object, "an object"),
    "weights": (_is_optional_name, "name an enum, or be null"),
    "accepts": (_is_accepts, "a list of cases that each name an enum"),
    "pretrained": (_is_pretrained, "null, a member, or a list of cases"),
    "backbone": (_is_backbone, 'an object whose "weights" names an enum'),
    "head": (_is_texts, "a list of module paths"),
    "needs": (_is_needs, "an object of versions by the names of distributions"),
    "replaced_by": (_is_optional_word, "name a model"),
    "export": (_is_optional_name, "a Python identifier"),
    "doc": (_is_any_text, "a string"),
    "paper": (_is_any_text, "a string"),
}
_MEMBER: Mapping[str, tuple[Check, str]] = {
    "url": (_is_address, "a string without spaces"),
    "mirrors": (_is_addresses, "a list of addresses"),
    "sha256": (_is_digest, "8 to 64 lower-case hexadecimal digits"),
    "size": (_is_positive, "a number of bytes"),
    "license": (_is_text, "a string"),
    "evidence": (is_evidence, "evidence, or '@' and the name of some in \"evidence\""),
    "parent": (is_parent, 'an object with "name", "sha256" and "evidence"'),
    "task": (_is_task, "a string without spaces"),
    "convert": _REFERENCE,
    "replaced_by": (lambda value: value is None or _is_address(value), "name weights"),
    "config": (_is_object, "an object"),
    "sampling": (_is_sampling, "an object"),
    "transforms": _REFERENCE,
    "meta": (_is_meta, "an object"),
}
_SAMPLING: Mapping[str, tuple[Check, str]] = {
    "clip_len": (_is_positive, "a positive integer"),
    "frame_rate": (lambda value: _is_number(value) and value > 0, "a positive number"),
    "clips_per_video": (_is_positive, "a positive integer"),
}
_META: Mapping[str, tuple[Check, str]] = {
    "num_params": (_is_count, "an integer, 0 or more"),
    "categories": (_is_categories, "a list of strings, or '@' and the name of one"),
    "keypoint_names": (_is_list_of_names, "a list of strings, or '@' and the name of one"),
    "num_classes": (_is_count, "an integer, 0 or more"),
    "min_size": (_is_min_size, "a list of two positive integers"),
    "min_temporal_size": (_is_positive, "a positive integer"),
    "recipe": (_is_any_text, "a string"),
    "license": (_is_any_text, "a string"),
    "backend": (_is_any_text, "a string"),
    "_metrics": (_is_metrics, "an object of objects of numbers"),
    "_ops": (_is_measure, "a number, 0 or more"),
    "_file_size": (_is_measure, "a number, 0 or more"),
    "_docs": (_is_any_text, "a string"),
}
