"""The catalogue: what a package offers, as data.

A catalogue is a JSON file, described by ``catalog.schema.json``. It lists models with their
architectures, and weights with their addresses, digests, meta-data and preprocessing. Reading one
runs no code of the package that ships it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..digests import is_prefix
from ..errors import CatalogError, IncompatibleCatalogError
from ..packages.references import Reference

__all__ = ["LABELS", "SCHEMA", "Catalog", "ModelEntry", "WeightsEntry"]

SCHEMA = 1
"""The newest format that this version of hubcore reads."""

LABELS = Path(__file__).parent / "labels"
"""The folder of the lists of labels that come with the hub."""


class _Entry:
    __slots__ = ("catalog", "data", "name")

    def __init__(self, catalog: Catalog, name: str, data: Mapping[str, Any]) -> None:
        self.catalog = catalog
        self.name = name
        self.data = data

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.canonical}>"

    @property
    def canonical(self) -> str:
        """The canonical name, ``distribution/name``, which no other package can take."""
        return f"{self.catalog.distribution}/{self.name}"


class ModelEntry(_Entry):
    """One model of a catalogue.

    Attributes:
        catalog: the catalogue that lists it.
        name: its bare name.
        data: its JSON object.
    """

    __slots__ = ()

    @property
    def task(self) -> str:
        """The task, such as ``image-classification``."""
        return str(self.data["task"])

    @property
    def architecture(self) -> Reference:
        """The callable that makes the model."""
        return Reference.from_json(self.data["architecture"])

    @property
    def loads_weights(self) -> bool:
        """Whether the architecture takes ``weights`` and loads the tensors itself."""
        return bool(self.data.get("loads_weights", False))

    @property
    def can_skip_initialisation(self) -> bool:
        """Whether its author says that only its parameters depend on their initial values."""
        return self.data.get("can_skip_initialisation") is True

    @property
    def parameters(self) -> dict[str, Any]:
        """The builder's keyword-only parameters, in their old positional order, with defaults."""
        return dict(self.data.get("parameters", {"weights": None, "progress": True}))

    @property
    def weights(self) -> str | None:
        """The name of the model's own enum of weights, or None."""
        return self.data.get("weights")

    @property
    def head(self) -> tuple[str, ...]:
        """The paths of the modules that are new if ``num_classes`` differs from the weights'."""
        return tuple(self.data.get("head", ()))

    @property
    def variants(self) -> list[Mapping[str, Any]]:
        """How the architecture is called for weights that lack some of its parts."""
        return list(self.data.get("variants", ()))

    @property
    def replaced_by(self) -> str | None:
        """The name of the model that replaces this one, whose name still works with a warning."""
        return self.data.get("replaced_by")

    @property
    def export(self) -> str:
        """The name under which the family's Python package offers the builder."""
        return str(self.data.get("export", self.name))

    @property
    def doc(self) -> str:
        """The model's description, with its paper, or ""."""
        paper = self.data.get("paper")
        text = str(self.data.get("doc", ""))
        return f"{text}\n\nPaper: {paper}" if paper else text


class WeightsEntry(_Entry):
    """One enum of a catalogue: several weights for one model.

    Attributes:
        catalog: the catalogue that lists it.
        name: its bare name, such as ``ResNet50_Weights``.
        data: its JSON object.
    """

    __slots__ = ()

    @property
    def builder(self) -> str:
        """The name of the model that the weights fit, bare or canonical as the catalogue has it."""
        return str(self.data["builder"])

    @property
    def default(self) -> str | None:
        """The name of the default member, or None."""
        return self.data.get("default")

    @property
    def aliases(self) -> dict[str, str]:
        """The members that other names stand for, by those names; ``DEFAULT`` is one of them."""
        aliases = dict(self.data.get("aliases", {}))
        if self.default is not None:
            aliases["DEFAULT"] = self.default
        return aliases

    @property
    def members(self) -> Mapping[str, Mapping[str, Any]]:
        """The JSON objects of the members, by name, in the catalogue's order."""
        members: Mapping[str, Mapping[str, Any]] = self.data["members"]
        return members

    def find(self, name: str) -> str | None:
        """The name of the member that `name` (a member or an alias, in any case) means, or None."""
        wanted = name.upper()
        for alias, member in self.aliases.items():
            if alias.upper() == wanted:
                return member
        return next((member for member in self.members if member.upper() == wanted), None)


