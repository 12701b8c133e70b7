"""Hooks: the functions by which installed packages change the hub's behaviour.

A package implements any of these functions in a module, marks each with `hookimpl`, and names the
module in the entry-point group ``hubcore.hooks``::

    [project.entry-points."hubcore.hooks"]
    acme = "acme_hub_hooks"

Names of models and weights are never looked up through hooks: they are data in catalogues.
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
"""The name under which pluggy knows these hooks."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Decorator that marks a function as the implementation of the hook of the same name."""


@hookspec
def hubcore_rewrite_url(url: str) -> str | Sequence[str] | None:
    """Gives other addresses of the same file, which are tried before its own.

    For mirrors that the ``mirrors`` setting cannot describe. The bytes are verified as always, so
    a mirror need not be trusted. The addresses of several packages are tried in the order of the
    packages' names.

    Args:
        url: the address that the catalogue gives.

    Returns:
        One address, several in the order to try them, or None to add none.
    """


@hookspec(firstresult=True)
def hubcore_fetch(url: str, target: Path) -> bool | None:
    """Fetches a file whose address has a scheme that the hub does not know, such as ``s3:``.

    For files that are not on the web: those are better told of in the entry-point group
    ``hubcore.schemes``. Not called for ``http:``, ``https:``, ``package:`` and ``file:``. The hub
    verifies the file, and keeps it only if the digest is right. Limits of time and size are yours
    to keep.

    Args:
        url: the address.
        target: the path to write the file to; its folder exists.

    Returns:
        True if the file was written, None if your package does not serve this address. If it does
        but cannot fetch the file, raise an exception.
    """


@hookspec(firstresult=True)
def hubcore_read_checkpoint(path: Path, map_location: Any) -> Any:
    """Reads a checkpoint in a format that the hub does not know.

    Called before the hub reads the file itself, until a package returns something other than None.
    Recognise the format by the file's first bytes, since files in the store are named by their
    digests. Never run code from the file.

    Args:
        path: the verified file.
        map_location: where to put the tensors, as for `torch.load`; None for the CPU.

    Returns:
        The content of the file, usually a state dict, or None if it is in another format.
    """


@hookspec
def hubcore_wrap_model(
    model: nn.Module, name: str, weights: WeightsLike | None
) -> nn.Module | None:
    """Changes or wraps a model after it was built.

    Called for every model, package by package in the order of their names; each receives the model
    that the one before returned.

    Args:
        model: the model, with its weights loaded.
        name: its canonical name, such as ``hub-classification/resnet50``.
        weights: the weights that were loaded, or None.

    Returns:
        The model to use instead, or None to leave it as it is.
    """


@hookspec(
    warn_on_impl=DeprecationWarning(
        "hubcore_add_commands is deprecated: name the command's module in the entry-point group "
        "'hubcore.commands' instead, so that 'hub --help' does not import it (docs/commands.md)."
    )
)
def hubcore_add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds commands to ``hub``. Deprecated: use the entry-point group ``hubcore.commands``.

    Called if ``hub`` is run without a command, or with one that it does not know. Each command is a
    parser whose default ``run`` is a function that takes the parsed arguments and returns the exit
    code.

    Args:
        subparsers: its ``add_parser`` adds the parser of a command.
    """
