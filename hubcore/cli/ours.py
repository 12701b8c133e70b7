"""The hub's own commands: what `hub` needs to know of each before importing its module."""

from __future__ import annotations

__all__ = ["OURS"]

# A plain table: every start of `hub` reads it.
OURS = {
    "list": ("listing", "list models or weights"),  # a module named list would hide the built-in
    "search": ("search", "search for packages that are not installed"),
    "show": ("show", "show a model, weights or a plugin"),
    "predict": ("predict", "run a model on images or videos"),
    "download": ("download", "download weights into the store"),
    "cache": ("cache", "list, verify and prune the store"),
    "store": ("store", "offer the store to other machines"),
    "bundle": ("bundle", "pack weights for machines without a network"),
    "lock": ("lock", "pin weights, digests, versions and preprocessing in hub.lock"),
    "sync": ("sync", "download the weights in hub.lock"),
    "plugins": ("plugins", "list plugins and their states"),
    "doctor": ("doctor", "check this installation"),
    "check": ("check", "check a plugin"),
    "new": ("new", "start the project of a plugin"),
    "pack": ("pack", "make an installable package from a checkpoint"),
    "catalog": ("catalog", "write or check a catalogue"),
    "completion": ("completion", "print a script that completes commands and names in a shell"),
    "version": ("version", "show versions"),
    "help": ("help", "show the help of a command"),
}
"""The module of this package that defines each command, and its line of help, by name."""
