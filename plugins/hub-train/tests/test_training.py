"""Training classifiers: from a folder to a package, interrupted, and with wrong input."""

import csv
import json
import resource
import shutil
import sys
import zipfile
from collections import Counter

import pytest
import torch
from photos import packaged

import hubcore
from hub_train import NotFiniteError, TrainingError, train
from hub_train.loop import Loop
from hub_train.processes import Shares, synchronised
from hub_train.recipes import read_recipe
from hub_train.sampling import EpochBatches
from hub_train.tasks.classification import ClassificationTask
from hubcore.cli import main
from hubcore.prediction import predict

MODEL = "tiny_net"
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

ALL = """
policy = "trivialaugment"
erase = 0.5
mixup = 0.2
cutmix = 1.0
repeats = 2
[optimizer]
lr = 0.01
clip_gradients = 1.0
[schedule]
warmup_epochs = 1
[ema]
decay = 0.9
"""
"""All kinds of randomness, and all kinds of state."""


@pytest.fixture
def trained(hub, colours, recipe, tmp_path):
    """Trains on the colours, with options of `train`."""

    def run(lines="", head="", data=colours, name="out", **options):
        return train(MODEL, data, recipe=recipe(lines, head), output=tmp_path / name,
                     **{"package": False, **options})  # fmt: skip

    return run


def test_a_frozen_body_and_a_new_head_learn_colours_and_become_a_package(
    hub, colours, tmp_path, monkeypatch
):
    """train -> pack -> install -> predict: names and preprocessing arrive as they were trained."""
    mine = tmp_path / "mine.toml"  # a recipe is copied and changed
    mine.write_text(read_recipe("frozen").text.replace("lr = 0.002", "lr = 0.2"))
    made = train(MODEL, colours, recipe=mine, output=tmp_path / "out", limit=21,
                 name="acme-colours", license="MIT", dataset="Colours")  # fmt: skip
    assert made.categories == ("blue", "green", "red")
    assert made.metrics["acc@1"] == 100
    assert made.epoch == len(made.epochs) == 60
    before = load(MODEL)
    after = torch.load(made.weights)
    changed = {key for key in after if not torch.equal(after[key], before[key])}
    assert changed == {"fc.weight", "fc.bias"}

    site = tmp_path / "site"
    zipfile.ZipFile(made.wheel).extractall(site)
    monkeypatch.syspath_prepend(site)
    hubcore.refresh()
    weights = hubcore.get_weight("AcmeColours_Weights.V1")
    for name in ("blue", "green", "red"):
        [result] = predict(MODEL, colours / name / "00.png", weights=weights)
        assert result.classes[0].label == name
    assert weights.meta["_metrics"] == {"Colours": {"acc@1": 100.0, "ece": pytest.approx(
        made.metrics["ece"], abs=1e-3)}}  # fmt: skip
    info = hubcore.weights_info("AcmeColours_Weights.V1")
    assert info.license == "MIT"
    parent = json.loads((site / "acme_colours" / "catalog.json").read_text())
    [member] = parent["weights"]["AcmeColours_Weights"]["members"].values()
    assert member["parent"]["name"] == "acme-tiny/TinyNet_Weights.V1"
    assert member["transforms"][1]["crop_size"] == 64
    lineage = json.loads((site / "acme_colours" / "training.json").read_text())
    assert lineage["parent"]["sha256"] == member["parent"]["sha256"]
    assert len(lineage["data"]["sha256"]) == 64
    assert "trains" in (site / "acme_colours" / "recipe.toml").read_text()
    hubcore.refresh()


def load(name):
    return hubcore.get_model(name, weights="DEFAULT").state_dict()


def test_the_split_is_stratified_written_down_and_what_evaluate_reads(trained, colours, tmp_path):
    made = trained(head="epochs = 1\n".replace("epochs", "patience"))
    rows = {
        part: list(csv.DictReader((tmp_path / "out" / f"{part}.csv").open()))
        for part in ("train", "validation")
    }
    assert len(rows["train"]) == 18
    held = [row["class"] for row in rows["validation"]]
    assert sorted(held) == ["blue"] * 2 + ["green"] * 2 + ["red"] * 2
    files = {row["file"] for part in rows.values() for row in part}
    assert files == {path.relative_to(colours).as_posix() for path in colours.rglob("*.png")}
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["metrics"]["acc@1"]["value"] == made.metrics["acc@1"]
    assert record["data"]["samples"] == 6


def interrupted(after, monkeypatch):
    """The loop ends as a kill would end it, in the middle of a step."""
    step = Loop._step
    count = 0

    def cut(self, pieces):
        nonlocal count
        count += 1
        if count > after:
            raise KeyboardInterrupt
        return step(self, pieces)

    monkeypatch.setattr(Loop, "_step", cut)


