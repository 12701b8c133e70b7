"""Where a file is looked for: configured mirrors and hook plugins, then the address itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import settings

__all__ = ["addresses_for", "fetch_by_hook", "has_hooks"]


def addresses_for(url: str) -> list[str]:
    """The addresses at which to ask for a file, in order, the given one last."""
    rewritten = [
        replacement + url[len(prefix) :]
        for prefix, replacement in settings.mirrors()
        if url.startswith(prefix)
    ]
    hooks = _hooks()
    if hooks is not None:
        for answer in hooks.hub_rewrite_url(url=url):
            rewritten += [answer] if isinstance(answer, str) else list(answer or ())
    return list(dict.fromkeys([*rewritten, url]))


def has_hooks() -> bool:
    """Whether a hook plugin may know how to fetch addresses of other schemes."""
    return _hooks() is not None


def fetch_by_hook(url: str, target: Path) -> bool:
    """Lets a hook plugin write the file to `target`; False if none knows the address."""
    hooks = _hooks()
    return hooks is not None and bool(hooks.hub_fetch(url=url, target=target))


def _hooks() -> Any:
    """The callable hooks, or None where no hook plugin is installed."""
    return None
