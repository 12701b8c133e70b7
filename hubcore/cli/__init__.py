"""The command line, ``hub``: one module a command, and the commands of installed packages.

Nothing below this floor prints to people or reads arguments; what several commands share of that is
in `output` and `units`.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from ..errors import HubError, PluginError, PluginWarning, UnknownNameError
from .commands import COMMANDS, Command, all_commands, find_command

__all__ = ["COMMANDS", "main"]

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        argv: the words after ``hub``; by default those of the process.

    Returns:
        The exit code: 0 done, 1 an error, 130 interrupted.

    Raises:
        SystemExit: with 2 for wrong usage, with 0 after ``--help`` and ``--version``.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    warnings.showwarning = _show_warning
    try:
        args = _parser(arguments).parse_args(arguments)
        code: int = args.run(args)
        sys.stdout.flush()
    except HubError as error:
        print(f"hub: {error}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        print("hub: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


class _CommandParser(argparse.ArgumentParser):
    """A command's parser: its description is the module's docstring, its epilog has examples."""

    def __init__(self, *, description: str | None = None, **options: Any) -> None:
        super().__init__(
            description=(description or "").replace("``", ""),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **options,
        )


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these arguments: of all commands only the one in hand is imported."""
    from .. import __version__

    parser = argparse.ArgumentParser(
        prog="hub",
        description="Find, fetch, verify and use PyTorch vision models from any package.",
        epilog=(
            "examples:\n"
            "  hub list 'resnet*'\n"
            "  hub show resnet50\n"
            "  hub predict mobilenet_v2 photo.jpg\n"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hub {__version__}")
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_CommandParser
    )
    name = next((word for word in arguments if not word.startswith("-")), None)
    if name is None:
        _add_overview(subparsers)
        return parser
    try:
        command = find_command(name)
    except UnknownNameError as error:
        if not _added_by_hook(subparsers, name):
            if error.install:
                raise
            parser.error(str(error))
    else:
        _add_command(subparsers, command, name)
    return parser


def _add_command(subparsers: Any, command: Command, name: str) -> None:
    module = command.load()
    module.add_parser(subparsers)
    if command.name not in subparsers.choices:
        raise PluginError(
            f"The module {command.module} of the distribution '{command.distribution}' makes no "
            f"parser for its command '{command.name}'. To remove it: pip uninstall "
            f"{command.distribution}"
        )
    subparsers.choices[command.name].set_defaults(run=module.run)
    subparsers.choices[name] = subparsers.choices[command.name]  # it may be canonical


def _add_overview(subparsers: Any) -> None:
    """What ``hub --help`` lists: each command's name and line, without its module."""
    usable = [command for command in all_commands() if command.status == "ok"]
    names = [command.name for command in usable]
    for command in usable:
        # One that shares its name is called by the canonical one, unless it is ours.
        name = command.name if names.count(command.name) == 1 else command.canonical
        subparsers.add_parser(name, help=command.help.replace("%", "%%"), add_help=False)
    from ..packages import hooks

    hooks.add_commands(subparsers)


def _added_by_hook(subparsers: Any, name: str) -> bool:
    """Whether a package adds the command in the old way, by a hook."""
    from ..packages import hooks

    hooks.add_commands(subparsers)
    return name in subparsers.choices


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    kind = "" if issubclass(category, PluginWarning) else f"{category.__name__}: "
    print(f"hub: warning: {kind}{message}", file=sys.stderr)
