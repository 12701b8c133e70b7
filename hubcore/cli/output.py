"""The output of commands: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..printable import printable

__all__ = ["harmless", "print_fields", "print_json", "print_table"]


def harmless(text: str) -> str:
    """Text that somebody else wrote, as a terminal may show it.

    Control characters, escape sequences and what changes the direction of text or has no width are
    written as escapes, such as ``\\x1b``. Newlines and tabs stay.
    """
    return printable(text, keep="\n\t")


def print_json(value: object) -> None:
    """Prints a value as JSON. Parts that JSON cannot represent become their `repr`."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=repr)
    if not text.replace("\n", "").isprintable():  # JSON's own escapes mean the same character
        text = json.dumps(value, indent=2, default=repr)
    print(text)


def print_table(rows: Iterable[Sequence[Any]], headers: Sequence[str]) -> None:
    """Prints rows in aligned columns below their headings.

    Args:
        rows: the rows, each with one cell per heading. None is printed as an empty cell.
        headers: the headings.
    """
    cells = [["" if cell is None else _one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    for line in [headers, ["-" * width for width in widths], *cells]:
        print(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def _one_line(cell: Any) -> str:
    text = str(cell)
    return text if text.isprintable() else " ".join(harmless(text).split())


def print_fields(fields: Mapping[str, Any]) -> None:
    """Prints one name and value per line. Long values are wrapped, empty ones left out.

    Args:
        fields: the values by name.
    """
    import shutil
    import textwrap

    width = max(map(len, fields), default=0)
    columns = min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else 100
    for name, value in fields.items():
        if value in (None, ""):
            continue
        lines = [
            part
            for line in harmless(str(value)).split("\n")
            # Paths, digests and addresses are not broken.
            for part in textwrap.wrap(
                line, max(columns - width - 2, 40), break_long_words=False, break_on_hyphens=False
            )
        ]
        for index, line in enumerate(lines):
            print(f"{'' if index else name:<{width}}  {line}")
