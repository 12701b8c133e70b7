"""All commands of ``hub``: `ours`, and those that installed packages add by an entry point::

    [project.entry-points."hubcore.commands"]
    evaluate = "hub_evaluate.command"

Commands are listed without importing them: the line of help of a package's command is in a JSON
file beside its module (``command.json``: ``{"help": "..."}``), or is its distribution's summary.
The module is imported when the command is called.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple

from ..catalogs.known_packages import BUILT_IN, known_packages
from ..errors import AmbiguousNameError, HubError, PluginError, UnknownNameError
from ..packages.entry_points import EntryPoint, entry_points, is_disabled, normalise, summary
from ..packages.side_files import side_file
from .ours import OURS

__all__ = ["GROUP", "Command", "all_commands", "find_command"]

GROUP = "hubcore.commands"


class Command(NamedTuple):
    """One command.

    Attributes:
        name: the word after ``hub``.
        module: the module that defines the command. Its ``add_parser(subparsers)`` adds the parser,
            and its ``run(args)`` runs the command and returns the exit code.
        help: a line that says what the command does.
        distribution: the distribution that adds the command, normalised; "" for the hub's own.
        status: ``ok``, or ``disabled`` by ``HUBCORE_DISABLE``.
    """

    name: str
    module: str
    help: str
    distribution: str = ""
    status: str = "ok"

    @property
    def canonical(self) -> str:
        """``distribution/name``, which no other package can take; the bare name if it is ours."""
        return f"{self.distribution}/{self.name}" if self.distribution else self.name

    def add_parser(self, subparsers: Any) -> None:
        """Imports the command's module and adds its parser, whose ``run`` is the module's.

        Args:
            subparsers: the action of argparse that holds the commands' parsers.

        Raises:
            PluginError: the module cannot be imported, lacks one of the two functions, or makes no
                parser under the command's name.
            HubError: any that the module raises itself.
        """
        try:
            module = import_module(self.module)
            lacking = [name for name in ("add_parser", "run") if not hasattr(module, name)]
            if lacking:
                raise self._fault(
                    f"cannot be used: its module {self.module} has no '{lacking[0]}' function"
                )
            module.add_parser(subparsers)
        except HubError:
            raise
        except (Exception, SystemExit) as error:
            raise self._fault(f"cannot be loaded ({type(error).__name__}: {error})") from error
        parser = subparsers.choices.get(self.name)
        if parser is None:
            raise self._fault(
                f"cannot be used: its module {self.module} makes no parser for its command "
                f"'{self.name}'"
            )
        parser.set_defaults(run=module.run)

    def _fault(self, what: str) -> PluginError:
        return PluginError(
            f"The command '{self.name}' of the distribution '{self.distribution}' {what}. "
            f"To remove it: pip uninstall {self.distribution}"
        )


def all_commands() -> list[Command]:
    """The hub's own commands, then those of installed packages by name. Imports none of them."""
    ours = [Command(name, f"{__package__}.{module}", line) for name, (module, line) in OURS.items()]
    return [*ours, *_installed(entry_points(GROUP))]


def find_command(name: str) -> Command:
    """Finds a command that a package adds.

    A bare name means the command of a built-in family, else that of the only package that offers
    it.

    Args:
        name: the bare name, or ``distribution/name``.

    Raises:
        UnknownNameError: there is no such command. The error suggests similar names, or the package
            to install.
        AmbiguousNameError: several packages offer the command.
        PluginError: ``HUBCORE_DISABLE`` disables the package that offers the command.
    """
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
            f"disables. To use it, take it out of HUBCORE_DISABLE."
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
    """The line of help, from the JSON file beside the module. Imports no package."""
    try:
        text = side_file(entry.value).get("help")
    except ValueError:
        text = None
    return text if isinstance(text, str) else summary(entry)


def _unknown(name: str) -> UnknownNameError:
    import difflib

    for package, offered in known_packages().items():
        if name in offered.get("command", ()):
            return UnknownNameError("command", name, install=package)
    names = [command.name for command in all_commands() if command.status == "ok"]
    return UnknownNameError("command", name, difflib.get_close_matches(name, names, n=3))
