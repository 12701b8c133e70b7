"""What packages add by an entry point that names a class: tasks, engines and executors.

Such an entry is a named tuple with at least the fields of `Entry`. Which one a name means is
decided here, for all kinds: the hub's own, else that of a built-in family, else that of the only
package that adds one.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from ..errors import AmbiguousNameError, HubError, PluginError
from ..packages.entry_points import entry_points, is_disabled, normalise
from .known_packages import BUILT_IN

__all__ = ["Entry", "Installed", "canonical", "fault", "installed", "load", "the_one"]


class Entry(Protocol):
    """What is known of an entry without importing its code.

    Attributes:
        name: its name.
        target: the class that implements it, as ``module:Class``.
        distribution: the distribution that adds it, normalised; "" for the hub's own.
        status: ``ok``, ``broken``, or ``disabled`` by ``HUBCORE_DISABLE``.
        error: why it is broken; else "".
    """

    @property
    def name(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def distribution(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def error(self) -> str: ...


Found = TypeVar("Found", bound=Entry)


class Installed(NamedTuple):
    """An entry of which nothing but its entry point is known."""

    name: str
    target: str
    distribution: str
    status: str = "ok"
    error: str = ""


def installed(group: str) -> list[Installed]:
    """The entries that installed packages add to a group, which need no facts beside their code."""
    return [
        Installed(one.name, one.value, one.distribution, "disabled" if off else "ok")
        for one in entry_points(group)
        for off in [is_disabled(one.name, one.distribution)]
    ]


def canonical(entry: Entry) -> str:
    """``distribution/name``, which no other package can take; the bare name if it is ours."""
    return f"{entry.distribution}/{entry.name}" if entry.distribution else entry.name


def the_one(kind: str, name: str, entries: Iterable[Found]) -> Found | None:
    """The entry that a name means, of those of packages.

    Args:
        kind: what is looked up, for messages: ``task``.
        name: the bare name, or ``distribution/name``.
        entries: all entries; those of other names are left out.

    Returns:
        None if there is none.

    Raises:
        AmbiguousNameError: several packages add one of this name.
        PluginError: the package that adds it is broken, or ``HUBCORE_DISABLE`` disables it.
    """
    distribution, _, bare = name.rpartition("/")
    found = [
        entry
        for entry in entries
        if entry.name == bare
        and (not distribution or entry.distribution == normalise(distribution))
    ]
    enabled = [entry for entry in found if entry.status != "disabled"]
    if found and not enabled:
        raise PluginError(
            f"The {kind} '{bare}' is added by '{found[0].distribution}', which HUBCORE_DISABLE "
            f"disables. To use it, take it out of HUBCORE_DISABLE."
        )
    chosen: Sequence[Found] = [one for one in enabled if one.distribution in BUILT_IN] or enabled
    if len(chosen) > 1:
        raise AmbiguousNameError(kind, bare, map(canonical, chosen))
    for one in chosen:
        if one.status == "broken":
            raise fault(kind, one, f"cannot be used: {one.error}")
        return one
    return None


def load(kind: str, entry: Entry) -> Any:
    """The entry's class, imported.

    Raises:
        PluginError: what the entry point names cannot be imported, or is not there.
        HubError: any that the module raises itself.
    """
    module, _, attribute = entry.target.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except HubError:
        raise
    except (Exception, SystemExit) as error:
        what = f"cannot be loaded ({type(error).__name__}: {error})"
        raise fault(kind, entry, what) from error


def fault(kind: str, entry: Entry, what: str) -> PluginError:
    """An error that names the entry and the distribution that adds it."""
    if not entry.distribution:
        return PluginError(f"The {kind} '{entry.name}' {what}.")
    return PluginError(
        f"The {kind} '{entry.name}' of the distribution '{entry.distribution}' {what}. "
        f"To remove it: pip uninstall {entry.distribution}"
    )
