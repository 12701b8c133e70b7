"""The reference of commands, from the parsers that read their arguments."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import NamedTuple

from hubcore.cli.commands import Command, all_commands
from hubcore.cli.parsing import CommandParser
from hubcore.errors import HubError

__all__ = ["Argument", "CommandPage", "Part", "command_pages"]

_EXPLAINED = re.compile(r"^(\S.*?\S)( {2,})(?=\S)")
_WIDTH = 88  # columns of the usage lines


class Argument(NamedTuple):
    """An argument: how it is written, and what it is for."""

    written: str
    help: str


class Part(NamedTuple):
    """A command, or one below it.

    Attributes:
        name: such as ``hub cache prune``.
        anchor: its id on the page.
        about: what it does.
        usage: how it is called.
        groups: the title of each group of arguments, and the arguments.
        examples: commands, as a shell takes them.
        notes: what else the help says below.
    """

    name: str
    anchor: str
    about: str
    usage: str
    groups: list[tuple[str, list[Argument]]]
    examples: str
    notes: str


class CommandPage(NamedTuple):
    """The page of a command.

    Attributes:
        name: the word behind ``hub``.
        address: below the site's root.
        help: a line that says what it does.
        distribution: the package that adds it, or "" for the hub's own.
        parts: the command and all below it.
        fault: what is wrong, if its package's module cannot be loaded.
    """

    name: str
    address: str
    help: str
    distribution: str
    parts: list[Part]
    fault: str


def command_pages() -> list[CommandPage]:
    """The pages of all usable commands. Imports their modules, as ``hub help COMMAND`` does."""
    usable = [command for command in all_commands() if command.status == "ok"]
    names = [command.name for command in usable]
    return [
        _page(command, command.name if names.count(command.name) == 1 else command.canonical)
        for command in usable
    ]


def _page(command: Command, name: str) -> CommandPage:
    parser = CommandParser(prog="hub")
    subparsers = parser.add_subparsers()
    parts: list[Part] = []
    fault = ""
    try:
        command.add_parser(subparsers)
        parts = list(_parts(subparsers.choices[command.name], f"hub {name}"))
    except HubError as error:
        fault = str(error)
    file = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return CommandPage(
        name, f"docs/cli/{file}.html", command.help, command.distribution, parts, fault
    )


def _parts(parser: argparse.ArgumentParser, name: str) -> Iterator[Part]:
    formatter = argparse.HelpFormatter(prog=parser.prog, width=_WIDTH)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, prefix="")
    groups, below = [], {}
    for group in parser._action_groups:
        arguments = []
        for action in group._group_actions:
            if isinstance(action, argparse._SubParsersAction):
                below.update(action.choices)
            elif action.help != argparse.SUPPRESS and not isinstance(action, argparse._HelpAction):
                written = formatter._format_action_invocation(action)
                arguments.append(
                    Argument(written, formatter._expand_help(action) if action.help else "")
                )
        if arguments:
            groups.append((_titled(group.title or "arguments"), arguments))
    yield Part(
        name,
        re.sub(r"[^A-Za-z0-9_]+", "-", name),
        _about(parser.description or "", name),
        formatter.format_help().strip(),
        groups,
        *_examples(parser.epilog or ""),
    )
    for word, inner in below.items():
        yield from _parts(inner, f"{name} {word}")


def _titled(title: str) -> str:
    known = {"positional arguments": "Arguments", "options": "Options"}
    return known.get(title, title[:1].upper() + title[1:])


def _about(description: str, name: str) -> str:
    """A description without the command's own name, as a sentence."""
    text = description.strip().removeprefix(f"{name}:").strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", ":", "?", ")")) or not text else f"{text}."


def _examples(epilog: str) -> tuple[str, str]:
    """The examples of an epilog, which are indented, and its notes, which are not.

    Of an example what stands behind two blanks is a comment, as a shell takes it.
    """
    examples, notes = [], []
    for line in epilog.splitlines():
        if line.startswith("  "):
            examples.append(_EXPLAINED.sub(r"\1\2# ", line.removeprefix("  ")))
        elif line not in ("example:", "examples:"):
            notes.append(line)
    return "\n".join(examples), "\n".join(notes).strip()
