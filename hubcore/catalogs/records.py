"""Records: what was measured of weights, as packages ship it beside their catalogues.

A catalogue lists the files and the weights' digest for each: ``"records": {"records/v1.json":
"579344..."}``. A record is what ``hub evaluate --record`` writes (``record.schema.json``). It is
read when weights with that digest are shown, and runs no code. It counts for these weights with its
preprocessing, whatever package offers them; one that cannot be read costs only itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..digests import is_digest
from ..errors import CatalogError, IncompatibleCatalogError
from .catalog import Catalog
from .index import current
from .measured import STATES, Figure, state_of
from .parsing import read_json
from .values import is_count, is_number, is_text

__all__ = [
    "RECORD_SCHEMA",
    "MetricState",
    "Record",
    "Speed",
    "dataset_of",
    "figures_of",
    "metric_states",
    "read_record",
    "read_shipped",
    "record_faults",
    "speeds",
    "summary",
]

RECORD_SCHEMA = 1
"""The newest format of records that this version of hubcore reads."""

Metrics = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class MetricState:
    """What is known of one metric of some weights.

    Attributes:
        metric: its name, such as ``acc@1``.
        dataset: the data set.
        published: the published figure, or None.
        state: ``reproduced``: measured on all of the data set, and equal; ``agrees``: measured on a
            random part, whose interval has the published figure in it; ``differs``; ``undecided``:
            measured on so few or on such inputs that nothing follows, or with other preprocessing;
            ``unpublished``: nothing is published for the data it was measured on; ``not measured``.
        value: what was measured, or None.
        low: the lower end of its interval of 95 %, or None.
        high: the upper end, or None.
        samples: the number of inputs, or None.
        by: the distribution whose record it is, or None.
        record: the record's file, or None.
    """

    metric: str
    dataset: str
    published: float | None
    state: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    samples: int | None = None
    by: str | None = None
    record: Path | None = None


class Speed(NamedTuple):
    """How fast weights predicted when a record was made.

    Attributes:
        ms: the milliseconds that one input took, decoding and preprocessing included.
        throughput: inputs per second in batches, or None.
        batch_size: inputs per batch, or None.
        on: what it ran on, in words: engine, device, threads and processor as far as they are told.
        by: the distribution whose record it is.
    """

    ms: float
    throughput: float | None
    batch_size: int | None
    on: str
    by: str


class Record(NamedTuple):
    """A shipped record.

    Attributes:
        by: the distribution that ships it.
        path: its file.
        content: the record.
    """

    by: str
    path: Path
    content: Mapping[str, Any]


def metric_states(digest: str | None, transforms: Any, published: Metrics) -> list[MetricState]:
    """What is known of each metric of some weights: of the published ones, then of others.

    Args:
        digest: the published SHA-256 of their file or a prefix of it. Without one no record counts.
        transforms: their preprocessing as catalogues write it; None if it is written in Python.
        published: their published results by data set, then by metric.
    """
    found: dict[tuple[str, str], list[MetricState]] = {
        (dataset, metric): []
        for dataset, results in published.items()
        for metric, value in results.items()
        if value is not None
    }
    sources = current().records_about(digest)
    for record in filter(None, (_read_once(*source) for source in sources)):
        same = record.content["preprocessing"] == transforms
        dataset = dataset_of(record.content)
        for metric, figure in figures_of(record.content).items():
            known = published.get(dataset, {}).get(metric)
            state = state_of(metric, figure, known, dataset) if same else "undecided"
            found.setdefault((dataset, metric), []).append(
                MetricState(
                    metric,
                    dataset,
                    known,
                    state,
                    figure.value,
                    figure.low,
                    figure.high,
                    figure.samples,
                    record.by,
                    record.path,
                )
            )
    return [
        state
        for (dataset, metric), states in found.items()
        for state in states
        or [MetricState(metric, dataset, published[dataset][metric], "not measured")]
    ]


def speeds(digest: str | None, transforms: Any) -> list[Speed]:
    """How fast some weights were, by records that tell it, the fastest first.

    Args:
        digest, transforms: as for `metric_states`. Other preprocessing takes another time.
    """
    sources = current().records_about(digest)
    records = filter(None, (_read_once(*source) for source in sources))
    same = (record for record in records if record.content["preprocessing"] == transforms)
    return sorted(filter(None, map(_speed_of, same)), key=lambda speed: speed.ms)


def _speed_of(record: Record) -> Speed | None:
    """The speed that a record tells, or None. One that makes no sense costs only itself."""
    told = record.content.get("speed")
    if type(told) is not dict or not _is_positive(told.get("latency_ms")):
        return None
    machine, threads = record.content.get("machine"), told.get("threads")
    on = [told.get("engine"), told.get("device")]
    on += [f"{threads} threads" if is_count(threads) else None]
    on += [machine.get("accelerator") or machine.get("processor")] if type(machine) is dict else []
    throughput, size = told.get("throughput"), told.get("batch_size")
    return Speed(
        told["latency_ms"],
        throughput if _is_positive(throughput) else None,
        size if is_count(size) else None,
        ", ".join(str(part) for part in on if is_text(part)),
        record.by,
    )


def summary(states: Iterable[MetricState]) -> str | None:
    """The one word for weights: the first of `STATES` that a metric has; None without metrics."""
    present = {one.state for one in states}
    return next((state for state in STATES if state in present), None)


def dataset_of(record: Mapping[str, Any]) -> str:
    """The data set of a record: as figures for it are published, or else the folder's name."""
    return str(record["data"]["dataset"] or record["data"]["name"])


