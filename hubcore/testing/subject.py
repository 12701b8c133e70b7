"""The plugin under test, and the findings of checks."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..catalogs import queries
from ..catalogs.allowed import Origin, is_trusted
from ..catalogs.catalog import Catalog, ModelEntry, WeightsEntry
from ..catalogs.discovery import Plugin
from ..catalogs.names import model_of
from ..errors import CatalogError, HubError, UnknownNameError
from ..packages.entry_points import normalise
from ..weights.enums import WeightsEnum
from ..weights.lookup import weights_enum

__all__ = ["Fault", "Finding", "Member", "Skipped", "Subject"]


class Fault(NamedTuple):
    """Something that is wrong.

    Attributes:
        where: the place in the catalogue, such as ``weights.Acme_Weights.members.V1``.
        problem: what is wrong.
        remedy: how to fix it.
    """

    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}\n    {self.remedy}"


class Skipped(NamedTuple):
    """Something that could not be checked.

    Attributes:
        where: the place in the catalogue.
        reason: why not.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: not checked, {self.reason}"


Finding = Fault | Skipped


class Member(NamedTuple):
    """One set of weights of the plugin.

    Attributes:
        entry: the catalogue entry of the enum.
        name: the name of the member.
        data: the member's part of the catalogue.
    """

    entry: WeightsEntry
    name: str
    data: dict[str, Any]

    @property
    def where(self) -> str:
        """The member's place in the catalogue."""
        return f"weights.{self.entry.name}.members.{self.name}"

    @property
    def weights(self) -> WeightsEnum:
        """The enum member.

        Raises:
            HubError: the hub cannot make the enum, because of an error in the catalogue.
        """
        found: WeightsEnum = weights_enum(self.entry)[self.name]
        return found

    @property
    def model(self) -> ModelEntry | None:
        """The model that the weights fit; None if it is not installed."""
        return model_of(self.entry)


class Subject:
    """A plugin under test.

    Args:
        plugin: the plugin as it was discovered.
        path: the file of its catalogue, if there is one.
        models: shell-style patterns. Only models whose names match one of them, and weights for
            these models, are checked. Default: all.

    Attributes:
        plugin: the plugin.
        path: the file of its catalogue.
        installed: whether it is an installed package.
    """

    def __init__(self, plugin: Plugin, path: Path | None, models: Iterable[str] = ()) -> None:
        self.plugin = plugin
        self.path = path
        self.installed = plugin.version != ""
        self._patterns = tuple(models)

    @classmethod
    def of_plugin(cls, name: str, models: Iterable[str] = ()) -> Subject:
        """An installed plugin.

        Args:
            name: the name of the plugin or of its distribution.
            models: patterns of the models to check.

        Raises:
            UnknownNameError: there is no such plugin, or no model of it matches.
        """
        wanted = (name, normalise(name))
        found = [p for p in queries.plugins() if p.name == name or p.distribution in wanted]
        if not found:
            raise UnknownNameError("plugin", name, [plugin.name for plugin in queries.plugins()])
        subject = cls(found[0], found[0].catalog.path if found[0].catalog else None, models)
        if (
            subject._patterns
            and subject.catalog
            and not subject.models
            and not list(subject.members)
        ):
            raise UnknownNameError("model", " ".join(subject._patterns))
        return subject

    @classmethod
    def of_file(cls, path: Path) -> Subject:
        """A catalogue file. It is not registered, so its weights have no names.

        It may name code as a data file may, or any if `hub catalog trust` was run for it.
        """
        plugin = Plugin(path.stem, normalise(path.stem), "", "broken", "", f"rm {path}")
        try:
            origin = Origin.INSTALLED if is_trusted(path) else Origin.DATA
            catalog = Catalog.read(path, plugin.distribution, origin=origin)
        except CatalogError as error:
            return cls(plugin._replace(error=str(error)), path)
        return cls(plugin._replace(status="ok", catalog=catalog), path)

    @property
    def data(self) -> Any:
        """The catalogue as parsed JSON, even if it breaks the format; None if unreadable."""
        if self.plugin.catalog is not None:
            return self.plugin.catalog.data
        try:
            return json.loads(self.path.read_text("utf-8")) if self.path else None
        except (OSError, ValueError):
            return None

    @property
    def catalog(self) -> Catalog | None:
        """The catalogue; None if it cannot be used."""
        return self.plugin.catalog

    @property
    def models(self) -> list[ModelEntry]:
        """The models to check."""
        if self.catalog is None:
            return []
        return [m for m in self.catalog.models.values() if self._selected(m.name)]

    @property
    def members(self) -> Iterator[Member]:
        """The sets of weights to check."""
        if self.catalog is None:
            return
        for entry in self.catalog.weights.values():
            if self._selected(entry.builder.rpartition("/")[2]):
                for name, data in entry.members.items():
                    yield Member(entry, name, dict(data))

    @property
    def usable_members(self) -> Iterator[Member]:
        """The members whose enums the hub can make. `check_names` reports the others."""
        for member in self.members:
            try:
                member.weights  # noqa: B018  # made on access
            except HubError:
                continue
            yield member

    @property
    def buildable_members(self) -> Iterator[Member]:
        """The usable members without those of models for which this environment is too old."""
        for member in self.usable_members:
            if member.model is None or member.model.lacks is None:
                yield member

    def _selected(self, name: str) -> bool:
        return not self._patterns or any(fnmatch.fnmatch(name, p) for p in self._patterns)
