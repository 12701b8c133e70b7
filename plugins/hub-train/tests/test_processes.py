"""Real processes: training on several, killed ones, and an installed package. Slow."""

import csv
import os
import resource
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
policy = "trivialaugment"
mixup = 0.2
cutmix = 1.0
repeats = 2
[optimizer]
lr = 0.001
"""


def command(tmp_path, colours, output, *more):
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return ["shufflenet_v2_x0_5", "--weights", "none", "--data", str(colours),
            "--recipe", str(tmp_path / "recipe.toml"), "--output", str(output),
            "--name", "acme-colours", *more]  # fmt: skip


TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]


def run(*arguments):
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(arguments, capture_output=True, text=True, env=env)


def losses(output):
    return [float(row["loss"]) for row in csv.DictReader((output / "steps.csv").open())]


def test_two_processes_have_the_curve_of_one(colours, tmp_path):
    """torchrun with gloo: the same global batch, so the same losses within 1e-5. MixUp and CutMix,
    which mix images of both processes, are among what is random."""
    one, two = tmp_path / "one", tmp_path / "two"
    for start, output in (([sys.executable], one), (TORCHRUN, two)):
        _, *arguments = command(tmp_path, colours, output)
        done = run(*start, "-m", "hub_train", "resnet18", *arguments)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("Built") == 1
    assert losses(two) == pytest.approx(losses(one), abs=1e-5)
    assert len(losses(one)) == 4
    assert max(losses(one)) - min(losses(one)) > 0.01  # or nothing of the images would be seen
    first, second = torch.load(one / "model.pth"), torch.load(two / "model.pth")
    assert all(torch.allclose(first[key], second[key], atol=1e-5) for key in first)


LAUNCH = """
import importlib.util, sys
from pathlib import Path
import hubcore
from hubcore.cli import main
folder, conftest = Path(__file__).parent, sys.argv[1]
spec = importlib.util.spec_from_file_location("tiny", conftest)
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)
(folder / "hub_train_tiny.py").write_text(tiny.NET)
with hubcore.register(tiny.catalog(Path(conftest)), name="acme-tiny", trust=True):
    sys.exit(main(["train", *sys.argv[2:]]))
"""
"""`hub train` with the tiny models of conftest.py; none of their weights is asked for."""

OBJECTS = """
tasks = ["instance-segmentation"]
epochs = 2
batch_size = 4
batch_norm = "frozen"
keep = "last"
[images]
objects = "flip"
copy_paste = true
[optimizer]
lr = 0.001
"""


def test_two_processes_have_the_curve_of_one_that_cuts_its_batches_in_two(shapes, tmp_path):
    """Detection: torchvision's detectors take the mean over the boxes of a batch, and so does each
    process of its share. Objects are pasted across processes, as across pieces."""
    script = tmp_path / "launch.py"
    script.write_text(LAUNCH)
    whole, cut = tmp_path / "whole.toml", tmp_path / "cut.toml"
    whole.write_text(OBJECTS)
    cut.write_text(f"accumulate = 2\n{OBJECTS}")
    one, two = tmp_path / "one", tmp_path / "two"
    for start, recipe, output in (([sys.executable], cut, one), (TORCHRUN, whole, two)):
        done = run(*start, script, Path(__file__).parent / "conftest.py", "tiny_masks",
                   "--weights", "none", "--data", shapes, "--recipe", recipe,
                   "--output", output, "--name", "acme-masks")  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert losses(two) == pytest.approx(losses(one), abs=1e-5)
    assert len(losses(one)) == 4
    first, second = torch.load(one / "model.pth"), torch.load(two / "model.pth")
    assert all(torch.allclose(first[key], second[key], atol=1e-5) for key in first)


def test_batch_normalisation_over_processes_on_cpus_is_refused(colours, tmp_path):
    arguments = command(tmp_path, colours, tmp_path / "out")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.replace('batch_norm = "frozen"\n', ""))
    done = run(*TORCHRUN, "-m", "hub_train", *arguments)
    assert done.returncode == 1
    assert "torch.nn.SyncBatchNorm needs GPUs" in done.stderr
    assert not (tmp_path / "out" / "checkpoint.pt").exists()


def test_a_training_that_is_killed_ends_with_the_same_bits():
    script = ROOT / "scripts" / "train_kills.py"
    done = subprocess.run([sys.executable, script, "--kills", "4"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same bits" in done.stdout


def test_a_process_on_a_full_disk_ends_in_a_sentence_and_goes_on_when_there_is_room(
    colours, tmp_path
):
    """No file of more than 200,000 bytes can be written, so no checkpoint can."""
    arguments = [sys.executable, "-m", "hub_train", *command(tmp_path, colours, tmp_path / "out")]
    limit = (200_000, 200_000)
    full = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    assert full.returncode == 1
    assert ".pt: cannot be written: File too large" in full.stderr
    assert "Traceback" not in full.stderr
    assert not list((tmp_path / "out").glob("*.pt*"))
    again = run(*arguments)
    assert again.returncode == 0, again.stderr
    whole = run(*arguments[:3], *command(tmp_path, colours, tmp_path / "whole"))
    assert whole.returncode == 0, whole.stderr
    assert losses(tmp_path / "out") == losses(tmp_path / "whole")


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
