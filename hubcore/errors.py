"""The hub's exceptions, which carry their data as attributes.

Every error that the hub raises on purpose is a `HubError`. The command line prints its message and
exits, so each message says what happened, where, and what to do. Where torchvision raises a
built-in type for the same fault, the class here derives from that type too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = [
    "AmbiguousNameError",
    "CatalogError",
    "ChangedUpstreamError",
    "DigestMismatchError",
    "DownloadError",
    "HubError",
    "IncompatibleCatalogError",
    "LicenseError",
    "MissingDependencyError",
    "MissingDigestError",
    "NotEnoughSpaceError",
    "OfflineError",
    "PluginError",
    "PluginWarning",
    "SettingsError",
    "SignatureError",
    "StoreError",
    "UnknownNameError",
    "UnsafeAddressError",
    "WeightsError",
    "WrongTypeError",
    "WrongWeightsError",
]


class HubError(Exception):
    """Base of all errors that the hub raises on purpose."""


class PluginWarning(UserWarning):
    """A plugin cannot be used and is left out; everything else still works."""


class CatalogError(HubError, ValueError):
    """A catalogue does not follow the format.

    Attributes:
        where: the file and the place in it, such as ``models.resnet50.architecture``; "" if
            unknown.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where


class SignatureError(HubError):
    """A catalogue is not signed by a signer whom the user accepts, or not as it is now."""


class IncompatibleCatalogError(CatalogError):
    """A catalogue is written in a newer format than this version of hubcore reads."""


class PluginError(HubError):
    """A plugin is broken, and ``HUBCORE_STRICT`` asks for an error instead of a warning."""


class UnknownNameError(HubError, ValueError):
    """Nothing has this name.

    Args:
        hint: a sentence that is appended to the message.

    Attributes:
        kind: what was looked up, such as ``model`` or ``weights``.
        name: the name that was asked for.
        suggestions: similar names, best match first.
        install: the distribution that offers the name but is not installed, or None.
        hint: the sentence that was appended, or None.
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
        self.hint = hint
        message = f"Unknown {kind} '{name}'."
        if install:
            message += f" The package that offers it is not installed: pip install {install}"
        elif self.suggestions:
            message += f" Did you mean {_either(self.suggestions)}?"
        if hint:
            message += f" {hint}"
        super().__init__(message)


class AmbiguousNameError(HubError, ValueError):
    """Several packages offer this name, and none of them is a built-in family.

    Attributes:
        name: the name that was asked for.
        candidates: the canonical names that it could mean, sorted.
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
        module: the name of the module that could not be imported.
    """

    def __init__(self, message: str, module: str) -> None:
        super().__init__(message, name=module)
        self.module = module


class WeightsError(HubError, ValueError):
    """Weights do not fit the model that they were given to."""


class LicenseError(HubError):
    """The user's rules for licences refuse weights.

    Attributes:
        name: the canonical name of the weights.
        reason: which rule refuses what.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The rules for licences refuse {name}: {reason}. To allow these weights, change the "
            f"list in the setting 'licenses' (HUBCORE_LICENSES), or add an exception with a reason "
            f'to it: {{ weights = "{name}", reason = "..." }}'
        )
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type[LicenseError], tuple[str, str]]:
        return type(self), (self.name, self.reason)


class WrongTypeError(HubError, TypeError):
    """An argument is of a type that the function does not take, or is missing."""


class WrongWeightsError(WeightsError, TypeError):
    """What was given as weights is none, or was made for another model."""


class SettingsError(HubError, ValueError):
    """An environment variable or the configuration file holds an invalid value."""


class StoreError(HubError, OSError):
    """The store's folder cannot be used: it is read-only, not a folder, or its disk failed."""


class NotEnoughSpaceError(StoreError):
    """The file does not fit on the store's disk or within its quota.

    Attributes:
        needed: the bytes still to be written, or None if unknown.
        free: the free bytes, or None if unknown: the disk or the quota is full.
    """

    def __init__(self, message: str, *, needed: int | None, free: int | None) -> None:
        super().__init__(message)
        self.needed = needed
        self.free = free


class UnsafeAddressError(HubError, ValueError):
    """An address that the hub refuses to open, for its scheme, its host or its characters."""


class MissingDigestError(HubError, ValueError):
    """A file is to be verified, but there is no valid digest to verify it against."""


class DownloadError(HubError):
    """No address served the file.

    Attributes:
        attempts: pairs (address without secrets, what went wrong), in the order of the attempts.
    """

    def __init__(self, message: str, attempts: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.attempts = tuple(attempts)


class OfflineError(DownloadError):
    """The file is not in the store, and ``HUBCORE_OFFLINE`` forbids fetching it."""


class DigestMismatchError(DownloadError, RuntimeError):
    """The bytes do not have the expected SHA-256; none of them were kept.

    ``torch.hub`` raises a `RuntimeError` for this fault, so this is one too.

    Args:
        advice: a sentence that is appended to the message.

    Attributes:
        source: where the bytes came from (an address without secrets, or a path).
        expected: the expected digest or a prefix of it, in lower-case hexadecimal digits.
        actual: the full digest of the bytes that arrived.
    """

    def __init__(self, source: str | Path, expected: str, actual: str, advice: str = "") -> None:
        message = (
            f"Wrong SHA-256 for {source}: expected {expected}"
            f"{'...' if len(expected) < 64 else ''}, got {actual}. Nothing was kept."
        )
        super().__init__(f"{message} {advice}" if advice else message)
        self.source = str(source)
        self.expected = expected
        self.actual = actual


class ChangedUpstreamError(DigestMismatchError):
    """The file at this address is no longer the one that was fetched first and trusted."""


def _either(names: Iterable[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
