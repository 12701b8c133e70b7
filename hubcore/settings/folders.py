"""Where hubcore keeps files and its configuration, by the platform's rules."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from .kinds import PATH

__all__ = ["config_file", "user_folder"]


def config_file() -> Path | None:
    """The configuration file, which need not exist; None if there is no home directory."""
    value = os.environ.get("HUBCORE_CONFIG")
    if value:
        with contextlib.suppress(ValueError):
            path: Path = PATH.check(value)
            return path
        return Path(value)
    folder = user_folder("config")
    return folder / "config.toml" if folder else None


def user_folder(kind: str) -> Path | None:
    """The user's ``cache`` or ``config`` folder for hubcore; None without a home directory."""
    # platformdirs gives the same, but importing it takes as long as listing all models.
    if sys.platform == "linux":
        base = os.environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
        if base.startswith("~"):
            base = os.path.expanduser(base)  # noqa: PTH111  # never raises
        if os.path.isabs(base):  # noqa: PTH117  # XDG has relative ones ignored
            return Path(base) / "hubcore"
        own = _home_directory()
        return own / f".{kind}" / "hubcore" if own else None
    try:
        import platformdirs
    except ImportError:  # a bare clone that torch.hub loads from: where torch itself keeps files
        own = _home_directory()
        return own / ".cache" / "hubcore" if own else None

    folder = platformdirs.user_cache_dir if kind == "cache" else platformdirs.user_config_dir
    return Path(folder("hubcore", appauthor=False))


def _home_directory() -> Path | None:
    given = os.environ.get("HOME")
    if given is not None and os.name == "posix":
        return Path(given) if os.path.isabs(given) else None  # noqa: PTH117  # "" is no folder
    try:
        return Path.home()
    except RuntimeError:  # no HOME, and the user is in no list of users
        return None
