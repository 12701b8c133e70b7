"""Kills a training at random moments, and compares what it ends with.

    python scripts/train_kills.py [--kills 100] [--seed 0]

One training of `hub train` runs to its end. A second one, with the same arguments, is killed
(SIGKILL) again and again at random moments, from its first line to its last file, and started anew.
The weights, the losses of all steps, the metrics and all that the last checkpoint holds must be
equal to the last bit. When the second one ends before all kills are spent, it begins anew in
another folder. Each is a process of its own, forked from one that has imported torch already:
importing it takes longer than the training.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import torch
from PIL import Image

RECIPE = """
epochs = 4
batch_size = 8
batch_norm = "frozen"
keep = "last"
[images]
train_size = 64
test_size = 64
test_resize = 72
policy = "trivialaugment"
mixup = 0.2
cutmix = 1.0
repeats = 2
[optimizer]
lr = 0.01
[ema]
decay = 0.9
"""


def paint(root: Path) -> Path:
    """Images of three colours."""
    shades = random.Random(0)
    for name, colour in {"a": (200, 40, 40), "b": (40, 200, 40), "c": (40, 40, 200)}.items():
        (root / name).mkdir(parents=True)
        for number in range(24):
            shade = tuple(value + shades.randint(-40, 40) for value in colour)
            Image.new("RGB", (80, 72), shade).save(root / name / f"{number:02}.png")
    return root


def begin(folder: Path, output: Path) -> int:
    """Starts a training in a process of its own. Returns its id."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:  # in the new process, which must never return from here
        log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        from hubcore.cli import main

        code = main([
            "train", "shufflenet_v2_x0_5", "--weights", "none", "--data", str(folder / "colours"),
            "--recipe", str(folder / "recipe.toml"), "--output", str(output), "--workers", "0",
            "--checkpoint-every", "0.02", "--name", "acme-killed",
        ])  # fmt: skip
    finally:
        os._exit(code)


def ended(process: int, seconds: float | None) -> int | None:
    """Waits for a process. Returns its exit code, or None if it had to be killed."""
    end = None if seconds is None else time.monotonic() + seconds
    while True:
        found, status = os.waitpid(process, 0 if end is None else os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if end is not None and time.monotonic() > end:
            os.kill(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)  # it may have ended by itself just now
            code = os.waitstatus_to_exitcode(status)
            return None if code == -signal.SIGKILL else code
        time.sleep(0.002)


def equal(one: Any, other: Any) -> bool:
    """Whether two states are equal to the last bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        ours = {key for key in one if key != "s"}  # the seconds of an epoch
        return ours == {key for key in other if key != "s"} and all(
            equal(one[key], other[key]) for key in ours
        )
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def same(first: Path, second: Path) -> bool:
    """Whether two trainings ended with the same bits."""
    if (first / "steps.csv").read_bytes() != (second / "steps.csv").read_bytes():
        return False
    records = [json.loads((one / "record.json").read_text())["metrics"] for one in (first, second)]
    if records[0] != records[1]:
        return False
    for folder in (first, second):
        [wheel] = (folder / "dist").glob("*.whl")
        if zipfile.ZipFile(wheel).testzip() is not None:
            return False
    return all(
        equal(torch.load(first / name), torch.load(second / name))
        for name in ("model.pth", "checkpoint.pt")
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    torch.set_num_threads(1)  # a process with threads cannot be forked
    import hub_train.command
    import hub_train.training  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="train-kills-") as name:
        folder = Path(name)
        os.environ["TMPDIR"] = name  # what a killed process leaves goes with the rest
        paint(folder / "colours")
        (folder / "recipe.toml").write_text(RECIPE)
        begun = time.monotonic()
        if ended(begin(folder, folder / "whole"), None):
            print(f"it fails: {(folder / 'log.txt').read_text()}")
            return 1
        length = time.monotonic() - begun
        killed = trainings = resumed = 0
        while killed < arguments.kills or not trainings:
            output = folder / f"killed-{trainings}"
            while True:
                resumed += (output / "checkpoint.pt").exists()
                seconds = moments.uniform(0, length) if killed < arguments.kills else None
                code = ended(begin(folder, output), seconds)
                if code is None:
                    killed += 1
                    continue
                if code:
                    print(f"after {killed} kills it failed: {(folder / 'log.txt').read_text()}")
                    return 1
                break
            trainings += 1
            if not same(folder / "whole", output):
                print(f"after {killed} kills the bits differ")
                return 1
            print(f"{killed} kills, {trainings} trainings whole, {resumed} times resumed: the same "
                  f"bits", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
