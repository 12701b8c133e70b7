"""Type stubs of the families' packages, whose contents are made at run time (PEP 562).

With them editors complete ``from hub_classification import resnet50, ResNet50_Weights``.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable

from hubcore.catalogs.catalog import Catalog, ModelEntry, WeightsEntry

from . import upstream

_HEADER = """\
# Made from catalog.json by scripts/torchvision_catalog.py: do not edit.
# ruff: noqa
# fmt: off
"""


def stub(catalog: Catalog, enum_package: Callable[[str], str]) -> str:
    """The text of a package's ``__init__.pyi``.

    Args:
        catalog: the package's catalogue.
        enum_package: finds the package that an enumeration of weights belongs to.
    """
    imports: dict[str, set[str]] = {"hubcore": {"WeightsEnum", "WeightsLike"}, "typing": {"Any"}}
    functions = [_function(model, imports) for model in catalog.models.values()]
    for name in set(re.findall(r"\b\w+Weights\b", "".join(functions))):
        if name not in catalog.weights:
            imports.setdefault(enum_package(name), set()).add(name)
    classes = [_enum(entry) for entry in catalog.weights.values()]
    return "\n".join([_HEADER + _imports(imports), *classes, *functions])


def _imports(imports: dict[str, set[str]]) -> str:
    """The import block: the standard library, third parties, the hub."""

    def lines(modules: Iterable[str]) -> str:
        return "".join(_import(module, imports[module]) for module in sorted(modules))

    standard = {"typing", "collections.abc"} & set(imports)
    ours = {module for module in imports if module.startswith("hub")}
    groups = (standard, set(imports) - standard - ours, ours)
    return "\n".join(lines(group) for group in groups if group)


def _import(module: str, names: set[str]) -> str:
    ordered = sorted(names, key=lambda name: (not name.isupper(), name))
    line = f"from {module} import {', '.join(ordered)}\n"
    if len(line) <= 100:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")\n"


def _enum(entry: WeightsEntry) -> str:
    lines = [f"class {entry.name}(WeightsEnum):"]
    lines += [f"    {member} = ..." for member in entry.members]
    lines += [f"    {alias} = {member}" for alias, member in entry.aliases.items()]
    return "\n".join(lines) + "\n"


def _function(model: ModelEntry, imports: dict[str, set[str]]) -> str:
    builder = model.architecture.func
    lines = [f"def {model.export}(", "    *,"]
    for name, parameter in upstream.parameters(builder).items():
        default = model.parameters[name]
        if isinstance(default, str):
            text = default  # a member of another enumeration
        else:
            text = repr(default)
        lines.append(f"    {name}: {_type(model, name, parameter, imports)} = {text},")
    returns = inspect.signature(builder).return_annotation
    if isinstance(returns, str):
        module, result = builder.__module__, returns
    else:
        module, result = returns.__module__, returns.__name__
    imports.setdefault(module, set()).add(result)
    lines += ["    **config: Any,", f") -> {result}:", _docstring(model.doc)]
    if model.export != model.name:
        lines += ["", f"{model.name} = {model.export}"]
    return "\n".join(lines) + "\n"


def _type(
    model: ModelEntry,
    name: str,
    parameter: inspect.Parameter,
    imports: dict[str, set[str]],
) -> str:
    if name == "weights":
        enums = [model.weights, *(case["weights"] for case in model.data.get("accepts", ()))]
        return " | ".join([*dict.fromkeys(filter(None, enums)), "WeightsLike", "str", "None"])
    if name == "weights_backbone":
        return f"{model.data['backbone']['weights']} | WeightsLike | str | None"
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return type(parameter.default).__name__
    if not isinstance(annotation, str):
        annotation = inspect.formatannotation(annotation)
    if found := re.fullmatch(r"(?:typing\.)?Optional\[(.*)\]", annotation):
        annotation = f"{found[1]} | None"
    annotation = annotation.replace("Callable", "collections.abc.Callable")
    for module, imported in re.findall(r"((?:[a-z_]+\.)+)([A-Z]\w*)", annotation):
        annotation = annotation.replace(module + imported, imported)
        imports.setdefault(module.rstrip("."), set()).add(imported)
    return str(annotation)


def _docstring(text: str) -> str:
    first, _, rest = text.partition("\n")
    paragraphs = textwrap.wrap(first, 92) + rest.splitlines()
    body = "\n".join(f"    {line}".rstrip() for line in paragraphs).strip()
    return f'    """{body}\n    """' if "\n" in body else f'    """{body}"""'
