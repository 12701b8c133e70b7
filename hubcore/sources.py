"""Where a file is looked for: configured mirrors and hook plugins, then the address itself."""

from __future__ import annotations

from pathlib import Path

from . import hooks, settings

__all__ = ["addresses_for", "fetch_by_hook", "has_hooks"]


def addresses_for(url: str) -> list[str]:
    """The addresses at which to ask for a file, in order, the given one last."""
    rewritten = [
        replacement + url[len(prefix) :]
        for prefix, replacement in settings.mirrors()
        if url.startswith(prefix)
    ]
    return list(dict.fromkeys([*rewritten, *hooks.rewritten(url), url]))


def has_hooks() -> bool:
    """Whether a hook plugin may know how to fetch addresses of other schemes."""
    return hooks.installed()


def fetch_by_hook(url: str, target: Path) -> bool:
    """Lets a hook plugin write the file to `target`; False if none knows the address."""
    return hooks.fetch(url, target)
