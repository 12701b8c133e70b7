"""Kinds of values that settings have, in a variable's text and in the configuration file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from . import licenses

__all__ = [
    "ADDRESSES",
    "BOOLEAN",
    "CONNECTIONS",
    "COUNT",
    "HEADERS",
    "JOB",
    "LICENSES",
    "MIRRORS",
    "NAMES",
    "PATH",
    "PEERS",
    "REQUIRE",
    "ROOTS",
    "SECONDS",
    "SIZE",
    "TOKEN",
    "TRUST",
    "Kind",
    "TrustPolicy",
    "is_address",
]

JOB = "torch.distributed"
"""The peer that stands for the other processes of this job."""

_MOST = 256  # connections; a pool of so many is made at once
_SHORTEST = 16  # characters of a token; a shorter one could be guessed
_LONGEST = 1_000_000  # seconds; sockets refuse times that do not fit into their clock

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class Kind(NamedTuple):
    """A kind of value.

    Attributes:
        wanted: what to write, for messages and the docs.
        from_text: makes the value that the file would hold of the variable's text. Raises
            ValueError.
        check: makes the setting of the file's value. Raises ValueError or TypeError.
        secret: the value may hold a password, so no message contains it.
    """

    wanted: str
    from_text: Callable[[str], Any]
    check: Callable[[Any], Any]
    secret: bool = False


class TrustPolicy(NamedTuple):
    """Whose signatures the catalogue of a distribution needs.

    Attributes:
        policy: ``off``, ``warn`` or ``enforce``.
        keys: files of public keys that are accepted, in PEM.
        certificates: files of certificates that are accepted as the root of a chain, in PEM.
    """

    policy: str
    keys: tuple[Path, ...] = ()
    certificates: tuple[Path, ...] = ()


def _word(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise TypeError
    return value


def _parallel(value: Any) -> int:
    if _count(value) > _MOST:
        raise ValueError
    return int(value)


def _seconds(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError
    if not 0 < value <= _LONGEST:
        raise ValueError
    return float(value)


def _bytes(value: Any) -> int:
    from ..sizes import parse_size

    size = value if isinstance(value, int) else parse_size(_text(value))
    if isinstance(value, bool) or size < 1:
        raise ValueError
    return size


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _path(value: Any) -> Path:
    path = Path(_text(value))
    if not value.strip() or "\0" in value:
        raise ValueError
    if value.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:
            raise ValueError from None
    return path


def _roots(value: Any) -> tuple[Path | str, ...]:
    return tuple(item if is_address(_text(item)) else _path(item) for item in _list(value))


def is_address(text: str) -> bool:
    """Whether this is an address, ``SCHEME://...``, and no path."""
    return re.match(r"(?i)[a-z][a-z0-9+.-]+://[^/]", text) is not None


def _paths(value: Any) -> tuple[Path, ...]:
    return tuple(_path(item) for item in _list(value))


def _names(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in _list(value))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _full(value: Any) -> str:
    if value not in ("", "full"):
        raise ValueError
    return str(value)


def _pairs(text: str) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for item in _words(text):
        prefix, equals, replacement = item.partition("=")
        if not equals:
            raise ValueError
        pairs.setdefault(prefix, []).append(replacement)
    return pairs


