"""Licences with evidence: what is stated of weights, of the code and of the training data, by whom.

Three separate facts are known of weights: the licence of the weights themselves, that of the
model's code, and the terms of the data that they were trained on. Each is a `Statement`, which
names the document that says so, or says where nobody was found to say anything. Nothing is
inferred: the licence of a repository is not taken for that of the weights in it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import AmbiguousNameError, UnknownNameError
from .catalog import Catalog, WeightsEntry
from .facts import default_weights
from .names import find_model, find_weights

__all__ = [
    "NOT_STATED",
    "REPOSITORY",
    "STATED",
    "DataSet",
    "Evidence",
    "Parent",
    "Source",
    "Statement",
    "describe",
    "evidence_of",
    "evidence_of_license",
    "known_datasets",
    "license_evidence",
    "parent_json",
    "statements",
    "to_json",
]

STATED = "stated"
"""A document states the licence or the terms."""
REPOSITORY = "repository"
"""The repository that publishes the weights has a licence, which does not mention them."""
NOT_STATED = "not stated"
"""No statement was found."""

_DATASETS = Path(__file__).parent / "datasets.json"


class Source(NamedTuple):
    """The document that says something.

    Attributes:
        title: what the document is.
        url: its address; "" where it has none.
        summary: what it says, in at most a line of our own words.
        date: when it was looked at, as ``YYYY-MM-DD``; "" if that is not known.
    """

    title: str
    url: str = ""
    summary: str = ""
    date: str = ""


class Statement(NamedTuple):
    """What is stated of a licence or of terms.

    Attributes:
        state: ``stated``, ``repository`` (only the licence of the repository that publishes the
            weights is known, and it does not mention them) or ``not stated``.
        spdx: an SPDX expression, or None where only the text is known.
        url: the address of the licence's or the terms' text, or None.
        source: the document that states it; None if the state is ``not stated``.
        looked: where was looked in vain, if the state is ``not stated``.
        kind: the class of terms that have no SPDX identifier, such as ``non-commercial``; None if
            nobody has classified them.
    """

    state: str
    spdx: str | None = None
    url: str | None = None
    source: Source | None = None
    looked: tuple[str, ...] = ()
    kind: str | None = None

    @property
    def license(self) -> str | None:
        """The SPDX expression, or else the address of the text; None if nothing is stated."""
        return self.spdx or self.url

    def __str__(self) -> str:
        if self.state == NOT_STATED:
            return NOT_STATED
        if self.state == REPOSITORY:
            return f"{self.license} (repository licence; weights not mentioned)"
        return str(self.license)


class DataSet(NamedTuple):
    """A data set that weights were trained on.

    Attributes:
        name: its name, such as ``imagenet-1k``.
        title: its name in its authors' spelling.
        terms: under which terms it may be used.
        source: who says that the weights were trained on it; None if this is a data set by itself.
        url: the data set's own page, or "".
    """

    name: str
    title: str
    terms: Statement
    source: Source | None = None
    url: str = ""


class Evidence(NamedTuple):
    """What is stated of weights.

    Attributes:
        weights: the licence of the weights.
        code: the licence of the model's code.
        data: the data sets that they were trained on; empty if that is not stated.
        data_looked: where was looked in vain for the training data, if `data` is empty.
        parent: the weights that these were tuned from, if that is stated.
    """

    weights: Statement
    code: Statement
    data: tuple[DataSet, ...] = ()
    data_looked: tuple[str, ...] = ()
    parent: Parent | None = None


class Parent(NamedTuple):
    """The weights that others were tuned from, with the terms that they had then.

    Attributes:
        name: their canonical name.
        sha256: the SHA-256 of their file, as 64 hex digits, or fewer where no more is known; None
            where nothing is.
        evidence: what is stated of them.
    """

    name: str
    sha256: str | None
    evidence: Evidence


def license_evidence(name: str | Callable[..., Any]) -> Evidence:
    """What is stated of the licences and the training data of weights, and by whom.

    Runs no code of any package, and needs neither torch nor a network.

    Args:
        name: the full name of weights, such as ``ResNet50_Weights.IMAGENET1K_V2``, or their enum
            member; or a model's name or builder, for its default weights.

    Raises:
        UnknownNameError: nothing has this name, or the model has no weights.
        AmbiguousNameError: several packages offer it.
        ValueError: weights of an enum that no catalogue has.
    """
    member = getattr(name, "name", None)
    if isinstance(member, str):  # a member of an enum
        enum = getattr(type(name), "__hub_name__", type(name).__name__)
        return _of_weights(f"{enum}.{member}")
    try:
        model = find_model(name)
    except AmbiguousNameError:
        raise
    except UnknownNameError as unknown:
        if not isinstance(name, str) or "." not in name:
            raise
        try:
            return _of_weights(name)
        except AmbiguousNameError:
            raise
        except UnknownNameError as error:
            raise (error if "_weights" in name.lower() else unknown) from None
    default = default_weights(model)
    if default is None:
        raise UnknownNameError("weights", str(name), hint=f"'{model.name}' has no weights.")
    return evidence_of(model.catalog, default[1])


def _of_weights(name: str) -> Evidence:
    enum, _, wanted = name.rpartition(".")
    entry: WeightsEntry = find_weights(enum)
    member = entry.find(wanted)
    if member is None:
        raise UnknownNameError(
            "weights", name, [f"{entry.name}.{known}" for known in entry.members]
        )
    return evidence_of(entry.catalog, entry.members[member])


def evidence_of(catalog: Catalog, member: Mapping[str, Any]) -> Evidence:
    """What a catalogue states of one of its members.

    Args:
        catalog: the catalogue.
        member: the member's JSON object. One without evidence, as in older catalogues, has the
            state of its ``license``.
    """
    data = member.get("evidence")
    if isinstance(data, str):
        data = catalog.data.get("evidence", {}).get(data[1:])
    found = _evidence(catalog, data or {}, member)
    return found._replace(parent=_parent(catalog, member.get("parent")))


def _parent(catalog: Catalog, data: Mapping[str, Any] | None) -> Parent | None:
    if data is None:
        return None
    found = _evidence(catalog, data.get("evidence", {}), {})
    found = found._replace(parent=_parent(catalog, data.get("parent")))
    return Parent(data["name"], data.get("sha256"), found)


def _evidence(catalog: Catalog, data: Mapping[str, Any], member: Mapping[str, Any]) -> Evidence:
    own = (
        _statement(catalog, data["weights"])
        if "weights" in data
        else _plain(member.get("license", "unknown"), _title(catalog))
    )
    source = Source(**data["data_source"]) if "data_source" in data else None
    sets = tuple(_dataset(catalog, item, source) for item in data.get("data", ()))
    looked = () if sets else tuple(data.get("data_looked", ())) or (_title(catalog),)
    return Evidence(own, _statement(catalog, data.get("code")), sets, looked)


def _statement(catalog: Catalog, data: Any) -> Statement:
    if isinstance(data, str):
        data = catalog.data.get("licenses", {}).get(data[1:])
    if data is None:
        return Statement(NOT_STATED, looked=(_title(catalog),))
    return _from_json(data)


def _from_json(data: Mapping[str, Any]) -> Statement:
    return Statement(
        data["state"],
        data.get("spdx"),
        data.get("url"),
        Source(**data["source"]) if "source" in data else None,
        tuple(data.get("looked", ())),
        data.get("class"),
    )


def _plain(license: str, where: str) -> Statement:
    """What the licence of a member says, all that older catalogues have."""
    if license.lower() == "unknown":
        return Statement(NOT_STATED, looked=(where,))
    source = Source(where, summary="It names the licence, without a source.")
    address = license if "://" in license else None
    return Statement(STATED, None if address else license, address, source)


def evidence_of_license(license: str, where: str) -> Evidence:
    """Evidence where nothing is known but a licence.

    Args:
        license: an SPDX expression, an address, or "unknown".
        where: what names it.
    """
    nothing = Statement(NOT_STATED, looked=(where,))
    return Evidence(_plain(license, where), nothing, (), (where,))


def _dataset(catalog: Catalog, item: Any, source: Source | None) -> DataSet:
    name = item if isinstance(item, str) else item["name"]
    known = catalog.data.get("datasets", {}).get(name) or _shared().get(name)
    data = known if isinstance(item, str) else item
    if data is None:
        looked = (f"'{name}' in {_title(catalog)}, which does not describe it",)
        return DataSet(name, name, Statement(NOT_STATED, looked=looked), source)
    terms = _statement(catalog, data.get("terms"))
    return DataSet(name, data.get("title", name), terms, source, data.get("url", ""))


def _title(catalog: Catalog) -> str:
    return f"the catalogue of {catalog.distribution} {catalog.version}".rstrip()


@functools.cache
def _shared() -> Mapping[str, Any]:
    """The data sets that come with the hub, as a catalogue has its own."""
    from .parsing import parse

    shared = parse(_DATASETS.read_bytes(), str(_DATASETS))
    for dataset in shared["datasets"].values():
        if isinstance(dataset["terms"], str):
            dataset["terms"] = shared["licenses"][dataset["terms"][1:]]
    datasets: Mapping[str, Any] = shared["datasets"]
    return datasets


def known_datasets() -> dict[str, DataSet]:
    """The data sets that come with the hub, by name."""
    return {
        name: DataSet(name, data["title"], _from_json(data["terms"]), url=data.get("url", ""))
        for name, data in _shared().items()
    }


def to_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as a catalogue's JSON, complete in itself: it refers to nothing by name.

    The parent is not part of it, as it stands beside it in a catalogue.
    """
    found: dict[str, Any] = {
        "weights": _statement_json(evidence.weights),
        "code": _statement_json(evidence.code),
    }
    if evidence.data:
        found["data"] = [
            _without_empty(
                {
                    "name": item.name,
                    "title": item.title,
                    "url": item.url,
                    "terms": _statement_json(item.terms),
                }
            )
            for item in evidence.data
        ]
        if (source := evidence.data[0].source) is not None:
            found["data_source"] = _without_empty(source._asdict())
    elif evidence.data_looked:
        found["data_looked"] = list(evidence.data_looked)
    return found


