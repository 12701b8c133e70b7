"""Facts about models and weights: what `hub list` shows, sorts by and filters on.

The figures of a model are those of its default weights: the published metrics under their own names
(``acc@1``, ``box_map``, ``miou``, ``epe``, ...), ``params`` (number of parameters), ``gmacs``
(billions of multiply-adds), ``size`` (of the file, in bytes) and ``ms`` (milliseconds for one
input, the least that a record of a package tells).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..digests import digest_state
from ..sizes import published_size
from .catalog import Catalog, ModelEntry, WeightsEntry
from .index import current
from .names import model_of, short_name, task_of, weights_for

if TYPE_CHECKING:
    from .records import MetricState, Speed

__all__ = [
    "TEXTS",
    "Facts",
    "default_weights",
    "digest_of",
    "facts",
    "speeds_of",
    "states_of",
    "weights_facts",
]

Facts = dict[str, Any]

_ARXIV = re.compile(r"//arxiv\.org/(?:abs|pdf)/([0-9]{2})(0[1-9]|1[0-2])\.[0-9]{4,5}")
TEXTS = frozenset(
    ("name", "model", "task", "plugin", "license", "default", "measured", "digest", "date", "lacks")
)
"""The facts that are texts. No metric may be called so: filters and orders would be confused."""


def default_weights(model: ModelEntry) -> tuple[str, Mapping[str, Any]] | None:
    """The default weights of a model, or else the first ones of its enum.

    Returns:
        The member's name and its JSON object, or None if the model has no weights.
    """
    entry = model.catalog.weights.get(model.weights or "")
    if entry is None:
        return None
    member = entry.default or next(iter(entry.members))
    return member, entry.members[member]


def digest_of(data: Mapping[str, Any]) -> str:
    """What a member's JSON object says of its file's SHA-256: ``full``, ``prefix`` or ``none``.

    Of several files all but the first always have the whole of it.
    """
    return digest_state(_first_digest(data))


def states_of(catalog: Catalog, data: Mapping[str, Any]) -> list[MetricState]:
    """What is known of each metric of weights, from a member's JSON object."""
    from .records import metric_states

    transforms = catalog.reference(data["transforms"]).to_json()
    published = data.get("meta", {}).get("_metrics") or {}
    return metric_states(published_digest(data), transforms, published)


def speeds_of(catalog: Catalog, data: Mapping[str, Any]) -> list[Speed]:
    """How fast weights were measured to be, the fastest first, from a member's JSON object."""
    if not current().records:
        return []  # the usual case, in which nothing needs to be read
    from .records import speeds

    return speeds(published_digest(data), catalog.reference(data["transforms"]).to_json())


def _size(data: Mapping[str, Any]) -> int | None:
    if "files" not in data:
        return data.get("size")
    from .member_files import size_of_all

    return size_of_all(data)


def published_digest(data: Mapping[str, Any]) -> str | None:
    """The digest by which records name weights; None if it is not known."""
    if "files" not in data:
        return _first_digest(data)
    from ..download.remote import digest_of_all
    from .member_files import files_of

    return digest_of_all(files_of(data))


def _first_digest(data: Mapping[str, Any]) -> str | None:
    from ..download.addresses import digest_in_name

    return data.get("sha256") or digest_in_name(data["url"])


def facts(model: ModelEntry) -> Facts:
    """The facts about a model by field name; fields that are not known are missing.

    ``task``, ``plugin`` (its distribution), ``default`` (the default member), ``license``,
    ``measured`` (what records say of the published figures, see `records.summary`), ``digest``
    (``full``, ``prefix`` or ``none``: what is published of the file's), ``date`` (the month of the
    paper, such as ``2015-12``, where arXiv has it) and ``lacks`` (what the environment lacks to
    build it) are strings, ``weights`` is the number of weights that fit it, from all packages, and
    the figures are numbers.
    """
    found: Facts = {
        "task": model.task,
        "plugin": model.catalog.distribution,
        "weights": sum(len(_current_members(entry)) for entry in weights_for(model)),
    }
    if (model.needs or model.requires) and (lacks := model.lacks):
        found["lacks"] = lacks
    default = default_weights(model)
    if default is not None:
        found["default"] = default[0]
        _add_figures(found, model.catalog, default[1])
    _add_date(found, model)
    return found


def weights_facts(entry: WeightsEntry, member: str) -> Facts:
    """The facts about weights by field name, as `facts` has them of a model.

    ``model`` is the name of the model that they fit, as far as it is installed.
    """
    model = model_of(entry)
    found: Facts = {"model": short_name(model) if model else entry.builder}
    task = task_of(entry, member)
    if task is not None:
        found["task"] = task
    found["plugin"] = entry.catalog.distribution
    _add_figures(found, entry.catalog, entry.members[member])
    _add_date(found, model)
    return found


def _current_members(entry: WeightsEntry) -> list[str]:
    return [name for name, data in entry.members.items() if "replaced_by" not in data]


def _add_figures(found: Facts, catalog: Catalog, data: Mapping[str, Any]) -> None:
    meta = data.get("meta", {})
    found["license"] = data.get("license", "unknown")
    figures = {
        "params": meta.get("num_params"),
        "gmacs": meta.get("_ops"),
        "size": _size(data) or published_size(meta),
        "ms": next((speed.ms for speed in speeds_of(catalog, data)), None),
    }
    found.update((name, value) for name, value in figures.items() if value is not None)
    for metrics in meta.get("_metrics", {}).values():
        for metric, value in metrics.items():
            if value is not None and metric not in TEXTS:  # None: not measured
                found.setdefault(metric, value)
    if (measured := _measured(catalog, data)) is not None:
        found["measured"] = measured
    found["digest"] = digest_of(data)


def _add_date(found: Facts, model: ModelEntry | None) -> None:
    """The month of the model's paper: arXiv's numbers since 2007 begin with it."""
    number = _ARXIV.search(model.data.get("paper") or "") if model else None
    if number is not None:
        found["date"] = f"20{number[1]}-{number[2]}"


def _measured(catalog: Catalog, data: Mapping[str, Any]) -> str | None:
    index = current()
    # The usual case, in which nothing needs to be read.
    if not index.records or not index.records_about(published_digest(data)):
        return "not measured" if data.get("meta", {}).get("_metrics") else None
    from .records import summary

    return summary(states_of(catalog, data))
