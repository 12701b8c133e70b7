"""The commands of ``hub``: ours, and those that installed packages add by an entry point::

    [project.entry-points."hubcore.commands"]
    evaluate = "hub_evaluate.command"

What is said of a command here is read from data: its line of help stands in a JSON file beside its
module (``command.json``: ``{"help": "..."}``), or is its distribution's summary. The module is
imported when its command is called.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ..catalogs.known_packages import BUILT_IN, known_packages
from ..errors import AmbiguousNameError, HubError, PluginError, UnknownNameError
from ..packages.entry_points import EntryPoint, entry_points, is_disabled, normalise, summary
from ..packages.folders import package_folders

__all__ = ["COMMANDS", "GROUP", "Command", "all_commands", "find_command"]

GROUP = "hubcore.commands"


class Command(NamedTuple):
    """One command.

    Attributes:
        name: what a user writes after ``hub``.
        module: the module that defines it: ``add_parser(subparsers)`` makes its parser, and
            ``run(args)`` does it and returns the exit code.
        help: what it does, in a line.
        distribution: the package that adds it, normalised; "" for ours.
        status: ``ok``, or ``disabled`` by ``HUBCORE_DISABLE``.
    """

    name: str
    module: str
    help: str
    distribution: str = ""
    status: str = "ok"

    @property
    def canonical(self) -> str:
        """``distribution/name``, which no other package can take; of ours the bare name."""
        return f"{self.distribution}/{self.name}" if self.distribution else self.name

    def load(self) -> ModuleType:
        """Imports the module.

        Raises:
            PluginError: a package's module cannot be imported, or lacks one of the two functions.
        """
        if not self.distribution:
            return import_module(self.module)
        try:
            module = import_module(self.module)
        except HubError:
            raise
        except Exception as error:
            raise self._fault(f"cannot be imported ({type(error).__name__}: {error})") from error
        lacking = [name for name in ("add_parser", "run") if not hasattr(module, name)]
        if lacking:
            raise self._fault(f"has no '{lacking[0]}' in its module {self.module}")
        return module

    def _fault(self, what: str) -> PluginError:
        return PluginError(
            f"The command '{self.name}' of the distribution '{self.distribution}' {what}. "
            f"To remove it: pip uninstall {self.distribution}"
        )


def _ours(name: str, module: str, help: str) -> Command:
    return Command(name, f"{__package__}.{module}", help)


# Modules, not functions: only the one that is called is imported.
COMMANDS = {
    command.name: command
    for command in (
        _ours("list", "listing", "list models"),  # a module called list would hide the built-in
        _ours("show", "show", "show a model or weights"),
        _ours("predict", "predict", "run a model on images or videos"),
        _ours("download", "download", "fetch weights into the store"),
        _ours("cache", "cache", "list, verify and prune the store"),
        _ours("bundle", "bundle", "carry weights to a machine without a network"),
        _ours("lock", "lock", "write hub.lock: weights, digests, versions, preprocessing"),
        _ours("sync", "sync", "fetch what hub.lock names"),
        _ours("plugins", "plugins", "list plugins and their states"),
        _ours("doctor", "doctor", "check this installation"),
        _ours("check", "check", "examine a plugin"),
        _ours("new", "new", "start the project of a plugin"),
        _ours("pack", "pack", "make an installable package of a checkpoint"),
        _ours("catalog", "catalog", "write or check a catalogue"),
    )
}
"""Our own commands, in the order in which help lists them."""


def all_commands() -> list[Command]:
    """Ours, then those of installed packages by name. Imports none of them."""
    return [*COMMANDS.values(), *_installed(entry_points(GROUP))]


def find_command(name: str) -> Command:
    """The command that a name means: ours, a built-in family's, or the only package's that has it.

    Args:
        name: bare, or ``distribution/name``.

    Raises:
        UnknownNameError: there is no such command; it suggests close ones or the package to
            install.
        AmbiguousNameError: several packages offer it.
        PluginError: ``HUBCORE_DISABLE`` disables the package that offers it.
    """
    if name in COMMANDS:
        return COMMANDS[name]
    distribution, _, bare = name.rpartition("/")
    found = [
        command
        for command in _installed(e for e in entry_points(GROUP) if e.name == bare)
        if not distribution or command.distribution == normalise(distribution)
    ]
    usable = [command for command in found if command.status == "ok"]
    built_in = [command for command in usable if command.distribution in BUILT_IN]
    if found and not usable:
        raise PluginError(
            f"The command '{bare}' is offered by '{found[0].distribution}', which HUBCORE_DISABLE "
            f"disables."
        )
    match built_in or usable:
        case []:
            raise _unknown(name)
        case [command]:
            return command
        case several:
            raise AmbiguousNameError("command", bare, (command.canonical for command in several))


def _installed(entries: Iterable[EntryPoint]) -> list[Command]:
    return sorted(
        Command(
            entry.name,
            entry.value,
            _help(entry),
            entry.distribution,
            "disabled" if is_disabled(entry.name, entry.distribution) else "ok",
        )
        for entry in entries
    )


def _help(entry: EntryPoint) -> str:
    """The line of help, read from the JSON file beside the module without importing a parent."""
    package, *parts = entry.value.split(".")
    for folder in package_folders(package):
        file = Path(folder, *(parts or ["__init__"])).with_suffix(".json")
        try:
            text = json.loads(file.read_text("utf-8"))["help"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if isinstance(text, str):
            return text
    return summary(entry)


def _unknown(name: str) -> UnknownNameError:
    import difflib

    for package, offered in known_packages().items():
        if name in offered.get("command", ()):
            return UnknownNameError("command", name, install=package)
    names = [command.name for command in all_commands() if command.status == "ok"]
    return UnknownNameError("command", name, difflib.get_close_matches(name, names, n=3))
