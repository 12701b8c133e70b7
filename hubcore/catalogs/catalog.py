"""The catalogue: what a package offers, as data.

A catalogue is a JSON file, described by ``catalog.schema.json``. It lists models with their
architectures, and weights with their addresses, digests, meta-data and preprocessing. Reading one
runs no code of the package that ships it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import CatalogError
from ..packages.needs import absent, lacking
from ..packages.references import Reference
from .allowed import DataReference, Origin
from .checking import SCHEMA, check
from .parsing import parse, read_json

__all__ = ["LABELS", "SCHEMA", "Catalog", "ModelEntry", "WeightsEntry"]

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
        return self.catalog.reference(self.data["architecture"])

    @property
    def loads_weights(self) -> bool:
        """Whether the architecture takes ``weights`` and loads the tensors itself."""
        return bool(self.data.get("loads_weights", False))

    @property
    def adapts_weights(self) -> bool:
        """Whether it does so only if it is called with more than ``num_classes``, to adapt them."""
        return bool(self.data.get("adapts_weights", False))

    @property
    def can_skip_initialisation(self) -> bool:
        """Whether its author says that only its parameters depend on their initial values."""
        return self.data.get("can_skip_initialisation") is True

    @property
    def needs(self) -> Mapping[str, str]:
        """The oldest versions of other distributions that have the architecture, by their names."""
        needs: Mapping[str, str] = self.data.get("needs", {})
        return needs

    @property
    def lacks(self) -> str | None:
        """What it needs and this environment lacks, with both versions, or None."""
        found = lacking(self.needs) if self.needs else None
        return found or (absent(self.requires) if self.requires else None)

    @property
    def requires(self) -> tuple[str, ...]:
        """What the architecture imports that its package need not bring, as pip takes it."""
        return tuple(self.data.get("requires", ()))

    @property
    def remedy(self) -> str:
        """The command that installs what it `lacks`."""
        import shlex

        if self.needs and (old := lacking(self.needs)):
            return f"pip install --upgrade {old.partition(' ')[0]}"
        return f"pip install {' '.join(map(shlex.quote, self.requires))}"

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
    def features(self) -> int | None:
        """How many features an architecture without a head gives, where a head may be added."""
        return self.data.get("features")

    @property
    def in_chans(self) -> Mapping[str, Any] | None:
        """How another number of channels is asked for and which layers are adapted, or None.

        ``argument`` is the architecture's name for the number, ``layers`` the paths of the
        convolutions that see the input.
        """
        declared = self.data.get("in_chans")
        return None if declared is None else {"argument": "in_chans", **declared}

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
        origin: where it comes from, which decides what code it may name.

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
        origin: Origin = Origin.INSTALLED,
    ) -> None:
        self.distribution = distribution
        self.version = version
        self.package = package
        self.path = path
        self.origin = origin
        self._lists: dict[str, list[str]] = {}
        where = str(path) if path else f"the catalogue of '{distribution}'"
        check(data, where)
        self.data = data
        self.models = {
            name: ModelEntry(self, name, entry) for name, entry in data.get("models", {}).items()
        }
        self.weights = {
            name: WeightsEntry(self, name, entry) for name, entry in data.get("weights", {}).items()
        }

    @classmethod
    def read(
        cls,
        path: Path,
        distribution: str,
        version: str = "",
        package: str | None = None,
        origin: Origin = Origin.INSTALLED,
    ) -> Catalog:
        """Reads a catalogue from its file.

        Args:
            path: the JSON file.
            distribution, version, package, origin: as for the class.

        Raises:
            CatalogError: the file cannot be read, is not JSON or does not follow the format.
            IncompatibleCatalogError: it is written in a newer format.
        """
        data = read_json(path, strict=origin is not Origin.INSTALLED)
        return cls(data, distribution, version, package, path, origin)

    def __repr__(self) -> str:
        return f"<catalogue of {self.distribution}: {len(self.models)} models>"

    def reference(self, value: object, *, converts: bool = False) -> Reference:
        """A reference of this catalogue, which resolves only to what its origin may name.

        Args:
            value: the JSON value, as `Reference.from_json` takes it.
            converts: whether it names a function that converts checkpoints.

        Raises:
            CatalogError: the value has another form.
        """
        if self.origin is Origin.INSTALLED:
            return Reference.from_json(value)
        remedy = (
            f"register(..., name='{self.distribution}', trust=True)"
            if self.origin is Origin.REGISTERED
            else f"hub catalog trust '{self.path}'"
        )
        return DataReference.of(value, self.origin, remedy, converts=converts)

    @property
    def records(self) -> Mapping[str, str]:
        """The SHA-256 of the weights that each record of the package is about, by its file."""
        records: Mapping[str, str] = self.data.get("records", {})
        return records

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
                items = parse(file.read_bytes(), str(file))
            except (OSError, ValueError) as error:
                raise CatalogError(
                    f"the list '@{name}' cannot be read from {file} ({error})",
                    str(self.path or self.distribution),
                ) from error
            if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
                raise CatalogError("must be a list of strings", str(file))
            self._lists[name] = items
        return self._lists[name]
