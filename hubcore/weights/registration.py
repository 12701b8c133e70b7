"""`register` adds models and weights to this process, without a package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from ..catalogs import index
from ..catalogs.allowed import Origin
from ..catalogs.catalog import Catalog, WeightsEntry
from ..catalogs.discovery import Plugin
from ..catalogs.known_packages import BUILT_IN
from ..catalogs.names import find_model
from ..catalogs.signed import signer
from ..errors import CatalogError, WrongTypeError
from ..packages.entry_points import normalise
from .adopted import adopt
from .enums import WeightsEnum
from .lookup import keep_enum

__all__ = ["Registration", "register"]


class Registration:
    """A registration made by `register`. As a context manager it lasts until the block ends."""

    def __init__(self, key: str) -> None:
        self._key = key

    def remove(self) -> None:
        """Undoes the registration."""
        index.remove_registered(self._key)

    def __enter__(self) -> Registration:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def register(
    source: Mapping[str, Any] | str | Path | type[Enum],
    *,
    builder: str | Callable[..., Any] | None = None,
    name: str = "local",
    trust: bool = False,
) -> Registration:
    """Adds models and weights to this process, as installing a package would.

    Args:
        source: a catalogue (a parsed one, or the path of its file), or an enum of weights: a
            `WeightsEnum` subclass, or another project's of torchvision's pattern, whose members get
            counterparts in the hub.
        builder: for an enum, the model that its members fit: its name or its builder.
        name: used in place of a distribution's name: canonical names are ``name/model``. A
            catalogue replaces the one registered before under this name; an enum replaces the enum
            of the same name.
        trust: let the catalogue name any Python object, as an installed package's may. Otherwise it
            names only models and preprocessing of hubcore, torchvision and the built-in families,
            and the classes and functions of your running program.

    Returns:
        A handle whose ``remove()`` undoes the registration; also a context manager.

    Raises:
        CatalogError: the catalogue breaks the format; or ``name`` is a built-in family's or an
            installed package's, or a name in it is registered already.
        SignatureError: the ``trust`` setting enforces a signature that the catalogue lacks.
        UnknownNameError: there is no model ``builder``.
        WrongTypeError: ``builder`` is missing for an enum, or given for a catalogue; or the enum's
            members are no weights.
    """
    distribution = normalise(name)
    if distribution in BUILT_IN:
        raise CatalogError(f"'{name}' is a built-in family: register under another name")
    path = Path(source) if isinstance(source, (str, Path)) else None
    plugin = Plugin(
        name, distribution, "", "ok", "", "Registration.remove()",
        path=path, signed_by=signer(distribution, "", path),
    )  # fmt: skip
    if isinstance(source, type):
        if builder is None:
            raise WrongTypeError(
                "To register an enum, name the model that its weights fit: "
                "register(MyWeights, builder='resnet50')"
            )
        key = f"{distribution}/{source.__name__}"
        model = find_model(builder)
        enum = adopt(source)
        for member in enum:
            member.value.task = member.value.task or model.task
        catalog = _catalog_of_enum(enum, model.canonical, distribution)
        index.add_registered(key, plugin._replace(catalog=catalog))
        keep_enum(catalog.weights[enum.__name__], enum)
        return Registration(key)
    if builder is not None:
        raise WrongTypeError(
            "'builder' is only for an enum: a catalogue names the builders of its weights itself."
        )
    origin = Origin.INSTALLED if trust else Origin.REGISTERED
    if isinstance(source, Mapping):
        catalog = Catalog(source, distribution, origin=origin)
    else:
        catalog = Catalog.read(Path(source), distribution, origin=origin)
    index.add_registered(distribution, plugin._replace(catalog=catalog))
    return Registration(distribution)


def _catalog_of_enum(enum: type[WeightsEnum], builder: str, distribution: str) -> Catalog:
    """A catalogue with what listing and look-ups need of an enum. All else uses the enum itself."""
    members = {
        member.name: {
            "url": member.url,
            "meta": member.meta,
            "sha256": member.value.sha256,
            "license": member.value.license,
            "task": member.value.task,
        }
        for member in enum
    }
    aliases = {
        alias: member.name
        for alias, member in enum.__members__.items()
        if alias not in (member.name, "DEFAULT")
    }
    default = enum.__members__.get("DEFAULT")
    data = {
        "builder": builder,
        "default": default.name if default else None,
        "aliases": aliases,
        "members": members,
    }
    catalog = Catalog({"schema": 1}, distribution)
    catalog.weights[enum.__name__] = WeightsEntry(catalog, enum.__name__, data)
    return catalog