@pytest.mark.parametrize("after", [pytest.param(2, marks=pytest.mark.sweep), 4])
def test_a_training_that_was_interrupted_ends_with_the_same_bits(
    after, trained, tmp_path, monkeypatch
):
    """In the middle of an epoch, and in the next one; with a checkpoint after each step."""
    whole = trained(ALL, name="whole")
    with monkeypatch.context() as patch:
        interrupted(after, patch)
        with pytest.raises(KeyboardInterrupt):
            trained(ALL, name="cut", checkpoint_every=0)
    rest = trained(ALL, name="cut", checkpoint_every=0)
    assert rest.losses == whole.losses
    assert len(whole.losses) == 6
    first, second = torch.load(whole.weights), torch.load(rest.weights)
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.sweep
def test_the_seed_decides_the_curve_and_workers_do_not(trained):
    first = trained(ALL, name="a", seed=3)
    again = trained(ALL, name="b", seed=3, workers=1)
    other = trained(ALL, name="c", seed=4)
    assert first.losses == again.losses
    assert first.losses != other.losses


@pytest.mark.sweep
@pytest.mark.parametrize("pieces", [3, 4])
def test_gradients_of_pieces_add_up_to_those_of_the_batch(pieces, trained, hub, monkeypatch):
    """Pieces of one size or not. Statistics of batch normalisation and dropout see a piece only."""
    import hub_train_tiny

    monkeypatch.setattr(hub_train_tiny.nn.Dropout, "forward", lambda self, images: images)
    lines = "mixup = 0.2\ncutmix = 1.0\n[optimizer]\nlr = 0.01\n"
    whole = trained(lines, head='batch_norm = "frozen"\n', name="a")
    cut = trained(lines, head=f'batch_norm = "frozen"\naccumulate = {pieces}\n', name="b")
    assert cut.losses == pytest.approx(whole.losses, abs=1e-6)


def test_a_loss_that_is_not_finite_names_the_batch_and_keeps_the_checkpoint(trained, tmp_path):
    with pytest.raises(NotFiniteError) as found:
        trained("[optimizer]\nlr = 1000\nmomentum = 0.0\n", head='batch_norm = "frozen"\n',
                checkpoint_every=0)  # fmt: skip
    error = found.value
    assert len(error.samples) == 6
    assert all(name.endswith(".png") for name in error.samples)
    assert str(error.checkpoint) in str(error)
    state = torch.load(error.checkpoint)
    assert (
        state["progress"]["epoch"] * 3 + state["progress"]["step"] == error.epoch * 3 + error.step
    )
    assert all(torch.isfinite(one).all() for one in state["model"].values())


def test_tensorboard_shows_the_curve_of_an_interrupted_training_once(
    trained, tmp_path, monkeypatch
):
    """Its own reader finds each step and epoch once, with the values of the CSV files."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with monkeypatch.context() as patch:
        interrupted(4, patch)
        with pytest.raises(KeyboardInterrupt):
            trained(ALL, checkpoint_every=0, tensorboard=True)
    made = trained(ALL, checkpoint_every=0, tensorboard=True)
    assert len(list((tmp_path / "out" / "tensorboard").iterdir())) == 1
    events = EventAccumulator(str(tmp_path / "out" / "tensorboard")).Reload()
    single = torch.tensor(made.losses, dtype=torch.float32).tolist()
    found = [(one.step, one.value) for one in events.Scalars("step/loss")]
    assert found == list(enumerate(single, 1))
    rates = [float(row["lr"]) for row in csv.DictReader((tmp_path / "out" / "steps.csv").open())]
    assert [one.value for one in events.Scalars("step/lr")] == pytest.approx(rates)
    scores = [(one.step, one.value) for one in events.Scalars("epoch/acc@1")]
    expected = [pytest.approx(one["acc@1"]) for one in made.epochs]
    assert scores == list(enumerate(expected, 1))


def test_curves_for_tensorboard_need_its_package(trained, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(hubcore.errors.MissingDependencyError, match="pip install"):
        trained(tensorboard=True)
    assert not (tmp_path / "out").exists()


def test_early_stopping_ends_after_patience(trained):
    made = trained("[optimizer]\nlr = 0.0\n", head="patience = 1\n")
    assert len(made.epochs) == 2
    assert made.epoch == 1


@pytest.mark.sweep
def test_the_same_command_after_the_end_gives_the_same_result(trained):
    first = trained(name="a")
    again = trained(name="a")
    assert again.losses == first.losses
    assert again.metrics == first.metrics


def test_another_training_in_the_folder_is_refused(trained):
    trained()
    with pytest.raises(
        TrainingError, match="the seed and the split differ from what was asked for now"
    ):
        trained(seed=9)


def test_as_many_but_other_classes_get_a_new_head(hub, tmp_path):
    """Nothing of the parent's head may be left where only the number of classes is the same."""
    from hub_train.choice import choose
    from hub_train.data import TrainingData
    from hub_train.preparation import new_model

    chosen = choose(MODEL, "DEFAULT")
    names = tuple(f"thing {number}" for number in range(1000))
    data = TrainingData(names, None, None, True, "")
    before = load(MODEL)
    assert not torch.equal(new_model(chosen, data).fc.weight, before["fc.weight"])
    same = TrainingData(tuple(chosen.weights.meta["categories"]), None, None, True, "")
    assert torch.equal(new_model(chosen, same).fc.weight, before["fc.weight"])


