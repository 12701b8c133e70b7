"""Calls the hooks of installed packages, at almost no cost if there are none.

The packages are loaded at the first call of a hook, in the order of their names. A package that
cannot be loaded is left out with a warning. If a hook fails, the error names its package.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import settings
from ..errors import HubError, PluginError, PluginWarning
from .entry_points import EntryPoint, entry_points, is_disabled
from .references import resolve

if TYPE_CHECKING:
    import argparse

    import pluggy
    from torch import nn

    from ..protocols import WeightsLike

__all__ = [
    "GROUP",
    "HookPlugin",
    "add_commands",
    "fetch",
    "fetches",
    "forget",
    "hook_plugins",
    "installed",
    "read_checkpoint",
    "reads_checkpoints",
    "rewritten",
    "wrap_model",
]

GROUP = "hubcore.hooks"


class HookPlugin(NamedTuple):
    """A package that implements hooks, and its state.

    Attributes:
        name: the entry point's name.
        distribution: the distribution's normalised name.
        status: ``ok``, ``disabled`` or ``broken``.
        error: what is wrong, "" unless the status is ``broken``.
    """

    name: str
    distribution: str
    status: str
    error: str = ""

    @property
    def remedy(self) -> str:
        """The command that removes the package."""
        return f"pip uninstall {self.distribution}"


class _Loaded(NamedTuple):
    manager: pluggy.PluginManager | None
    plugins: tuple[HookPlugin, ...]


_found: list[EntryPoint] | None = None
_loaded: _Loaded | None = None


def forget() -> None:
    """Discards what was loaded, so that the next call sees what is installed then."""
    global _found, _loaded
    _found = _loaded = None


def installed() -> bool:
    """Whether any package implements hooks. Loads none of them."""
    return bool(_entries())


def hook_plugins() -> tuple[HookPlugin, ...]:
    """Loads the packages that implement hooks, and returns them with their states.

    Raises:
        PluginError: a package is broken and ``HUBCORE_STRICT`` is set.
    """
    return _current().plugins


# -- The hooks. If one raises an exception, they raise a `PluginError` that names the package,
# -- or the exception itself where it is a `HubError`.


def rewritten(url: str) -> list[str]:
    """The addresses to try before `url`, in order, from ``hubcore_rewrite_url``."""
    addresses: list[str] = []
    for answer in _call("hubcore_rewrite_url", url=url) or ():
        addresses += [answer] if isinstance(answer, str) else answer
    return addresses


def fetches() -> bool:
    """Whether any package implements ``hubcore_fetch``."""
    manager = _current().manager
    return manager is not None and bool(manager.hook.hubcore_fetch.get_hookimpls())


def fetch(url: str, target: Path) -> bool:
    """Lets a package write the file at `url` to `target`, by ``hubcore_fetch``.

    Returns:
        Whether a package did; False if none serves the address.
    """
    return bool(_call("hubcore_fetch", url=url, target=target))


def read_checkpoint(path: Path, map_location: Any) -> Any:
    """Lets a package read a checkpoint, by ``hubcore_read_checkpoint``.

    Args:
        path: the verified file.
        map_location: where to put the tensors, as for `torch.load`; None for the CPU.

    Returns:
        What the package read, or None if none knows the format.
    """
    return _call("hubcore_read_checkpoint", path=path, map_location=map_location)


def reads_checkpoints() -> bool:
    """Whether any package implements ``hubcore_read_checkpoint``."""
    manager = _current().manager
    return manager is not None and bool(manager.hook.hubcore_read_checkpoint.get_hookimpls())


def wrap_model(model: nn.Module, name: str, weights: WeightsLike | None) -> nn.Module:
    """Lets each package in turn change or wrap a model, by ``hubcore_wrap_model``.

    Args:
        model: the model, with its weights loaded.
        name: its canonical name.
        weights: the weights that were loaded, or None.

    Returns:
        The model that the last package returned.
    """
    manager = _current().manager
    if manager is None:
        return model
    # Not a call by pluggy, which would give all packages the same model.
    for implementation in reversed(manager.hook.hubcore_wrap_model.get_hookimpls()):
        values: dict[str, Any] = {"model": model, "name": name, "weights": weights}
        arguments = {argument: values[argument] for argument in implementation.argnames}
        try:
            replaced: Any = implementation.function(**arguments)
            model = model if replaced is None else replaced
        except (Exception, SystemExit) as error:
            raise _blame(error, "hubcore_wrap_model", implementation.plugin_name) from error
    return model


def add_commands(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Lets packages add commands to ``hub``, by ``hubcore_add_commands``; warns if one fails.

    Args:
        subparsers: its ``add_parser`` adds the parser of a command.
    """
    try:
        _call("hubcore_add_commands", subparsers=subparsers)
    except HubError as error:
        warnings.warn(str(error), PluginWarning, stacklevel=2)


# -- Details


def _call(hook: str, **arguments: Any) -> Any:
    """The result of a hook; None if no package implements hooks."""
    manager = _current().manager
    if manager is None:
        return None
    caller = getattr(manager.hook, hook)
    try:
        return caller(**arguments)
    except (Exception, SystemExit) as error:
        import traceback

        codes = {i.function.__code__: i.plugin_name for i in caller.get_hookimpls()}
        frames = (frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__))
        name = next((codes[code] for code in frames if code in codes), "")
        raise _blame(error, hook, name) from error


def _blame(error: BaseException, hook: str, name: str) -> HubError:
    """An error that names the package, unless the exception is already written for the user."""
    if isinstance(error, HubError):
        return error
    plugin = next((p for p in hook_plugins() if p.name == name), None)
    advice = f" To remove it: {plugin.remedy}" if plugin else ""
    return PluginError(
        f"The hook plugin '{name}' failed in {hook} ({type(error).__name__}: {error}).{advice}"
    )


def _entries() -> list[EntryPoint]:
    global _found
    if _found is None:
        _found = sorted(entry_points(GROUP), key=lambda entry: (entry.name, entry.distribution))
    return _found


def _current() -> _Loaded:
    global _loaded
    if _loaded is None:
        _loaded = _load(_entries()) if _entries() else _Loaded(None, ())
    return _loaded


def _load(entries: list[EntryPoint]) -> _Loaded:
    import pluggy

    from .. import hookspecs

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    # pluggy calls the plugin that was registered last first.
    plugins = [_register(manager, entry) for entry in reversed(entries)]
    return _Loaded(manager, tuple(reversed(plugins)))


def _register(manager: pluggy.PluginManager, entry: EntryPoint) -> HookPlugin:
    """Loads and registers a package, or says why it cannot be used."""
    import contextlib
    from importlib import import_module

    plugin = HookPlugin(entry.name, entry.distribution, "ok")
    if is_disabled(entry.name, entry.distribution):
        return plugin._replace(status="disabled")
    try:
        implementation = resolve(entry.value) if ":" in entry.value else import_module(entry.value)
        manager.register(implementation, entry.name)
        manager.check_pending()
    except (Exception, SystemExit) as error:
        # pluggy validates while it registers, and keeps the hooks that precede the invalid one.
        with contextlib.suppress(Exception):
            manager.unregister(name=entry.name)
        message = " ".join(f"{type(error).__name__}: {error}".split())
        if settings.strict():
            raise PluginError(f"The hook plugin '{entry.name}' is broken: {message}") from error
        warnings.warn(
            f"The hook plugin '{entry.name}' of the distribution '{entry.distribution}' is broken "
            f"and is left out: {message}. To remove it: {plugin.remedy}",
            PluginWarning,
            stacklevel=2,
        )
        return plugin._replace(status="broken", error=message)
    return plugin
