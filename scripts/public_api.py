#!/usr/bin/env python
"""The public names of hubcore with their signatures, as text: a change of them is a change of it.

    python scripts/public_api.py     # writes tests/public_api.txt

What is not in the text may change without notice.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from hub_site.docs.reference import CORE

FILE = Path(__file__).resolve().parents[1] / "tests" / "public_api.txt"


def public_api() -> str:
    """One line a name: functions, classes, their methods and attributes, module by module."""
    return "\n\n".join("\n".join(_of_module(import_module(name))) for name in CORE) + "\n"


def _of_module(module: ModuleType) -> Iterator[str]:
    yield f"# {module.__name__}"
    names = set(getattr(module, "_own", module.__all__))  # hubcore.models has torchvision's too
    if module.__name__ == "hubcore.hookspecs":
        names |= {name for name in vars(module) if name.startswith("hubcore_")}
    for name in sorted(names):
        yield from _of_object(name, getattr(module, name))


def _of_object(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        yield from _of_class(name, value)
    elif inspect.isfunction(value) and value.__module__.startswith("hubcore"):
        yield name + _signature(value)
    else:  # a constant, or another library's
        yield name


def _of_class(name: str, value: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
    yield f"class {name}({bases})" if bases else f"class {name}"
    # What is inherited within hubcore is as public as what is not.
    own = [base for base in reversed(value.__mro__) if base.__module__.startswith("hubcore")]
    members = {name: member for base in own for name, member in vars(base).items()}
    fields = {*getattr(value, "_fields", ()), *getattr(value, "__dataclass_fields__", ())}
    if fields and issubclass(value, tuple):
        yield f"    ({', '.join(value._fields)})"  # type: ignore[attr-defined]  # a NamedTuple
    elif fields or ("__init__" in members and not getattr(value, "_is_protocol", False)):
        yield "    " + _signature(value)
    for attribute, member in sorted(members.items()):
        if attribute == "__call__" or not (attribute.startswith("_") or attribute in fields):
            function = inspect.isfunction(member) or isinstance(member, (classmethod, staticmethod))
            yield f"    .{attribute}" + (_signature(getattr(value, attribute)) if function else "")


def _signature(function: Any) -> str:
    # Annotations are text in all modules of ours; the quotes around them say nothing.
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))


if __name__ == "__main__":
    FILE.write_text(public_api(), "utf-8")
    print(f"wrote {FILE.name}: {len(public_api().splitlines())} lines")