def _mirrors(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = tuple(
        (prefix, _text(replacement))
        for prefix, several in _mapping(value).items()
        for replacement in ([several] if isinstance(several, str) else _list(several))
    )
    if not all(prefix and replacement for prefix, replacement in pairs):
        raise ValueError
    return pairs


def _headers(value: Any) -> dict[str, dict[str, str]]:
    for prefix, headers in _mapping(value).items():
        if not re.match(r"https?://[^/]", prefix):
            raise ValueError(prefix)
        for name, content in _mapping(headers).items():
            if re.search(r"[\r\n\0]", name + _text(content)):
                raise ValueError
    return dict(value)


def _peers(value: Any) -> tuple[str, ...]:
    peers = _names(value)
    for peer in peers:
        if re.match(r"(?i)https?://", peer):
            from urllib.parse import urlsplit

            parts = urlsplit(peer)
            _ = parts.port  # which raises ValueError
            if not parts.hostname or parts.query or parts.fragment:
                raise ValueError
        elif peer != JOB and not Path(peer).is_absolute():
            raise ValueError
    return peers


def _token(value: Any) -> str:
    if len(_text(value)) < _SHORTEST or not value.isprintable():
        raise ValueError
    return str(value)


def _trust(value: Any) -> dict[str, TrustPolicy]:
    policies = {}
    for name, table in _mapping(value).items():
        policy = TrustPolicy(
            _text(_mapping(table).get("policy")),
            _paths(table.get("keys", [])),
            _paths(table.get("certificates", [])),
        )
        accepted = (*policy.keys, *policy.certificates)
        if (
            policy.policy not in ("off", "warn", "enforce")
            or set(table) - set(TrustPolicy._fields)
            or not (accepted or policy.policy == "off")
            # A relative path would name another key in each folder.
            or not all(path.is_absolute() for path in accepted)
        ):
            raise ValueError
        # The spelling of packaging's canonicalize_name, whose import takes longer than this.
        policies[re.sub(r"[-_.]+", "-", name).lower()] = policy
    return policies


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _folders(text: str) -> list[str]:
    found: list[str] = []
    for part in text.split(os.pathsep):
        joined = f"{found[-1]}:{part}" if found else ""
        known = found and is_address(found[-1])
        # The colon after a scheme and that before a port are the address's own.
        if re.match(r"[0-9]+(/|$)", part) if known else is_address(joined):
            found[-1] = joined
        elif part:
            found.append(part)
    return found


BOOLEAN = Kind("1 or 0 (also true, yes, on and false, no, off; in the file true or false)",
               _word, _boolean)  # fmt: skip
COUNT = Kind("a whole number above 0", int, _count)
CONNECTIONS = Kind(f"a whole number from 1 to {_MOST}", int, _parallel)
SECONDS = Kind(f"a number of seconds above 0, at most {_LONGEST}", float, _seconds)
SIZE = Kind("a size such as 20GB or 500 MiB", str, _bytes)
PATH = Kind("a path", str, _path)
ROOTS = Kind(
    "folders, or addresses such as s3://BUCKET/PATH, separated as in PATH; in the file a list",
    _folders,
    _roots,
    secret=True,
)
NAMES = Kind("names, separated by commas or spaces; in the file a list", _words, _names)
REQUIRE = Kind("full, or nothing", str.strip, _full)
ADDRESSES = Kind(
    "addresses or folders, separated by spaces; in the file a list", str.split, _names, secret=True
)
PEERS = Kind(
    f"addresses (http://HOST:PORT), absolute paths of files of them, or {JOB}, separated by "
    "spaces; in the file a list",
    str.split,
    _peers,
    secret=True,
)
TOKEN = Kind(f"a secret of at least {_SHORTEST} characters", str, _token, secret=True)
MIRRORS = Kind(
    "PREFIX=REPLACEMENT, several with spaces between; in the file a table [mirrors] of "
    '"PREFIX" = "REPLACEMENT" or a list of replacements',
    _pairs,
    _mirrors,
    secret=True,
)
HEADERS = Kind('a table [headers."https://HOST/..."] of NAME = "VALUE"', str, _headers, secret=True)
TRUST = Kind(
    'tables [trust.NAME] of policy = "off", "warn" or "enforce", keys and certificates, which are '
    "lists of absolute paths",
    str,
    _trust,
)
LICENSES = Kind(
    "lists such as deny=non-commercial,not-stated, with spaces only between lists; the lists are "
    "allow, deny, data-allow and data-deny, of SPDX identifiers and classes (permissive, "
    "weak-copyleft, copyleft, non-commercial, other, not-stated); in the file a table [licenses]",
    licenses.from_text,
    licenses.policy,
)
