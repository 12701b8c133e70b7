"""What every command prints with: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["print_fields", "print_json", "print_table"]


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=repr))


def print_table(rows: Iterable[Sequence[Any]], headers: Sequence[str]) -> None:
    from tabulate import tabulate

    print(tabulate(list(rows), headers=headers, tablefmt="simple", disable_numparse=True))


def print_fields(fields: Mapping[str, Any]) -> None:
    """One name and value a line; empty values are left out."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        if value not in (None, ""):
            lines = str(value).splitlines() or [""]
            print(f"{name:<{width}}  {lines[0]}")
            for line in lines[1:]:
                print(f"{'':<{width}}  {line}")
