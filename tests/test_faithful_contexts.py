"""Wherever a model is built, it is as torch makes it there."""

import warnings
from contextlib import contextmanager

import pytest
import torch
import torchvision
from third_parties import assert_same, weights_in
from torch import nn
from torch.overrides import TorchFunctionMode

import hubcore
from hubcore.checkpoints.reading import read_state_dict

pytestmark = pytest.mark.usefixtures("one_thread")


@contextmanager
def default_device(device):
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def swapping():
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        yield
    finally:
        torch.__future__.set_swap_module_params_on_conversion(False)


@contextmanager
def marking():
    """Code of the user's that sees each parameter as it is registered."""

    def mark(module, name, parameter):
        if parameter is not None:
            parameter.seen = True

    handle = torch.nn.modules.module.register_module_parameter_registration_hook(mark)
    try:
        yield
    finally:
        handle.remove()


class Passing(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


CONTEXTS = {
    "device cpu": lambda: torch.device("cpu"),
    "device meta": lambda: torch.device("meta"),
    "default device meta": lambda: default_device("meta"),
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "inference": torch.inference_mode,
    "no_grad": torch.no_grad,
    "a mode of the user's": Passing,
    "swapping": swapping,
    "a registration hook": marking,
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
@pytest.mark.parametrize("suffix", ["pth", "old.pth", "safetensors"])
def test_in_any_context_the_model_is_as_torchvision_makes_it(context, suffix, tmp_path):
    from safetensors.torch import save_file

    torch.manual_seed(0)
    tensors = torchvision.models.shufflenet_v2_x0_5(num_classes=10).state_dict()
    path = tmp_path / f"w.{suffix}"
    if suffix == "safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=suffix == "pth")
    weights = weights_in(path, "shufflenet_v2_x0_5")
    with warnings.catch_warnings(), context():
        warnings.simplefilter("ignore")
        expected = torchvision.models.shufflenet_v2_x0_5(num_classes=10)
        expected.load_state_dict(tensors)
        ours = hubcore.get_model("shufflenet_v2_x0_5", weights=weights)
        new = hubcore.get_model("shufflenet_v2_x0_5", weights=weights, num_classes=3)
    assert_same(ours, expected)
    assert {(p.device, p.dtype) for p in new.parameters()} == {
        (p.device, p.dtype) for p in expected.parameters()
    }
    if not new.fc.weight.is_meta:
        assert 0 < new.fc.weight.detach().abs().max() < 0.1


class Scaled(nn.BatchNorm2d):
    """A user's layer, whose buffer is made of a parameter."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        nn.init.uniform_(self.weight, 1, 2)
        self.register_buffer("scale", self.weight.detach().clone(), persistent=False)


def test_arguments_that_are_code_get_what_they_need(tmp_path):
    def build(make):
        torch.manual_seed(1)
        return make(norm_layer=Scaled)

    expected = build(lambda **k: torchvision.models.resnet18(num_classes=10, **k))
    torch.save(expected.state_dict(), tmp_path / "w.pth")
    weights = weights_in(tmp_path / "w.pth", "resnet18")
    assert_same(build(lambda **k: hubcore.get_model("resnet18", weights=weights, **k)), expected)


def test_a_file_is_read_alike_in_any_context(tmp_path):
    torch.save({"a": torch.ones(3)}, tmp_path / "w.pth")
    with torch.device("meta"):
        assert read_state_dict(tmp_path / "w.pth")["a"].device.type == "cpu"
