"""Kills a training at random moments, and compares what it ends with.

    python scripts/train_kills.py [--kills 100] [--seed 0]

One training of `hub train` runs to its end. A second one, with the same arguments, is killed
(SIGKILL) again and again at random moments, from its start to its last file, and started again. The
weights, the losses of all steps and the metrics of both must be equal to the last bit. When the
second one ends before all kills are spent, it begins anew in another folder.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

RECIPE = """
epochs = 6
batch_size = 8
batch_norm = "frozen"
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


def command(folder: Path, output: Path) -> list[str]:
    return [
        sys.executable, "-m", "hub_train", "shufflenet_v2_x0_5", "--weights", "none",
        "--data", str(folder / "colours"), "--recipe", str(folder / "recipe.toml"),
        "--output", str(output), "--checkpoint-every", "0.05", "--name", "acme-killed",
    ]  # fmt: skip


def same(first: Path, second: Path) -> bool:
    """Whether two trainings ended with the same bits."""
    if (first / "steps.csv").read_bytes() != (second / "steps.csv").read_bytes():
        return False
    one, other = (torch.load(folder / "model.pth") for folder in (first, second))
    return all(torch.equal(one[key], other[key]) for key in one)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="train-kills-") as name:
        folder = Path(name)
        paint(folder / "colours")
        (folder / "recipe.toml").write_text(RECIPE)
        begun = time.monotonic()
        subprocess.run(command(folder, folder / "whole"), check=True, capture_output=True)
        length = time.monotonic() - begun
        killed = trainings = 0
        while killed < arguments.kills or not trainings:
            output = folder / f"killed-{trainings}"
            while True:
                process = subprocess.Popen(command(folder, output), stdout=subprocess.DEVNULL,
                                           stderr=subprocess.PIPE)  # fmt: skip
                try:
                    _, error = process.communicate(
                        timeout=moments.uniform(0, length) if killed < arguments.kills else None
                    )
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    killed += 1
                    continue
                if process.returncode:
                    print(f"after {killed} kills it failed: {error.decode()}")
                    return 1
                break
            trainings += 1
            if not same(folder / "whole", output):
                print(f"after {killed} kills the bits differ")
                return 1
            print(f"{killed} kills, {trainings} trainings whole: the same bits", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
