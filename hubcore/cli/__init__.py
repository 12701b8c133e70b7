"""The command line, ``hub``: one module per command, and the commands of installed packages.

Only this layer reads command-line arguments and prints output. What several commands share is in
`output` and `units`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .. import settings
from ..errors import PluginWarning, SettingsError, UnknownNameError
from .ours import OURS
from .parsing import CommandParser
from .streams import finish, say

__all__ = ["main"]

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130

# `doctor` tells what is wrong with them, `lock` makes HUBCORE_LOCK, the others need none.
_WITHOUT_SETTINGS = ("doctor", "lock", "help", "completion")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        argv: the arguments after ``hub``. Default: those of the process.

    Returns:
        The exit code: 0 for success, 1 for an error, 130 if interrupted.

    Raises:
        SystemExit: with 2 for wrong usage, with 0 after ``--help`` and ``--version``.
    """
    arguments = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    warnings.showwarning = _show_warning
    try:
        args = _parser(arguments).parse_args(arguments)
        if arguments[0] not in _WITHOUT_SETTINGS:
            settings.check()
        code: int = args.run(args)
    except KeyboardInterrupt:
        say("hub: interrupted")
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        code = 0
    except Exception as error:
        from .faults import sentence

        if _debug():
            import traceback

            traceback.print_exc()
        say(f"hub: {sentence(error)}")
        code = EXIT_ERROR
    return finish(code)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Makes the parser for these arguments. Only the module of the given command is imported."""
    from .. import __version__

    parser = CommandParser(
        prog="hub",
        description="Find, fetch, verify and use PyTorch vision models from any package.",
        epilog=(
            "examples:\n"
            "  hub list 'resnet*'\n"
            "  hub show resnet50\n"
            "  hub predict mobilenet_v2 photo.jpg\n"
            "  hub help list\n"
        ),
    )
    parser.add_argument("--version", action="version", version=f"hub {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    name = next((word for word in arguments if not word.startswith("-")), None)
    if name is None:
        with settings.lenient():  # help is there whatever is wrong
            _add_overview(subparsers)
        return parser
    if name in OURS:
        module = import_module(f".{OURS[name][0]}", __name__)
        module.add_parser(subparsers)
        subparsers.choices[name].set_defaults(run=module.run)
    else:
        _add_packages_command(parser, subparsers, name)
    return parser


def _add_packages_command(parser: argparse.ArgumentParser, subparsers: Any, name: str) -> None:
    from .commands import find_command

    try:
        command = find_command(name)
    except UnknownNameError as error:
        if _added_by_hook(subparsers, name):
            return
        if error.install:
            raise
        parser.error(str(error))
    command.add_parser(subparsers)
    subparsers.choices[name] = subparsers.choices[command.name]  # the name may be canonical


def _add_overview(subparsers: Any) -> None:
    """Adds all commands and their lines of help for ``hub --help``, without their modules."""
    from .commands import all_commands

    usable = [command for command in all_commands() if command.status == "ok"]
    names = [command.name for command in usable]
    for command in usable:
        # Commands with the same name are listed by their canonical names; ours has only the bare.
        name = command.name if names.count(command.name) == 1 else command.canonical
        subparsers.add_parser(name, help=command.help.replace("%", "%%"), add_help=False)
    from ..packages import hooks

    hooks.add_commands(subparsers)


def _debug() -> bool:
    with contextlib.suppress(SettingsError):  # it may be the error that is being told
        return settings.debug()
    return False


def _added_by_hook(subparsers: Any, name: str) -> bool:
    """Whether a package adds the command in the deprecated way, by a hook."""
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
    from .faults import brief

    kind = "" if issubclass(category, PluginWarning) else f"{category.__name__}: "
    say(f"hub: warning: {kind}{brief(str(message))}")
