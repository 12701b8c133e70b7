"""``hub plugins``: list the installed plugins and their states."""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING, Any

from ..catalogs import queries
from ..catalogs.discovery import Plugin
from ..catalogs.records import record_faults
from ..catalogs.signed import SUFFIX
from ..catalogs.tasks import TaskEntry, all_tasks
from ..errors import PluginWarning
from ..packages.schemes import all_schemes
from .output import Column, harmless, print_json, print_table

if TYPE_CHECKING:
    from ..packages.hooks import HookPlugin
    from .commands import Command

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub plugins
  HUBCORE_DISABLE=hub-video hub plugins
  hub plugins --json
"""

STATUS_COLORS = {"ok": "green", "disabled": "yellow", "broken": "red", "incompatible": "red"}


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "plugins",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the table shows it
        found = queries.plugins()
    if args.json:
        print_json(
            {
                "plugins": [
                    {
                        "name": plugin.name,
                        "distribution": plugin.distribution,
                        "version": plugin.version,
                        "status": plugin.status,
                        "error": plugin.error or None,
                        "signed_by": plugin.signed_by or None,
                        "models": len(plugin.catalog.models) if plugin.catalog else 0,
                        "weights": _weights(plugin),
                        "records": len(plugin.catalog.records) if plugin.catalog else 0,
                        "record_faults": _record_faults(plugin),
                    }
                    for plugin in found
                ],
                "commands": [
                    {
                        "name": command.name,
                        "distribution": command.distribution,
                        "status": command.status,
                    }
                    for command in _added_commands()
                ],
                "tasks": [
                    {
                        "name": task.name,
                        "distribution": task.distribution,
                        "status": task.status,
                        "error": task.error or None,
                    }
                    for task in _added_tasks()
                ],
                "hooks": [
                    {
                        "name": plugin.name,
                        "distribution": plugin.distribution,
                        "status": plugin.status,
                        "error": plugin.error or None,
                    }
                    for plugin in _hooks()
                ],
                "schemes": [
                    {"name": entry.name, "distribution": entry.distribution}
                    for entry in all_schemes()
                ],
            }
        )
        return 0
    if not found:
        print("No plugin is installed. To start with one: pip install hub-classification")
        return 0
    signatures = [_signature(plugin) for plugin in found]
    shown = any(signatures)  # a column only where there is any
    print_table(
        (
            [
                plugin.name,
                plugin.distribution,
                plugin.version,
                plugin.status,
                str(len(plugin.catalog.models)) if plugin.catalog else "",
                str(_weights(plugin)) if plugin.catalog else "",
                *([signature] if shown else []),
            ]
            for plugin, signature in zip(found, signatures, strict=True)
        ),
        [
            "plugin",
            "distribution",
            Column("version", rank=1),
            Column("status", colors=STATUS_COLORS),
            Column("models", right=True),
            Column("weights", right=True),
            *([Column("signed by", cut="end", rank=2)] if shown else []),
        ],
    )
    for plugin in found:
        if plugin.error:
            print(harmless(f"\n{plugin.name}: {plugin.error}\n  To remove it: {plugin.remedy}"))
        for fault in _record_faults(plugin):
            print(harmless(f"\n{plugin.name}: a record does not count: {fault}"))
    _print_commands()
    _print_tasks()
    _print_hooks()
    _print_schemes()
    return 0


def _record_faults(plugin: Plugin) -> list[str]:
    return [reason for _, reason in record_faults(plugin.catalog)] if plugin.catalog else []


def _added_commands() -> list[Command]:
    """The commands that packages add."""
    from .commands import all_commands

    return [command for command in all_commands() if command.distribution]


def _added_tasks() -> list[TaskEntry]:
    """The tasks that packages add. None of their code is run."""
    return [task for task in all_tasks() if task.distribution]


def _hooks() -> tuple[HookPlugin, ...]:
    """The packages that add hooks, with their states. Only their code is run here."""
    from ..packages import hooks

    if not hooks.installed():
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # their states say it
        return hooks.hook_plugins()


def _print_commands() -> None:
    if added := _added_commands():
        print()
        print_table(
            ([command.name, command.distribution, command.status] for command in added),
            ["command", "distribution", Column("status", colors=STATUS_COLORS)],
        )


def _print_tasks() -> None:
    added = _added_tasks()
    if not added:
        return
    print()
    print_table(
        ([task.name, task.distribution, task.status] for task in added),
        ["task", "distribution", Column("status", colors=STATUS_COLORS)],
    )
    for broken in (task for task in added if task.error):
        print(harmless(f"\n{broken.fault(f'is broken: {broken.error}')}"))


def _print_hooks() -> None:
    found = _hooks()
    if not found:
        return
    print()
    print_table(
        ([plugin.name, plugin.distribution, plugin.status] for plugin in found),
        ["hooks", "distribution", Column("status", colors=STATUS_COLORS)],
    )
    for broken in (plugin for plugin in found if plugin.error):
        print(harmless(f"\n{broken.name}: {broken.error}\n  To remove it: {broken.remedy}"))


def _print_schemes() -> None:
    added = all_schemes()
    if added:
        print()
        print_table(
            ([entry.name, entry.distribution] for entry in added), ["addresses", "distribution"]
        )


def _signature(plugin: Plugin) -> str:
    """Who signed the catalogue, where the settings have that verified."""
    if plugin.signed_by:
        return plugin.signed_by
    signature = plugin.path and plugin.path.with_name(plugin.path.name + SUFFIX)
    return "a signature that nobody verified" if signature and signature.is_file() else ""


def _weights(plugin: Plugin) -> int:
    if plugin.catalog is None:
        return 0
    return sum(len(entry.members) for entry in plugin.catalog.weights.values())
