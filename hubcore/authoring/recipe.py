"""What to pack, and what is wrong with it that shows before the checkpoint is read with torch."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import spdx
from ..atomic_write import check_writable
from ..catalogs.metrics import impossible
from ..catalogs.values import RESERVED, is_identifier
from ..download.addresses import check_address
from ..download.public import hindrance
from ..errors import HubError
from ..packages import hooks
from ..printable import printable

__all__ = ["PackError", "Recipe", "check_recipe", "writable_folder"]

_LONGEST_NAME = 100  # it is in the wheel's file name, which has at most 255 bytes
_is_address = re.compile(r"https?://[^\s/]+\.[^\s]+").fullmatch


class PackError(HubError, ValueError):
    """A checkpoint cannot be packed as requested."""


@dataclass(frozen=True)
class Recipe:
    """What to pack, and the facts about it.

    Attributes:
        checkpoint: the file of a state dict, which `torch.load` reads, or a safetensors file.
        model: the name of the model that the tensors fit.
        categories: the names of the classes, in the order of the model's outputs. Empty for a model
            without classes.
        name: the name of the distribution.
        version: the version of the distribution.
        member: the name of the weights in their enum.
        metrics: results by name, such as ``{"acc@1": 97.1}``; in percent where that is usual.
        dataset: the data set that the metrics were measured on. Default: the record's, or "own".
        record: a file of ``hub evaluate --record``, from which the metrics are taken, and which the
            package ships.
        license: an SPDX identifier, the address of a licence, or "unknown".
        parent: the name of the weights that the checkpoint was tuned from. The package carries
            their digest and their terms.
        url: the address that users will download the checkpoint from. None: the checkpoint goes
            into the wheel.
        training: the address of a description of the training.
        preprocessing: arguments of the preprocessing that differ from those of the model's default
            weights, such as ``{"crop_size": 96}``.
    """

    checkpoint: Path
    model: str
    categories: Sequence[str]
    name: str
    version: str = "0.1.0"
    member: str = "V1"
    metrics: Mapping[str, float] = field(default_factory=dict)
    dataset: str | None = None
    record: Path | None = None
    license: str = "unknown"
    parent: str | None = None
    url: str | None = None
    training: str | None = None
    preprocessing: Mapping[str, Any] = field(default_factory=dict)


def check_recipe(recipe: Recipe) -> None:
    """Checks all of a recipe but the checkpoint.

    Raises:
        PackError: a value is none that a package can have, by the rules of `hub check`.
        UnsafeAddressError: nobody could download from the address.
    """
    from packaging.version import InvalidVersion, Version

    for option, text in _texts(recipe):
        if not text.isprintable() or text != text.strip():
            raise PackError(
                f"{option} '{printable(text)}' has characters in it that are not shown: leave "
                f"them out."
            )
    if len(recipe.name) > _LONGEST_NAME:
        raise PackError(f"The package's name is longer than {_LONGEST_NAME} characters.")
    try:
        Version(recipe.version)
    except InvalidVersion:
        raise PackError(
            f"'{recipe.version}' is not a version: write --version 1.0, or 1.0.dev1."
        ) from None
    name = recipe.member
    if not is_identifier(name) or keyword.iskeyword(name) or name[0] == "_" or len(name) > 100:
        raise PackError(
            f"'{name}' cannot be the name of weights: use letters, digits and '_', and begin with "
            f"a letter, as in V1 or FLOWERS_V2."
        )
    if name in RESERVED or name.upper() == "DEFAULT":
        raise PackError(
            f"'{name}' cannot be the name of weights: enums use it themselves. Write V1, say."
        )
    _check_license(recipe.license)
    for name, value in recipe.metrics.items():
        if not name or not math.isfinite(value):
            raise PackError(f"'{name}={value}' is not a metric: write --metric acc@1=97.1.")
    for name, problem, remedy in impossible(recipe.metrics):
        raise PackError(f"--metric {name}{': ' if name else ''}{problem}: {remedy}.")
    if recipe.record is not None and recipe.metrics:
        raise PackError("The metrics are those of the record: leave out --metric, or --record.")
    if recipe.dataset == "":
        raise PackError("The data set has no name: write --dataset NAME, or leave it out.")
    if recipe.url is not None:
        check_address(recipe.url, other_schemes=lambda: bool(hooks.installed()))
        found = hindrance(recipe.url)
        if found is not None and found.certain:
            raise PackError(f"Users cannot fetch from this --url: {found.reason}.")
    _check_preprocessing(recipe)


def _texts(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """The texts that the package will show, with the options that give them."""
    yield "--name", recipe.name
    yield "--version", recipe.version
    yield "--license", recipe.license
    yield from (("--metric", name) for name in recipe.metrics)
    yield from (("--categories", name) for name in recipe.categories)
    for option, text in (
        ("--dataset", recipe.dataset),
        ("--recipe", recipe.training),
        ("--url", recipe.url),
    ):
        if text is not None:
            yield option, text


def _check_license(license: str) -> None:
    if license.lower() == "unknown" or _is_address(license):
        return
    problem = spdx.problem(license) if license.strip() else "is empty"
    if problem:
        raise PackError(
            f"--license '{license}' {problem}: write an identifier of SPDX such as MIT, an "
            f"expression of several, an address, LicenseRef-NAME, or unknown."
        )


def _check_preprocessing(recipe: Recipe) -> None:
    for name, value in recipe.preprocessing.items():
        option = "--" + name.replace("_", "-")
        if name in ("crop_size", "resize_size") and isinstance(value, int) and value < 1:
            raise PackError(f"{option} {value} is less than a pixel.")
        if name in ("mean", "std") and not all(math.isfinite(part) for part in value):
            raise PackError(f"{option} must be three finite numbers.")
        if name == "std" and min(value) <= 0:
            raise PackError(f"{option} must be above 0: images are divided by it.")


def writable_folder(folder: Path) -> None:
    """Checks that files can be written to a folder, or that it can be made.

    Raises:
        PackError: they cannot.
    """
    try:
        check_writable(folder / "file")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PackError(f"Cannot write to {folder}: {reason}.") from error
