"""The task of weights is that of the model they fit, by one rule, whoever asks."""

import pytest

import hubcore
from hubcore import Weights, WeightsEnum
from hubcore.catalogs.names import find_model, find_weights, model_of, weights_for

TRANSFORMS = ["hubcore.transforms:ImageClassification", {"crop_size": 224}]
NET = "torchvision.models:resnet50"


def pack(builder, models=(), member=None):
    """A catalogue with one enum, and models by task."""
    data = {"url": "https://example.org/w-01234567.pth", "transforms": TRANSFORMS, "meta": {}}
    return {
        "schema": 1,
        "models": {name: {"task": task, "architecture": NET} for name, task in models},
        "weights": {
            "Pack_Weights": {
                "builder": builder,
                "default": "V1",
                "members": {"V1": {**data, **(member or {})}},
            }
        },
    }


OWN = [("resnet50", "semantic-segmentation")]


@pytest.mark.parametrize(
    ("catalog", "model", "task"),
    [
        (pack("resnet18"), "hub-classification/resnet18", "image-classification"),
        (pack("RESNET18"), "hub-classification/resnet18", "image-classification"),
        (pack("resnet50", OWN), "aaa-pack/resnet50", "semantic-segmentation"),
        (pack("ResNet50", OWN), "aaa-pack/resnet50", "semantic-segmentation"),
        (pack("aaa_pack/resnet50", OWN), "aaa-pack/resnet50", "semantic-segmentation"),
        (
            pack("hub-classification/resnet50", OWN),
            "hub-classification/resnet50",
            "image-classification",
        ),
        (pack("Hub_Detection/detr_resnet50"), "hub-detection/detr_resnet50", "object-detection"),
        (pack("resnet18", member={"task": "texture"}), "hub-classification/resnet18", "texture"),
        (pack("absent"), None, None),
        (pack("absent/resnet50"), None, None),
    ],
)
def test_every_part_agrees_on_the_model_and_the_task(catalog, model, task):
    with hubcore.register(catalog, name="aaa-pack"):
        fits = model_of(find_weights("Pack_Weights"))
        assert (fits and fits.canonical) == model
        assert hubcore.get_weight("Pack_Weights.V1").value.task == task
        listed = hubcore.list_weights(plugin="aaa-pack", task=task or "image-classification")
        assert listed == (["Pack_Weights.V1"] if task else [])
        if model:
            assert find_weights("Pack_Weights") in weights_for(find_model(model))


def test_a_package_changes_the_task_of_nobody_elses_weights():
    before = {task: hubcore.list_weights(task=task) for task in (OWN[0][1], "image-classification")}
    ours = hubcore.get_weight("ResNet50_Weights.DEFAULT")
    pack = {"schema": 1, "models": {name: {"task": t, "architecture": NET} for name, t in OWN}}
    with hubcore.register(pack, name="aaa-pack"):
        assert {task: hubcore.list_weights(task=task) for task in before} == before
        assert hubcore.get_weight("ResNet50_Weights.DEFAULT") is ours
        assert ours.value.task == "image-classification"


def test_the_task_follows_a_model_that_comes_later():
    with hubcore.register(pack("late-net"), name="aaa-pack"):
        assert hubcore.get_weight("Pack_Weights.V1").value.task is None
        late = {"schema": 1, "models": {"late-net": {"task": "texture", "architecture": NET}}}
        with hubcore.register(late, name="late"):
            assert hubcore.get_weight("Pack_Weights.V1").value.task == "texture"


def test_a_registered_enum_has_its_models_task():
    class Hand_Weights(WeightsEnum):
        V1 = Weights(url="https://example.org/w-01234567.pth", transforms=list, meta={})
        V2 = Weights(url="https://example.org/v-01234567.pth", transforms=list, meta={}, task="x")

    with hubcore.register(Hand_Weights, builder="raft_small"):
        assert (Hand_Weights.V1.value.task, Hand_Weights.V2.value.task) == ("optical-flow", "x")
        assert "Hand_Weights.V1" in hubcore.list_weights(task="optical-flow")
        assert hubcore.list_weights(task="x") == ["Hand_Weights.V2"]
        assert hubcore.get_weight("Hand_Weights.V1") is Hand_Weights.V1


def test_a_module_is_predicted_with_weights_that_name_no_task():
    import torchvision

    net = torchvision.models.resnet18(num_classes=3).eval()
    named = {"meta": {"categories": ["daisy", "rose", "tulip"]}}
    with hubcore.register(pack("resnet18", member=named), name="aaa-pack"):
        result = hubcore.predict(
            net, "examples/photos/chelsea.png", weights="Pack_Weights.V1", progress=False
        )
    assert {found.label for found in result[0].classes} == {"daisy", "rose", "tulip"}
