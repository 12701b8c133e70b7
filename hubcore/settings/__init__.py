"""The settings: one table, read from environment variables and below them one configuration file.

The file is ``config.toml`` in the platform's configuration folder, unless ``HUBCORE_CONFIG`` names
another. Settings are read whenever they are needed, so a change takes effect at once. All of them
are checked whenever one is read: each function here raises `SettingsError` if any setting has a
wrong value, has an unknown name, or names a file that does not exist. `problems` lists all faults.

No message contains a mirror's address or a header, which may hold passwords.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..devices import read_small
from ..errors import SettingsError
from .kinds import JOB, PATH, Kind, TrustPolicy
from .licenses import LicensePolicy
from .table import BY_NAME, PREFIX, SETTINGS, Setting, table

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


def config_file() -> Path | None:
    """The configuration file, which need not exist; None if there is no home directory."""
    value = os.environ.get("HUBCORE_CONFIG")
    if value:
        with contextlib.suppress(ValueError):
            path: Path = PATH.check(value)
            return path
        return Path(value)
    folder = _user_folder("config")
    return folder / "config.toml" if folder else None


def offline() -> bool:
    """Whether all network connections are forbidden, ``HUBCORE_OFFLINE``."""
    return bool(_get("offline"))


def strict() -> bool:
    """Whether a broken plugin is an error, ``HUBCORE_STRICT``."""
    return bool(_get("strict"))


def debug() -> bool:
    """Whether commands show the traceback of an error, ``HUBCORE_DEBUG``."""
    return bool(_get("debug"))


def lazy_dynamo() -> bool:
    """Whether ``torch._dynamo`` is imported only when needed, ``HUBCORE_LAZY_DYNAMO``."""
    return bool(_get("lazy_dynamo"))


def disabled() -> tuple[str, ...]:
    """Names of plugins and distributions that are left out, ``HUBCORE_DISABLE``."""
    return tuple(_get("disable"))


def lock() -> Path | None:
    """The lock file, ``HUBCORE_LOCK``; None if there is none."""
    path: Path | None = _get("lock")
    return path


def require() -> str:
    """``full`` if weights need a full digest that is known beforehand, else "", HUBCORE_REQUIRE."""
    return str(_get("require"))


def trust_in(distribution: str) -> TrustPolicy | None:
    """Whose signatures the catalogue of a distribution needs, ``trust``; None if nobody's.

    Args:
        distribution: its normalised name.
    """
    policies: Mapping[str, TrustPolicy] = _get("trust")
    policy = policies.get(distribution, policies.get("*"))
    return policy if policy is not None and policy.policy != "off" else None


def licenses() -> LicensePolicy | None:
    """Which licences and training data are allowed, ``HUBCORE_LICENSES``; None: all of them."""
    policy: LicensePolicy | None = _get("licenses")
    return policy


def indexes() -> tuple[str, ...]:
    """The addresses of the sites that are searched for packages, ``HUBCORE_INDEXES``."""
    return tuple(_get("indexes"))


def max_size() -> int:
    """The largest download in bytes if the size is not known before, ``HUBCORE_MAX_SIZE``."""
    return int(_get("max_size"))


def roots() -> tuple[Path, ...]:
    """Folders that are searched for files and never written, ``HUBCORE_ROOTS``."""
    return tuple(root for root in _get("roots") if isinstance(root, Path))


def root_addresses() -> tuple[str, ...]:
    """Addresses of such folders elsewhere, ``s3://BUCKET/PATH`` for instance, ``HUBCORE_ROOTS``."""
    return tuple(root for root in _get("roots") if not isinstance(root, Path))


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
    return tuple(_get("mirrors"))


def peers() -> tuple[str, ...]:
    """Addresses of other stores, or absolute paths of files of them, ``HUBCORE_PEERS``."""
    return tuple(peer for peer in _get("peers") if peer != JOB)


def job_is_peer() -> bool:
    """Whether the other processes of this job are among the peers, ``HUBCORE_PEERS``."""
    return JOB in _get("peers")


def peer_token() -> str:
    """What peers must be shown, ``HUBCORE_PEER_TOKEN``; "" if nothing."""
    return str(_get("peer_token"))


def headers_for(url: str) -> dict[str, str]:
    """The HTTP headers configured for an address, by name.

    They are those of the longest configured prefix of the address. ``${NAME}`` in a value stands
    for the environment variable ``NAME``.

    Args:
        url: the address, without user and password.

    Raises:
        SettingsError: such a variable is not set, or holds a line break.
    """
    headers = _get("headers")
    fitting = [prefix for prefix in headers if _is_prefix(prefix, url)]
    if not fitting:
        return {}
    return {name: _fill(value) for name, value in headers[max(fitting, key=len)].items()}


def timeout() -> float:
    """Seconds without data after which a connection is abandoned, ``HUBCORE_TIMEOUT``."""
    return float(_get("timeout"))


def retries() -> int:
    """Attempts without progress after which a download fails, ``HUBCORE_RETRIES``."""
    return int(_get("retries"))


def connections() -> int:
    """The maximum number of connections for one file, ``HUBCORE_CONNECTIONS``."""
    return int(_get("connections"))


def check() -> None:
    """Raises `SettingsError` if anything is wrong with any setting."""
    _get("offline")


def problems() -> list[str]:
    """One sentence for each thing that is wrong with the settings; empty if all are right."""
    found = list(_read().problems.values())
    for prefix in _read().values["headers"]:
        try:
            with lenient():
                headers_for(prefix)
        except SettingsError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


