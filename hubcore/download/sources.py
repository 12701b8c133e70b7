"""Where a file is looked for: configured mirrors and hook plugins, then the address itself."""

from __future__ import annotations

from .. import settings
from ..packages import hooks

__all__ = ["addresses_for"]


def addresses_for(url: str) -> list[str]:
    """The addresses at which to ask for a file, in order, the given one last."""
    rewritten = [
        replacement + url[len(prefix) :]
        for prefix, replacement in settings.mirrors()
        if url.startswith(prefix)
    ]
    return list(dict.fromkeys([*rewritten, *hooks.rewritten(url), url]))
