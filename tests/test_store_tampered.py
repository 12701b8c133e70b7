"""A tampered checkpoint is refused, and none of its code runs."""

import hashlib
import json
import pickle

import pytest
import servers
import torch

import hubcore
from hubcore.checkpoints.reading import read_checkpoint
from hubcore.errors import HubError, WeightsError


class Harm:
    """Unpickled without care, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def as_zip(content, path):
    torch.save(content, path)


def as_legacy(content, path):
    torch.save(content, path, _use_new_zipfile_serialization=False)


def as_pickle(content, path):
    path.write_bytes(pickle.dumps(content, protocol=2))


@pytest.mark.parametrize("write", [as_zip, as_legacy, as_pickle])
def test_a_checkpoint_with_code_in_it_is_refused_even_with_the_right_digest(
    write, tmp_path, own_home
):
    """The catalogue itself may be the attacker's, so a right digest proves nothing of this."""
    marker = tmp_path / "harm"
    file = tmp_path / "net.pth"
    write({"weight": torch.zeros(2), "x": Harm(marker)}, file)
    with servers.FaultyServer() as server:
        url = server.serve("/net.pth", file.read_bytes())
        catalog = {
            "schema": 1,
            "models": {
                "harmnet": {
                    "task": "image-classification",
                    "architecture": "torchvision.models:resnet18",
                    "weights": "Harm_Weights",
                }
            },
            "weights": {
                "Harm_Weights": {
                    "builder": "harmnet",
                    "default": "V1",
                    "members": {
                        "V1": {
                            "url": url,
                            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                            "transforms": "hubcore.transforms:ImageClassification",
                        }
                    },
                }
            },
        }
        (own_home / "catalogs").mkdir()
        (own_home / "catalogs" / "evil.json").write_text(json.dumps(catalog), "utf-8")
        hubcore.refresh()
        with pytest.raises(HubError):
            hubcore.get_model("harmnet", weights="DEFAULT", progress=False)
    assert not marker.exists()


def test_a_torchscript_archive_is_refused_before_torch_load_gets_it(tmp_path, monkeypatch):
    """torch.load before 2.6 hands it to torch.jit.load, whatever weights_only says."""
    path = tmp_path / "net.pth"
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), path)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was given to torch.load"))
    for map_location in (None, "cpu"):
        with pytest.raises(WeightsError, match="TorchScript"):
            read_checkpoint(path, map_location)
