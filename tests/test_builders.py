"""Builders take any weights that fit, and say clearly why others do not."""

import inspect

import pytest
import torch

import hubcore
from hubcore.errors import UnknownNameError, WeightsError


class Tensors:
    """Weights that are no enum of anybody's: the protocol and nothing more."""

    url = "https://example.org/w.pth"
    transforms = dict

    def __init__(self, model, meta=None):
        self.tensors = model.state_dict()
        self.meta = meta or {}
        self.asked = []

    def get_state_dict(self, *args, **kwargs):
        self.asked.append(kwargs)
        return self.tensors


def equal(first, second):
    ours, theirs = first.state_dict(), second.state_dict()
    return list(ours) == list(theirs) and all(torch.equal(ours[k], theirs[k]) for k in ours)


def test_any_object_that_satisfies_the_protocol_is_taken():
    source = hubcore.get_model("squeezenet1_1", num_classes=4)
    weights = Tensors(source, {"categories": list("abcd")})
    assert isinstance(weights, hubcore.WeightsLike)
    model = hubcore.get_model("squeezenet1_1", weights=weights, progress=False)
    assert equal(model, source)
    assert weights.asked == [{"progress": False, "check_hash": True}]


@pytest.mark.parametrize(("classes", "fresh"), [(None, False), (4, False), (7, True)])
def test_another_number_of_classes_gives_a_new_head_only(classes, fresh):
    source = hubcore.get_model("mobilenet_v2", num_classes=4)
    config = {} if classes is None else {"num_classes": classes}
    model = hubcore.get_model(
        "mobilenet_v2", weights=Tensors(source, {"categories": list("abcd")}), **config
    )
    report = hubcore.load_report(model)
    assert model.classifier[1].out_features == (classes or 4)
    assert report.new == (("classifier.1.weight", "classifier.1.bias") if fresh else ())
    assert equal(model.features, source.features)
    assert (model.classifier[1].weight.shape == source.classifier[1].weight.shape) is not fresh
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert model.training


def test_a_new_head_is_initialised_as_a_new_models():
    """MobileNetV2 draws its classifier from a normal distribution of deviation 0.01."""
    source = hubcore.get_model("mobilenet_v2", num_classes=4)
    weights = Tensors(source, {"categories": list("abcd")})
    head = hubcore.get_model("mobilenet_v2", weights=weights, num_classes=9).classifier[1]
    assert head.weight.std().item() == pytest.approx(0.01, rel=0.1)
    assert head.weight.mean().item() == pytest.approx(0, abs=0.001)
    assert not head.bias.any()


def test_weights_without_categories_are_counted_by_the_heads_shapes():
    """RetinaNet's head has nine rows a class."""
    for name, config in (("resnet18", {}), ("retinanet_resnet50_fpn", {"weights_backbone": None})):
        source = hubcore.get_model(name, num_classes=5, **config)
        model = hubcore.get_model(name, weights=Tensors(source), num_classes=5)
        assert hubcore.load_report(model).new == ()
    six = hubcore.get_model("resnet18", num_classes=6)
    assert equal(hubcore.get_model("resnet18", weights=Tensors(six)), six)
    with pytest.raises(WeightsError, match="do not say how many classes"):
        hubcore.get_model("retinanet_resnet50_fpn", weights=Tensors(source))


def test_weights_of_another_model_are_refused_by_name_or_by_tensors():
    with pytest.raises(TypeError, match="expected ResNet50_Weights but received ResNet18_Weights"):
        hubcore.get_model("resnet50", weights=hubcore.get_weight("ResNet18_Weights.DEFAULT"))
    with pytest.raises(TypeError, match="expected ResNet50_Weights but received ResNet18_Weights"):
        hubcore.get_model("resnet50", weights="ResNet18_Weights.DEFAULT")
    other = Tensors(hubcore.get_model("resnet18"), {"categories": ["x"] * 1000})
    with pytest.raises(
        WeightsError,
        match=r"'resnet50': 98 of the model's 320 tensors fit.*They fit the model 'resnet18'",
    ):
        hubcore.get_model("resnet50", weights=other)


@pytest.mark.parametrize("weights", [0.5, object(), {}, ["IMAGENET1K_V1"]])
def test_what_is_no_weights_is_a_type_error(weights):
    with pytest.raises(TypeError, match="Invalid weights for 'resnet18'"):
        hubcore.get_model("resnet18", weights=weights)


def test_unknown_members_list_what_there_is():
    with pytest.raises(UnknownNameError, match=r"ResNet50_Weights\.IMAGENET1K_V1"):
        hubcore.get_model("resnet50", weights="IMAGENET1K_V7")


def test_a_builders_signature_is_that_of_torchvisions():
    import torchvision

    for name in ("resnet50", "fasterrcnn_resnet50_fpn", "quantized_resnet18", "fcn_resnet50"):
        ours = inspect.signature(hubcore.get_model_builder(name)).parameters
        theirs = inspect.signature(torchvision.models.get_model_builder(name)).parameters
        assert [p for p in ours if p != "config"] == [p for p in theirs if p != "kwargs"]


def test_builders_are_documented_and_one_object_a_model():
    from hub_detection import detr_resnet50

    assert detr_resnet50 is hubcore.get_model_builder("hub-detection/detr_resnet50")
    assert "DETR_ResNet50_Weights.COCO_V1" in detr_resnet50.__doc__
    assert detr_resnet50.__name__ == "detr_resnet50"
    assert detr_resnet50.__module__ == "hub_detection"
