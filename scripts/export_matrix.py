"""Exports every model of the installed families in every format, and writes what came of it.

    python scripts/export_matrix.py [MODEL ...]     # measures these, or all cells that are missing
    python scripts/export_matrix.py --write         # only writes the table in docs/export.md

The weights are seeded, not published ones: nothing is downloaded. `scripts/seeded_models.py`
calibrates them, so that results differ from input to input. `hub_export.export` itself compares
each file with the hub's prediction.

A model takes from seconds to minutes, in a process of its own with a limit on its memory. Each cell
is kept in `docs/export-matrix.json` as soon as it is known, so that a run can be ended at any time
and goes on where it was. Formats whose packages are not installed are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "export-matrix.json"
PAGE = ROOT / "docs" / "export.md"
BEGIN, END = "<!-- matrix: begin -->", "<!-- matrix: end -->"
LARGE = 120e6  # parameters
OUT_OF_MEMORY = ("allocate memory", "bad_alloc", "failed to allocate")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--formats", nargs="+", metavar="FORMAT", help="only these")
    parser.add_argument("--memory", type=float, default=8, metavar="GB", help="of each process")
    parser.add_argument("--write", action="store_true", help="only write the table")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # of our children
    args = parser.parse_args()
    if args.here:
        _measure_here(args.models[0], args.formats, args.memory)
        return 0
    results = _kept()
    if not args.write:
        for name in args.models or _in_order(results):
            row = results.get(name, {})
            wanted = [
                format
                for format in args.formats or _installed()
                if args.models or "ended" in row.get(format, {"ended": ""})
            ]
            for cells in _measured(name, wanted, args.memory):
                results = _kept()
                results[name] = {**results.get(name, {}), **cells}
                text = json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False)
                RESULTS.write_text(text + "\n", encoding="utf-8")
    page = PAGE.read_text("utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(before + BEGIN + "\n" + table(results) + END + after, encoding="utf-8")
    return 0


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    return kept


def _installed() -> list[str]:
    from hub_export.formats import FORMATS

    return [one.name for one in FORMATS.values() if all(map(find_spec, one.needs))]


def _in_order(results: dict[str, Any]) -> list[str]:
    """All models: those without a row first, of equals the smaller; the largest last."""
    import hubcore

    names = [one for one in hubcore.list_models() if "/" not in one]
    sizes = {name: _parameters(name) for name in names}
    return sorted(names, key=lambda name: (sizes[name] > LARGE, name in results, sizes[name]))


def _parameters(name: str) -> int:
    import hubcore

    return int(hubcore.get_model_weights(name).DEFAULT.meta.get("num_params", 0))


def _measured(name: str, formats: list[str], memory: float) -> Iterator[dict[str, Any]]:
    """The cells of a model, each as soon as it is known."""
    if not formats:
        return
    command = [sys.executable, __file__, "--here", name, "--memory", str(memory)]
    command += ["--formats", *formats]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout  # it is piped
        for line in child.stdout:
            cells = json.loads(line)
            formats = [format for format in formats if format not in cells]
            yield cells
    if child.returncode and formats:
        how = f"signal {-child.returncode}" if child.returncode < 0 else "an error"
        yield {formats[0]: {"ended": f"its process, of at most {memory:g} GB, ended with {how}"}}


def _measure_here(name: str, formats: list[str], memory: float) -> None:
    """Prints the cells of a model, one JSON object a line. Whatever else is printed goes aside."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _limit(memory)
    for cells in tried(name, formats):
        print(json.dumps(cells), file=answers, flush=True)