@pytest.mark.sweep
def test_gradual_unfreezing_trains_the_head_first(trained, hub):
    made = trained("[schedule]\nunfreeze_epochs = 9\n", head='batch_norm = "frozen"\n')
    before, after = load(MODEL), torch.load(made.weights)
    assert {key for key in after if not torch.equal(after[key], before[key])} == {
        "fc.weight", "fc.bias"}  # fmt: skip


def test_a_full_disk_is_told_and_the_same_command_goes_on_when_there_is_room(trained, tmp_path):
    """No file of more than 2,000 bytes can be written: the split can, a checkpoint cannot."""
    load(MODEL)  # the weights are in the store by now
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(TrainingError, match="cannot be written"):
            trained()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {".lock", "train.csv", "validation.csv"}
    made = trained()
    assert len(made.epochs) == 2
    assert {"curve.csv", "curve.png", "steps.csv", "record.json", "training.json"} <= {
        path.name for path in (tmp_path / "out").iterdir()}  # fmt: skip


def lonely(root):
    (root / "red").rename(root / "spare")
    (root / "red").mkdir()
    (root / "spare" / "00.png").rename(root / "red" / "00.png")
    for path in (root / "spare").iterdir():
        path.unlink()
    (root / "spare").rmdir()
    return "a class has one image only: 'red'"


def unreadable(root):
    (root / "red" / "03.png").write_bytes(b"no image")
    return "1 of 24 images cannot be trained on"


def single(root):
    for name in ("red", "green"):
        for path in (root / name).iterdir():
            path.unlink()
    return "there is one class only, 'blue'"


@pytest.mark.parametrize("spoil", [lonely, unreadable, single])
def test_what_is_wrong_with_the_data_is_told_before_the_training(spoil, trained, paint, tmp_path):
    root = paint(tmp_path / "data", 8)
    said = spoil(root)
    with pytest.raises(TrainingError) as found:
        trained(data=root)
    assert said in str(found.value)
    assert str(root) in str(found.value)


def test_a_folder_train_and_a_folder_val_need_no_split(trained, paint, tmp_path):
    paint(tmp_path / "data" / "train", 4)
    paint(tmp_path / "data" / "val", 2)
    trained(data=tmp_path / "data")
    rows = list(csv.DictReader((tmp_path / "out" / "validation.csv").open()))
    assert len(rows) == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "Name a model and its data"),
        (f"{MODEL} --data missing", "no such file or folder"),
        (f"{MODEL} --data {{data}} --recipe finetun", "Did you mean 'finetune'?"),
        ("zzz --data {data}", "zzz"),
        ("quantized_resnet18 --data {data}", "is quantized"),
        ("raft_small --data {data}", "the task 'optical-flow', which cannot be trained yet"),
        (f"{MODEL} --data {{data}} --validation 1.5", "above 0 and below 1"),
        (f"{MODEL} --data {{data}} --name torch!", "cannot be a package's name"),
        (f"{MODEL} --data {{data}} --license nonsense", "--license 'nonsense'"),
        (f"{MODEL} --data {{data}} --weights none --recipe frozen", "the body needs weights"),
        (f"{MODEL} --data {{data}} --output {{data}}/red/00.png", "cannot be written to"),
        (f"{MODEL} --data {{data}} --device cpuu", "cpuu"),
    ],
)
def test_the_command_tells_what_is_wrong(arguments, said, hub, colours, capsys, tmp_path):
    code = main(["train", *arguments.format(data=colours).split()])
    assert code == 1
    assert said in capsys.readouterr().err


def test_the_command_shows_recipes(capsys):
    assert main(["train", "--show-recipe"]) == 0
    table = capsys.readouterr().out
    assert "finetune" in table
    assert "torchvision-v2" in table
    assert main(["train", "--show-recipe", "torchvision-v1"]) == 0
    assert 'name = "step"' in capsys.readouterr().out


