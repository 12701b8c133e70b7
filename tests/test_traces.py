"""Results name the weights that they were made with by name and digest."""

import hashlib

import pytest
import torch
import torchvision

import hubcore
from hubcore.store import default_store
from hubcore.weights.traces import trace


@pytest.fixture
def acme(tmp_path):
    """Weights of a registered package, and the SHA-256 of their file."""
    path = tmp_path / "acme.pth"
    torch.save(torchvision.models.resnet18(num_classes=3).state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    member = {
        "url": path.as_uri(),
        "sha256": digest,
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 64}],
        "meta": {"categories": ["a", "b", "c"]},
    }
    enum = {
        "builder": "hub-classification/resnet18",
        "members": {"V1": member, "PREFIX": {**member, "sha256": digest[:8], "meta": {}}},
    }
    with hubcore.register({"schema": 1, "weights": {"Acme_Weights": enum}}, name="acme"):
        yield digest


def test_load_report_names_weights_by_their_digest(acme):
    """A model can be traced to the file that its tensors came from."""
    report = hubcore.load_report(hubcore.get_model("resnet18", weights="acme/Acme_Weights.V1"))
    assert (report.name, report.sha256) == ("acme/Acme_Weights.V1", acme)


def test_a_digest_that_is_published_in_part_is_known_once_it_is_pinned(acme):
    """A prefix is not a digest; what the file was pinned to is."""
    member = hubcore.get_weight("acme/Acme_Weights.PREFIX")
    assert trace(member) == ("acme/Acme_Weights.PREFIX", None)
    default_store().pin(member.url, acme)
    assert trace(member).sha256 == acme
    assert str(trace(member)) == f"acme/Acme_Weights.PREFIX sha256:{acme}"


def test_objects_of_no_enum_have_a_text_only():
    """No digest is made up for tensors that came from no file."""

    class Own:
        url, transforms, meta = "", None, {}  # as torchvision's have it

        def get_state_dict(self, **_):
            return torchvision.models.resnet18().state_dict()

        def __repr__(self):
            return "<own>"

    report = hubcore.load_report(hubcore.get_model("resnet18", weights=Own()))
    assert (report.name, report.sha256) == ("<own>", None)
