"""``hub completion``: print the script by which a shell completes commands, options and names."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["add_parser", "complete", "run"]

EXAMPLES = """\
examples:
  eval "$(hub completion bash)"                                 in ~/.bashrc
  eval "$(hub completion zsh)"                                  in ~/.zshrc, after compinit
  hub completion fish > ~/.config/fish/completions/hub.fish
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("completion", description=__doc__, epilog=EXAMPLES)
    parser.add_argument("shell", choices=["bash", "zsh", "fish"], help="the shell")


def run(args: argparse.Namespace) -> int:
    from argcomplete.shell_integration import shellcode

    print(shellcode(["hub"], shell=args.shell))
    return 0


def complete() -> None:
    """Answers a shell that completes a line, which it gives in the environment, and exits.

    Only the module of the line's command is imported, and no plugin's code.
    """
    import argcomplete
    from argcomplete.lexers import split_line

    from . import _parser

    line = os.environ.get("COMP_LINE", "")
    words = split_line(line, int(os.environ.get("COMP_POINT") or len(line)))[3][1:]
    known = words and words[0] in _commands()
    parser = _parser(words[:1] if known else ["--help"])
    _add_completers(parser)
    argcomplete.autocomplete(parser, always_complete_options="long")


Completer = Callable[..., Iterable[str]]


def _add_completers(parser: argparse.ArgumentParser, command: str = "") -> None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                _add_completers(below, command or name)
        elif action.choices is None and action.type is None and action.nargs != 0:
            completer = _COMPLETERS.get(f"{command}.{action.dest}", _COMPLETERS.get(action.dest))
            if completer is not None:
                action.completer = completer  # type: ignore[attr-defined]  # argcomplete's way


def _models(**_: Any) -> list[str]:
    from ..catalogs import queries

    return queries.list_models()


def _weights(**_: Any) -> list[str]:
    from ..catalogs import queries

    return queries.list_weights()


def _either(prefix: str, **_: Any) -> list[str]:
    """Names of models, and those of weights once their first letters are there."""
    return [*_models(), *_weights()] if prefix else _models()


def _tasks(**_: Any) -> list[str]:
    from ..catalogs import queries

    return sorted({entry.task for entry in queries.models().values()})


def _plugins(**_: Any) -> list[str]:
    from ..catalogs import queries

    return sorted({plugin.distribution for plugin in queries.plugins()})


def _fields(**_: Any) -> list[str]:
    from ..catalogs import queries
    from ..catalogs.facts import facts
    from ..catalogs.fields import fields_of

    return sorted(fields_of({"name": "", **facts(e)} for e in queries.models().values()))


def _commands(**_: Any) -> list[str]:
    from .commands import all_commands

    return [command.name for command in all_commands() if command.status == "ok"]


def _nothing(**_: Any) -> list[str]:
    return []


_COMPLETERS: dict[str, Completer] = {
    "name": _either,
    "pattern": _models,
    "model": _models,
    "models": _models,
    "predict.weights": _weights,
    "task": _tasks,
    "plugin": _plugins,
    "package": _plugins,
    "sort": _fields,
    "help.command": _commands,
    "new.name": _nothing,  # a name that is not there yet
    "pack.name": _nothing,
}
"""What completes an argument, by its name or by ``command.name``; files complete all others."""