def test_help_and_recipes_need_no_torch():
    import subprocess

    code = (
        "import sys; from hubcore.cli import main; main(['train', '--show-recipe', 'frozen']);"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


def test_processes_share_the_batches_of_one():
    """Two processes together see what one would: the same images, drawn from the same seeds."""
    one = list(EpochBatches(22, 8, seed=1, repeats=2))
    two = [list(EpochBatches(22, 8, seed=1, repeats=2, rank=rank, world_size=2)) for rank in (0, 1)]
    assert [len(batch) for batch in one] == [8, 8]
    for whole, first, second in zip(one, *two, strict=True):
        assert whole[0::2] == first
        assert whole[1::2] == second
    pieces = list(EpochBatches(22, 8, seed=1, repeats=2, pieces=3, first_step=1))
    assert pieces == [one[1][0::3], one[1][1::3], one[1][2::3]]
    halves = list(EpochBatches(22, 8, seed=1, repeats=2, pieces=2))
    assert halves == [share for both in zip(*two, strict=True) for share in both]


def test_mixing_does_not_see_how_a_step_is_cut(hub, recipe):
    """MixUp and CutMix mix the images of all pieces: as if they were one batch."""
    preset = {"interpolation": "bilinear", "mean": [0.0] * 3, "std": [1.0] * 3}
    task = ClassificationTask(recipe("mixup = 0.2\ncutmix = 1.0\n"), ["a", "b"], preset)
    images, labels = torch.rand(7, 3, 8, 8), torch.tensor([0, 1, 1, 0, 1, 0, 0])
    for seed in range(4):
        [whole] = task.mixed([(images, labels)], seed, Shares())
        cut = [(images[part::3], labels[part::3]) for part in range(3)]
        for part, found in enumerate(task.mixed(cut, seed, Shares())):
            assert torch.equal(found[0], whole[0][part::3])
            assert torch.equal(found[1], whole[1][part::3])


def test_batch_normalisation_is_synchronised_on_gpus_and_refused_on_cpus(hub):
    from hub_train_tiny import tiny_boxes

    model = tiny_boxes()
    before = model.state_dict()
    with pytest.raises(TrainingError, match='batch_norm = "frozen"'):
        synchronised(model, "cpu")
    made = synchronised(model, "cuda")
    norms = [
        one for one in made.modules() if isinstance(one, torch.nn.modules.batchnorm._BatchNorm)
    ]
    assert len(norms) == 4
    assert all(isinstance(one, torch.nn.SyncBatchNorm) for one in norms)
    after = made.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    without = torch.nn.Linear(2, 2)
    assert synchronised(without, "cpu") is without


def test_mixed_precision_computes_in_bfloat16_and_keeps_weights_in_float32(trained, monkeypatch):
    seen = set()
    forward = torch.nn.Conv2d.forward

    def watched(self, images):
        found = forward(self, images)
        if self.training:
            seen.add(found.dtype)
        return found

    monkeypatch.setattr(torch.nn.Conv2d, "forward", watched)
    whole = trained(name="whole")
    assert seen == {torch.float32}
    seen.clear()
    mixed = trained(head='precision = "bf16-mixed"\n', name="mixed")
    assert seen == {torch.bfloat16}
    assert mixed.losses != whole.losses
    assert mixed.losses == pytest.approx(whole.losses, abs=0.05)
    assert all(
        one.dtype == torch.float32
        for one in torch.load(mixed.weights).values()
        if one.is_floating_point()
    )


def test_a_batch_of_fewer_images_than_pieces_is_refused(trained):
    with pytest.raises(TrainingError, match="cannot be cut into 7 pieces"):
        trained(head="accumulate = 7\n")


def test_a_tiny_real_data_set_has_each_of_its_classes_on_both_sides(trained, tmp_path):
    """foolbox's twenty images of CIFAR-10, of eight classes: two images of most."""
    root = tmp_path / "cifar"
    counts = Counter()
    for path in packaged("foolbox", ".png"):
        if path.stem.startswith("cifar10_"):
            name = CIFAR[int(path.stem.rpartition("_")[2])]
            (root / name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / name)
            counts[name] += 1
    assert counts.total() == 20
    made = trained(data=root)
    assert list(made.categories) == sorted(counts)
    assert len(made.losses) == 4  # two epochs of two batches of six
    for part in ("train.csv", "validation.csv"):
        rows = csv.DictReader((tmp_path / "out" / part).open())
        assert {row["class"] for row in rows} == set(counts)
