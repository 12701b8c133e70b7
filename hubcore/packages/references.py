"""References: names of Python objects, which are imported only when they are used.

Their keyword arguments are data, in which further references may stand, at any depth:
``{"@object": REFERENCE}`` for an object itself (with arguments: for a `functools.partial` of it),
``{"@call": REFERENCE}`` for what it returns. ``"*"`` has the positional arguments.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import CatalogError, HubError, MissingDependencyError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Reference", "names_code", "resolve"]

_INNER = frozenset({"@object", "@call"})
_DEEPEST = 32  # levels of lists and objects in each other: more than anybody writes


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
        package = missing.partition(".")[0]
        if package != missing and sys.modules.get(package):
            raise CatalogError(
                f"'{reference}' cannot be imported: '{package}'{_installed(package)} has no module "
                f"'{missing}'"
            ) from error
        raise MissingDependencyError(
            f"'{reference}' needs the package '{package}', which is not installed: pip install "
            f"{package}",
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
            CatalogError: the value has another form, or a reference in its arguments has.
        """
        if isinstance(value, str):
            return cls(value)
        if isinstance(value, list) and _is_pair(value):
            _check_arguments(value[1], where)
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

    @property
    def build(self) -> Callable[..., Any]:
        """`func`, called with `keywords` and others: what `keywords` refer to is made in each call.

        It has the signature of `func`, and is `func` where `keywords` refer to nothing.
        """
        called: Callable[..., Any] = self.func
        if not callable(called):
            raise CatalogError(
                f"'{self.target}' is no class or function, but of type {type(called).__name__}"
            )
        given = self.keywords
        if "*" not in given and not names_code(given):
            return called

        @functools.wraps(called, updated=())
        def build(*args: Any, **keywords: Any) -> Any:
            made = {
                name: self._made(value) if value is given.get(name) else value
                for name, value in keywords.items()
            }
            return called(*made.pop("*", ()), *args, **made)

        return build

    def inner(self) -> Iterator[Reference]:
        """The references in its arguments, at any depth."""
        for value in _inner(self.keywords):
            found = self._inside(value)
            yield found
            yield from found.inner()

    def _inside(self, value: object) -> Reference:
        """A reference in its arguments, from its JSON value."""
        return Reference.from_json(value)

    def _made(self, value: Any) -> Any:
        """An argument with what is referred to in its place."""
        if isinstance(value, list):
            return [self._made(item) for item in value]
        if not isinstance(value, dict):
            return value
        if (key := _inner_key(value)) is None:
            return {name: self._made(item) for name, item in value.items()}
        found = self._inside(value[key])
        if key == "@call":
            return found()
        if not found.keywords:
            return found.func
        made = found._made(found.keywords)
        return functools.partial(found.func, *made.pop("*", ()), **made)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        called = self.build
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


def names_code(value: object) -> bool:
    """Whether arguments, data of a catalogue, hold a reference at any depth."""
    return next(_inner(value), None) is not None


def _inner(value: object) -> Iterator[object]:
    """The references that stand in arguments, as JSON values; not those in their own arguments."""
    if isinstance(value, list):
        for item in value:
            yield from _inner(item)
    elif isinstance(value, dict):
        if (key := _inner_key(value)) is not None:
            yield value[key]
        else:
            yield from _inner([*value.values()])


def _inner_key(value: Mapping[str, Any]) -> str | None:
    """``@object`` or ``@call``, if an object in arguments is a reference."""
    key = next(iter(value), None) if len(value) == 1 else None
    return key if key in _INNER else None


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], dict)
    )


def _check_arguments(arguments: Mapping[str, Any], where: str) -> None:
    """Checks that arguments can be followed: how deep they go, and the form of their references."""
    level: list[Any] = [*_arguments(arguments, where)]
    for _ in range(_DEEPEST):
        level = [part for value in level for part in _parts(value, where)]
        if not level:
            return
    raise CatalogError("its arguments are nested too deeply", where)


def _parts(value: object, where: str) -> Iterable[Any]:
    """What stands directly in a value of arguments."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return ()
    if not _INNER & value.keys():
        return value.values()
    inner = value[key] if (key := _inner_key(value)) is not None else None
    if isinstance(inner, str):
        return ()
    if isinstance(inner, list) and _is_pair(inner):
        return _arguments(inner[1], where)
    raise CatalogError(
        'a reference in arguments is {"@object": REFERENCE} or {"@call": REFERENCE}, with '
        '"module:attribute" or ["module:attribute", {keyword arguments}] as REFERENCE',
        where,
    )


def _arguments(arguments: Mapping[str, Any], where: str) -> Iterable[Any]:
    if not isinstance(arguments.get("*", []), list):
        raise CatalogError('"*" must be a list: the positional arguments', where)
    return arguments.values()
