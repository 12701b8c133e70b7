"""Bills of materials in CycloneDX 1.6, which has machine-learning models and their cards.

The library's own classes have no model cards, so the document is written here, and the library's
copy of the official schema decides whether it is right. Times and random numbers are left out: the
same weights make the same bytes.
"""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from cyclonedx import spdx
from cyclonedx.schema import SchemaVersion
from packageurl import PackageURL

from hubcore.catalogs.catalog import Catalog
from hubcore.catalogs.licenses import STATED, DataSet, Parent, Source, Statement
from hubcore.download.addresses import redact
from hubcore.download.remote import RemoteFile
from hubcore.errors import HubError
from hubcore.store import Entry

from .subjects import Subject

__all__ = ["bill", "to_text"]

Json = dict[str, Any]

_SPECIFICATION = SchemaVersion.V1_6
_NAMESPACE = uuid.UUID("b6a0b3a4-6a6d-5d0b-9d2e-0c6c2f5f7a11")


def bill(subjects: Iterable[Subject], others: Iterable[Entry] = ()) -> Json:
    """The bill of materials of some weights.

    Args:
        subjects: the weights.
        others: files of the store of which nothing but the digest is known.

    Returns:
        The document.
    """
    subjects = list(subjects)
    catalogs = {s.entry.catalog.distribution: s.entry.catalog for s in subjects}
    references = _references(item for s in subjects for item in s.evidence.data)
    components = [
        *(_weights(subject, references) for subject in subjects),
        *map(_file, others),
        *map(_origin, catalogs.values()),
        *(_dataset(item, reference) for item, reference in references.items()),
    ]
    components.sort(key=lambda component: str(component["bom-ref"]))
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": _SPECIFICATION.to_version(),
        "version": 1,
        "metadata": {
            "tools": {
                "components": [
                    {
                        "type": "application",
                        "name": "hub-provenance",
                        "version": _own_version(),
                    }
                ]
            }
        },
        "components": components,
        "dependencies": sorted(
            (
                {
                    "ref": subject.name,
                    "dependsOn": sorted(
                        {
                            _origin_reference(subject.entry.catalog),
                            *(references[_itself(item)] for item in subject.evidence.data),
                        }
                    ),
                }
                for subject in subjects
            ),
            key=lambda dependency: str(dependency["ref"]),
        ),
    }
    text = json.dumps(document, sort_keys=True)
    return {"serialNumber": uuid.uuid5(_NAMESPACE, text).urn, **document}


@functools.cache  # a site has the bills of thousands of weights
def _own_version() -> str:
    return version("hub-provenance")


def to_text(document: Json) -> str:
    """A bill of materials as text, after it was held against the official schema.

    Raises:
        HubError: it breaks the schema; the message says where.
    """
    from cyclonedx.validation.json import JsonStrictValidator  # its import takes a second

    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    # The validator takes 0.1 s for each address; `_address` makes them right.
    short = json.loads(
        text, object_hook=lambda item: {**item, "url": ""} if "url" in item else item
    )
    fault: Any = JsonStrictValidator(_SPECIFICATION).validate_str(json.dumps(short))
    if fault is not None:
        raise HubError(
            f"The bill of materials would break CycloneDX's schema at {fault.data.json_path}: "
            f"{str(fault.data.message)[:300]}. The catalogue has a value there that cannot be used."
        )
    return text


def _weights(subject: Subject, references: Mapping[DataSet, str]) -> Json:
    evidence, meta, model = subject.evidence, subject.meta, subject.model
    parameters = {
        "task": subject.task,
        "modelArchitecture": model.name if model else subject.entry.builder,
        "datasets": [{"ref": references[_itself(item)]} for item in evidence.data],
    }
    metrics = [
        {"type": metric, "value": str(value), "slice": dataset}
        for dataset, metric, value in subject.metrics
    ]
    card = {
        "modelParameters": _known(parameters),
        "quantitativeAnalysis": _known({"performanceMetrics": metrics}),
    }
    ancestors = [_parent(evidence.parent)] if evidence.parent else []
    made_from = subject.made_from
    if made_from is not None:
        ancestors.append(_ancestor(made_from.name, made_from.sha256, made_from.evidence.weights))
    digest = subject.file.digest or ""
    docs, paper = meta.get("_docs"), model.data.get("paper") if model else None
    return _known(
        {
            "type": "machine-learning-model",
            "bom-ref": subject.name,
            "group": subject.entry.catalog.distribution,
            "name": subject.bare_name,
            "description": docs if isinstance(docs, str) else None,
            "hashes": _hashes(subject.sha256),
            "licenses": _licenses(evidence.weights),
            "externalReferences": [
                *(_link("distribution", redact(url)) for url in subject.file.urls),
                *(
                    _link("documentation", url)
                    for url in (meta.get("recipe"), paper)
                    if isinstance(url, str)
                ),
                *_license_links(evidence.weights),
            ],
            "components": [_further(subject, file) for file in subject.files[1:]],
            "pedigree": _known({"ancestors": ancestors}),
            "modelCard": _known(card),
            "properties": _properties(
                ("hubcore:size", subject.data.get("size")),
                ("hubcore:sha256:prefix", digest if not subject.sha256 else None),
                ("hubcore:num_params", meta.get("num_params")),
                ("hubcore:gmacs", meta.get("_ops")),
                *_stated("weights", evidence.weights),
                *_stated("code", evidence.code),
                *(
                    pair
                    for source in dict.fromkeys(item.source for item in evidence.data)
                    if source is not None
                    for pair in _sourced("hubcore:data", source)
                ),
                ("hubcore:data:state", None if evidence.data else "not stated"),
                *(("hubcore:data:looked", place) for place in evidence.data_looked),
            ),
        }
    )


