"""Checkpoints in torch's format before 1.6: converted once, compared, kept by digest, mapped."""

import argparse
import hashlib
from collections import OrderedDict

import pytest
import torch
from equivalence import same
from terminals import terminal
from torch import nn

import hubcore
from hubcore.checkpoints import legacy as conversion
from hubcore.checkpoints.mapped import map_tensors
from hubcore.checkpoints.reading import read_checkpoint, read_state_dict
from hubcore.cli import main
from hubcore.errors import WeightsError
from hubcore.store import default_store


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


@pytest.fixture
def old_file(tmp_path):
    path = tmp_path / "old.pth"
    torch.save(model().state_dict(), path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture
def weights(old_file):
    """Weights whose file has the old format, from a catalogue."""
    member = {
        "url": old_file.as_uri(),
        "sha256": hashlib.sha256(old_file.read_bytes()).hexdigest(),
        "transforms": "hubcore.transforms:ImageClassification",
    }
    data = {"builder": "resnet18", "members": {"V1": member}}
    with hubcore.register({"schema": 1, "weights": {"Old_Weights": data}}):
        yield hubcore.get_weight("Old_Weights.V1")


def test_the_first_load_makes_a_copy_that_later_loads_map(weights):
    first = weights.get_state_dict()
    (entry,) = default_store().entries()
    (copy,) = entry.derived
    made = copy.stat()
    second = weights.get_state_dict()
    assert (copy.stat().st_ino, copy.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)
    assert same(first, model().state_dict())
    assert same(second, first)
    assert same(map_tensors(copy), first)


def test_whoever_waits_for_the_copy_is_told(weights, monkeypatch):
    """Once, on a terminal; the line goes when it is made."""
    weights.download(progress=False)
    with terminal(monkeypatch) as seen:
        weights.get_state_dict()
        weights.get_state_dict()
        text = seen()
    assert text.count("converting the checkpoint") == 1
    assert text.endswith("\r")


def test_nobody_is_told_who_does_not_want_to_be(weights, capsys):
    weights.get_state_dict(progress=False)
    assert capsys.readouterr() == ("", "")


def test_the_versions_of_the_modules_are_kept(weights):
    assert weights.get_state_dict()._metadata == model().state_dict()._metadata


def test_the_original_stays_what_the_store_holds(weights, old_file):
    weights.get_state_dict()
    assert weights.download().read_bytes() == old_file.read_bytes()


def test_whatever_the_file_holds_is_kept(tmp_path):
    """A state dict may lie in a larger structure; the catalogue's ``convert`` finds it."""
    nan = torch.tensor([float("nan"), 1.0])
    content = {"model": OrderedDict(w=torch.ones(2, 3).T, n=nan), "epoch": 3, "lr": float("nan")}
    path = tmp_path / "old.pth"
    torch.save(content, path, _use_new_zipfile_serialization=False)
    blob = default_store().add(path)
    copy = conversion.mappable(blob)
    assert copy != blob
    assert same(read_checkpoint(copy)["model"]["w"], content["model"]["w"])
    assert read_checkpoint(copy)["model"]["n"].isnan().tolist() == [True, False]


def test_a_copy_that_differs_is_not_used(weights, monkeypatch):
    monkeypatch.setattr(
        torch, "save", lambda value, path, save=torch.save: save({"other": torch.ones(1)}, path)
    )
    assert same(weights.get_state_dict(), model().state_dict())
    (entry,) = default_store().entries()
    assert entry.derived == ()


def test_a_file_outside_the_store_is_left_alone(old_file):
    """Folders of others, such as torch.hub's, are read and never written."""
    assert conversion.mappable(old_file) == old_file


def test_a_store_that_cannot_be_written_serves_the_original(weights, monkeypatch):
    weights.download()
    store = default_store()
    (store.root / "derived").write_text("in the way")
    assert same(weights.get_state_dict(), model().state_dict())


def test_newer_files_are_not_copied(tmp_path):
    torch.save(model().state_dict(), tmp_path / "new.pth")
    blob = default_store().add(tmp_path / "new.pth")
    assert conversion.mappable(blob) == blob


def test_the_cache_shows_and_prunes_converted_files(weights, capsys):
    weights.get_state_dict()
    (entry,) = default_store().entries()
    assert main(["cache", "list"]) == 0
    assert "old.pth + converted" in capsys.readouterr().out
    assert main(["cache", "prune", "--max-size", "0", "--yes"]) == 0
    assert not entry.path.exists()
    assert not entry.derived[0].exists()


class Other:
    pass


def test_options_that_a_script_kept_beside_the_tensors_are_read(tmp_path):
    """DETR's, MAE's and RF-DETR's files hold an argparse.Namespace: attributes, and no code."""
    options = argparse.Namespace(lr=1e-4, device="cuda", nested=argparse.Namespace(names=["a"]))
    torch.save({"model": {"w": torch.ones(2)}, "args": options}, tmp_path / "detr.pth")
    found = read_checkpoint(tmp_path / "detr.pth")
    assert found["args"] == options
    assert torch.equal(found["model"]["w"], torch.ones(2))
    read = read_state_dict(tmp_path / "detr.pth", convert=lambda checkpoint: checkpoint["model"])
    assert list(read) == ["w"]
    options.nested = Other()
    torch.save({"args": options}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="never runs code"):
        read_checkpoint(tmp_path / "other.pth")
