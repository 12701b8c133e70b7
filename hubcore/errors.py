"""What can go wrong, as exceptions that carry their data.

Every error that the hub raises on purpose is a `HubError`; the command line prints its message
and exits, so each message says what happened, where, and what to do. Where torchvision raises a
built-in type for the same fault, the class here derives from that type too.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "AmbiguousNameError",
    "CatalogError",
    "HubError",
    "IncompatibleCatalogError",
    "MissingDependencyError",
    "PluginError",
    "PluginWarning",
    "UnknownNameError",
    "WeightsError",
]


class HubError(Exception):
    """Base of all errors that the hub raises on purpose."""


class PluginWarning(UserWarning):
    """A plugin could not be used; everything else works on."""


class CatalogError(HubError, ValueError):
    """A catalogue breaks the format.

    Attributes:
        where: the file, and the place in it, such as ``models.resnet50.architecture``.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where


class IncompatibleCatalogError(CatalogError):
    """A catalogue is written in a newer format than this hubcore reads."""


class PluginError(HubError):
    """A plugin is broken, and ``HUBCORE_STRICT`` asks for an error instead of a warning."""


class UnknownNameError(HubError, ValueError):
    """Nothing has this name.

    Attributes:
        name: what was asked for.
        suggestions: names that are close to it, best first.
        install: the distribution that offers it and is not installed, if one is known.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        suggestions: Iterable[str] = (),
        install: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self.suggestions = tuple(suggestions)
        self.install = install
        message = f"Unknown {kind} '{name}'."
        if install:
            message += f" The family that offers it is not installed: pip install {install}"
        elif self.suggestions:
            message += f" Did you mean {_either(self.suggestions)}?"
        if hint:
            message += f" {hint}"
        super().__init__(message)


class AmbiguousNameError(HubError, ValueError):
    """Several packages offer this name and none is a built-in family.

    Attributes:
        name: what was asked for.
        candidates: the canonical names it could mean, sorted.
    """

    def __init__(self, kind: str, name: str, candidates: Iterable[str]) -> None:
        self.name = name
        self.candidates = tuple(sorted(candidates))
        super().__init__(
            f"Several packages offer the {kind} '{name}'. "
            f"Say which one you mean: {_either(self.candidates)}."
        )


class MissingDependencyError(HubError, ImportError):
    """A package that this step needs is not installed.

    Attributes:
        module: what could not be imported.
    """

    def __init__(self, message: str, module: str) -> None:
        super().__init__(message, name=module)
        self.module = module


class WeightsError(HubError, ValueError):
    """Weights do not fit the model they were given to."""


def _either(names: Iterable[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