def _file(entry: Entry) -> Json:
    """A file of the store that is in no catalogue."""
    return _known(
        {
            "type": "file",
            "bom-ref": f"sha256:{entry.sha256}",
            "name": next(iter(entry.names), entry.sha256),
            "hashes": _hashes(entry.sha256),
            "externalReferences": [_link("distribution", redact(url)) for url in entry.sources],
            "properties": _properties(("hubcore:size", entry.size)),
        }
    )


def _origin(catalog: Catalog) -> Json:
    """What says all this of the weights: a package, or a catalogue that no package brought."""
    packaged = catalog.package is not None
    return _known(
        {
            "type": "library" if packaged else "data",
            "bom-ref": _origin_reference(catalog),
            "name": catalog.distribution if packaged else f"catalogue of {catalog.distribution}",
            "version": catalog.version,
            "purl": _origin_reference(catalog) if packaged else None,
        }
    )


def _dataset(item: DataSet, reference: str) -> Json:
    contents = {"url": _address(item.url)} if item.url else None
    return _known(
        {
            "type": "data",
            "bom-ref": reference,
            "name": item.title,
            "licenses": _licenses(item.terms),
            "externalReferences": _license_links(item.terms),
            "data": [_known({"type": "dataset", "name": item.name, "contents": contents})],
            "properties": _properties(*_stated("terms", item.terms)),
        }
    )


def _parent(parent: Parent) -> Json:
    return _ancestor(parent.name, parent.sha256, parent.evidence.weights)


def _ancestor(name: str, sha256: str | None, statement: Statement) -> Json:
    return _known(
        {
            "type": "machine-learning-model",
            "name": name,
            "hashes": _hashes(sha256 or ""),
            "licenses": _licenses(statement),
            "properties": _properties(*_stated("weights", statement)),
        }
    )


def _licenses(statement: Statement) -> list[Json]:
    """The licence, where it is stated; a repository's licence is not taken for the weights'."""
    if statement.state != STATED:
        return []
    if statement.spdx and spdx.is_supported_id(statement.spdx):
        found = {
            "id": statement.spdx,
            "acknowledgement": "declared",
            "url": _address(statement.url),
        }
        return [{"license": _known(found)}]
    if statement.spdx and spdx.is_expression(statement.spdx):
        return [{"expression": statement.spdx, "acknowledgement": "declared"}]
    title = statement.source.title if statement.source else None
    name = statement.spdx or title or statement.url
    found = {"name": name, "acknowledgement": "declared", "url": _address(statement.url)}
    return [{"license": _known(found)}]


def _license_links(statement: Statement) -> list[Json]:
    """Where the source of a licence can be read."""
    source = statement.source
    if source is None or not source.url:
        return []
    return [_link("license", source.url, source.title)]


def _stated(what: str, statement: Statement) -> Iterator[tuple[str, Any]]:
    """The evidence of a licence, as names and values of properties."""
    name = f"hubcore:license:{what}"
    yield name, statement.license
    state = statement.state
    yield (
        f"{name}:state",
        "repository licence; weights not mentioned" if state == "repository" else state,
    )
    if statement.source is not None:
        yield from _sourced(name, statement.source)
    for place in statement.looked:
        yield f"{name}:looked", place


def _sourced(name: str, source: Source) -> Iterator[tuple[str, Any]]:
    return ((f"{name}:source:{key}", value) for key, value in source._asdict().items())


def _properties(*pairs: tuple[str, Any]) -> list[Json]:
    return [{"name": name, "value": str(value)} for name, value in pairs if value not in (None, "")]


def _further(subject: Subject, file: RemoteFile) -> Json:
    """One of several files of weights."""
    return {
        "type": "file",
        "bom-ref": f"{subject.name}#{file.digest}",
        "name": file.name,
        "hashes": _hashes(file.digest or ""),
        "externalReferences": [_link("distribution", redact(url)) for url in file.urls],
    }


def _hashes(sha256: str) -> list[Json]:
    return [{"alg": "SHA-256", "content": sha256}] if sha256 else []


def _link(kind: str, url: str, comment: str = "") -> Json:
    return _known({"type": kind, "url": _address(url), "comment": comment})


def _address(url: str | None) -> str | None:
    """An address in which everything that needs it is escaped."""
    if not url:
        return None
    return re.sub("%(?![0-9A-Fa-f]{2})", "%25", quote(url, safe="%/:=&?~#+!$,;'@()*"))


def _origin_reference(catalog: Catalog) -> str:
    if catalog.package is None:
        return f"catalogue:{catalog.distribution}"
    return PackageURL(
        "pypi", name=catalog.distribution, version=catalog.version or None
    ).to_string()


def _references(datasets: Iterable[DataSet]) -> dict[DataSet, str]:
    """Names for data sets; those that packages describe differently are not the same."""
    references: dict[DataSet, str] = {}
    for item in sorted({_itself(item) for item in datasets}, key=repr):
        same = sum(item.name == other.name for other in references)
        references[item] = f"dataset:{item.name}" + (f":{same + 1}" if same else "")
    return references


def _itself(item: DataSet) -> DataSet:
    """A data set, apart from who was trained on it."""
    return item._replace(source=None)


def _known(data: Json) -> Json:
    """What is known: without None, and without what is empty."""
    return {key: value for key, value in data.items() if value not in (None, "", [], {})}
