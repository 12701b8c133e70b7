"""hub-quantization beyond torchvision: engines, verified files, the choice between enums."""

import importlib

import pytest
import torch
import torchvision
from seeding import seeded_hub
from servers import FaultyServer
from torchvision.models import quantization

import hubcore
from hub_quantization import ShuffleNet_V2_X0_5_QuantizedWeights, shufflenet_v2_x0_5
from hub_quantization.engines import EngineError, engine_for
from hubcore.errors import DigestMismatchError
from hubcore.store import default_store

NAME = "quantized_shufflenet_v2_x0_5"


@pytest.fixture
def seeded(tmp_path):
    with seeded_hub(tmp_path) as hub:
        yield hub


@pytest.fixture
def weights(seeded):
    return seeded.put_seeded(NAME, quantization.ShuffleNet_V2_X0_5_QuantizedWeights.DEFAULT)


def test_weights_run_on_their_own_engine_where_there_is_one():
    for engine in torch.backends.quantized.supported_engines:
        if engine != "none":
            assert engine_for(engine) == engine


def test_another_engine_stands_in_for_an_absent_one():
    assert engine_for("of another processor") in torch.backends.quantized.supported_engines


def test_an_absent_engine_is_an_error_that_says_which_there_are():
    with pytest.raises(EngineError, match="'tpu', and this machine's torch has: '") as caught:
        engine_for("tpu", ())
    assert set(caught.value.supported) <= set(torch.backends.quantized.supported_engines)


def test_the_builder_makes_the_weights_engine_the_process_s(weights):
    torch.backends.quantized.engine = "qnnpack"
    hubcore.get_model(NAME, weights=weights, quantize=True)
    assert torch.backends.quantized.engine == weights.meta["backend"] == "fbgemm"


def test_weights_for_one_engine_run_on_another(weights):
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    logits = [
        hubcore.get_model(NAME, weights=weights, quantize=True, **config)(images)
        for config in ({}, {"backend": "qnnpack"})
    ]
    step = hubcore.get_model(NAME, weights=weights, quantize=True).fc.scale
    assert torch.backends.quantized.engine == "fbgemm"
    assert (logits[0] - logits[1]).abs().mean() < 3 * step
    assert weights.meta["backend"] == "fbgemm"  # the member itself is as before


def test_a_builder_that_is_told_an_absent_engine_says_so(weights):
    with pytest.raises(hubcore.HubError, match="engine 'tpu', and this machine's torch has"):
        hubcore.get_model(NAME, weights=weights, quantize=True, backend="tpu")


@pytest.mark.parametrize(
    ("quantize", "given"),
    [
        (False, "DEFAULT"),
        (True, "DEFAULT"),
        (False, torchvision.models.ShuffleNet_V2_X0_5_Weights.DEFAULT),
        (True, quantization.ShuffleNet_V2_X0_5_QuantizedWeights.DEFAULT),
    ],
    ids=str,
)
def test_quantize_decides_which_weights_fit(seeded, quantize, given):
    """As in torchvision, float weights with ``quantize=False`` and 8-bit ones with True."""
    seeded.put_seeded("shufflenet_v2_x0_5", torchvision.models.ShuffleNet_V2_X0_5_Weights.DEFAULT)
    seeded.put_seeded(NAME, quantization.ShuffleNet_V2_X0_5_QuantizedWeights.DEFAULT)
    weights = given if isinstance(given, str) else hubcore.get_weight(str(given))
    ours = hubcore.get_model(NAME, weights=weights, quantize=quantize).eval()
    theirs = torchvision.models.get_model(NAME, weights=given, quantize=quantize).eval()
    image = torch.rand(1, 3, 64, 64)
    assert torch.equal(ours(image), theirs(image))


@pytest.mark.parametrize(
    ("quantize", "given", "expected"),
    [
        (True, "ShuffleNet_V2_X0_5_Weights", "ShuffleNet_V2_X0_5_QuantizedWeights"),
        (False, "ShuffleNet_V2_X0_5_QuantizedWeights", "ShuffleNet_V2_X0_5_Weights"),
    ],
)
def test_the_other_weights_are_refused_before_they_are_fetched(seeded, quantize, given, expected):
    with pytest.raises(TypeError, match=f"expected {expected} but received {given}"):
        hubcore.get_model(NAME, weights=f"{given}.DEFAULT", quantize=quantize)


def test_python_names_are_those_of_torchvision_s_module():
    ours = importlib.import_module("hub_quantization")
    for name in torchvision.models.list_models(quantization):
        builder = torchvision.models.get_model_builder(name)
        assert getattr(ours, builder.__name__).__hub_model__ == f"hub-quantization/{name}"
    assert hubcore.get_model_weights(shufflenet_v2_x0_5) is ShuffleNet_V2_X0_5_QuantizedWeights


@pytest.mark.parametrize(
    "name",
    [
        "MobileNet_V2_QuantizedWeights.IMAGENET1K_QNNPACK_V1",
        "ResNet18_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
        "ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
        "ResNeXt101_32X8D_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
    ],
)
def test_files_whose_names_defeat_torchvision_s_check_are_verified(name, seeded, monkeypatch):
    """Their digests follow an underscore, where torch.hub looks for a hyphen."""
    remote = hubcore.get_weight(name).value.file
    assert torch.hub.HASH_REGEX.search(remote.name) is None
    (seeded.checkpoints / remote.name).write_bytes(b"not the weights")
    monkeypatch.setenv("HUBCORE_OFFLINE", "0")
    with FaultyServer() as server:
        url = server.serve(f"/{remote.name}", b"not the weights either")
        with pytest.raises(DigestMismatchError):
            default_store().get(remote._replace(urls=(url,)), progress=False)
