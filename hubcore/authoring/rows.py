"""Makes a catalogue of what a library keeps in tables of its own: weights as rows.

Libraries that have no enums of weights keep addresses in dicts, of a form that only they know. A
function of a few lines that yields a dict for each weights is all that has to be written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..catalogs.checking import check
from ..catalogs.values import MEMBER, MODEL
from ..errors import CatalogError
from .arguments import as_argument, plain, reference_to
from .export import ExportError, addressed

__all__ = ["export_rows"]

_OWN = ("model", "member", "enum", "arguments", "default")
_MODEL = MODEL.keys() - {"weights", "pretrained"}


def export_rows(
    rows: Iterable[Mapping[str, Any]],
    task: str = "image-classification",
    report: Callable[[str], object] = lambda line: None,
) -> dict[str, Any]:
    """Makes a catalogue of rows, each of which describes weights and the model that they fit.

    Args:
        rows: dicts with ``model``, its name; ``member``, the name of the weights, of which capital
            letters and ``_`` are made; ``architecture``, a callable or its ``"module:attribute"``,
            with ``arguments`` that may be classes, functions and partials; ``url``; and
            ``transforms``. Whatever else a catalogue has of models and of weights may follow, such
            as ``head``, ``sha256``, ``license`` or ``meta``. Without ``architecture`` the model is
            another package's. ``default`` is true for the weights that DEFAULT means, the first
            ones where no row says so; ``enum`` is the name of the enum, if not the model's.
        task: that of models whose rows name none.
        report: called with a message for each fact that the author has to add.

    Returns:
        The catalogue, ready for JSON.

    Raises:
        ExportError: a row lacks something or contradicts another, or JSON cannot hold it.
    """
    models: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise ExportError(f"Row {number} is no dict, but a {type(row).__name__}.")
        where = f"Row {number} ({row.get('model')}, {row.get('member')})"
        _check_keys(row, where)
        try:
            model, member = _model(row, task), _member(row, where, report)
        except TypeError as error:
            raise ExportError(f"{where}: {error}") from error
        name, enum = str(row["model"]), str(row.get("enum") or _enum_name(str(row["model"])))
        if model is not None:
            model["weights"] = enum
            if models.setdefault(name, model) != model:
                raise ExportError(f"{where}: the model is another one than in an earlier row.")
        title = _member_name(str(row["member"]), where)
        entry = weights.setdefault(enum, {"builder": name, "default": title, "members": {}})
        if entry["builder"] != name:
            raise ExportError(
                f"{where}: {enum} has weights of {entry['builder']}. Give one of the two an 'enum'."
            )
        if title in entry["members"]:
            raise ExportError(f"{where}: {enum}.{title} is there already, from an earlier row.")
        entry["members"][title] = member
        if row.get("default"):
            entry["default"] = title
    if not weights:
        raise ExportError("There are no rows.")
    catalog = {"schema": 1, **({"models": models} if models else {}), "weights": weights}
    try:
        check(catalog, "the catalogue")
    except CatalogError as error:
        raise ExportError(f"A row says what no catalogue can: {error}.") from error
    bare = [enum for enum, one in weights.items() if _lacks_license(one)]
    if bare:
        report(
            f'{len(bare)} of {len(weights)} enums: a licence is not stated, so "unknown" is '
            f"written, for {', '.join(bare[:4])}{', ...' if len(bare) > 4 else ''}. Where you know "
            f"it, give 'license'."
        )
    return catalog


def _check_keys(row: Mapping[str, Any], where: str) -> None:
    for key in ("model", "member", "url", "transforms"):
        if not row.get(key):
            raise ExportError(f"{where} has no '{key}'.")
    if not isinstance(row.get("arguments", {}), Mapping):
        raise ExportError(f"{where}: 'arguments' must be a dict.")
    unknown = sorted(row.keys() - _MODEL - MEMBER.keys() - set(_OWN))
    if unknown:
        raise ExportError(
            f"{where}: '{unknown[0]}' is no key of models or weights: see "
            f"hubcore/catalogs/catalog.schema.json."
        )


def _model(row: Mapping[str, Any], task: str) -> dict[str, Any] | None:
    if "architecture" not in row:
        return None
    architecture = reference_to(row["architecture"], row.get("arguments", {}))
    rest = {key: as_argument(row[key]) for key in row if key in _MODEL}
    return {"task": task, **rest, "architecture": architecture}


def _member(row: Mapping[str, Any], where: str, report: Callable[[str], object]) -> dict[str, Any]:
    told = {key: row[key] for key in row if key in MEMBER and key not in ("url", "task")}
    made: dict[str, Any] = addressed(str(row["url"]))
    if "sha256" not in made and "sha256" not in told:
        report(f"{where}: its address carries no digest. Add 'sha256'.")
    for key, value in told.items():
        is_code = key in ("transforms", "convert") and callable(value)
        made[key] = reference_to(value, {}) if is_code else plain(value)
    return {"license": "unknown", **made, "meta": made.get("meta", {})}


def _enum_name(model: str) -> str:
    words = re.split(r"[^A-Za-z0-9]+", model.rpartition("/")[2])
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return f"{'M' if name[:1].isdigit() else ''}{name}_Weights"


def _member_name(title: str, where: str) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "_", title).strip("_").upper()
    name = f"V{name}" if name[:1].isdigit() else name
    if name in ("", "DEFAULT"):
        raise ExportError(f"{where}: weights cannot be called '{title}'.")
    return name


def _lacks_license(entry: Mapping[str, Any]) -> bool:
    return any(member["license"] == "unknown" for member in entry["members"].values())
