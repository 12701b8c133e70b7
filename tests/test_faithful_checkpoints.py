"""Whatever a checkpoint looks like, the model is as torch loads it."""

import pytest
import torch
import torchvision
from third_parties import NAMES, assert_same, weights_in
from torch import nn

import hubcore

pytestmark = pytest.mark.usefixtures("one_thread")


KERNEL, COUNTER = "layer1.0.conv1.weight", "bn1.num_batches_tracked"


def aliased(tensors):
    tensors["layer1.1.conv1.weight"] = tensors[KERNEL]


def views_of_one(tensors):
    both = torch.rand(2, 64, 64, 3, 3)
    tensors[KERNEL], tensors["layer1.1.conv1.weight"] = both[0], both[1]


def overlapping(tensors):
    long = torch.rand(100)
    tensors["bn1.weight"], tensors["bn1.bias"] = long[:64], long[36:]


def part_of_larger(tensors):
    tensors["bn1.weight"] = torch.rand(1000)[500:564]


def expanded(tensors):
    tensors["bn1.running_var"] = torch.ones(1).expand(64)


def channels_last(tensors):
    for key, value in tensors.items():
        if value.ndim == 4:
            tensors[key] = value.to(memory_format=torch.channels_last)


def odd_strides_of_ones(tensors):
    key = "layer2.0.downsample.0.weight"  # (128, 64, 1, 1)
    tensors[key] = tensors[key].as_strided((128, 64, 1, 1), (64, 1, 64, 64))


def transposed(tensors):
    tensors["fc.weight"] = tensors["fc.weight"].t().contiguous().t()


def converted(dtype):
    def convert(tensors):
        for key, value in tensors.items():
            if value.is_floating_point():
                tensors[key] = value.to(dtype)

    convert.__name__ = str(dtype)
    return convert


def short_counters(tensors):
    tensors[COUNTER] = tensors[COUNTER].int()


def float_counters(tensors):
    tensors[COUNTER] = tensors[COUNTER].float()


def counters_of_old(tensors):
    tensors[COUNTER] = tensors[COUNTER].reshape(1)


def integer_weights(tensors):
    tensors["bn1.weight"] = torch.arange(64)


def parameters(tensors):
    for key in (KERNEL, "bn1.running_mean"):
        tensors[key] = nn.Parameter(tensors[key], requires_grad=False)


def unchanged(tensors):
    pass


SPOILERS = [
    unchanged, aliased, views_of_one, overlapping, part_of_larger, expanded, channels_last,
    odd_strides_of_ones, transposed, converted(torch.float64), converted(torch.float16),
    converted(torch.bfloat16), short_counters, float_counters, counters_of_old, integer_weights,
    parameters,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda spoil: spoil.__name__)
def test_whatever_a_checkpoint_looks_like_the_model_is_as_torch_loads_it(spoil, tmp_path):
    torch.manual_seed(0)
    tensors = torchvision.models.resnet18(num_classes=10).state_dict()
    spoil(tensors)
    torch.save(tensors, tmp_path / "w.pth")
    expected = torchvision.models.resnet18(num_classes=10)
    expected.load_state_dict(torch.load(tmp_path / "w.pth"))
    weights = weights_in(tmp_path / "w.pth", "resnet18")
    assert_same(hubcore.get_model("resnet18", weights=weights), expected)


def test_safetensors_are_loaded_alike(tmp_path):
    from safetensors.torch import save_file

    expected = torchvision.models.squeezenet1_1(num_classes=10)
    save_file(expected.state_dict(), tmp_path / "w.safetensors")
    weights = weights_in(tmp_path / "w.safetensors", "squeezenet1_1")
    assert_same(hubcore.get_model("squeezenet1_1", weights=weights), expected)


@pytest.mark.parametrize("kind", ["today's", "with parameters", "of before 1.6"])
def test_plain_checkpoints_are_taken_over_from_the_file_and_not_copied(kind, tmp_path):
    """The short cut is taken: else each tensor would be in memory of its own."""
    tensors = torchvision.models.squeezenet1_1(num_classes=10).state_dict()
    if kind == "with parameters":  # as many of torchvision's old files
        tensors = {key: nn.Parameter(value) for key, value in tensors.items()}
    new = kind != "of before 1.6"
    torch.save(tensors, tmp_path / "w.pth", _use_new_zipfile_serialization=new)
    weights = weights_in(tmp_path / "w.pth", "squeezenet1_1")
    model = hubcore.get_model("squeezenet1_1", weights=weights)
    places = sorted(p.data_ptr() for p in model.parameters())
    assert places[-1] - places[0] < 1.1 * (tmp_path / "w.pth").stat().st_size


def test_tensors_that_somebody_else_has_are_copied(tmp_path):
    source = torchvision.models.squeezenet1_1(num_classes=10)

    class InMemory:
        url, transforms, meta = "https://example.org/w.pth", dict, {"categories": NAMES}

        def get_state_dict(self, **_):
            return source.state_dict()

    ours = hubcore.get_model("squeezenet1_1", weights=InMemory())
    theirs = {p.data_ptr() for p in source.parameters()}
    assert theirs.isdisjoint(p.data_ptr() for p in ours.parameters())
    assert_same(ours, source)


_kept = {}


def keeps(checkpoint):
    """What a third party's ``convert`` may do: return the same tensors each time."""
    return _kept.setdefault("tensors", checkpoint)


def test_tensors_that_a_third_partys_code_converted_are_copied(tmp_path):
    torch.save(torchvision.models.squeezenet1_1(num_classes=10).state_dict(), tmp_path / "w.pth")
    _kept.clear()
    weights = weights_in(tmp_path / "w.pth", "squeezenet1_1", convert=f"{__name__}:keeps")
    first, second = (hubcore.get_model("squeezenet1_1", weights=weights) for _ in range(2))
    with torch.no_grad():
        first.classifier[1].weight.zero_()
    assert second.classifier[1].weight.any()
