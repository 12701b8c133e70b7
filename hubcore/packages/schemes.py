"""Addresses of other schemes, such as ``s3:``: packages tell where they are on the web.

A package names the schemes that it knows in the entry-point group ``hubcore.schemes``, each with a
function of its own::

    [project.entry-points."hubcore.schemes"]
    lab = "acme_lab:web_address"

The function takes an address of that scheme and returns a `WebAddress`, from where the hub fetches
the file as it does any file of the web: resumed, in ranges by several connections, with its limits.
It is asked before each request, so what it gives may be signed for a short time. Which schemes
there are is read as text: nothing of a package is imported before such an address is fetched.
docs/hooks.md has a complete example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..errors import HubError, PluginError
from .entry_points import EntryPoint, entry_points, is_disabled
from .references import resolve

__all__ = ["GROUP", "WebAddress", "all_schemes", "is_known", "web_address"]

GROUP = "hubcore.schemes"


class WebAddress(NamedTuple):
    """Where a file is on the web.

    Attributes:
        url: an ``https:`` address, or ``http:``. It may be a signed one: its query is told nowhere.
        headers: HTTP headers for this address only, not for where it redirects. They are told
            nowhere.
        advice: what to do if the server refuses, or has no such file, in words; or "".
    """

    url: str
    headers: Mapping[str, str] = {}
    advice: str = ""


def all_schemes() -> list[EntryPoint]:
    """The schemes that packages know, by name. Imports nothing of them."""
    found = (e for e in entry_points(GROUP) if not is_disabled(e.name, e.distribution))
    return sorted(found, key=lambda entry: (entry.name, entry.distribution))


def is_known(scheme: str) -> bool:
    """Whether a package knows a scheme. Imports nothing of it.

    Args:
        scheme: in lower case, without the colon.
    """
    return any(entry.name.lower() == scheme for entry in all_schemes())


def web_address(url: str) -> WebAddress | None:
    """Where an address is on the web; None if no package knows its scheme.

    Args:
        url: an address of another scheme than the hub's own.

    Raises:
        HubError: the package that knows the scheme has no address, for want of credentials for
            instance.
        PluginError: several packages know the scheme, or the one that does is broken.
    """
    scheme = url.partition(":")[0].lower()
    entries = [entry for entry in all_schemes() if entry.name.lower() == scheme]
    if not entries:
        return None
    if len(entries) > 1:
        names = ", ".join(sorted(entry.distribution for entry in entries))
        raise PluginError(
            f"Several packages fetch '{scheme}:' addresses: {names}. Uninstall all but one, or "
            "leave them out with HUBCORE_DISABLE."
        )
    entry = entries[0]
    try:
        find: Callable[[str], WebAddress] = resolve(entry.value)
        return WebAddress(*find(url))
    except HubError:
        raise
    except (Exception, SystemExit) as error:
        fault = type(error).__name__
    # Not in the handler, and without its text: that may hold credentials.
    raise PluginError(
        f"The package '{entry.distribution}' failed to tell where '{scheme}:' addresses are "
        f"({fault}). To remove it: pip uninstall {entry.distribution}"
    )
