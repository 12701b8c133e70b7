"""The reference of Python: public names with their signatures and docstrings, read by griffe.

Nothing is imported: griffe parses the source, follows ``from .x import y`` and knows Google's style
of docstrings.
"""

from __future__ import annotations

import contextlib
import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import griffe

from hubcore.cli.commands import all_commands

__all__ = ["CORE", "Field", "ModulePage", "PublicObject", "Section", "module_pages"]

CORE = (
    "hubcore",
    "hubcore.errors",
    "hubcore.family",
    "hubcore.hookspecs",
    "hubcore.models",
    "hubcore.prediction",
    "hubcore.prediction.tasks",
    "hubcore.store",
    "hubcore.testing",
    "hubcore.transforms",
)
"""The public modules of hubcore."""
_HOOK = "hubcore_"
_OURS = "hub-"
_WIDTH = 80
_ALWAYS_SHOWN = ("__call__",)


class Field(NamedTuple):
    """A parameter, an attribute, an error that is raised, or what is returned."""

    name: str
    annotation: str
    about: str


class Section(NamedTuple):
    """A part of a docstring: text, or a titled list of fields."""

    title: str
    text: str
    fields: list[Field]


class PublicObject(NamedTuple):
    """A public name.

    Attributes:
        name: within its module, such as ``Store.get``.
        kind: ``class``, ``function``, ``method``, ``property``, ``attribute``.
        signature: Python code, or "" where there is none.
        sections: the docstring.
        members: those of a class.
    """

    name: str
    kind: str
    signature: str
    sections: list[Section]
    members: list[PublicObject]

    @property
    def summary(self) -> str:
        """The first sentence or paragraph of the docstring."""
        text = self.sections[0].text if self.sections else ""
        return " ".join(text.partition("\n\n")[0].split())


class ModulePage(NamedTuple):
    """The page of a module."""

    name: str
    address: str
    sections: list[Section]
    objects: list[PublicObject]

    @property
    def summary(self) -> str:
        text = self.sections[0].text if self.sections else ""
        return " ".join(text.partition("\n\n")[0].split()).rstrip(":")


def module_pages() -> list[ModulePage]:
    """The pages of hubcore's public modules, and of the plugins of ours that add commands."""
    log = logging.getLogger("griffe")
    level = log.level
    log.setLevel(logging.CRITICAL)  # what it thinks of docstrings is for their authors
    try:
        return [page for page in map(_page_of, [*CORE, *_plugins()]) if page is not None]
    finally:
        log.setLevel(level)


def _plugins() -> list[str]:
    """The packages of plugins that add commands; their names are public as hubcore's are."""
    commands = [c for c in all_commands() if c.status == "ok" and c.distribution.startswith(_OURS)]
    return sorted({command.module.partition(".")[0] for command in commands})


_loaded: dict[str, griffe.Object | None] = {}


def _package(name: str) -> griffe.Object | None:
    """A package with all of its modules, parsed. None if its source is not to be had."""
    if name not in _loaded:
        _loaded[name] = None
        spec = find_spec(name)  # of a top-level package: runs nothing
        if spec is not None and spec.origin and spec.origin.endswith(".py"):
            folder = Path(spec.origin).parents[1]
            loader = griffe.GriffeLoader(allow_inspection=False, search_paths=[folder])
            with contextlib.suppress(griffe.GriffeError, SyntaxError, OSError):
                found = loader.load(name, submodules=True)
                loader.resolve_aliases(implicit=False, external=False)
                _loaded[name] = found  # type: ignore[assignment]  # a module, not an alias
    return _loaded[name]


def _page_of(name: str) -> ModulePage | None:
    top, _, rest = name.partition(".")
    module: Any = _package(top)
    if module is None:
        return None
    if rest:
        module = module[rest]
    names = [str(export) for export in module.exports or ()]
    if name == "hubcore.hookspecs":
        names += [member for member in module.members if member.startswith(_HOOK)]
    objects = [found for found in (_object(module, name) for name in sorted(names)) if found]
    if not objects:
        return None
    return ModulePage(name, f"docs/python/{name}.html", _sections(module), objects)


