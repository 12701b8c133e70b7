"""A loaded model is what its author's code and `load_state_dict` give, in everything that shows."""

import inspect

import pytest
import torch
import torchvision
from third_parties import NAMES, weights_in
from torch import nn

import hubcore
from hubcore.building import shortcut
from hubcore.building.skip_init import SkipRandomInit
from hubcore.errors import WeightsError
from hubcore.testing import CHECKS, Fault, Subject

pytestmark = pytest.mark.usefixtures("one_thread")


PROVED = [*torchvision.models.list_models(), "detr_resnet50", "detr_resnet101_dc5"]


@pytest.mark.parametrize("name", PROVED)
def test_each_proved_architecture_bears_the_short_cuts(name):
    """Its tensors are plain, each alone in its memory, in the default dtype or a known integer; no
    module keeps one anywhere else."""
    if name in torchvision.models.list_models():
        build = torchvision.models.get_model_builder(name)
    else:
        build = hubcore.get_model_builder(name)
    takes = inspect.signature(build).parameters
    backbone = {"weights_backbone": None} if "weights_backbone" in takes else {}
    with SkipRandomInit():
        model = build(weights=None, **backbone)
    tensors = dict(model.state_dict(keep_vars=True))
    assert len({t.untyped_storage().data_ptr() for t in tensors.values()}) == len(tensors)
    for key, tensor in tensors.items():
        integer = key.rpartition(".")[2] in shortcut._INTEGERS
        assert tensor.dtype == (torch.int64 if integer else torch.float32), key
        assert tensor.stride() == torch.empty(tensor.shape).stride(), key
        assert tensor.untyped_storage().nbytes() == tensor.nbytes, key
        assert type(tensor) is (nn.Parameter if tensor.requires_grad else type(tensor)), key
        assert not vars(tensor), key
        assert not tensor._backward_hooks, key
    parameters = {id(p) for p in model.parameters()}
    for path, module in model.named_modules():
        assert not module._non_persistent_buffers_set, path
        for attribute, value in vars(module).items():
            held = value if isinstance(value, list | tuple) else [value]
            assert parameters.isdisjoint(map(id, held)), (path, attribute)


@pytest.mark.parametrize(
    ("family", "models"),
    [
        ("hub-classification", ("squeezenet1_1", "googlenet", "shufflenet_v2_x0_5")),
        ("hub-detection", ("ssdlite*",)),
        ("hub-segmentation", ("lraspp*",)),
        pytest.param("hub-classification", (), marks=pytest.mark.sweep),
        pytest.param("hub-detection", (), marks=pytest.mark.sweep),
        pytest.param("hub-segmentation", (), marks=pytest.mark.sweep),
        pytest.param("hub-quantization", (), marks=pytest.mark.sweep),
        pytest.param("hub-video", (), marks=pytest.mark.sweep),
        pytest.param("hub-optical-flow", (), marks=pytest.mark.sweep),
    ],
)
def test_our_families_are_faithful(family, models):
    findings = CHECKS["faithful"](Subject.of_plugin(family, models))
    assert [finding for finding in findings if isinstance(finding, Fault)] == []


@pytest.mark.parametrize(
    ("name", "draws"),
    [("resnet18", False), ("swin_t", False), ("efficientnet_b0", False), ("vit_b_32", True)],
)
def test_loading_weights_draws_what_it_always_drew(name, draws, tmp_path):
    """Nothing, but for a vision transformer: it draws its position embedding in another way."""
    with SkipRandomInit():
        torch.save(torchvision.models.get_model(name, num_classes=10).state_dict(), tmp_path / "w")
    meta = {"categories": NAMES, "min_size": [224, 224]}
    weights = weights_in(tmp_path / "w", name, meta=meta)
    before = torch.get_rng_state()
    hubcore.get_model(name, weights=weights)
    assert torch.equal(torch.get_rng_state(), before) is not draws


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("vit_b_32", "min_size"),
        ("maxvit_t", "min_size"),
        ("mvit_v1_b", "min_size"),
        ("keypointrcnn_resnet50_fpn", "keypoint_names"),
        ("quantized_mobilenet_v2", "backend"),
    ],
)
def test_meta_data_that_a_builder_needs_and_the_weights_lack_are_named(name, key, tmp_path):
    torch.save({}, tmp_path / "w.pth")
    weights = weights_in(tmp_path / "w.pth", name)
    config = {"quantize": True} if key == "backend" else {}
    with pytest.raises(WeightsError) as caught:
        hubcore.get_model(name, weights=weights, **config)
    assert key in str(caught.value)
    assert "Demo_Weights.V1" in str(caught.value)
    assert '"meta"' in str(caught.value)
