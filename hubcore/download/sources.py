"""The addresses to try for a file: configured mirrors, those of hook plugins, then its own."""

from __future__ import annotations

from .. import settings
from ..packages import hooks
from .addresses import scheme
from .huggingface import web_address

__all__ = ["addresses_for"]


def addresses_for(url: str) -> list[str]:
    """The addresses to try for the file at `url`, in order, `url` itself last.

    Of an ``hf:`` address that is the https one, whose mirrors serve as well.

    Raises:
        UnsafeAddressError: it is an ``hf:`` address of another form.
        SettingsError: ``HUBCORE_MIRRORS`` or the configuration file is invalid.
        PluginError: a hook plugin failed.
    """
    rewritten = [
        replacement + url[len(prefix) :]
        for prefix, replacement in settings.mirrors()
        if url.startswith(prefix)
    ]
    own = addresses_for(web_address(url)) if scheme(url) == "hf" else [url]
    return list(dict.fromkeys([*rewritten, *hooks.rewritten(url), *own]))