def figures_of(record: Mapping[str, Any]) -> dict[str, Figure]:
    """The figures of a record by metric, without those for which nothing in the data counts."""
    data = record["data"]
    return {
        name: Figure(one["value"], one["low"], one["high"], data["samples"], data["of"])
        for name, one in record["metrics"].items()
        if one["value"] is not None
    }


def read_record(path: Path) -> dict[str, Any]:
    """Reads a record.

    Raises:
        CatalogError: it cannot be read, or is no record.
        IncompatibleCatalogError: it is written in a newer format.
    """
    content = read_json(path, strict=True)
    if not isinstance(content, dict) or type(content.get("schema")) is not int:
        raise CatalogError("is not a record of 'hub evaluate'", str(path))
    if content["schema"] > RECORD_SCHEMA:
        raise IncompatibleCatalogError("is written in a newer format: update hubcore", str(path))
    for key, is_right in _NEEDED.items():
        if not is_right(content.get(key)):
            raise CatalogError(f"is not a whole record: see its '{key}'", str(path))
    return content


def read_shipped(catalog: Catalog, file: str) -> Record:
    """Reads a record that a catalogue lists.

    Raises:
        CatalogError: it cannot be read, or is of other weights than the catalogue says.
    """
    path = _folder(catalog) / file
    content = read_record(path)
    if content["weights_sha256"] != catalog.records[file]:
        raise CatalogError(
            f"is of weights with the SHA-256 {content['weights_sha256'][:16]}..., the catalogue "
            f"says {catalog.records[file][:16]}...",
            str(path),
        )
    return Record(catalog.distribution, path, content)


def record_faults(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """The records of a catalogue that cannot be used, with the reason."""
    for file in catalog.records:
        try:
            read_shipped(catalog, file)
        except CatalogError as error:
            yield file, str(error)


def _read_once(catalog: Catalog, file: str) -> Record | None:
    known = current().records_read
    if (catalog, file) not in known:
        try:
            record = read_shipped(catalog, file)
            # What was found in each input is long, and nobody asks for it.
            known[catalog, file] = record._replace(content={**record.content, "outputs": None})
        except CatalogError:  # `hub plugins` and `hub check` name it
            known[catalog, file] = None
    found: Record | None = known[catalog, file]
    return found


def _folder(catalog: Catalog) -> Path:
    if catalog.path is None:
        raise CatalogError("has no folder that records could be in", catalog.distribution)
    return catalog.path.parent


def _is_positive(value: Any) -> bool:
    return is_number(value) and value > 0


# -- What is relied on. `hub check` applies the whole JSON Schema.


def _is_data(value: Any) -> bool:
    return (
        type(value) is dict
        and is_text(value.get("name"))
        and (value.get("dataset") is None or is_text(value["dataset"]))
        and is_count(value.get("samples"))
        and is_count(value.get("of"))
    )


def _are_metrics(value: Any) -> bool:
    return type(value) is dict and all(
        type(one) is dict
        and "value" in one
        and all(one.get(key) is None or is_number(one[key]) for key in ("value", "low", "high"))
        for one in value.values()
    )


_NEEDED = {
    "model": is_text,
    "weights": is_text,
    "task": is_text,
    "weights_sha256": lambda value: type(value) is str and is_digest(value),
    "preprocessing": lambda value: type(value) in (str, list),
    "data": _is_data,
    "metrics": _are_metrics,
}
