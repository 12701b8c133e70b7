"""Exports every model of the installed families in every format, and writes what came of it.

    python scripts/export_matrix.py [MODEL ...]     # tries these, or all that were not tried yet
    python scripts/export_matrix.py --write         # writes the table in docs/export.md

The weights are seeded, not published ones: nothing is downloaded. Batch normalisation is calibrated
on the two photos of hub-export and heads of detectors are made more decided, so that results differ
from input to input. `hub_export.export` itself compares each file with the hub's prediction. The
results are kept in `docs/export-matrix.json`; a model takes from seconds to minutes.
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


class SeededWeights:
    """The preprocessing and meta-data of a model's default weights, without their file."""

    url = "file:///seeded.pth"

    def __init__(self, member: Any) -> None:
        self.value, self.meta, self.transforms = member.value, dict(member.meta), member.transforms
        self.meta["license"] = "unknown"

    def get_state_dict(self, **options: Any) -> dict[str, Any]:
        return {}

    def __str__(self) -> str:
        return "seeded weights"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--write", action="store_true", help="only write the table")
    args = parser.parse_args()
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    if not args.write:
        for name in args.models or [one for one in _in_order() if one not in results]:
            results[name] = tried(name)
            text = json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False)
            RESULTS.write_text(text + "\n", encoding="utf-8")
    page = PAGE.read_text("utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(before + BEGIN + "\n" + table(results) + END + after, encoding="utf-8")
    return 0


def _in_order() -> list[str]:
    """All models of the families: detection first, which is the most likely to fail."""
    import hubcore

    names = [one for one in hubcore.list_models() if "/" not in one]
    return sorted(names, key=lambda one: hubcore.model_info(one).task == "image-classification")


def tried(name: str) -> dict[str, Any]:
    """What exporting a model in each format gave: its measures, or the error."""
    import hubcore
    from hub_export import export
    from hub_export.formats import FORMATS

    warnings.simplefilter("ignore")
    task = hubcore.model_info(name).task
    found: dict[str, Any] = {"task": task}
    weights: Any = SeededWeights(hubcore.get_model_weights(name).DEFAULT)
    with tempfile.TemporaryDirectory() as folder:
        for wanted in FORMATS.values():
            began = time.monotonic()
            path = Path(folder) / f"model{wanted.suffix}"
            try:
                made = export(seeded(name), path, weights=weights, task=task, format=wanted.name)
            except hubcore.HubError as error:
                found[wanted.name] = {"error": str(error)}
            else:
                shapes = {port["name"]: port["shape"] for port in made.metadata["inputs"]}
                measures = {one.name: one.worst for one in made.agreement.measures}
                found[wanted.name] = {"inputs": shapes, "measures": measures}
            seconds = time.monotonic() - began
            print(f"{name} {wanted.name} {seconds:.0f} s: {found[wanted.name]}", file=sys.stderr)
    return found


def seeded(name: str) -> Any:
    """A model with seeded weights whose results depend on what it sees."""
    import torch
    from torch import nn

    import hubcore
    from hub_export.checking import photos
    from hubcore.catalogs.names import find_model
    from hubcore.prediction.images import open_image

    torch.manual_seed(0)
    options: dict[str, Any] = {"weights": None}
    if "backbone" in find_model(name).data:
        options["weights_backbone"] = None
    model = hubcore.get_model(name, **options)
    norms = [one for one in model.modules() if isinstance(one, nn.BatchNorm2d)]
    backbone = getattr(model, "backbone", model)
    if norms and "quantized" not in name and hasattr(model, "backbone"):
        images = [
            torch.tensor(list(open_image(str(path), path).resize((320, 256)).tobytes()))
            for path in photos()
        ]
        batch = torch.stack(images).reshape(-1, 256, 320, 3).permute(0, 3, 1, 2) / 255
        model.eval()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        with torch.no_grad():
            backbone((batch - 0.45) / 0.225)
    with torch.no_grad():
        if heads := getattr(model, "roi_heads", None):
            model.rpn.head.cls_logits.weight.mul_(20)
            heads.box_predictor.cls_score.weight.mul_(4)
            heads.box_predictor.bbox_pred.weight.mul_(2)
        elif classifier := getattr(getattr(model, "head", None), "classification_head", None):
            for part, values in classifier.named_parameters():
                if part.endswith("cls_logits.weight"):
                    values.mul_(3)
                elif part.endswith("cls_logits.bias"):
                    values.fill_(-2)
    return model.eval()


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
        return "not tried"
    if "error" in found:
        reason = str(found["error"]).replace("|", "\\|").replace("<", "&lt;")
        return f"no: {reason if len(reason) < 200 else reason[:199] + '…'}"
    first = next(iter(found["inputs"].values()))
    axes = (
        ("batch", "height", "width") if len(first) == 4 else ("batch", "frames", "height", "width")
    )
    fixed = [name for name, size in zip(axes, first, strict=False) if isinstance(size, int)]
    measured = ", ".join(
        f"{name.split(':')[0]} {value:.2g}" if value < 0.5 else f"{name.split(':')[0]} {value:.5g}"
        for name, value in found["measures"].items()
        if name != "scores: difference"
    )
    return f"yes: {measured}" + (f" (fixed: {', '.join(fixed)})" if fixed else "")


if __name__ == "__main__":
    sys.exit(main())
