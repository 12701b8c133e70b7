"""Hooks: what installed packages may change of the hub's behaviour.

A package implements any of these functions in a module, marks each with `hookimpl` and names the
module in the entry-point group ``hubcore.hooks``::

    [project.entry-points."hubcore.hooks"]
    acme = "acme_hub_hooks"

Names of models and weights are never looked up through hooks: they are data, in catalogues.
docs/hooks.md has a complete example of each hook.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import argparse

    from torch import nn

    from .protocols import WeightsLike

__all__ = ["PROJECT", "hookimpl"]

PROJECT = "hubcore"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks the implementation of a hook."""


@hookspec
def hubcore_rewrite_url(url: str) -> str | Sequence[str] | None:
    """Other addresses of the same file, to be asked before its own.

    For mirrors that the ``mirrors`` setting cannot describe. The bytes are verified as always, so
    a mirror need not be trusted. Addresses of several packages are asked in the order of the
    packages' names.

    Args:
        url: the address that a catalogue gives.

    Returns:
        One address, several in the order to ask them, or None to add none.
    """


@hookspec(firstresult=True)
def hubcore_fetch(url: str, target: Path) -> bool | None:
    """Fetches an address of a scheme that the hub does not know, such as ``s3:``.

    Not asked for ``http:``, ``https:``, ``package:`` and ``file:``. The hub verifies what was
    written, and keeps it only if the digest is right.

    Args:
        url: the address.
        target: where to write the file; its folder is there.

    Returns:
        True if the file was written, None if the address is none of yours. Where it is yours and
        cannot be fetched, raise an exception.
    """


@hookspec(firstresult=True)
def hubcore_read_checkpoint(path: Path, map_location: Any) -> Any:
    """Reads a checkpoint of a format that the hub does not know.

    Asked before the hub looks at the file itself; the first package that returns something other
    than None has read it. A reader should recognise its format by the file's first bytes (files in
    the store bear their digest, not their name) and must not run code from the file.

    Args:
        path: the verified file.
        map_location: where the tensors go, as `torch.load` takes it; None for the CPU.

    Returns:
        What the file holds, usually a state dict, or None if the format is another.
    """


@hookspec
def hubcore_wrap_model(
    model: nn.Module, name: str, weights: WeightsLike | None
) -> nn.Module | None:
    """Changes or wraps a model after it was built.

    Called for every model, with what the package before returned, in the order of the packages'
    names.

    Args:
        model: the model, with its weights loaded.
        name: its canonical name, such as ``hub-classification/resnet50``.
        weights: what was loaded, or None.

    Returns:
        The model that the user gets, or None to leave it as it is.
    """


@hookspec(
    warn_on_impl=DeprecationWarning(
        "hubcore_add_commands is deprecated: name the command's module in the entry-point group "
        "'hubcore.commands' instead, so that 'hub --help' need not import it (docs/commands.md)."
    )
)
def hubcore_add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds commands to ``hub``. Deprecated: use the entry-point group ``hubcore.commands``.

    Called when ``hub`` is run without a command, or with one that it does not know. For each
    command: a parser whose default ``run`` is a function of the parsed arguments that returns the
    exit code.

    Args:
        subparsers: call its ``add_parser``.
    """
