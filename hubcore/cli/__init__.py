"""The command line, ``hub``: one module a command.

Each command's module has ``add_parser(subparsers)``, which sets its ``run(args) -> int`` as the
parser's default. Only the module of the command in hand is imported.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ..errors import HubError, PluginWarning

__all__ = ["main"]

# Command: the module in this package that defines it.
COMMANDS = {
    "list": "listing",  # a module called list would hide the built-in here
    "show": "show",
    "predict": "predict",
    "quantize": "quantize",
    "download": "download",
    "cache": "cache",
    "bundle": "bundle",
    "lock": "lock",
    "sync": "lock",
    "plugins": "plugins",
    "doctor": "doctor",
    "check": "check",
    "new": "new",
    "pack": "pack",
    "catalog": "catalog",
}

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code: 0 done, 1 an error, 2 wrong usage."""
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
    command = next((word for word in arguments if not word.startswith("-")), None)
    modules = [COMMANDS[command]] if command in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        import_module(f".{module}", __name__).add_parser(subparsers)
    if command not in COMMANDS:
        from ..packages import hooks

        hooks.add_commands(subparsers)
    return parser


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
