"""Names: listing, look-up, case, canonical names, and what is said when a name means nothing."""

import json
import pickle
from functools import partial

import pytest

import hubcore
import hubcore.models
from hubcore import Weights, WeightsEnum
from hubcore.errors import AmbiguousNameError, CatalogError, UnknownNameError

TRANSFORMS = ["hubcore.transforms:ImageClassification", {"crop_size": 224}]


def catalog(model="heron", enum="Heron_Weights", builder=None, task="image-classification"):
    member = {"url": "https://example.org/w-01234567.pth", "transforms": TRANSFORMS, "meta": {}}
    weights = {"builder": builder or model, "default": "V1", "members": {"V1": member}}
    data = {
        "schema": 1,
        "models": {model: {"task": task, "architecture": "torchvision.models:resnet18"}},
        "weights": {enum: weights},
    }
    if builder:
        del data["models"]
    else:
        data["models"][model]["weights"] = enum
    return data


@pytest.fixture
def register():
    """Registers for one test."""
    made = []

    def register(*args, **kwargs):
        made.append(hubcore.register(*args, **kwargs))
        return made[-1]

    yield register
    for registration in made:
        registration.remove()


def test_filters_are_torchvisions():
    """Patterns come alone or in any iterable; their results are united; exclusion comes last."""
    listed = partial(hubcore.list_models, plugin="classification")  # whatever else is installed
    assert listed("resnet5*") == ["resnet50"]
    assert listed(("resnet18", "resnet34")) == ["resnet18", "resnet34"]
    assert listed({"resnet1*"}, exclude=["*101", "*152"]) == ["resnet18"]
    assert listed(include="resnet1*", exclude="*8") == ["resnet101", "resnet152"]
    assert listed("no such model") == []


def test_the_listing_is_torchvisions_and_more():
    import torchvision

    ours = set(hubcore.list_models())
    assert set(torchvision.models.list_models()) <= ours
    assert hubcore.list_models() == sorted(ours)


def test_listing_by_task_and_plugin():
    assert hubcore.list_models(task="optical-flow") == ["raft_large", "raft_small"]
    by_name = hubcore.list_models(plugin="optical-flow")
    assert by_name == hubcore.list_models(plugin="hub-optical-flow") == ["raft_large", "raft_small"]
    import hub_optical_flow

    assert hubcore.list_models(module=hub_optical_flow) == by_name
    with pytest.raises(UnknownNameError, match="Unknown family 'json'"):
        hubcore.list_models(module=__import__("json"))
    with pytest.raises(UnknownNameError, match="Unknown plugin 'hub-nothing'"):
        hubcore.list_models(plugin="hub-nothing")


def test_weights_of_a_model_are_listed_with_third_parties_after_its_own(register):
    own = ["ResNet50_Weights.IMAGENET1K_V1", "ResNet50_Weights.IMAGENET1K_V2"]
    assert hubcore.list_weights("resnet50") == own
    register(catalog(builder="resnet50", enum="AcmeFlowers_Weights"), name="acme-flowers")
    assert hubcore.list_weights("resnet50") == [*own, "AcmeFlowers_Weights.V1"]
    assert hubcore.list_weights("resnet50", plugin="acme-flowers") == ["AcmeFlowers_Weights.V1"]


@pytest.mark.parametrize(
    "name",
    [
        "ResNet50_Weights.IMAGENET1K_V2",
        "ResNet50_Weights.ImageNet1K_V2",
        "resnet50_weights.imagenet1k_v2",
        "ResNet50_Weights.default",
        "ResNet50_Weights.DEFAULT",
        "hub-classification/ResNet50_Weights.IMAGENET1K_V2",
        "Hub_Classification/resnet50_weights.DEFAULT",
    ],
)
def test_weights_are_found_in_any_case_and_by_canonical_name(name):
    assert repr(hubcore.get_weight(name)) == "ResNet50_Weights.IMAGENET1K_V2"


