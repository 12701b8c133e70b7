"""Generated architectures and checkpoints, loaded as torch loads them."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from third_parties import assert_same, offer
from torch import nn

import hubcore
from hubcore.errors import WeightsError

pytestmark = pytest.mark.usefixtures("one_thread")


class Generated(nn.Module):
    """A model with the features that its description names, in their order."""

    def __init__(self, features, num_classes=10):
        super().__init__()
        self.fc = nn.Linear(4, num_classes)
        for number, feature in enumerate(features):
            name = f"part{number}"
            last = getattr(self, f"part{number - 1}", self.fc)
            layer = nn.Conv2d(2, 3, 1 + number % 3)
            if feature == "tied":
                layer = nn.Linear(4, 2)
                if last is self.fc:
                    layer = nn.Linear(4, num_classes)
                    layer.bias = last.bias
                else:
                    layer.weight = last.weight
            elif feature == "shared":
                layer = last
            elif feature == "strided":
                layer = layer.to(memory_format=torch.channels_last)
            elif feature == "half":
                layer = layer.half()
            elif feature == "double":
                layer = layer.double()
            elif feature == "frozen":
                layer.requires_grad_(False)
            elif feature == "norm":
                layer = nn.BatchNorm2d(3)
            elif feature == "derived":
                layer.register_buffer("start", layer.weight.detach() * 2, persistent=False)
            elif feature == "saved":
                layer.register_buffer("start", layer.weight.detach() * 2)
            elif feature == "integers":
                layer.register_buffer("index", torch.arange(3, dtype=torch.int16))
            elif feature == "hook":
                layer.weight.register_hook(lambda grad: grad)
            elif feature == "attribute":
                layer.weight.group = name
            elif feature == "list":
                layer.kept = [layer.weight, last.weight]
            self.add_module(name, layer)


FEATURES = [
    "plain", "tied", "shared", "strided", "half", "double", "frozen", "norm", "derived", "saved",
    "integers", "hook", "attribute", "list",
]  # fmt: skip


def respell(tensors, ways):
    """Saves tensors in other dtypes and layouts."""
    keys = list(tensors)
    for key, way in zip(keys, ways, strict=False):
        value = tensors[key]
        if way == "double":
            value = value.double()
        elif way == "turned" and value.ndim > 1:
            value = value.transpose(0, 1).contiguous().transpose(0, 1)
        elif way == "part":
            value = torch.cat([value.reshape(-1)] * 2)[: value.numel()].reshape(value.shape)
        elif way == "alias":
            value = next((tensors[k] for k in keys if tensors[k].shape == value.shape), value)
        tensors[key] = value
    return tensors


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    features=st.lists(st.sampled_from(FEATURES), max_size=6),
    ways=st.lists(st.sampled_from(["as it is", "double", "turned", "part", "alias"]), max_size=12),
    classes=st.sampled_from([None, 3]),
)
def test_any_architecture_and_checkpoint_are_as_torch_loads_them(features, ways, classes, tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "w.pth"
    torch.save(respell(Generated(features).state_dict(), ways), path)
    torch.manual_seed(1)
    expected = Generated(features, **({"num_classes": classes} if classes else {}))
    state = torch.get_rng_state()
    tensors = torch.load(path)
    if classes:
        own = expected.state_dict()
        tensors |= {key: own[key] for key in own if key.startswith("fc.")}
    try:
        expected.load_state_dict(tensors)
    except RuntimeError:
        expected = None  # a head that is tied to other layers fits one number of classes
    with offer(path, [f"{__name__}:Generated", {"features": features}]):
        torch.manual_seed(1)
        config = {"num_classes": classes} if classes else {}
        if expected is None:
            with pytest.raises(WeightsError, match="do not fit"):
                hubcore.get_model("acme", weights="DEFAULT", **config)
            return
        ours = hubcore.get_model("acme", weights="DEFAULT", **config)
        assert torch.equal(torch.get_rng_state(), state)
        assert_same(ours, expected)
