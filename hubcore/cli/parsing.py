"""The parser of commands: argparse's, which says what may have been meant."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import arguments

__all__ = ["CommandParser"]

_UNKNOWN = re.compile(r"unrecognized arguments: (.*)", re.DOTALL)
_CHOICE = re.compile(r"(.*invalid choice: )'?(.*?)'? \(choose from (.*)\)", re.DOTALL)
_LONGEST = 40  # characters of an argument that an error repeats


class _SubCommands(argparse._SubParsersAction):  # type: ignore[type-arg]  # not generic when run
    """Commands below a command: a line of help is also their description."""

    def add_parser(self, name: str, **options: Any) -> Any:
        options.setdefault("description", options.get("help"))
        return super().add_parser(name, **options)


class CommandParser(argparse.ArgumentParser):
    """The parser of a command, whose description may be a docstring."""

    def __init__(self, *, description: str | None = None, **options: Any) -> None:
        super().__init__(
            description=(description or "").replace("``", ""),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **options,
        )
        self.register("action", "parsers", _SubCommands)
        # For packages' commands as well: argparse would name the function that fails.
        for kind, read in ((int, arguments.whole), (float, arguments.real), (Path, arguments.path)):
            self.register("type", kind, read)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses as argparse does. Arguments that are unknown are an error of their command."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self._command_of(args or ()).error(f"unrecognized arguments: {' '.join(unknown)}")
        return found

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse swallows that standard output cannot be written: help would be lost in silence.
        if message and file is not None and file is sys.stdout:
            file.write(message)
        else:
            super()._print_message(message, file)

    def error(self, message: str) -> NoReturn:
        """Says what is wrong and what may have been meant, and exits with 2."""
        unknown, choice = _UNKNOWN.fullmatch(message), _CHOICE.fullmatch(message)
        if unknown:
            words = [_short(word) for word in unknown[1].split()[:3]]
            message = f"unknown arguments: {' '.join(words)}"
            message += self._meant(next(iter(words), ""), self._option_string_actions)
        elif choice:
            choices = re.findall(r"[^\s,']+", choice[3])
            message = f"{choice[1]}'{_short(choice[2])}'"
            message += self._meant(choice[2], choices) or f". Choose from: {', '.join(choices)}"
        from .faults import brief

        super().error(brief(message))

    def _command_of(self, args: Sequence[str]) -> argparse.ArgumentParser:
        """The parser of the command that the arguments name, and of the one below it."""
        parser: argparse.ArgumentParser = self
        for word in args:
            for action in parser._actions:
                if isinstance(action, argparse._SubParsersAction) and word in action.choices:
                    parser = action.choices[word]
                    break
        return parser

    @staticmethod
    def _meant(word: str, known: Iterable[str]) -> str:
        import difflib

        by_letters = {name.lstrip("-"): name for name in known}
        word = word.partition("=")[0].lstrip("-")
        close = [by_letters[m] for m in difflib.get_close_matches(word, by_letters, n=2)]
        return f". Did you mean {' or '.join(close)}?" if close else ""


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
