"""References: names of Python objects that are imported when they are used, not before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import CatalogError, MissingDependencyError

__all__ = ["Reference", "resolve"]


def resolve(reference: str) -> Any:
    """Imports what ``"module:attribute"`` names; the attribute may be dotted.

    Raises:
        CatalogError: the reference is malformed, or its module has no such attribute.
        MissingDependencyError: a package it needs is not installed.
    """
    import importlib

    module_name, _, attribute = reference.partition(":")
    if not module_name or not attribute:
        raise CatalogError(f"'{reference}' is not of the form 'module:attribute'")
    try:
        target: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        raise MissingDependencyError(
            f"'{reference}' needs the package '{missing.partition('.')[0]}', which is not "
            f"installed: pip install {missing.partition('.')[0]}",
            missing,
        ) from error
    for part in attribute.split("."):
        try:
            target = getattr(target, part)
        except AttributeError as error:
            raise CatalogError(f"module '{module_name}' has no attribute '{attribute}'") from error
    return target


class Reference:
    """A callable named by a string, with keyword arguments: a `functools.partial` of data.

    It compares, copies and pickles by its text, shows `func`, `args` and `keywords` as a partial
    does, and imports nothing until it is called.
    """

    __slots__ = ("keywords", "target")
    args: tuple[Any, ...] = ()

    def __init__(self, target: str, keywords: Mapping[str, Any] | None = None) -> None:
        self.target = target
        self.keywords = dict(keywords or {})

    @classmethod
    def from_json(cls, value: object, where: str = "") -> Reference:
        """Reads ``"module:attribute"`` or ``["module:attribute", {keyword arguments}]``."""
        if isinstance(value, str):
            return cls(value)
        if (
            isinstance(value, list)
            and len(value) == 2
            and isinstance(value[0], str)
            and isinstance(value[1], dict)
        ):
            return cls(value[0], value[1])
        raise CatalogError(
            'expected "module:attribute" or ["module:attribute", {keyword arguments}]', where
        )

    def to_json(self) -> str | list[Any]:
        return [self.target, self.keywords] if self.keywords else self.target

    @property
    def func(self) -> Any:
        return resolve(self.target)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self.func(*args, **{**self.keywords, **keywords})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        return self.target == other.target and self.keywords == other.keywords

    def __hash__(self) -> int:
        return hash(self.target)

    def __repr__(self) -> str:
        arguments = "".join(f", {key}={value!r}" for key, value in self.keywords.items())
        return f"Reference({self.target!r}{arguments})"
