"""The addresses to try for a file: configured mirrors, those of hook plugins, then its own."""

from __future__ import annotations

from .. import settings
from ..packages import hooks

__all__ = ["addresses_for"]


def addresses_for(url: str) -> list[str]:
    """The addresses to try for the file at `url`, in order, `url` itself last.

    Raises:
        SettingsError: ``HUBCORE_MIRRORS`` or the configuration file is invalid.
        PluginError: a hook plugin failed.
    """
    rewritten = [
        replacement + url[len(prefix) :]
        for prefix, replacement in settings.mirrors()
        if url.startswith(prefix)
    ]
    return list(dict.fromkeys([*rewritten, *hooks.rewritten(url), url]))
