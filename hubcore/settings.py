"""The settings: environment variables, and below them one configuration file.

The file is ``config.toml`` in the platform's configuration folder, unless ``HUBCORE_CONFIG`` names
another. Settings are read whenever they are needed, so a change takes effect at once::

    home = "/data/hubcore"              # HUBCORE_HOME
    roots = ["/mnt/weights"]            # HUBCORE_ROOTS
    offline = false                     # HUBCORE_OFFLINE
    timeout = 30                        # HUBCORE_TIMEOUT, seconds
    retries = 5                         # HUBCORE_RETRIES
    connections = 16                    # HUBCORE_CONNECTIONS
    require = "full"                    # HUBCORE_REQUIRE, by default nothing

    [mirrors]                           # HUBCORE_MIRRORS="https://a/=https://b/ ..."
    "https://download.pytorch.org/" = "https://mirror.example.org/pytorch/"

    [headers."https://mirror.example.org/"]
    Authorization = "Bearer ${MIRROR_TOKEN}"

Functions that read a setting raise `SettingsError` if its value is invalid or the configuration
file cannot be read.
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
    "require",
    "retries",
    "roots",
    "timeout",
    "torch_hub_checkpoints",
]

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}
_parsed: dict[tuple[str, int], Mapping[str, Any]] = {}


def home() -> Path:
    """The store's folder: ``HUBCORE_HOME``, by default ``hubcore`` in the user's cache folder."""
    value = _get("home")
    if value:
        return Path(str(value)).expanduser().absolute()
    return _user_folder("cache")


def config_file() -> Path:
    """The path of the configuration file, which need not exist."""
    value = os.environ.get("HUBCORE_CONFIG")
    if value:
        return Path(value).expanduser()
    return _user_folder("config") / "config.toml"


def offline() -> bool:
    """Whether all network connections are forbidden, ``HUBCORE_OFFLINE``."""
    value = str(_get("offline") or "").strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise SettingsError(
        f"HUBCORE_OFFLINE (or 'offline' in {config_file()}) is '{value}': use 1 or 0."
    )


def require() -> str:
    """What must be known of a file, ``HUBCORE_REQUIRE``: ``full`` for all of its digest."""
    value = str(_get("require") or "").strip().lower()
    if value not in ("", "full"):
        raise SettingsError(
            f"HUBCORE_REQUIRE (or 'require' in {config_file()}) is '{value}': use full, or nothing."
        )
    return value


def roots() -> tuple[Path, ...]:
    """Folders that are searched for files and never written, ``HUBCORE_ROOTS``."""
    value = _get("roots") or ()
    parts = value.split(os.pathsep) if isinstance(value, str) else list(value)
    return tuple(Path(part).expanduser() for part in parts if part)


def torch_hub_checkpoints() -> Path:
    """The folder of ``torch.hub``'s checkpoints, found by its own rules without importing it."""
    loaded = sys.modules.get("torch.hub")
    if loaded is not None:  # torch.hub.set_dir may have changed it
        return Path(loaded.get_dir()) / "checkpoints"
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    torch_home = os.environ.get("TORCH_HOME", f"{cache}/torch")
    return Path(os.path.expandvars(torch_home)).expanduser() / "hub" / "checkpoints"


def mirrors() -> tuple[tuple[str, str], ...]:
    """Pairs (prefix, replacement) of addresses, ``HUBCORE_MIRRORS``.

    An address that begins with a prefix is first tried with the replacement instead, in this order.
    """
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
                f"HUBCORE_MIRRORS contains '{item}': write PREFIX=REPLACEMENT, and separate "
                "several with spaces."
            )
        pairs.append((prefix, replacement))
    return tuple(pairs)


def headers_for(url: str) -> dict[str, str]:
    """The HTTP headers configured for an address, by name.

    They are those of the longest configured prefix of the address. ``${NAME}`` in a value stands
    for the environment variable ``NAME``.

    Args:
        url: the address, without user and password.

    Raises:
        SettingsError: such a variable is not set.
    """
    table = _config().get("headers", {})
    fitting = [prefix for prefix in table if _is_prefix(prefix, url)]
    if not fitting:
        return {}
    return {name: _fill(str(value)) for name, value in table[max(fitting, key=len)].items()}


def timeout() -> float:
    """Seconds without data after which a connection is abandoned, ``HUBCORE_TIMEOUT``."""
    return _number("timeout", 30.0)


def retries() -> int:
    """Attempts without progress after which a download fails, ``HUBCORE_RETRIES``."""
    return int(_number("retries", 5))


def connections() -> int:
    """The maximum number of connections for one file, ``HUBCORE_CONNECTIONS``."""
    return int(_number("connections", 16))


def _user_folder(kind: str) -> Path:
    """The user's ``cache`` or ``config`` folder for hubcore, by the platform's rules."""
    # platformdirs gives the same, but importing it takes as long as listing all models.
    if sys.platform == "linux":
        base = os.environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
        return Path(base or f"~/.{kind}").expanduser() / "hubcore"
    try:
        import platformdirs
    except ImportError:  # a bare clone that torch.hub loads from: where torch itself keeps files
        return Path("~/.cache").expanduser() / "hubcore"

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
        raise SettingsError(
            f"HUBCORE_{name.upper()} (or '{name}' in {config_file()}) is '{value}': "
            "use a number above 0."
        )
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
    """Whether an address begins with a prefix that ends where a host or a path component ends.

    Otherwise 'https://a.org' would match 'https://a.org.evil.example', which would then receive
    the token in the headers.
    """
    if not url.startswith(prefix):
        return False
    return prefix.endswith("/") or url[len(prefix) : len(prefix) + 1] in {"", "/", "?"}


def _fill(value: str) -> str:
    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise SettingsError(
                f"The configuration file {config_file()} uses ${{{name}}} in a header, "
                f"but the environment variable {name} is not set. Set it, or remove the header."
            )
        return os.environ[name]

    return re.sub(r"\$\{(\w+)\}", replace, value)
