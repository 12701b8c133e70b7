"""SPDX expressions: whether one is valid, what its parts are, and the class of each licence.

Knows nothing of catalogues and of what is allowed. The classes are data of ScanCode's LicenseDB.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import MissingDependencyError

__all__ = ["class_of", "holds", "is_known", "problem"]

_CLASSES = Path(__file__).parent / "classes.json"
_is_reference = re.compile(r"LicenseRef-[A-Za-z0-9.-]+").fullmatch


def class_of(license: str) -> str:
    """The class of a licence, given by its identifier: ``permissive``, ``weak-copyleft``, ...

    The classes follow ScanCode's LicenseDB. What it does not know is ``other``, but for a
    ``LicenseRef-`` whose name says that it allows no commercial use.
    """
    name = license.lower()
    if _is_reference(license) and ("noncommercial" in name or "non-commercial" in name):
        return "non-commercial"
    return _classes().get(name, "other")


def is_known(license: str) -> bool:
    """Whether this is an SPDX identifier, or a ``LicenseRef-`` as SPDX has for other licences."""
    return license.lower() in _classes() or _is_reference(license) is not None


def problem(expression: str) -> str | None:
    """What is wrong with an SPDX expression; None if it is valid.

    Raises:
        MissingDependencyError: license-expression is not installed.
    """
    if expression.lower() in _classes() or _is_reference(expression):
        known = _spelling(expression)
        return None if known == expression else f"is spelt '{known}'"
    licensing = _licensing()
    from license_expression import ExpressionError

    try:
        parsed = licensing.parse(expression)
    except ExpressionError as error:
        return f"is no SPDX expression ({error})"
    if parsed is None:
        return "is empty"
    keys = parsed.literals
    unknown = [str(key) for key in keys if not _is_valid(key)]
    return f"names no licences of SPDX: {', '.join(sorted(unknown))}" if unknown else None


def holds(expression: str, accepted: Callable[[tuple[str, ...]], bool]) -> bool:
    """Whether an expression is acceptable: one side of each OR, and both of each AND.

    Args:
        expression: an SPDX expression.
        accepted: whether a licence is acceptable; called with its identifier, and for ``A WITH B``
            with the whole and with ``A``.

    Raises:
        MissingDependencyError: the expression has several parts, and license-expression is not
            installed.
    """
    if " " not in expression:
        return accepted((expression,))
    licensing = _licensing()
    from license_expression import ExpressionError

    try:
        parsed = licensing.parse(expression)
    except ExpressionError:
        return accepted((expression,))
    return _holds(parsed, accepted)


def _holds(node: Any, accepted: Callable[[tuple[str, ...]], bool]) -> bool:
    if node.isliteral:
        base = getattr(node, "license_symbol", None)
        return accepted((node.render(), base.key) if base is not None else (node.key,))
    results = [_holds(part, accepted) for part in node.args]
    return any(results) if node.operator.strip() == "OR" else all(results)


def _is_valid(symbol: Any) -> bool:
    base = getattr(symbol, "license_symbol", None)
    if base is not None:
        exceptions = _licensing().known_symbols
        return _is_valid(base) and symbol.exception_symbol.key in exceptions
    return is_known(symbol.key)


@functools.cache
def _licensing() -> Any:
    try:
        from license_expression import get_spdx_licensing
    except ImportError:
        raise MissingDependencyError(
            "SPDX expressions of several licences need license-expression: "
            "pip install license-expression",
            "license_expression",
        ) from None
    return get_spdx_licensing()


def _spelling(license: str) -> str:
    if _is_reference(license):
        return license
    for names in _document()["classes"].values():
        for name in names.split():
            if name.lower() == license.lower():
                return str(name)
    return license


@functools.cache
def _classes() -> Mapping[str, str]:
    return {
        name.lower(): found
        for found, names in _document()["classes"].items()
        for name in names.split()
    }


@functools.cache
def _document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(_CLASSES.read_text("utf-8"))
    return document
