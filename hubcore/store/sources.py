"""Where a file is looked for: configured mirrors and hook plugins, then the address itself."""

from __future__ import annotations

from pathlib import Path

from .. import settings

__all__ = ["addresses_for", "fetch_by_hook", "may_be_fetched_by_hook"]

# Hooks stand above the store, so they are imported where they are called. They cost nothing where
# no package implements any.


def addresses_for(url: str) -> list[str]:
    """The addresses at which to ask for a file, in order, the given one last."""
    from .. import hooks

    rewritten = [
        replacement + url[len(prefix) :]
        for prefix, replacement in settings.mirrors()
        if url.startswith(prefix)
    ]
    return list(dict.fromkeys([*rewritten, *hooks.rewritten(url), url]))


def may_be_fetched_by_hook() -> bool:
    """Whether some package may know how to fetch addresses of other schemes."""
    from .. import hooks

    return hooks.installed()


def fetch_by_hook(url: str, target: Path) -> bool:
    """Lets a package write the file to `target`; False if none knows the address."""
    from .. import hooks

    return hooks.fetch(url, target)