def _object(parent: Any, name: str, prefix: str = "") -> PublicObject | None:
    try:
        found = parent.all_members[name] if prefix else parent[name]
        target: Any = found.final_target if found.is_alias else found
    except (KeyError, griffe.GriffeError):
        return None
    full = f"{prefix}{name}"
    if target.is_class:
        members = [_object(target, member, f"{full}.") for member in _members(target)]
        kept = [member for member in members if member]
        signature = _class_signature(target, name)
        return PublicObject(full, "class", signature, _sections(target), kept)
    if target.is_function:
        labels = target.labels
        kind = "property" if "property" in labels else "method" if prefix else "function"
        return PublicObject(full, kind, _function_signature(target, name), _sections(target), [])
    kind = "property" if "property" in target.labels else "attribute"
    annotation = f": {target.annotation}" if target.annotation else ""
    return PublicObject(full, kind, f"{name}{annotation}", _sections(target), [])


def _members(target: Any) -> list[str]:
    """The public methods and properties of a class; attributes only where they have a docstring."""
    names = []
    for name, member in target.all_members.items():
        if name.startswith("_") and name not in _ALWAYS_SHOWN:
            continue
        try:
            own: Any = member.final_target if member.is_alias else member
        except griffe.GriffeError:
            continue
        is_method = own.is_function or "property" in own.labels
        if own.is_class or (not is_method and own.docstring is None):
            continue
        names.append(name)
    return sorted(names)


def _class_signature(target: Any, name: str) -> str:
    bases = [str(base) for base in target.bases]
    if "NamedTuple" in bases:
        fields = [
            (member.name, member.annotation, member.value)
            for member in target.attributes.values()
            if member.annotation is not None and "property" not in member.labels
        ]
        parts = [f"{n}: {a}" + (f" = {v}" if v is not None else "") for n, a, v in fields]
        return _call(f"class {name}", parts, "")
    shown = [base for base in bases if not base.rpartition(".")[2].startswith("_")]
    init = target.all_members.get("__init__")
    if init is None or "Protocol" in bases or "Enum" in bases:
        return f"class {name}({', '.join(shown)})" if shown else f"class {name}"
    return _call(f"class {name}", _parameters(target.parameters), "")


def _function_signature(target: Any, name: str) -> str:
    returns = f" -> {target.returns}" if target.returns is not None else ""
    if "property" in target.labels:
        return f"{name}{returns.replace(' -> ', ': ')}"
    return _call(name, _parameters(target.parameters), returns)


def _parameters(parameters: Any) -> list[str]:
    kinds = griffe.ParameterKind
    parts = []
    before = None
    for number, parameter in enumerate(parameters):
        kind = parameter.kind
        if number == 0 and parameter.name in ("self", "cls"):
            continue
        if before is kinds.positional_only and kind is not kinds.positional_only:
            parts.append("/")
        if kind is kinds.keyword_only and before not in (kinds.keyword_only, kinds.var_positional):
            parts.append("*")
        before = kind
        stars = {kinds.var_positional: "*", kinds.var_keyword: "**"}.get(kind, "")
        text = f"{stars}{parameter.name}"
        if parameter.annotation is not None:
            text += f": {parameter.annotation}"
        if parameter.default is not None and not stars:
            text += f" = {parameter.default}" if parameter.annotation else f"={parameter.default}"
        parts.append(text)
    return parts


def _call(name: str, parts: list[str], returns: str) -> str:
    line = f"{name}({', '.join(parts)}){returns}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){returns}"])


def _sections(target: Any) -> list[Section]:
    if target.docstring is None:
        return []
    # One return value, whose text may run over several lines and begins with no name.
    options = {"returns_multiple_items": False, "returns_named_value": False}
    parsed = target.docstring.parse("google", **options)
    return [section for section in map(_section, parsed) if section is not None]


def _section(section: Any) -> Section | None:
    kind = section.kind
    kinds = griffe.DocstringSectionKind
    if kind is kinds.text:
        return Section("", section.value, [])
    if kind is kinds.admonition:
        return Section(section.title or "", section.value.contents, [])
    titles = {
        kinds.parameters: "Parameters",
        kinds.other_parameters: "Parameters",
        kinds.attributes: "Attributes",
        kinds.returns: "Returns",
        kinds.yields: "Yields",
        kinds.raises: "Raises",
        kinds.warns: "Warns",
    }
    if kind not in titles:
        return None
    nameless = kind in (kinds.returns, kinds.yields)
    is_error = kind in (kinds.raises, kinds.warns)
    fields = [
        Field(
            str(item.annotation) if is_error else "" if nameless else item.name,
            "" if is_error or item.annotation is None else str(item.annotation),
            item.description,
        )
        for item in section.value
    ]
    return Section(titles[kind], "", fields)