@pytest.mark.parametrize("name", ["ResNet50_Weights", "ResNet50_Weights.", ".DEFAULT", "a.b.c", ""])
def test_a_malformed_weights_name_is_a_value_error(name):
    with pytest.raises(ValueError, match="Unknown weights"):
        hubcore.get_weight(name)


def test_unknown_names_suggest_close_ones():
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet50'") as caught:
        hubcore.get_model("resnet51")
    assert caught.value.suggestions[0] == "resnet50"
    with pytest.raises(ValueError, match="Did you mean 'ResNet50_Weights'"):
        hubcore.get_weight("ResNet5O_Weights.DEFAULT")
    with pytest.raises(UnknownNameError, match=r"ResNet50_Weights\.IMAGENET1K_V1"):
        hubcore.get_model("resnet50", weights="IMAGENET1K_V3")


def test_of_a_named_package_its_own_names_are_suggested(register):
    """Of a plugin's name too, which is no model's: so it is said how to list what it offers."""
    register(catalog(model="resnet50.acme"), name="acme-one")
    with pytest.raises(UnknownNameError) as caught:
        hubcore.get_model("acme_one/resnet50")
    assert caught.value.suggestions == ("resnet50.acme",)
    with pytest.raises(UnknownNameError, match="Did you mean 'ssd300_vgg16'"):
        hubcore.get_model("detection/ssd300")
    with pytest.raises(UnknownNameError, match="hub list --plugin hub-detection"):
        hubcore.get_model("hub-detection")


def test_models_of_an_absent_family_say_what_to_install(monkeypatch):
    monkeypatch.setattr(
        "hubcore.catalogs.discovery.entry_points",
        lambda group: iter(()),
    )
    hubcore.refresh()
    with pytest.raises(UnknownNameError, match="pip install hub-detection") as caught:
        hubcore.get_model("fasterrcnn_resnet50_fpn")
    assert caught.value.install == "hub-detection"
    with pytest.raises(UnknownNameError, match="pip install hub-video"):
        hubcore.get_weight("R3D_18_Weights.DEFAULT")


def test_a_disabled_familys_models_say_that_it_is_disabled(monkeypatch):
    monkeypatch.setenv("HUBCORE_DISABLE", "hub-detection")
    hubcore.refresh()
    with pytest.raises(UnknownNameError, match="'hub-detection' that offers it is disabled"):
        hubcore.get_model("fasterrcnn_resnet50_fpn")


def test_registered_entries_come_and_go(register):
    registration = register(catalog(), name="acme-birds")
    assert "heron" in hubcore.list_models()
    assert hubcore.get_weight("acme-birds/Heron_Weights.V1") is hubcore.get_weight(
        "heron_weights.default"
    )
    registration.remove()
    assert "heron" not in hubcore.list_models()


def test_a_clash_is_listed_canonically_and_raises_at_look_up(register):
    register(catalog(), name="acme-one")
    register(catalog(), name="acme-two")
    assert hubcore.list_models("*heron") == ["acme-one/heron", "acme-two/heron"]
    with pytest.raises(AmbiguousNameError) as caught:
        hubcore.get_model("heron")
    assert caught.value.candidates == ("acme-one/heron", "acme-two/heron")
    assert hubcore.get_model_builder("acme-two/heron") is not None


def test_a_third_party_cannot_take_a_built_in_name(register):
    register(catalog(model="resnet50", enum="ResNet50_Weights"), name="acme-one")
    assert "download.pytorch.org" in hubcore.get_weight("ResNet50_Weights.DEFAULT").url
    assert "acme-one/resnet50" in hubcore.list_models()
    with pytest.raises(CatalogError, match="built-in family"):
        hubcore.register(catalog(), name="Hub_Classification")


@pytest.fixture
def installed(own_home):
    """A catalogue of herons counts as installed."""
    path = own_home / "catalogs" / "acme-birds.json"
    path.parent.mkdir()
    path.write_text(json.dumps(catalog()), "utf-8")
    hubcore.refresh()
    return path


