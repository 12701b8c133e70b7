"""What a user or a platform team can set: environment variables first, then one file.

The file is ``config.toml`` in the platform's configuration folder (``HUBCORE_CONFIG`` names
another). Everything is read when it is asked for, so a change takes effect at once::

    home = "/data/hubcore"              # HUBCORE_HOME
    roots = ["/mnt/weights"]            # HUBCORE_ROOTS
    offline = false                     # HUBCORE_OFFLINE
    timeout = 30                        # HUBCORE_TIMEOUT, seconds
    retries = 5                         # HUBCORE_RETRIES
    connections = 16                    # HUBCORE_CONNECTIONS

    [mirrors]                           # HUBCORE_MIRRORS="https://a/=https://b/ ..."
    "https://download.pytorch.org/" = "https://mirror.example.org/pytorch/"

    [headers."https://mirror.example.org/"]
    Authorization = "Bearer ${MIRROR_TOKEN}"
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import SettingsError

__all__ = [
    "config_file",
    "connections",
    "headers_for",
    "home",
    "mirrors",
    "offline",
    "retries",
    "roots",
    "timeout",
    "torch_hub_checkpoints",
]

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}
_parsed: dict[tuple[str, int], Mapping[str, Any]] = {}


def home() -> Path:
    """The store's folder: ``HUBCORE_HOME``, or ``hubcore`` in the platform's cache folder."""
    value = _get("home")
    if value:
        return Path(str(value)).expanduser().absolute()
    return _user_folder("cache")


def config_file() -> Path:
    """The configuration file, which need not exist."""
    value = os.environ.get("HUBCORE_CONFIG")
    if value:
        return Path(value).expanduser()
    return _user_folder("config") / "config.toml"


def offline() -> bool:
    """Whether every connection is forbidden."""
    value = str(_get("offline") or "").strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise SettingsError(f"HUBCORE_OFFLINE is '{value}': use 1 or 0.")


def roots() -> tuple[Path, ...]:
    """Read-only folders in which files are looked for, ``HUBCORE_ROOTS``."""
    value = _get("roots") or ()
    parts = value.split(os.pathsep) if isinstance(value, str) else list(value)
    return tuple(Path(part).expanduser() for part in parts if part)


def torch_hub_checkpoints() -> Path:
    """Where ``torch.hub`` keeps its checkpoints, by its own rules and without importing it."""
    loaded = sys.modules.get("torch.hub")
    if loaded is not None:  # honours torch.hub.set_dir
        return Path(loaded.get_dir()) / "checkpoints"
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    torch_home = os.environ.get("TORCH_HOME", f"{cache}/torch")
    return Path(os.path.expandvars(torch_home)).expanduser() / "hub" / "checkpoints"


def mirrors() -> tuple[tuple[str, str], ...]:
    """(prefix, replacement) pairs, tried in this order before the address itself."""
    value = os.environ.get("HUBCORE_MIRRORS")
    if value is None:
        table = _config().get("mirrors", {})
        return tuple(
            (prefix, str(replacement))
            for prefix, several in table.items()
            for replacement in ([several] if isinstance(several, str) else several)
        )
    pairs = []
    for item in value.replace(",", " ").split():
        prefix, equals, replacement = item.partition("=")
        if not (prefix and equals and replacement):
            raise SettingsError(
                f"HUBCORE_MIRRORS holds '{item}': write PREFIX=REPLACEMENT, several with spaces."
            )
        pairs.append((prefix, replacement))
    return tuple(pairs)


def headers_for(url: str) -> dict[str, str]:
    """The configured headers of the longest prefix of this address; ``${NAME}`` is filled in."""
    table = _config().get("headers", {})
    fitting = [prefix for prefix in table if _is_prefix(prefix, url)]
    if not fitting:
        return {}
    return {name: _fill(str(value)) for name, value in table[max(fitting, key=len)].items()}


def timeout() -> float:
    """Seconds without a byte after which a connection is given up."""
    return _number("timeout", 30.0)


def retries() -> int:
    """Tries without progress after which a download is given up."""
    return int(_number("retries", 5))


def connections() -> int:
    """The most connections that one file may use."""
    return int(_number("connections", 16))


def _user_folder(kind: str) -> Path:
    """The user's ``cache`` or ``config`` folder for hubcore, by the platform's rules."""
    if sys.platform == "linux":  # platformdirs says the same, and takes as long as listing does
        base = os.environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
        return Path(base or f"~/.{kind}").expanduser() / "hubcore"
    import platformdirs

    folder = platformdirs.user_cache_dir if kind == "cache" else platformdirs.user_config_dir
    return Path(folder("hubcore", appauthor=False))


def _get(name: str) -> Any:
    value = os.environ.get(f"HUBCORE_{name.upper()}")
    return _config().get(name) if value is None else value


def _number(name: str, default: float) -> float:
    value = _get(name)
    if value is None or value == "":
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 < number < float("inf"):
        raise SettingsError(f"HUBCORE_{name.upper()} is '{value}': use a number above 0.")
    return number


def _config() -> Mapping[str, Any]:
    path = config_file()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    key = (str(path), changed)
    if key not in _parsed:
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
        try:
            _parsed[key] = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"Cannot read the configuration file {path}: {error}") from None
    return _parsed[key]


def _is_prefix(prefix: str, url: str) -> bool:
    """A prefix ends at the end of a host or a path component, or 'https://a.org' fits
    'https://a.org.evil.example' too, and the headers with its token go there."""
    if not url.startswith(prefix):
        return False
    return prefix.endswith("/") or url[len(prefix) : len(prefix) + 1] in {"", "/", "?"}


def _fill(value: str) -> str:
    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise SettingsError(
                f"The configuration file {config_file()} uses ${{{name}}} in a header, "
                "and that environment variable is not set."
            )
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", replace, value)
