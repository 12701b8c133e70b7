"""Weights and their enums behave as torchvision's do."""

import copy
import pickle
import subprocess
import sys
from functools import partial

import pytest

import hubcore
from hubcore import Weights, WeightsEnum, WeightsLike
from hubcore.errors import UnknownNameError


class Toy_Weights(WeightsEnum):
    V1 = Weights("https://example.org/toy-01234567.pth", partial(dict, size=1), {"categories": []})
    V2 = Weights("https://example.org/toy-89abcdef.pth", partial(dict, size=2), {"categories": []})
    DEFAULT = V2


@pytest.fixture(params=["catalogue", "written by hand"])
def member(request):
    if request.param == "catalogue":
        return hubcore.get_weight("ResNet50_Weights.IMAGENET1K_V2")
    return Toy_Weights.V2


def test_copies_are_the_member_itself(member):
    assert copy.copy(member) is member
    assert copy.deepcopy(member) is member
    assert copy.deepcopy({"weights": [member]})["weights"][0] is member


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_gives_the_member_itself(member, protocol):
    assert pickle.loads(pickle.dumps(member, protocol)) is member


def test_enum_classes_pickle_as_themselves():
    enum = hubcore.get_model_weights("resnet50")
    assert pickle.loads(pickle.dumps(enum)) is enum


def test_a_member_survives_the_way_to_another_process():
    member = hubcore.get_weight("ResNet50_Weights.IMAGENET1K_V2")
    code = (
        "import pickle, sys, hubcore\n"
        "member = pickle.load(sys.stdin.buffer)\n"
        "assert member is hubcore.get_weight('ResNet50_Weights.DEFAULT')\n"
        "print(repr(member), 'hub_classification' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(member), capture_output=True, check=True
    )
    assert result.stdout.decode().split() == ["ResNet50_Weights.IMAGENET1K_V2", "False"]


def test_look_ups_give_one_object_also_after_a_refresh():
    first = hubcore.get_weight("ResNet50_Weights.IMAGENET1K_V2")
    hubcore.refresh()
    assert hubcore.get_weight("hub-classification/ResNet50_Weights.DEFAULT") is first
    assert hubcore.get_model_weights("resnet50").DEFAULT is first


def test_the_members_look_like_torchvisions(member):
    assert repr(member) == str(member) == f"{type(member).__name__}.{member.name}"
    assert member.value.url == member.url
    assert member.value.meta is member.meta
    assert type(member).DEFAULT is member
    assert [m.name for m in type(member)][-1] == member.name
    assert isinstance(member, WeightsLike)


def test_verify_takes_members_names_and_none():
    assert Toy_Weights.verify(None) is None
    assert Toy_Weights.verify(Toy_Weights.V1) is Toy_Weights.V1
    for name in ("V1", "v1", "Toy_Weights.V1"):
        assert Toy_Weights.verify(name) is Toy_Weights.V1
    assert Toy_Weights.verify("default") is Toy_Weights.V2


def test_verify_refuses_what_belongs_elsewhere():
    other = hubcore.get_weight("ResNet50_Weights.DEFAULT")
    with pytest.raises(TypeError, match="expected Toy_Weights but received ResNet50_Weights"):
        Toy_Weights.verify(other)
    with pytest.raises(UnknownNameError, match=r"Did you mean 'Toy_Weights.V1' or 'Toy_Weights"):
        Toy_Weights.verify("V3")


def test_meta_is_a_plain_dictionary():
    meta = hubcore.get_weight("ResNet50_Weights.IMAGENET1K_V2").meta
    assert dict(meta.items()) == meta
    assert len(meta["categories"]) == 1000
    assert meta["min_size"] == (1, 1)


def test_transforms_are_a_partial_of_data():
    transforms = hubcore.get_weight("ResNet50_Weights.IMAGENET1K_V2").transforms
    assert transforms.keywords == {"crop_size": 224, "resize_size": 232}
    assert copy.deepcopy(transforms) == transforms == pickle.loads(pickle.dumps(transforms))
    preset = transforms(crop_size=400, resize_size=400)
    assert (preset.crop_size, preset.resize_size) == ([400], [400])
    assert transforms.keywords["crop_size"] == 224


def test_equal_values_are_aliases_also_with_partials():
    assert Toy_Weights.DEFAULT is Toy_Weights.V2
    assert Weights("u", partial(dict, a=1), {}) == Weights("u", partial(dict, a=1), {})
    assert Weights("u", partial(dict, a=1), {}) != Weights("u", partial(dict, a=2), {})


def test_a_pickle_carries_the_catalogue_of_registered_weights_once():
    """However many members it has; in a process that has the catalogue it is not even read."""
    catalog = {
        "schema": 1,
        "weights": {
            f"Acme{number}_Weights": {
                "builder": "resnet18",
                "members": {
                    "V1": {
                        "url": f"https://models.example.org/{number}-3f1a9c2e.pth",
                        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 8}],
                        "meta": {"categories": ["daisy", "rose"]},
                    }
                },
            }
            for number in range(100)
        },
    }
    with hubcore.register(catalog, name="acme-many"):
        members = [hubcore.get_weight(f"Acme{number}_Weights.V1") for number in range(100)]
        one, all_of_them = len(pickle.dumps(members[0])), len(pickle.dumps(members))
        assert all_of_them < 2 * one
        back = pickle.loads(pickle.dumps(members))
        assert all(one is member for one, member in zip(back, members, strict=True))
