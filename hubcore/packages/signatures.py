"""What a callable says of itself, read from its source: nothing is imported."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .folders import package_folders

__all__ = ["Signature", "signature_of"]


class Signature(NamedTuple):
    """What the source of a function or a class says.

    Attributes:
        doc: the first line of its docstring, or "".
        defaults: the default values of its arguments, by name. A member of an enum, such as
            ``InterpolationMode.BILINEAR``, is its name in lower case; what is not written out as a
            value is its text.
    """

    doc: str = ""
    defaults: Mapping[str, Any] = {}


def signature_of(target: str) -> Signature:
    """What the source of a function or a class says; nothing if it is not found, or not readable.

    Args:
        target: ``"module:attribute"``.
    """
    module, _, name = target.partition(":")
    found = _source(module)
    return Signature() if found is None else _signature(*found, name)


@functools.lru_cache(maxsize=64)  # a thousand weights share a few functions
def _signature(file: Path, changed: int, name: str) -> Signature:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return Signature()
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    named = {
        node.name: node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))
    }
    if name not in named:
        return Signature()
    doc = (ast.get_docstring(named[name]) or "").partition("\n")[0]
    function = _function(named, name)
    if function is None:
        return Signature(doc)
    positional = [*function.args.posonlyargs, *function.args.args]
    found = list(zip(reversed(positional), reversed(function.args.defaults), strict=False))[::-1]
    found += [
        (argument, default)
        for argument, default in zip(
            function.args.kwonlyargs, function.args.kw_defaults, strict=True
        )
        if default is not None
    ]
    return Signature(doc, {argument.arg: _value(value, constants) for argument, value in found})


def _source(module: str) -> tuple[Path, int] | None:
    """The file of a module, and when it was changed."""
    package, *parts = module.split(".")
    for folder in package_folders(package):
        place = Path(folder, *parts)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            try:
                return file, file.stat().st_mtime_ns
            except OSError:
                continue
    return None


def _function(
    named: Mapping[str, ast.ClassDef | ast.FunctionDef], name: str
) -> ast.FunctionDef | None:
    """The function, or the ``__init__`` of the class or of its first base with one."""
    node = named.get(name)
    seen = set()
    while isinstance(node, ast.ClassDef) and node.name not in seen:
        seen.add(node.name)
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                return item
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        node = next((named[base] for base in bases if base in named), None)
    return node if isinstance(node, ast.FunctionDef) else None


def _value(node: ast.expr, constants: dict[str, ast.expr]) -> Any:
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    if isinstance(node, ast.Attribute):
        return node.attr.lower()
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.unparse(node)
