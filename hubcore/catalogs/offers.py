"""Offers: what packages that need not be installed have, as sites publish it.

A site of `hub site build` has it at ``api/v1/index.json``. It is data from elsewhere: nothing in it
is run or installed, the commands that install a package are made here, and its names are canonical
ones, so that they never stand for what is installed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from ..download.addresses import redact, scheme
from ..download.documents import read_document
from ..errors import CatalogError, IncompatibleCatalogError
from .facts import TEXTS
from .measured import STATES
from .parsing import parse
from .values import is_identifier, is_name

__all__ = ["INDEX", "Offers", "Package", "is_distribution", "read_indexes"]

INDEX = "api/v1/index.json"
"""Where a site has its index, below its own address."""

is_distribution = re.compile(r"(?=.{1,100}$)[a-z0-9]+(-[a-z0-9]+)*", re.ASCII).fullmatch
"""Whether a text is the normalised name of a distribution, which may stand in a command."""

_SCHEMA = 1
_WORDS = {"measured": STATES, "digest": ("full", "prefix", "none")}
"""What may be said in fields whose words are fixed."""
_LIMIT = 64 * 1024**2  # bytes
_LONGEST = 300  # characters of a summary


class Package(NamedTuple):
    """A package that an index tells of.

    Attributes:
        distribution: its normalised name.
        version: its version there, or "".
        summary: its line of description, or "".
        source: the address of the index that tells of it, without secrets.
    """

    distribution: str
    version: str
    summary: str
    source: str

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"pip install {self.distribution}"


class Offers(NamedTuple):
    """What indexes tell of.

    Attributes:
        packages: by distribution.
        models: the facts of models by their canonical names, as `facts.facts` has them.
        weights: the facts of weights by their canonical names.
    """

    packages: dict[str, Package]
    models: dict[str, dict[str, Any]]
    weights: dict[str, dict[str, Any]]


def read_indexes(addresses: Iterable[str]) -> Offers:
    """What several indexes tell of. Of a package, the first that knows it tells all.

    Args:
        addresses: of sites or of their ``index.json``: a folder or a file, as a path or as
            ``file:``, or ``https:``.

    Raises:
        CatalogError: an index cannot be read, or does not follow the format.
        IncompatibleCatalogError: one is written in a newer format.
        DownloadError: one cannot be fetched.
    """
    found = Offers({}, {}, {})
    for address in addresses:
        where, document = _read(address)
        new = {
            package.distribution: package
            for package in _packages(document, where)
            if package.distribution not in found.packages
        }
        found.packages.update(new)
        for key, rows in (("models", found.models), ("weights", found.weights)):
            for place, row in enumerate(_list(document, key, where)):
                plugin = row.get("plugin") if isinstance(row, dict) else None
                if _is_text(plugin) and plugin in new:
                    facts = _facts(row, key, f"{where}: {key}[{place}]")
                    rows[facts["name"]] = facts
    return found


def _read(address: str) -> tuple[str, Mapping[str, Any]]:
    kind = scheme(address)
    if kind in ("http", "https"):
        is_document = urlsplit(address).path.endswith(".json")
        url = address if is_document else f"{address.rstrip('/')}/{INDEX}"
        where = redact(url)
        content = read_document(url, _LIMIT)
    else:
        path = Path(unquote(urlsplit(address).path)) if kind == "file" else Path(address)
        if path.is_dir():
            path = path / INDEX
        where, content = str(path), _content(path, address)
    document = parse(content, where, strict=True)
    if not isinstance(document, dict) or type(document.get("schema")) is not int:
        raise CatalogError("is not the index of a site", where)
    if document["schema"] > _SCHEMA:
        raise IncompatibleCatalogError("is written in a newer format: update hubcore", where)
    return where, document


def _content(path: Path, address: str) -> bytes:
    from ..devices import read_small

    try:
        return read_small(path, _LIMIT)
    except (OSError, ValueError) as error:  # ValueError: a null character
        reason = getattr(error, "strerror", None) or str(error)
        raise CatalogError(
            f"cannot be read ({reason}). An index is the address of a site, such as "
            "https://example.org/hub/, or its folder",
            str(path) if address else "an empty address",
        ) from error


def _packages(document: Mapping[str, Any], where: str) -> Iterable[Package]:
    for place, data in enumerate(_list(document, "packages", where)):
        if not isinstance(data, dict) or not _is_text(data.get("distribution")):
            raise CatalogError("must have a distribution", f"{where}: packages[{place}]")
        if not is_distribution(data["distribution"]):
            raise CatalogError(
                f"{data['distribution'][:80]!r} is no normalised name of a distribution",
                f"{where}: packages[{place}]",
            )
        texts = [data.get(key, "") for key in ("version", "summary")]
        version, summary = (text[:_LONGEST] if _is_text(text) else "" for text in texts)
        yield Package(data["distribution"], version, summary, where)


def _facts(row: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """The facts of a row, of the kinds that `facts` has; other keys are left out."""
    name = row["name"] if _is_text(row.get("name")) else ""
    enum, _, member = name.partition(".")
    valid = is_name(name) if key == "models" else is_identifier(enum) and is_identifier(member)
    if not valid:
        raise CatalogError(f"{name[:80]!r} is not a valid name", where)
    if key == "weights" and not _is_text(row.get("model")):
        raise CatalogError('must have a "model"', where)
    facts: dict[str, Any] = {"name": f"{row['plugin']}/{name}"}
    for field, value in row.items():
        if field in ("name", "lacks"):  # what is lacking is another machine's
            continue
        if field in _WORDS:
            is_right = value in _WORDS[field] if _is_text(value) else False
        else:
            is_right = _is_text(value) if field in TEXTS else _is_number(value)
        if is_right:
            facts[field] = value
    if key == "models":
        facts.setdefault("weights", 0)
    return facts


def _list(document: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = document.get(key)
    if not isinstance(value, list):
        raise CatalogError(f'must have a list "{key}"', where)
    return value


def _is_number(value: Any) -> bool:
    kind = type(value)
    return (kind is float and math.isfinite(value)) or (kind is int and abs(value) < 2**63)


def _is_text(value: Any) -> bool:
    return type(value) is str
