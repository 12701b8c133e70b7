"""The output of commands: tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..printable import printable
from .terminal import paint, width

__all__ = ["Column", "harmless", "print_fields", "print_json", "print_table"]

_GAP = 2
_SHORTEST = 16  # to which a column is cut at most, before others are left out


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        heading: its heading.
        right: align it right, as numbers are.
        cut: where a cell may be cut if the terminal is narrow: ``end``, ``start`` or "", nowhere.
        rank: if the terminal is too narrow for all columns, the one with the highest rank is left
            out first. Those with 0 stay.
        colors: the colours of cells by their text.
    """

    heading: str
    right: bool = False
    cut: str = ""
    rank: int = 0
    colors: Mapping[str, str] = {}


def harmless(text: str) -> str:
    """Text that somebody else wrote, as a terminal may show it.

    Control characters, escape sequences and what changes the direction of text or has no width are
    written as escapes, such as ``\\x1b``. Newlines and tabs stay.
    """
    return printable(text, keep="\n\t")


def print_json(value: object) -> None:
    """Prints a value as JSON. Parts that JSON cannot represent become their `repr`."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_json)
    if not text.replace("\n", "").isprintable():  # JSON's own escapes mean the same character
        text = json.dumps(value, indent=2, default=_json)
    print(text)


def _json(value: object) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else repr(value)


def print_table(rows: Iterable[Sequence[Any]], headers: Sequence[str | Column]) -> None:
    """Prints rows in aligned columns below their headings, as wide as the terminal at most.

    In a narrow terminal cells are cut and columns left out, as the columns say. Where the output is
    no terminal, nothing is.

    Args:
        rows: the rows, each with one cell per heading. None is printed as an empty cell.
        headers: the columns, or their headings.
    """
    columns = [Column(header) if isinstance(header, str) else header for header in headers]
    cells = [["" if cell is None else _one_line(cell) for cell in row] for row in rows]
    widths = [
        max(map(len, column))
        for column in zip([column.heading for column in columns], *cells, strict=True)
    ]
    widths = _fitted(columns, widths, width())
    shown = [i for i, size in enumerate(widths) if size]

    def print_line(texts: Sequence[str], style: str = "") -> None:
        parts = []
        for i in shown:
            column = columns[i]
            text = _cut(texts[i], widths[i], column.cut)
            aligned = f"{text:>{widths[i]}}" if column.right else f"{text:<{widths[i]}}"
            if i == shown[-1]:
                aligned = aligned.rstrip()
            parts.append(paint(aligned, style or column.colors.get(texts[i], "")))
        print((" " * _GAP).join(parts).rstrip())

    print_line([column.heading for column in columns], "bold")
    print_line(["-" * size for size in widths], "dim")
    for row in cells:
        print_line(row)


def _fitted(columns: Sequence[Column], natural: Sequence[int], limit: int | None) -> list[int]:
    """The width of each column; 0 if it is left out."""
    widths = list(natural)
    if limit is None:
        return widths

    def excess() -> int:
        return sum(w + _GAP for w in widths if w) - _GAP - limit

    while True:
        can_give = [
            max(w - max(_SHORTEST, len(column.heading)), 0) if column.cut else 0
            for column, w in zip(columns, widths, strict=True)
        ]
        ranked = [i for i, column in enumerate(columns) if column.rank and widths[i]]
        if excess() <= sum(can_give) or not ranked:
            break
        widths[max(ranked, key=lambda i: columns[i].rank)] = 0
    for i in sorted(range(len(widths)), key=lambda i: -can_give[i]):
        widths[i] -= max(min(can_give[i], excess()), 0)
    if excess() > 0:  # so narrow that even names are cut
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] = max(widths[widest] - excess(), 1)
    return widths


def _cut(text: str, size: int, where: str) -> str:
    if len(text) <= size:
        return text
    return f"…{text[len(text) - size + 1 :]}" if where == "start" else f"{text[: size - 1]}…"


def _one_line(cell: Any) -> str:
    text = str(cell)
    return text if text.isprintable() else " ".join(harmless(text).split())


def print_fields(fields: Mapping[str, Any]) -> None:
    """Prints one name and value per line. Long values are wrapped, empty ones left out.

    Args:
        fields: the values by name.
    """
    import textwrap

    longest = max(map(len, fields), default=0)
    columns = min(width() or 100, 100)
    for name, value in fields.items():
        if value in (None, ""):
            continue
        lines = [
            part
            for line in harmless(str(value)).split("\n")
            # Paths, digests and addresses are not broken.
            for part in textwrap.wrap(
                line, max(columns - longest - 2, 40), break_long_words=False, break_on_hyphens=False
            )
        ]
        for index, line in enumerate(lines):
            label = f"{'' if index else name:<{longest}}"
            print(f"{paint(label, 'bold')}  {line}")
