"""The setting ``licenses``: which licences and training data are allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import date

__all__ = ["CLASSES", "REPOSITORY", "LicenseException", "LicensePolicy", "from_text", "policy"]

CLASSES = frozenset(
    {"permissive", "weak-copyleft", "copyleft", "non-commercial", "other", "not-stated"}
)
"""What licences are sorted into; ``not-stated`` is where nobody states one."""
REPOSITORY = "repository"
"""In an allow list: the licence of a repository counts for the weights that it publishes."""

_LISTS = ("allow", "deny", "data-allow", "data-deny")
_is_identifier = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*").fullmatch


class LicenseException(NamedTuple):
    """Weights that are allowed whatever the lists say.

    Attributes:
        weights: the canonical name of the weights, or a shell-style pattern of such names.
        reason: why they are allowed.
        until: the last day on which they are; None for ever.
    """

    weights: str
    reason: str
    until: date | None = None


class LicensePolicy(NamedTuple):
    """What is allowed. The lists hold SPDX identifiers and classes, in lower case.

    Attributes:
        allow: what the licence of weights must be; None allows all.
        deny: what it must not be.
        data_allow, data_deny: the same for the terms of each data set.
        exceptions: weights that are allowed all the same.
    """

    allow: frozenset[str] | None = None
    deny: frozenset[str] = frozenset()
    data_allow: frozenset[str] | None = None
    data_deny: frozenset[str] = frozenset()
    exceptions: tuple[LicenseException, ...] = ()


def from_text(text: str) -> dict[str, Any]:
    """Reads ``allow=permissive,MIT deny=non-commercial``, or JSON, as the file would hold it.

    Raises:
        ValueError: the text has another form.
    """
    if text.lstrip().startswith("{"):
        import json

        return dict(json.loads(text))
    found: dict[str, Any] = {}
    for word in text.split():
        key, equals, names = word.partition("=")
        if not equals or key in found:
            raise ValueError
        found[key] = [name for name in names.split(",") if name]
    return found


def policy(value: Any) -> LicensePolicy | None:
    """Makes the policy of the file's table; None if it is empty.

    Raises:
        ValueError, TypeError: the table has an unknown key, or a value of the wrong kind.
    """
    if not isinstance(value, Mapping):
        raise TypeError
    if not value:
        return None
    if value.keys() - {*_LISTS, "exceptions"}:
        raise ValueError
    allow, deny, data_allow, data_deny = (_names(value.get(key), key) for key in _LISTS)
    exceptions = value.get("exceptions", [])
    if not isinstance(exceptions, list):
        raise TypeError
    return LicensePolicy(
        allow,
        deny or frozenset(),
        data_allow,
        data_deny or frozenset(),
        tuple(map(_exception, exceptions)),
    )


def _names(value: Any, key: str) -> frozenset[str] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError
    for name in value:
        if not isinstance(name, str) or not _is_identifier(name):
            raise ValueError
        if name == REPOSITORY and key == "allow":
            continue
        if name not in CLASSES and not _is_license(name):
            raise ValueError
    return frozenset(name.lower() for name in value)


def _is_license(name: str) -> bool:
    from ..spdx import is_known

    return is_known(name)


def _exception(value: Any) -> LicenseException:
    from datetime import date, datetime

    if not isinstance(value, Mapping) or not {"weights", "reason"} <= value.keys():
        raise ValueError
    if value.keys() - {"weights", "reason", "until"}:
        raise ValueError
    until = value.get("until")
    if isinstance(until, str):
        until = date.fromisoformat(until)
    if isinstance(until, datetime) or not (until is None or isinstance(until, date)):
        raise TypeError
    weights, reason = value["weights"], value["reason"]
    if not (isinstance(weights, str) and isinstance(reason, str) and weights and reason.strip()):
        raise ValueError
    return LicenseException(weights, reason, until)
