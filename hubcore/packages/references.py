"""References: names of Python objects, which are imported only when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import CatalogError, HubError, MissingDependencyError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Reference", "resolve"]


def resolve(reference: str) -> Any:
    """Imports the object that a reference names.

    Args:
        reference: ``"module:attribute"``; the attribute may be dotted.

    Raises:
        CatalogError: the reference is malformed, or its module has no such attribute.
        MissingDependencyError: its module, or one that this imports, is not installed.
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
            raise CatalogError(
                f"module '{module_name}'{_installed(module_name)} has no attribute '{attribute}'"
            ) from error
    return target


def _installed(module: str) -> str:
    """The distribution that a module is from, with its version, for messages: another has more."""
    from importlib import metadata

    names = metadata.packages_distributions().get(module.partition(".")[0], ())
    return f" of {names[0]} {metadata.version(names[0])}" if names else ""


class Reference:
    """A callable named by a string, with keyword arguments: a `functools.partial` made of data.

    It compares, copies and pickles by its text, and imports nothing until it is called or `func` is
    read.

    Attributes:
        target: the name, ``"module:attribute"``.
        keywords: the keyword arguments to call it with.
        args: always empty, for compatibility with `functools.partial`.
    """

    __slots__ = ("keywords", "target")
    args: tuple[Any, ...] = ()

    def __init__(self, target: str, keywords: Mapping[str, Any] | None = None) -> None:
        self.target = target
        self.keywords = dict(keywords or {})

    @classmethod
    def from_json(cls, value: object, where: str = "") -> Self:
        """Makes a reference from its JSON value.

        Args:
            value: ``"module:attribute"`` or ``["module:attribute", {keyword arguments}]``.
            where: the file and the place in it, for the error message.

        Raises:
            CatalogError: the value has another form.
        """
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
        """The JSON value that `from_json` reads."""
        return [self.target, self.keywords] if self.keywords else self.target

    @property
    def func(self) -> Any:
        """The callable itself, imported; raises what `resolve` raises."""
        return resolve(self.target)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        called = self.func
        try:
            return called(*args, **{**self.keywords, **keywords})
        except (TypeError, ValueError) as error:
            if args or keywords or isinstance(error, HubError):
                raise  # the caller's own arguments
            raise CatalogError(f"{self.target} does not take {self.keywords}: {error}") from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        return self.target == other.target and self.keywords == other.keywords

    def __hash__(self) -> int:
        return hash(self.target)

    def __repr__(self) -> str:
        arguments = "".join(f", {key}={value!r}" for key, value in self.keywords.items())
        return f"Reference({self.target!r}{arguments})"