@contextlib.contextmanager
def lenient() -> Iterator[None]:
    """Takes the default for each setting that is wrong, so that ``hub doctor`` works."""
    global _lenient
    before, _lenient = _lenient, True
    try:
        yield
    finally:
        _lenient = before


class _State(NamedTuple):
    values: Mapping[str, Any]
    problems: Mapping[str, str]  # by the setting's name, or by another text for the whole file


_lenient = False
_last: tuple[object, _State] | None = None


def _get(name: str) -> Any:
    state = _read()
    if state.problems and not _lenient:
        first = state.problems.get(name) or next(iter(state.problems.values()))
        more = len(state.problems) - 1
        raise SettingsError(
            f"{first} {more} more settings are wrong: hub doctor lists them." if more > 1
            else f"{first} One more setting is wrong: hub doctor lists them." if more
            else first
        )  # fmt: skip
    return state.values[name]


def _read() -> _State:
    """All settings, read anew if a variable or the file changed."""
    global _last
    variables = {name: os.environ[name] for name in os.environ if name.startswith(PREFIX)}
    file = config_file()
    changed: object = None
    if file is not None:
        try:
            changed = os.stat(file).st_mtime_ns  # noqa: PTH116  # Path is slower
        except (OSError, ValueError) as error:
            changed = type(error).__name__
    lock_file = variables.get("HUBCORE_LOCK")
    key = (
        variables,
        file,
        changed,
        os.environ.get("HOME"),
        lock_file and os.path.exists(os.path.expanduser(lock_file)),  # noqa: PTH110, PTH111  # "~" without a home is no error here
    )
    if _last is None or _last[0] != key:
        _last = (key, _parse(variables, file))
    return _last[1]


def _parse(variables: Mapping[str, str], file: Path | None) -> _State:
    values = {setting.name: setting.default for setting in SETTINGS}
    found: dict[str, str] = {}
    try:
        content = _content(file)
    except SettingsError as error:
        content = {}
        found["config"] = str(error)
    for key, value in content.items():
        setting = BY_NAME.get(key)
        if setting is None or not setting.in_file:
            found[key] = _unknown_key(key, file)
            continue
        try:
            if key in ("roots", "disable", "mirrors") and value == "":
                continue
            values[key] = setting.kind.check(value)
        except (ValueError, TypeError):
            found[key] = _wrong(setting, f"'{key}' in {file}", value)
    for variable, text in variables.items():
        setting = BY_NAME.get(variable.removeprefix(PREFIX).lower())
        if setting is None or not setting.in_environment or variable != setting.variable:
            found[variable] = _unknown_variable(variable)
            continue
        if not text.strip():
            values[setting.name] = setting.default  # it hides the file's value
            found.pop(setting.name, None)
            continue
        try:
            values[setting.name] = setting.kind.check(setting.kind.from_text(text))
        except (ValueError, TypeError):
            found[setting.name] = _wrong(setting, variable, text)
    lock_file = values["lock"]
    if lock_file is not None and not os.path.exists(lock_file):  # noqa: PTH110  # never raises
        found["lock"] = (
            f"HUBCORE_LOCK is {lock_file}, which does not exist: unset it, or make the file with "
            f"'hub lock MODEL... -o {lock_file}'."
        )
    return _State(values, found)


def _wrong(setting: Setting, where: str, value: Any) -> str:
    shown = "wrong" if setting.kind.secret else f"{value!r:.200}"
    return f"{where} is {shown}: use {setting.kind.wanted}."


def _unknown_key(key: str, file: Path | None) -> str:
    if key in BY_NAME:
        return f"'{key}' in {file} cannot stand there: set {BY_NAME[key].variable} instead."
    names = [setting.name for setting in SETTINGS if setting.in_file]
    return f"Unknown setting '{key}' in {file}. {_meant(key.lower(), names)}"


def _unknown_variable(variable: str) -> str:
    names = [setting.variable for setting in SETTINGS if setting.in_environment]
    return f"Unknown environment variable {variable}. {_meant(variable.upper(), names)}"


def _meant(name: str, names: Iterable[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, list(names), n=1)
    return f"Did you mean {close[0]}?" if close else "Remove it; docs/settings.md lists all."


def _home() -> Path | None:
    folder: Path | None = _get("home")
    if folder is not None:
        return folder.absolute()
    return _user_folder("cache")


def _user_folder(kind: str) -> Path | None:
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


def _content(path: Path | None) -> Mapping[str, Any]:
    """The configuration file's content; empty if there is none at the default place."""
    named = bool(os.environ.get("HUBCORE_CONFIG"))
    if path is None or (not named and not os.path.exists(path)):  # noqa: PTH110  # never raises
        return {}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(read_small(path).decode())
    except FileNotFoundError:
        raise SettingsError(
            f"HUBCORE_CONFIG is {path}, which does not exist: unset it, or make the file."
        ) from None
    except OSError as error:
        raise SettingsError(
            f"Cannot read the configuration file {path}: {error.strerror}."
        ) from None
    except RecursionError:
        raise SettingsError(
            f"Cannot read the configuration file {path}: it is nested too deeply."
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(
            f"Cannot read the configuration file {path}: it is not UTF-8 text."
        ) from None
    except ValueError as error:
        raise SettingsError(f"Cannot read the configuration file {path}: {error}.") from None


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
