"""Exports every model of the installed families in every format, and writes what came of it.

    python scripts/export_matrix.py [MODEL ...]     # tries these, or all that were not tried yet;
                                                    # --formats openvino executorch, only these
    python scripts/export_matrix.py --write         # writes the table in docs/export.md

The weights are seeded, not published ones: nothing is downloaded. `scripts/seeded_models.py`
calibrates them, so that results differ from input to input. `hub_export.export` itself compares
each file with the hub's prediction. The results are kept in `docs/export-matrix.json` after each
model, which takes from seconds to minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "export-matrix.json"
PAGE = ROOT / "docs" / "export.md"
BEGIN, END = "<!-- matrix: begin -->", "<!-- matrix: end -->"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--formats", nargs="+", metavar="FORMAT", help="only these")
    parser.add_argument("--write", action="store_true", help="only write the table")
    args = parser.parse_args()
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    if not args.write:
        for name in args.models or [one for one in _in_order() if one not in results]:
            results[name] = {**results.get(name, {}), **tried(name, args.formats)}
            text = json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False)
            RESULTS.write_text(text + "\n", encoding="utf-8")
    page = PAGE.read_text("utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(before + BEGIN + "\n" + table(results) + END + after, encoding="utf-8")
    return 0


def _in_order() -> list[str]:
    """All models of the families, those with the fewest parameters first."""
    import hubcore

    names = [one for one in hubcore.list_models() if "/" not in one]
    return sorted(names, key=_parameters)


def _parameters(name: str) -> int:
    import hubcore

    return int(hubcore.get_model_weights(name).DEFAULT.meta.get("num_params", 0))


def tried(name: str, formats: list[str] | None = None) -> dict[str, Any]:
    """What exporting a model in each format gave: its measures, or the error."""
    from seeded_models import SeededWeights, seeded

    import hubcore
    from hub_export import export
    from hub_export.formats import FORMATS

    warnings.simplefilter("ignore")
    task = hubcore.model_info(name).task
    found: dict[str, Any] = {"task": task}
    weights: Any = SeededWeights(hubcore.get_model_weights(name).DEFAULT)
    model = seeded(name, weights, task)
    with tempfile.TemporaryDirectory() as folder:
        for wanted in FORMATS.values():
            if formats and wanted.name not in formats:
                continue
            began = time.monotonic()
            path = Path(folder) / f"model{wanted.suffix}"
            try:
                made = export(model, path, weights=weights, task=task, format=wanted.name)
            except hubcore.HubError as error:
                found[wanted.name] = {"error": str(error)}
            else:
                shapes = {port["name"]: port["shape"] for port in made.metadata["inputs"]}
                measures = {one.name: one.worst for one in made.agreement.measures}
                found[wanted.name] = {"inputs": shapes, "measures": measures}
            found[wanted.name]["calibrated"] = True
            seconds = time.monotonic() - began
            print(f"{name} {wanted.name} {seconds:.0f} s: {found[wanted.name]}", file=sys.stderr)
    return found


def table(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    formats = sorted({key for one in results.values() for key in one if key != "task"})
    lines = [f"| model | {' | '.join(formats)} |", "|---" * (1 + len(formats)) + "|"]
    for name, one in sorted(results.items()):
        cells = [_cell(one.get(format)) for format in formats]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(found: dict[str, Any] | None) -> str:
    if found is None:
        return "not measured"
    older = "" if found.get("calibrated") else " *"
    if "error" in found:
        reason = str(found["error"]).replace("|", "\\|").replace("<", "&lt;")
        return f"no: {reason if len(reason) < 200 else reason[:199] + '…'}{older}"
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
    return f"yes: {measured}" + (f" (fixed: {', '.join(fixed)})" if fixed else "") + older


if __name__ == "__main__":
    sys.exit(main())
