"""Model cards, made from the catalogue: each statement has a source, or is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml  # type: ignore[import-untyped]  # it ships no types

from hubcore.catalogs.licenses import STATED, Source, Statement, statements
from hubcore.catalogs.metrics import figure
from hubcore.download.addresses import redact
from hubcore.packages.references import Reference
from hubcore.printable import printable

from .notice import in_words, source_in_words
from .subjects import Subject

__all__ = ["Card", "Fact", "Section", "card", "to_json", "to_markdown"]

# libyaml's, where PyYAML was built with it, is several times as quick.
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
# The names of Hugging Face for what we call otherwise; tasks that it lacks are left out.
_PIPELINES = {
    "image-classification": "image-classification",
    "object-detection": "object-detection",
    "instance-segmentation": "image-segmentation",
    "semantic-segmentation": "image-segmentation",
    "keypoint-detection": "keypoint-detection",
    "video-classification": "video-classification",
}
# The licences that Hugging Face knows by the name of SPDX in lower case.
_KNOWN_LICENSES = frozenset(
    {
        *(
            "apache-2.0",
            "mit",
            "isc",
            "zlib",
            "unlicense",
            "wtfpl",
            "ncsa",
            "bsl-1.0",
            "postgresql",
        ),
        *("bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "artistic-2.0"),
        *("ecl-2.0", "epl-1.0", "epl-2.0", "eupl-1.1", "eupl-1.2", "mpl-2.0", "ms-pl"),
        *("ofl-1.1", "osl-3.0", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0"),
        *("cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nd-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0"),
        *("cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0"),
        *("cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    }
)


class Fact(NamedTuple):
    """A statement and its source.

    Attributes:
        text: the statement.
        source: who says so.
    """

    text: str
    source: Source


class Section(NamedTuple):
    """A part of a card.

    Attributes:
        title: its heading.
        facts: the statements.
    """

    title: str
    facts: list[Fact]


class Card(NamedTuple):
    """A model card.

    Attributes:
        name: the weights' name, which is the heading.
        front_matter: what Hugging Face reads.
        sections: the parts that have anything to say.
    """

    name: str
    front_matter: dict[str, Any]
    sections: list[Section]


def card(subject: Subject) -> Card:
    """The model card of some weights."""
    sections = [
        Section("Model", list(_model(subject))),
        Section("Weights", list(_about(subject))),
        Section("Results", list(_results(subject))),
        Section("Training data", list(_data(subject))),
        Section("Licences", list(_licenses(subject))),
        Section("Made from", list(_parents(subject))),
        Section("File", list(_files(subject))),
    ]
    return Card(
        subject.bare_name,
        _front_matter(subject),
        [section for section in sections if section.facts],
    )


def to_json(made: Card) -> dict[str, Any]:
    """A card as JSON."""
    return {
        "name": made.name,
        "front_matter": made.front_matter,
        "sections": [
            {
                "title": section.title,
                "statements": [
                    {
                        "text": fact.text,
                        "source": {k: v for k, v in fact.source._asdict().items() if v},
                    }
                    for fact in section.facts
                ],
            }
            for section in made.sections
        ],
    }


def to_markdown(made: Card) -> str:
    """A card in Markdown, with front matter in YAML. The sources are footnotes."""
    notes: dict[Source, int] = {}
    front = yaml.dump(made.front_matter, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)
    lines = ["---", front.rstrip(), "---", "", f"# {_plain(made.name)}"]
    for section in made.sections:
        lines += ["", f"## {section.title}", ""]
        for fact in section.facts:
            number = notes.setdefault(fact.source, len(notes) + 1)
            lines.append(f"- {_plain(fact.text)} [^{number}]")
    lines += ["", "## Sources", ""]
    lines += [f"[^{number}]: {_plain(source_in_words(source))}" for source, number in notes.items()]
    return "\n".join(lines) + "\n"


def _front_matter(subject: Subject) -> dict[str, Any]:
    """What Hugging Face reads, as far as it is known."""
    found: dict[str, Any] = dict(_license_keys(subject.evidence.weights))
    found["library_name"] = "hubcore"
    pipeline = _PIPELINES.get(subject.task or "")
    if pipeline:
        found["pipeline_tag"] = pipeline
    if subject.task:
        found["tags"] = [subject.task]
    if subject.evidence.data:
        found["datasets"] = [item.name for item in subject.evidence.data]
    results: dict[str, list[dict[str, Any]]] = {}
    for dataset, metric, value in subject.metrics:
        results.setdefault(dataset, []).append({"type": metric, "name": metric, "value": value})
    if results and pipeline:
        found["model-index"] = [
            {
                "name": subject.bare_name,
                "results": [
                    {
                        "task": {"type": pipeline},
                        "dataset": {"type": _slug(dataset), "name": dataset},
                        "metrics": metrics,
                    }
                    for dataset, metrics in results.items()
                ],
            }
        ]
    return found


def _license_keys(statement: Statement) -> Iterator[tuple[str, str]]:
    """The licence of the weights, if it is stated of them and not only of a repository."""
    if statement.state != STATED:
        return
    if statement.spdx and statement.spdx.lower() in _KNOWN_LICENSES:
        yield "license", statement.spdx.lower()
        return
    title = statement.source.title if statement.source else ""
    yield "license", "other"
    yield "license_name", _slug(statement.spdx or title or "see-link")
    link = statement.url or (statement.source.url if statement.source else "")
    if link:
        yield "license_link", link


def _model(subject: Subject) -> Iterator[Fact]:
    model = subject.model
    if model is None:
        yield Fact(f"Weights of the model {subject.entry.builder}.", _said(subject, "builder"))
        return
    source = Source(f"{_catalog(subject)}, models.{model.name}")
    if model.catalog is not subject.entry.catalog:
        title = f"catalogue of {model.catalog.distribution} {model.catalog.version}".rstrip()
        source = Source(f"{title}, models.{model.name}")
    yield Fact(f"Weights of the model {model.canonical}, for {model.task}.", source)
    doc, paper = model.data.get("doc"), model.data.get("paper")
    if isinstance(doc, str) and doc:
        yield Fact(doc, source)
    if isinstance(paper, str):
        yield Fact(f"Paper: {paper}", source)


def _about(subject: Subject) -> Iterator[Fact]:
    meta = subject.meta
    if subject.data.get("replaced_by"):
        yield Fact(f"Replaced by {subject.data['replaced_by']}", _said(subject, "replaced_by"))
    if isinstance(meta.get("_docs"), str):
        yield Fact(meta["_docs"], _said(subject, "meta._docs"))
    if isinstance(meta.get("recipe"), str):
        yield Fact(f"Training recipe: {meta['recipe']}", _said(subject, "meta.recipe"))
    transforms = Reference.from_json(subject.data["transforms"])
    arguments = ", ".join(f"{key}={value!r}" for key, value in transforms.keywords.items())
    yield Fact(f"Preprocessing: {transforms.target}({arguments})", _said(subject, "transforms"))
    classes = meta.get("categories")
    if isinstance(classes, str) and classes.startswith("@"):
        classes = subject.entry.catalog.named_list(classes[1:])
    if isinstance(classes, list) and classes:
        first = ", ".join(map(str, classes[:3]))
        more = ", ..." if len(classes) > 3 else ""
        yield Fact(f"{len(classes)} classes: {first}{more}", _said(subject, "meta.categories"))
    for key, words in (("num_params", "{:,} parameters"), ("_ops", "{:g} GMACs")):
        if isinstance(meta.get(key), (int, float)):
            yield Fact(words.format(meta[key]), _said(subject, f"meta.{key}"))


def _results(subject: Subject) -> Iterator[Fact]:
    for dataset, metric, value in subject.metrics:
        yield Fact(f"{metric} on {dataset}: {figure(value)}", _said(subject, "meta._metrics"))


def _data(subject: Subject) -> Iterator[Fact]:
    for item in subject.evidence.data:
        about = f" ({item.url})" if item.url else ""
        yield Fact(f"Trained on {item.title}{about}", item.source or _said(subject, "evidence"))
        yield _in_fact(f"Terms of {item.title}", item.terms, subject)
    if not subject.evidence.data and subject.evidence.data_looked:
        yield Fact("Not stated", _looked(subject.evidence.data_looked))


def _licenses(subject: Subject) -> Iterator[Fact]:
    yield _in_fact("Weights", subject.evidence.weights, subject)
    yield _in_fact("Code of the model", subject.evidence.code, subject)


def _parents(subject: Subject) -> Iterator[Fact]:
    parent, made_from = subject.evidence.parent, subject.made_from
    if parent is not None:
        digest = f", SHA-256 {parent.sha256}" if parent.sha256 else ""
        yield Fact(f"{parent.name}{digest}", _said(subject, "parent"))
        for what, statement in statements(parent.evidence):
            yield _in_fact(f"{parent.name}: {what}", statement, subject)
    if made_from is not None:
        yield Fact(made_from.name, _said(subject, "meta.unquantized"))


def _files(subject: Subject) -> Iterator[Fact]:
    yield Fact(redact(subject.data["url"]), _said(subject, "url"))
    digest = subject.file.digest
    if subject.sha256 and subject.sha256 != digest:
        yield Fact(
            f"SHA-256 {subject.sha256}", Source("the store or the lock file on this machine")
        )
    elif digest:
        part = "" if subject.sha256 else "... (the first digits of it)"
        yield Fact(f"SHA-256 {digest}{part}", _said(subject, "sha256"))
    if subject.data.get("size"):
        yield Fact(f"{subject.data['size']:,} bytes", _said(subject, "size"))
    for file in subject.files[1:]:
        facts = [redact(file.urls[0]), f"SHA-256 {file.digest}"]
        size = [f"{file.size:,} bytes"] if file.size else []
        yield Fact(", ".join([*facts, *size]), _said(subject, "files"))


def _in_fact(what: str, statement: Statement, subject: Subject) -> Fact:
    source = statement.source or _looked(statement.looked or (_catalog(subject),))
    return Fact(f"{what}: {in_words(statement)}", source)


def _looked(places: tuple[str, ...]) -> Source:
    return Source(f"nothing found in {'; '.join(places)}")


def _said(subject: Subject, place: str) -> Source:
    """The place in the catalogue that says something."""
    if place != "builder":
        place = f"members.{subject.member}.{place}"
    return Source(f"{_catalog(subject)}, weights.{subject.entry.name}.{place}")


def _catalog(subject: Subject) -> str:
    catalog = subject.entry.catalog
    return f"catalogue of {catalog.distribution} {catalog.version}".rstrip()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-")


def _plain(text: str) -> str:
    """Text of a catalogue as one line of Markdown, in which it makes no markup of its own."""
    line = " ".join(printable(text, keep="\n\t").split())
    return re.sub(r"([\\`*\[\]<>|]|(?<!\w)_|_(?!\w))", r"\\\1", line)
