"""All settings at once, read from the environment and from the configuration file."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..devices import read_small
from ..errors import SettingsError
from .folders import config_file
from .table import BY_NAME, PREFIX, SETTINGS, Setting

__all__ = ["State", "get", "lenient", "read"]


@contextlib.contextmanager
def lenient() -> Iterator[None]:
    """Takes the default for each setting that is wrong, so that ``hub doctor`` works."""
    global _lenient
    before, _lenient = _lenient, True
    try:
        yield
    finally:
        _lenient = before


class State(NamedTuple):
    values: Mapping[str, Any]
    problems: Mapping[str, str]  # by the setting's name, or by another text for the whole file


_lenient = False
_last: tuple[object, State] | None = None


def get(name: str) -> Any:
    state = read()
    if state.problems and not _lenient:
        first = state.problems.get(name) or next(iter(state.problems.values()))
        more = len(state.problems) - 1
        raise SettingsError(
            f"{first} {more} more settings are wrong: hub doctor lists them." if more > 1
            else f"{first} One more setting is wrong: hub doctor lists them." if more
            else first
        )  # fmt: skip
    return state.values[name]


def read() -> State:
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


def _parse(variables: Mapping[str, str], file: Path | None) -> State:
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
    return State(values, found)


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
