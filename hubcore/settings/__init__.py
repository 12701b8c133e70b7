"""The settings: one table, read from environment variables and below them one configuration file.

The file is ``config.toml`` in the platform's configuration folder, unless ``HUBCORE_CONFIG`` names
another. Settings are read whenever they are needed, so a change takes effect at once. All of them
are checked whenever one is read: each function here raises `SettingsError` if any setting has a
wrong value, has an unknown name, or names a file that does not exist. `problems` lists all faults.

No message contains a mirror's address or a header, which may hold passwords.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from ..errors import SettingsError
from .folders import config_file, user_folder
from .kinds import JOB, Kind, TrustPolicy
from .licenses import LicensePolicy
from .reading import get, lenient, read
from .table import SETTINGS, Setting, table

__all__ = [
    "SETTINGS",
    "Kind",
    "Setting",
    "TrustPolicy",
    "catalogs_folder",
    "check",
    "config_file",
    "connections",
    "disabled",
    "headers_for",
    "hf_endpoint",
    "home",
    "indexes",
    "job_is_peer",
    "lazy_dynamo",
    "lenient",
    "licenses",
    "lock",
    "max_size",
    "mirrors",
    "offline",
    "peer_token",
    "peers",
    "problems",
    "require",
    "retries",
    "root_addresses",
    "roots",
    "strict",
    "table",
    "timeout",
    "torch_hub_checkpoints",
    "trust_in",
]


def home() -> Path:
    """The store's folder: ``HUBCORE_HOME``, by default ``hubcore`` in the user's cache folder."""
    folder = _home()
    if folder is None:
        raise SettingsError(
            "There is no home directory to keep files in: HOME is not set to a folder, or the user "
            "has none. Set HUBCORE_HOME to a folder for the store."
        )
    return folder


def catalogs_folder() -> Path | None:
    """The folder of the user's own catalogues; None where `home` finds no home directory."""
    folder = _home()
    return folder / "catalogs" if folder else None


def offline() -> bool:
    """Whether all network connections are forbidden, ``HUBCORE_OFFLINE``."""
    return bool(get("offline"))


def strict() -> bool:
    """Whether a broken plugin is an error, ``HUBCORE_STRICT``."""
    return bool(get("strict"))


def debug() -> bool:
    """Whether commands show the traceback of an error, ``HUBCORE_DEBUG``."""
    return bool(get("debug"))


def lazy_dynamo() -> bool:
    """Whether ``torch._dynamo`` is imported only when needed, ``HUBCORE_LAZY_DYNAMO``."""
    return bool(get("lazy_dynamo"))


def disabled() -> tuple[str, ...]:
    """Names of plugins and distributions that are left out, ``HUBCORE_DISABLE``."""
    return tuple(get("disable"))


def lock() -> Path | None:
    """The lock file, ``HUBCORE_LOCK``; None if there is none."""
    path: Path | None = get("lock")
    return path


def require() -> str:
    """``full`` if weights need a full digest that is known beforehand, else "", HUBCORE_REQUIRE."""
    return str(get("require"))


def trust_in(distribution: str) -> TrustPolicy | None:
    """Whose signatures the catalogue of a distribution needs, ``trust``; None if nobody's.

    Args:
        distribution: its normalised name.
    """
    policies: Mapping[str, TrustPolicy] = get("trust")
    policy = policies.get(distribution, policies.get("*"))
    return policy if policy is not None and policy.policy != "off" else None


def licenses() -> LicensePolicy | None:
    """Which licences and training data are allowed, ``HUBCORE_LICENSES``; None: all of them."""
    policy: LicensePolicy | None = get("licenses")
    return policy


def indexes() -> tuple[str, ...]:
    """The addresses of the sites that are searched for packages, ``HUBCORE_INDEXES``."""
    return tuple(get("indexes"))


def max_size() -> int:
    """The largest download in bytes if the size is not known before, ``HUBCORE_MAX_SIZE``."""
    return int(get("max_size"))


