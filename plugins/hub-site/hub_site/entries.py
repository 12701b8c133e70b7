"""What the pages and the published data say of weights and models: catalogues, made plain.

Everything comes from catalogues and records as data. Addresses are without secrets, and nothing of
this machine is told: not where files are, nor what its store holds.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hubcore.catalogs.catalog import ModelEntry, WeightsEntry
from hubcore.catalogs.discovery import GROUP
from hubcore.catalogs.facts import (
    default_weights,
    facts,
    speeds_of,
    states_of,
    weights_facts,
)
from hubcore.catalogs.index import current
from hubcore.catalogs.known_packages import BUILT_IN
from hubcore.catalogs.licenses import Evidence, describe, evidence_of, parent_json, to_json
from hubcore.catalogs.names import find_weights, model_of, weights_for
from hubcore.catalogs.queries import list_weights, models
from hubcore.download.addresses import digest_in_name, redact
from hubcore.errors import CatalogError
from hubcore.info import Preprocessing, preprocessing_of
from hubcore.packages.entry_points import entry_points, summary

from .addresses import slug

__all__ = ["Contents", "Model", "Package", "Weights", "contents"]


class Weights(NamedTuple):
    """Weights: one row of the table, and one page.

    Attributes:
        name: as ``hub list --weights`` lists them.
        bare: ``Enum.MEMBER``.
        distribution: what offers them.
        row: their facts, with ``name``.
        entry: their enum in the catalogue.
        data: their JSON object in the catalogue.
        evidence: what is stated of licences and training data.
    """

    name: str
    bare: str
    distribution: str
    row: Mapping[str, Any]
    entry: WeightsEntry
    data: Mapping[str, Any]
    evidence: Evidence

    @property
    def canonical(self) -> str:
        """``distribution/Enum.MEMBER``."""
        return f"{self.distribution}/{self.bare}"

    @property
    def model(self) -> ModelEntry | None:
        """The model that they fit, or None if it is not installed."""
        return model_of(self.entry)

    @property
    def meta(self) -> Mapping[str, Any]:
        """Their meta-data, as the catalogue has it."""
        meta: Mapping[str, Any] = self.data.get("meta", {})
        return meta

    @property
    def sha256(self) -> str | None:
        """The published digest of the file or a prefix of it, or None."""
        digest = self.data.get("sha256") or digest_in_name(self.data["url"])
        return digest.lower() if isinstance(digest, str) else None

    @property
    def preprocessing(self) -> Preprocessing:
        """How inputs are prepared."""
        return preprocessing_of(self.entry.catalog.reference(self.data["transforms"]))

    @property
    def categories(self) -> list[str]:
        """The names of the classes; may be empty."""
        found = self.meta.get("categories") or []
        if isinstance(found, str):
            with contextlib.suppress(CatalogError):  # a file that is missing costs only the list
                return self.entry.catalog.named_list(found[1:])
            return []
        return list(found)

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """What is known of each metric; a record is told by the name of its package."""
        states = (state for state in states_of(self.entry.catalog, self.data))
        return [
            {
                "dataset": state.dataset,
                "metric": state.metric,
                "published": state.published,
                "state": state.state,
                "measured": state.value,
                "low": state.low,
                "high": state.high,
                "samples": state.samples,
                "by": state.by,
            }
            for state in states
        ]

    @property
    def speeds(self) -> list[dict[str, Any]]:
        """How fast they were measured to be, the fastest first."""
        return [speed._asdict() for speed in speeds_of(self.entry.catalog, self.data)]

    def to_json(self) -> dict[str, Any]:
        """All that is published of them."""
        preprocessing = self.preprocessing
        parent = self.evidence.parent
        return {
            **self.row,
            "name": self.bare,
            "canonical": self.canonical,
            "doc": self.meta.get("_docs") or "",
            "metrics": self.metrics,
            "speeds": self.speeds,
            "classes": len(self.categories) or self.meta.get("num_classes"),
            "preprocessing": {
                "target": preprocessing.target,
                "doc": preprocessing.doc,
                "settings": dict(preprocessing.settings),
            },
            "evidence": to_json(self.evidence),
            "parent": parent_json(parent) if parent else None,
            "recipe": self.meta.get("recipe"),
            "url": redact(self.data["url"]),
            "mirrors": [redact(url) for url in self.data.get("mirrors", ())],
            "sha256": self.sha256,
            "files": [
                {
                    "url": redact(one["url"]),
                    "mirrors": [redact(url) for url in one.get("mirrors", ())],
                    "sha256": one["sha256"],
                    "size": one.get("size"),
                }
                for one in self.data.get("files", ())
            ],
        }

    def licenses(self) -> dict[str, str]:
        """What is stated of licences and training data, in words."""
        return describe(self.evidence)


class Model(NamedTuple):
    """A model: one page.

    Attributes:
        name: as ``hub list`` lists it.
        entry: its entry in the catalogue.
        row: its facts, with ``name``.
    """

    name: str
    entry: ModelEntry
    row: Mapping[str, Any]

    @property
    def distribution(self) -> str:
        """What offers it."""
        return self.entry.catalog.distribution

    @property
    def default(self) -> str | None:
        """The full bare name of its default weights, or None."""
        found = default_weights(self.entry)
        return f"{self.entry.weights}.{found[0]}" if found else None

    def to_json(self) -> dict[str, Any]:
        """All that is published of it. What this machine lacks for it is left out."""
        return {
            **{key: value for key, value in self.row.items() if key != "lacks"},
            "name": self.entry.name,
            "canonical": self.entry.canonical,
            "doc": str(self.entry.data.get("doc", "")),
            "paper": self.entry.data.get("paper"),
            "architecture": self.entry.architecture.target,
            "head": list(self.entry.head),
            "needs": dict(self.entry.needs),
            "requires": list(self.entry.requires),
        }


class Package(NamedTuple):
    """A distribution that offers models or weights.

    Attributes:
        distribution: its normalised name.
        version: its version, or "".
        summary: its line of description, or "".
        module: the Python package that has its builders, or None.
        models: the number of its models.
        weights: the number of its weights.
        is_ours: whether it is one of the built-in families.
    """

    distribution: str
    version: str
    summary: str
    module: str | None
    models: int
    weights: int
    is_ours: bool

    @property
    def slug(self) -> str:
        """Its name as part of an address."""
        return slug(self.distribution)

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"pip install {self.distribution}"


class Contents:
    """All that is offered.

    Args:
        packages: the distributions by name.
        models: in the order of ``hub list``.
        weights: in the order of ``hub list --weights``.
    """

    def __init__(
        self, packages: Mapping[str, Package], models: list[Model], weights: list[Weights]
    ) -> None:
        self.packages = packages
        self.models = models
        self.weights = weights
        self._members: dict[int, list[Weights]] = {}
        for one in weights:
            self._members.setdefault(id(one.entry), []).append(one)

    def weights_of(self, model: ModelEntry) -> list[Weights]:
        """The weights that fit a model, its own first."""
        return [w for entry in weights_for(model) for w in self._members.get(id(entry), ())]


def contents() -> Contents:
    """What all usable plugins offer.

    Raises:
        PluginError: a plugin is broken or incompatible, and ``HUBCORE_STRICT`` is set.
    """
    found_models = [
        Model(name, entry, {"name": name, **facts(entry)}) for name, entry in models().items()
    ]
    found_weights = list(_weights())
    summaries = {entry.distribution: summary(entry) for entry in entry_points(GROUP)}
    models_of = Counter(model.distribution for model in found_models)
    weights_of = Counter(weights.distribution for weights in found_weights)
    packages = {
        plugin.distribution: Package(
            plugin.distribution,
            plugin.version,
            summaries.get(plugin.distribution, ""),
            plugin.catalog.package,
            models_of[plugin.distribution],
            weights_of[plugin.distribution],
            plugin.distribution in BUILT_IN,
        )
        for plugin in current().plugins
        if plugin.catalog is not None
    }
    return Contents(packages, found_models, found_weights)


def _weights() -> Iterator[Weights]:
    for name in list_weights():
        enum, _, member = name.rpartition(".")
        entry = find_weights(enum)
        data = entry.members[member]
        yield Weights(
            name,
            f"{entry.name}.{member}",
            entry.catalog.distribution,
            {"name": name, **weights_facts(entry, member)},
            entry,
            data,
            evidence_of(entry.catalog, data),
        )
