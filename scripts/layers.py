#!/usr/bin/env python
"""The layers of hubcore: the table, the imports that it is held against, and a picture.

    python scripts/layers.py     # writes docs/layers.svg, and the table in CONTRIBUTING.md

A room is a module or a folder of `hubcore/`. It imports only from floors below its own: at the top
of a module, inside functions and for types alike. `tests/test_layers.py` holds all code to that.
"""

from __future__ import annotations

import ast
import html
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp
import networkx

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "layers.svg"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"

# From the ground up.
LAYERS = (
    ("errors", "devices"),
    (
        *("sizes", "digests", "atomic_write", "printable", "waiting", "spdx"),
        *("lazy_dynamo", "protocols", "transforms"),
    ),
    ("settings",),
    ("deprecation", "hookspecs"),
    ("packages",),
    ("download",),
    ("store",),
    ("catalogs",),
    ("checkpoints",),
    ("weights",),
    ("building", "info"),
    ("models", "family"),
    ("prediction", "authoring"),
    ("testing", "embedding"),
    ("__init__",),
    ("cli",),
    ("__main__",),
)
FLOORS = {room: floor for floor, rooms in enumerate(LAYERS) for room in rooms}

Imports = Mapping[str, set[str]]


def imports_of(*packages: str) -> Imports:
    """Which modules each module of these packages imports, at whatever place in its code.

    Args:
        packages: importable top-level packages. None of them is imported.
    """
    graph = grimp.build_graph(*packages, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def room_of(module: str) -> str:
    """The room of a module of hubcore: ``store`` for ``hubcore.store.blobs``."""
    return (*module.split("."), "__init__")[1]


def violations(imports: Imports, floors: Mapping[str, int] = FLOORS) -> list[str]:
    """The imports that run upwards, or sideways between two rooms, one sentence each."""
    found = []
    for module, targets in sorted(imports.items()):
        for target in sorted(targets):
            here, there = room_of(module), room_of(target)
            if here != there and floors[there] >= floors[here]:
                direction = "up" if floors[there] > floors[here] else "sideways"
                found.append(f"{module} imports {target}, which is {direction}")
    return found


def circle(imports: Imports) -> list[str]:
    """Modules of which each imports the next, and the last the first; [] if there are none."""
    graph = networkx.DiGraph((a, b) for a, targets in imports.items() for b in targets)
    try:
        return [a for a, _ in networkx.find_cycle(graph)]
    except networkx.NetworkXNoCycle:
        return []


def table() -> str:
    """The layers as CONTRIBUTING shows them, top floor first: each room and its purpose."""
    rows = [
        f"| {len(LAYERS) - number} | `{room}` | {purpose(room)} |"
        for number, rooms in enumerate(reversed(LAYERS))
        for room in rooms
    ]
    return "\n".join(["| floor | room | what it is for |", "|---|---|---|", *rows])


def picture(imports: Imports) -> str:
    """The layers as SVG. Of the arrows, those are left out that others imply."""
    edges = {
        (room_of(module), room_of(target))
        for module, targets in imports.items()
        for target in targets
        if room_of(module) != room_of(target)
    }
    # Sorted, since the order of a set differs from run to run and the file should not.
    reduced = networkx.transitive_reduction(networkx.DiGraph(sorted(edges)))
    return _svg(sorted(reduced.edges))


WIDTH, BOX, GAP, FLOOR = 1240, 222, 20, 104
_HEIGHT = 66


def _svg(edges: Iterable[tuple[str, str]]) -> str:
    height = FLOOR * len(LAYERS) + 30
    places = {}
    for floor, rooms in enumerate(LAYERS):
        left = (WIDTH - len(rooms) * BOX - (len(rooms) - 1) * GAP) / 2
        for number, room in enumerate(rooms):
            places[room] = (left + number * (BOX + GAP), height - 40 - FLOOR * floor - _HEIGHT)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif">',
        "<title>The layers of hubcore</title>",
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="#64748b"/></marker>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    parts += [_arrow(places[importer], places[imported]) for importer, imported in edges]
    parts += [_box(room, *place) for room, place in places.items()]
    text = "An arrow points at what is imported. Arrows that others imply are left out."
    parts.append(f'<text x="20" y="{height - 12}" font-size="12" fill="#475569">{text}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _arrow(importer: tuple[float, float], imported: tuple[float, float]) -> str:
    """To the next floor from bottom to top; farther down along the side, around what is between."""
    (x1, y1), (x2, y2) = importer, imported
    if y2 - y1 <= FLOOR:
        x1, y1, x2, y2 = x1 + BOX / 2, y1 + _HEIGHT, x2 + BOX / 2, y2 - 2
        bend = (y2 - y1) / 2
        curve = f"M{x1:g} {y1:g}C{x1:g} {y1 + bend:g} {x2:g} {y2 - bend:g} {x2:g} {y2:g}"
    else:
        right = x1 + x2 + BOX >= WIDTH
        x1, y1 = x1 + BOX * right, y1 + _HEIGHT / 2
        x2, y2 = x2 + BOX * right, y2 + _HEIGHT / 2
        aside = (30 + 0.14 * (y2 - y1)) * (1 if right else -1)
        out = min(max((max if right else min)(x1, x2) + aside, -20), WIDTH + 20)
        curve = f"M{x1:g} {y1:g}C{out:g} {y1:g} {out:g} {y2:g} {x2:g} {y2:g}"
    return (
        f'<path d="{curve}" fill="none" stroke="#94a3b8" stroke-width="1.5" '
        f'marker-end="url(#tip)"/>'
    )


def _box(room: str, x: float, y: float) -> str:
    folder = (ROOT / "hubcore" / room).is_dir()
    fill, line = ("#eff6ff", "#3b82f6") if folder else ("#f8fafc", "#94a3b8")
    name = f"{room}/" if folder else f"{room}.py"
    lines = textwrap.wrap(purpose(room), 37, max_lines=3, placeholder=" ...")
    text = "".join(f'<tspan x="{x + 10:g}" dy="13">{html.escape(line)}</tspan>' for line in lines)
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{BOX}" height="{_HEIGHT}" rx="6" fill="{fill}" '
        f'stroke="{line}"/><text x="{x + 10:g}" y="{y + 18:g}" font-size="14" font-weight="600" '
        f'fill="#0f172a">{name}</text><text y="{y + 20:g}" font-size="10.5" fill="#334155">'
        f"{text}</text>"
    )


def purpose(room: str) -> str:
    """The first sentence of a room's docstring."""
    folder = ROOT / "hubcore" / room
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    sentence = " ".join(text.partition("\n\n")[0].split())
    return sentence.partition(". ")[0].rstrip(".:").replace("``", "`").strip()


def with_table(text: str) -> str:
    """CONTRIBUTING's text with the table as it is now."""
    before, begin, rest = text.partition("<!-- layers -->\n")
    _, end, after = rest.partition("<!-- /layers -->")
    return f"{before}{begin}{table()}\n{end}{after}"


def main() -> None:
    PICTURE.write_text(picture(imports_of("hubcore")), "utf-8")
    CONTRIBUTING.write_text(with_table(CONTRIBUTING.read_text("utf-8")), "utf-8")
    print(f"wrote {PICTURE.relative_to(ROOT)} and the table in {CONTRIBUTING.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