def parent_json(parent: Parent) -> dict[str, Any]:
    """A parent as a catalogue's JSON."""
    inherited = parent.evidence.parent
    return _without_empty(
        {
            "name": parent.name,
            "sha256": parent.sha256,
            "evidence": to_json(parent.evidence),
            "parent": parent_json(inherited) if inherited else None,
        }
    )


def _statement_json(statement: Statement) -> dict[str, Any]:
    found = statement._asdict()
    found["class"] = found.pop("kind")
    found["looked"] = list(statement.looked)
    if statement.source is not None:
        found["source"] = _without_empty(statement.source._asdict())
    return _without_empty(found)


def _without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in (None, "", [], ())}


def statements(evidence: Evidence) -> Iterable[tuple[str, Statement]]:
    """All statements of evidence by what they are about: weights, code, each data set, a parent."""
    yield "weights", evidence.weights
    yield "code", evidence.code
    for item in evidence.data:
        yield f"data set {item.title}", item.terms
    if evidence.parent is not None:
        for what, statement in statements(evidence.parent.evidence):
            yield f"{what} of {evidence.parent.name}", statement


def describe(evidence: Evidence) -> dict[str, str]:
    """Evidence in words, for people: one entry for each fact, of one or several lines."""
    data = [f"{item.title}: {_terms(item.terms)}" for item in evidence.data]
    found = {
        "licence": _words(evidence.weights),
        "code licence": _words(evidence.code),
        "trained on": "\n".join(data) or _looked(evidence.data_looked),
    }
    if evidence.parent is not None:
        digest = f" ({evidence.parent.sha256})" if evidence.parent.sha256 else ""
        inherited = "; ".join(f"{w}: {_terms(s)}" for w, s in statements(evidence.parent.evidence))
        found["tuned from"] = f"{evidence.parent.name}{digest}\n{inherited}"
    return found


def _words(statement: Statement) -> str:
    if statement.source is None:
        return _looked(statement.looked)
    source = statement.source
    said = f"says {source.title}" + (f" ({source.date})" if source.date else "")
    return "\n".join(filter(None, (_terms(statement), said, source.url)))


def _terms(statement: Statement) -> str:
    return f"{statement}, {statement.kind}" if statement.kind else str(statement)


def _looked(places: Iterable[str]) -> str:
    return f"{NOT_STATED}; looked at: {'; '.join(places)}" if places else NOT_STATED