def _limit(memory: float) -> None:
    if sys.platform == "linux":
        import resource

        limit = int(memory * 1e9)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def tried(name: str, formats: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What exporting a model in each format gave: its measures, or the error."""
    from seeded_models import SeededWeights, seeded

    import hubcore
    from hub_export.errors import ExportError
    from hub_export.formats import FORMATS, check_holds

    warnings.simplefilter("ignore")
    task = hubcore.model_info(name).task
    yield {"task": task}
    held = []
    for format in formats:
        try:
            check_holds(FORMATS[format], task)
            held.append(format)
        except ExportError as error:  # whatever the model
            yield {format: {"error": str(error)}}
    if not held:
        return
    weights: Any = SeededWeights(hubcore.get_model_weights(name).DEFAULT)
    began = time.monotonic()
    model = seeded(name, weights, task)
    print(f"{name}: seeded in {time.monotonic() - began:.0f} s", file=sys.stderr)
    for format in held:
        began = time.monotonic()
        cell = _cell_of(model, weights, task, format)
        seconds = time.monotonic() - began
        print(f"{name} {format} {seconds:.0f} s, {_peak()}: {cell}", file=sys.stderr, flush=True)
        yield {format: cell}


def _cell_of(model: Any, weights: Any, task: str, format: str) -> dict[str, Any]:
    import hubcore
    from hub_export import export
    from hub_export.formats import FORMATS

    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"model{FORMATS[format].suffix}"
            made = export(model, path, weights=weights, task=task, format=format)
    except Exception as error:
        if _is_of_memory(error):
            return {"ended": "it takes more memory than its process was given"}
        if not isinstance(error, hubcore.HubError):  # a fault of ours
            traceback.print_exc()
            return {"ended": f"{type(error).__name__}: {error}"}
        return {"error": str(error)}
    shapes = {port["name"]: port["shape"] for port in made.metadata["inputs"]}
    measures = {one.name: one.worst for one in made.agreement.measures}
    return {"inputs": shapes, "measures": measures}


def _is_of_memory(error: BaseException | None) -> bool:
    while error:
        if isinstance(error, MemoryError) or any(text in str(error) for text in OUT_OF_MEMORY):
            return True
        error = error.__cause__ or error.__context__
    return False


def _peak() -> str:
    if sys.platform == "win32":
        return "memory unknown"
    import resource

    return f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB so far"


def table(results: dict[str, Any]) -> str:
    """The results as Markdown: a row a model, and the reasons for what cannot be as notes."""
    formats = sorted({key for one in results.values() for key in one if key != "task"})
    lines = [f"| model | {' | '.join(formats)} |", "|---" * (1 + len(formats)) + "|"]
    notes: dict[str, int] = {}  # reasons, each with its number
    for name, one in sorted(results.items()):
        if one.keys() == {"task"}:  # it was begun
            continue
        cells = [_cell(one.get(format), notes) for format in formats]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", *(f"{number}. {_escaped(reason)}" for reason, number in notes.items())]
    return "\n".join(lines).rstrip() + "\n"


def _cell(found: dict[str, Any] | None, notes: dict[str, int]) -> str:
    if found is None:
        return "not measured"
    if "ended" in found:
        return f"not measured ({notes.setdefault(found['ended'], len(notes) + 1)})"
    if "error" in found:
        return f"no ({notes.setdefault(found['error'], len(notes) + 1)})"
    first = next(iter(found["inputs"].values()))
    axes = (
        ("batch", "height", "width") if len(first) == 4 else ("batch", "frames", "height", "width")
    )
    if "input" in found["inputs"]:  # of a bare model, whose channels are not told
        first = [first[0], *first[2:]]
        axes = ("batch", "height", "width")
    fixed = [name for name, size in zip(axes, first, strict=False) if isinstance(size, int)]
    measured = ", ".join(
        f"{name.split(':')[0]} {value:.2g}" if value < 0.5 else f"{name.split(':')[0]} {value:.5g}"
        for name, value in found["measures"].items()
        if name != "scores: difference"
    )
    return f"yes: {measured}" + (f" (fixed: {', '.join(fixed)})" if fixed else "")


def _escaped(reason: str) -> str:
    return " ".join(reason.replace("|", "\\|").replace("<", "&lt;").split())


if __name__ == "__main__":
    sys.exit(main())
