"""Real processes: training on several, killed ones, and an installed package. Slow."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from environments import ROOT, Environment, build_wheel, needs_checkout

pytestmark = [pytest.mark.sweep, needs_checkout]

RECIPE = """
epochs = 2
batch_size = 8
batch_norm = "frozen"
keep = "last"
[images]
train_size = 64
test_size = 64
test_resize = 72
[optimizer]
lr = 0.01
"""


def command(tmp_path, colours, output, *more):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return ["shufflenet_v2_x0_5", "--weights", "none", "--data", str(colours),
            "--recipe", str(tmp_path / "recipe.toml"), "--output", str(output),
            "--name", "acme-colours", *more]  # fmt: skip


def losses(output):
    return [float(row["loss"]) for row in csv.DictReader((output / "steps.csv").open())]


def test_two_processes_have_the_curve_of_one(colours, tmp_path):
    """torchrun with gloo: the same global batch, so the same losses within 1e-5."""
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    one, two = tmp_path / "one", tmp_path / "two"
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
              "--standalone", "-m", "hub_train"]  # fmt: skip
    for start, output in (([sys.executable, "-m", "hub_train"], one), (launch, two)):
        done = subprocess.run([*start, *command(tmp_path, colours, output)],
                              capture_output=True, text=True, env=env)  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("Built") == 1
    assert losses(two) == pytest.approx(losses(one), abs=1e-5)
    assert len(losses(one)) == 4
    first, second = torch.load(one / "model.pth"), torch.load(two / "model.pth")
    assert all(torch.allclose(first[key], second[key], atol=1e-5) for key in first)


def test_a_training_that_is_killed_ends_with_the_same_bits():
    script = ROOT / "scripts" / "train_kills.py"
    done = subprocess.run([sys.executable, script, "--kills", "4"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same bits" in done.stdout


def test_a_package_is_installed_and_predicts_in_an_environment_of_its_own(colours, tmp_path):
    output = tmp_path / "out"
    done = subprocess.run([sys.executable, "-m", "hub_train", *command(tmp_path, colours, output)],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    [wheel] = (output / "dist").glob("*.whl")
    ours = [build_wheel(one, tmp_path / "wheels")
            for one in (ROOT, ROOT / "plugins" / "hub-classification")]  # fmt: skip
    environment = Environment(tmp_path / "venv")
    environment.install(*ours, wheel)
    photo = next(Path(colours).rglob("*.png"))
    found = environment.hub("predict", "shufflenet_v2_x0_5", photo, "--weights",
                            "AcmeColours_Weights.V1", "--json")  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert any(name in found.stdout for name in ("blue", "green", "red"))
    checked = environment.hub("check", "acme-colours")
    assert checked.returncode == 0, checked.stdout + checked.stderr