def roots() -> tuple[Path, ...]:
    """Folders that are searched for files and never written, ``HUBCORE_ROOTS``."""
    return tuple(root for root in get("roots") if isinstance(root, Path))


def root_addresses() -> tuple[str, ...]:
    """Addresses of such folders elsewhere, ``s3://BUCKET/PATH`` for instance, ``HUBCORE_ROOTS``."""
    return tuple(root for root in get("roots") if not isinstance(root, Path))


def torch_hub_checkpoints() -> Path | None:
    """The folder of ``torch.hub``'s checkpoints, found by its own rules without importing it.

    None if there is no home directory to find it in.
    """
    loaded = sys.modules.get("torch.hub")
    if loaded is not None:  # torch.hub.set_dir may have changed it
        folder = str(loaded.get_dir())
    else:
        cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
        torch_home = os.environ.get("TORCH_HOME", f"{cache}/torch")
        folder = str(Path(os.path.expandvars(torch_home)) / "hub")
    try:
        return Path(folder).expanduser() / "checkpoints"
    except RuntimeError:
        return None


def hf_endpoint() -> str:
    """Where Hugging Face's hub is, ``HF_ENDPOINT``, without a slash at its end."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or "https://huggingface.co"


def mirrors() -> tuple[tuple[str, str], ...]:
    """Pairs (prefix, replacement) of addresses, ``HUBCORE_MIRRORS``.

    An address that begins with a prefix is first tried with the replacement instead, in this order.
    """
    return tuple(get("mirrors"))


def peers() -> tuple[str, ...]:
    """Addresses of other stores, or absolute paths of files of them, ``HUBCORE_PEERS``."""
    return tuple(peer for peer in get("peers") if peer != JOB)


def job_is_peer() -> bool:
    """Whether the other processes of this job are among the peers, ``HUBCORE_PEERS``."""
    return JOB in get("peers")


def peer_token() -> str:
    """What peers must be shown, ``HUBCORE_PEER_TOKEN``; "" if nothing."""
    return str(get("peer_token"))


def headers_for(url: str) -> dict[str, str]:
    """The HTTP headers configured for an address, by name.

    They are those of the longest configured prefix of the address. ``${NAME}`` in a value stands
    for the environment variable ``NAME``.

    Args:
        url: the address, without user and password.

    Raises:
        SettingsError: such a variable is not set, or holds a line break.
    """
    headers = get("headers")
    fitting = [prefix for prefix in headers if _is_prefix(prefix, url)]
    if not fitting:
        return {}
    return {name: _fill(value) for name, value in headers[max(fitting, key=len)].items()}


def timeout() -> float:
    """Seconds without data after which a connection is abandoned, ``HUBCORE_TIMEOUT``."""
    return float(get("timeout"))


def retries() -> int:
    """Attempts without progress after which a download fails, ``HUBCORE_RETRIES``."""
    return int(get("retries"))


def connections() -> int:
    """The maximum number of connections for one file, ``HUBCORE_CONNECTIONS``."""
    return int(get("connections"))


def check() -> None:
    """Raises `SettingsError` if anything is wrong with any setting."""
    get("offline")


def problems() -> list[str]:
    """One sentence for each thing that is wrong with the settings; empty if all are right."""
    found = list(read().problems.values())
    for prefix in read().values["headers"]:
        try:
            with lenient():
                headers_for(prefix)
        except SettingsError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def _home() -> Path | None:
    folder: Path | None = get("home")
    if folder is not None:
        return folder.absolute()
    return user_folder("cache")


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
        content = os.environ.get(name)
        if content is None or re.search(r"[\r\n]", content):
            fault = "is not set" if content is None else "holds a line break"
            raise SettingsError(
                f"The configuration file {config_file()} uses ${{{name}}} in a header, "
                f"but the environment variable {name} {fault}. Set it, or remove the header."
            )
        return content

    return re.sub(r"\$\{(\w+)\}", replace, value)