def test_what_is_installed_keeps_its_names_for_itself(register, installed):
    """Neither a catalogue nor an enum is registered under a name that is installed."""

    class Heron_Weights(WeightsEnum):
        V1 = Weights("https://example.org/mine-01234567.pth", dict, {})

    refused = pytest.raises(CatalogError, match=r"'acme-birds' is installed.*another name.*rm ")
    with refused:
        hubcore.register(catalog(), name="Acme_Birds")
    with refused:
        hubcore.register(catalog(model="egret", enum="Egret_Weights"), name="acme-birds")
    with refused:
        hubcore.register(Heron_Weights, builder="resnet50", name="acme-birds")
    assert hubcore.get_weight("acme-birds/Heron_Weights.V1").url.endswith("w-01234567.pth")
    installed.unlink()
    hubcore.refresh()
    register(catalog(), name="acme-birds")


def test_a_pickle_of_what_was_registered_means_what_is_installed_where_it_is_read(installed):
    text = installed.read_text("utf-8")
    installed.unlink()
    hubcore.refresh()
    with hubcore.register(catalog(), name="acme-birds"):
        pickled = pickle.dumps(hubcore.get_weight("acme-birds/Heron_Weights.V1"))
    installed.write_text(text, "utf-8")
    hubcore.refresh()
    assert pickle.loads(pickled) is hubcore.get_weight("acme-birds/Heron_Weights.V1")


def test_a_name_is_registered_once(register):
    """By a catalogue or an enum: under one name both may be, but not with one enum twice."""

    class Heron_Weights(WeightsEnum):
        V1 = Weights("https://example.org/mine-01234567.pth", dict, {})

    class Egret_Weights(WeightsEnum):
        V1 = Weights("https://example.org/egret-01234567.pth", dict, {})

    register(catalog())
    register(Egret_Weights, builder="resnet50")
    with pytest.raises(CatalogError, match="'local/Heron_Weights' is registered already"):
        register(Heron_Weights, builder="resnet50")
    with pytest.raises(CatalogError, match="'local/Egret_Weights' is registered already"):
        register(catalog(enum="Egret_Weights"))
    register(catalog())  # again: it replaces the one before


def test_an_enum_of_ones_own_is_registered_for_a_builder(register):
    class Mine_Weights(WeightsEnum):
        V1 = Weights("https://example.org/mine-01234567.pth", dict, {"categories": ["a", "b"]})
        DEFAULT = V1

    class Other_Weights(WeightsEnum):
        V1 = Weights("https://example.org/other-01234567.pth", dict, {})

    register(Mine_Weights, builder="resnet50")
    register(Other_Weights, builder=hubcore.get_model_builder("resnet50"))
    assert hubcore.get_weight("Mine_Weights.default") is Mine_Weights.V1
    assert hubcore.get_weight("local/mine_weights.V1") is Mine_Weights.V1
    assert hubcore.list_weights("resnet50")[2:] == ["Mine_Weights.V1", "Other_Weights.V1"]
    with pytest.raises(TypeError, match="builder="):
        hubcore.register(Mine_Weights)


def test_get_model_weights_takes_names_and_builders():
    from hub_classification import ResNet50_Weights, resnet50

    assert hubcore.get_model_weights("resnet50") is ResNet50_Weights
    assert hubcore.get_model_weights(resnet50) is ResNet50_Weights
    with pytest.raises(TypeError, match="neither a model's name nor a builder"):
        hubcore.get_model_weights(len)


def test_all_families_under_one_import():
    from hub_classification import ResNet50_Weights as OfTheFamily
    from hubcore import models
    from hubcore.models import R3D_18_Weights, ResNet50_Weights, fasterrcnn_resnet50_fpn

    assert ResNet50_Weights is OfTheFamily
    assert R3D_18_Weights.DEFAULT.name == "KINETICS400_V1"
    assert fasterrcnn_resnet50_fpn is hubcore.get_model_builder("fasterrcnn_resnet50_fpn")
    assert {"resnet50", "ResNet50_Weights", "get_model", "detr_resnet50"} <= set(dir(models))
    with pytest.raises(ImportError, match="resnet51"):
        from hubcore.models import resnet51  # noqa: F401  # the import is the test