class Catalog:
    """A parsed and checked catalogue.

    Args:
        data: the parsed JSON.
        distribution: the normalised name of the distribution that ships it.
        version: the distribution's version, or "" if unknown.
        package: the Python package that contains it, or None.
        path: its file, or None if it was not read from one.

    Attributes:
        models: the models by name.
        weights: the enums of weights by name.

    Raises:
        CatalogError: the catalogue does not follow the format; the message says where.
        IncompatibleCatalogError: it is written in a newer format.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        distribution: str,
        version: str = "",
        package: str | None = None,
        path: Path | None = None,
    ) -> None:
        self.distribution = distribution
        self.version = version
        self.package = package
        self.path = path
        self._lists: dict[str, list[str]] = {}
        where = str(path) if path else f"the catalogue of '{distribution}'"
        _check(data, where)
        self.data = data
        self.models = {
            name: ModelEntry(self, name, entry) for name, entry in data.get("models", {}).items()
        }
        self.weights = {
            name: WeightsEntry(self, name, entry) for name, entry in data.get("weights", {}).items()
        }

    @classmethod
    def read(
        cls, path: Path, distribution: str, version: str = "", package: str | None = None
    ) -> Catalog:
        """Reads a catalogue from its file.

        Args:
            path: the JSON file.
            distribution, version, package: as for the class.

        Raises:
            CatalogError: the file cannot be read, is not JSON or does not follow the format.
            IncompatibleCatalogError: it is written in a newer format.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CatalogError(f"cannot be read ({error.strerror or error})", str(path)) from error
        except ValueError as error:
            raise CatalogError(f"is not valid JSON ({error})", str(path)) from error
        return cls(data, distribution, version, package, path)

    def __repr__(self) -> str:
        return f"<catalogue of {self.distribution}: {len(self.models)} models>"

    def named_list(self, name: str) -> list[str]:
        """A list of strings in a file of its own, such as the ImageNet categories.

        Args:
            name: its name in the catalogue's ``lists``, or that of a list that the hub ships.

        Raises:
            CatalogError: there is no such list, or its file cannot be read.
        """
        if name not in self._lists:
            own = self.data.get("lists", {}).get(name)
            if own is not None and self.path is not None:
                file = self.path.parent / own
            else:
                file = LABELS / f"{name}.json"
            try:
                self._lists[name] = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise CatalogError(
                    f"the list '@{name}' cannot be read from {file} ({error})",
                    str(self.path or self.distribution),
                ) from error
        return self._lists[name]


def _check(data: object, where: str) -> None:
    """The checks that every later step relies on; `hub check` applies the whole JSON Schema."""
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
    for name, model in _objects(data, "models", where):
        _check_model(name, model, f"{where}: models.{name}")
    for name, weights in _objects(data, "weights", where):
        _check_weights(name, weights, f"{where}: weights.{name}")


def _check_lists(data: Mapping[str, Any], where: str) -> None:
    lists = data.get("lists", {})
    if not isinstance(lists, dict):
        raise CatalogError('"lists" must be an object', where)
    for name, file in lists.items():
        # A catalogue may only refer to files in its own folder or below.
        if not isinstance(file, str) or file.startswith(("/", "\\")) or ".." in Path(file).parts:
            raise CatalogError(f"{file!r} is not a path below the catalogue", f"{where}: {name}")


def _objects(
    data: Mapping[str, Any], key: str, where: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    entries = data.get(key, {})
    if not isinstance(entries, dict):
        raise CatalogError(f'"{key}" must be an object', where)
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise CatalogError("must be an object", f"{where}: {key}.{name}")
        if not name or "/" in name or name != name.strip():
            raise CatalogError(
                f"{name!r} is not a valid name: it must not be empty, contain '/', or begin or end "
                "with a space",
                f"{where}: {key}",
            )
        yield name, entry


def _check_model(name: str, model: Mapping[str, Any], where: str) -> None:
    if not isinstance(model.get("task"), str):
        raise CatalogError('"task" must be a string', where)
    Reference.from_json(model.get("architecture"), f"{where}.architecture")
    if not isinstance(model.get("weights"), (str, type(None))):
        raise CatalogError('"weights" must name an enum, or be null', where)
    head = model.get("head", [])
    if not isinstance(head, list) or not all(isinstance(path, str) for path in head):
        raise CatalogError('"head" must be a list of module paths', where)
    variants = model.get("variants", [])
    if not isinstance(variants, list) or not all(
        isinstance(v, dict) and isinstance(v.get("lacks"), list) for v in variants
    ):
        raise CatalogError('"variants" must be a list of objects with "lacks"', where)
    if not isinstance(model.get("replaced_by"), (str, type(None))):
        raise CatalogError('"replaced_by" must name a model', where)
    if not isinstance(model.get("parameters", {}), dict):
        raise CatalogError('"parameters" must be an object', where)


def _check_weights(name: str, weights: Mapping[str, Any], where: str) -> None:
    if not name.isidentifier():
        raise CatalogError(
            f"'{name}' is not a Python identifier, as the name of an enum must be", where
        )
    if not isinstance(weights.get("builder"), str):
        raise CatalogError('"builder" must name the model that the weights fit', where)
    members = weights.get("members")
    if not isinstance(members, dict) or not members:
        raise CatalogError('"members" must be an object with at least one entry', where)
    for alias, target in {
        **weights.get("aliases", {}),
        **({"DEFAULT": weights["default"]} if weights.get("default") is not None else {}),
    }.items():
        if target not in members:
            raise CatalogError(f"{alias} names '{target}', which is not a member", where)
    for member, data in members.items():
        place = f"{where}.members.{member}"
        if not isinstance(member, str) or not member.isidentifier():
            raise CatalogError(
                f"'{member}' is not a Python identifier, as the name of a member must be", place
            )
        if not isinstance(data, dict) or not isinstance(data.get("url"), str):
            raise CatalogError('"url" must be a string', place)
        digest = data.get("sha256")
        if digest is not None and not (isinstance(digest, str) and is_prefix(digest)):
            raise CatalogError('"sha256" must be 8 to 64 lower-case hexadecimal digits', place)
        if not isinstance(data.get("replaced_by"), (str, type(None))):
            raise CatalogError('"replaced_by" must name weights', place)
        if not isinstance(data.get("meta", {}), dict):
            raise CatalogError('"meta" must be an object', place)
        Reference.from_json(data.get("transforms"), f"{place}.transforms")
