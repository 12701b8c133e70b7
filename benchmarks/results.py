"""Results: tables of figures, kept as JSON and shown as one Markdown page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["FOLDER", "Table", "markdown", "read", "write", "write_page"]

FOLDER = Path(__file__).parent / "results"


class Table(NamedTuple):
    """One table of figures.

    Attributes:
        title: what is compared, in a few words.
        columns: their headings, with units.
        rows: their cells; floats are shown with three digits.
        notes: how it was measured, and what the figures say.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    notes: Sequence[str] = ()


def write(suite: str, tables: Sequence[Table], machine: dict[str, str]) -> None:
    """Keeps a suite's tables, in place of those of an earlier run."""
    FOLDER.mkdir(exist_ok=True)
    data = {"machine": machine, "tables": [table._asdict() for table in tables]}
    (FOLDER / f"{suite}.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def read(suite: str) -> tuple[list[Table], dict[str, str]]:
    """The kept tables of a suite and the machine they were measured on; none if it never ran."""
    file = FOLDER / f"{suite}.json"
    if not file.exists():
        return [], {}
    data = json.loads(file.read_text(encoding="utf-8"))
    return [Table(**table) for table in data["tables"]], data["machine"]


def write_page(suites: dict[str, str]) -> None:
    """Writes ``results/README.md`` from all that is kept."""
    parts = ["# Results\n\nMade by `make bench`; the figures are in the JSON files beside it."]
    machines: list[dict[str, str]] = []
    for suite, subject in suites.items():
        tables, machine = read(suite)
        if not tables:
            continue
        if machine not in machines:
            machines.append(machine)
        parts.append(f"## {suite}: {subject}")
        if len(machines) > 1:
            parts.append(f"Machine {1 + machines.index(machine)}.")
        for table in tables:
            parts += [f"### {table.title}", markdown(table), *table.notes]
        pictures = sorted(path.name for path in FOLDER.glob(f"{suite}*.svg"))
        parts += [f"![{Path(name).stem}]({name})" for name in pictures]
    for number, machine in enumerate(machines, start=1):
        heading = "## Machine" if len(machines) == 1 else f"## Machine {number}"
        parts += [heading, "\n".join(f"- {key}: {value}" for key, value in machine.items())]
    (FOLDER / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def markdown(table: Table) -> str:
    lines = [_line(table.columns), "|---" * len(table.columns) + "|"]
    return "\n".join([*lines, *(_line([_cell(value) for value in row]) for row in table.rows)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
