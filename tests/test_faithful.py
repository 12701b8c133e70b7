"""A loaded model is what its author's code and `load_state_dict` give, in everything that shows."""

import inspect
import warnings
from contextlib import contextmanager

import pytest
import torch
import torchvision
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.overrides import TorchFunctionMode

import hubcore
from hubcore.building import shortcut
from hubcore.building.skip_init import SkipRandomInit
from hubcore.checkpoints.reading import read_state_dict
from hubcore.download.hashing import sha256_of
from hubcore.errors import WeightsError
from hubcore.testing import CHECKS, Fault, Subject
from hubcore.testing.comparison import differences

pytestmark = pytest.mark.usefixtures("one_thread")

NAMES = list("abcdefghij")


def member_of(path, **facts):
    return {
        "url": path.as_uri(),
        "sha256": sha256_of(path),
        "transforms": ["hubcore.transforms:ImageClassification", {"crop_size": 32}],
        "meta": {"categories": NAMES},
        **facts,
    }


def weights_in(path, builder, **facts):
    """Weights of a package's, in a file, for a model of ours."""
    members = {"V1": member_of(path, **facts)}
    enum = {"builder": builder, "default": "V1", "members": members}
    hubcore.register({"schema": 1, "weights": {"Demo_Weights": enum}}, name="demo")
    return hubcore.get_weight("demo/Demo_Weights.V1")


def offer(path, architecture, **model):
    """Registers a model of a third party's, "acme", with weights in a file."""
    entry = {
        "task": "image-classification",
        "architecture": architecture,
        "head": ["fc"],
        "weights": "Acme_Weights",
        **model,
    }
    enum = {"builder": "acme", "default": "V1", "members": {"V1": member_of(path)}}
    return hubcore.register(
        {"schema": 1, "models": {"acme": entry}, "weights": {"Acme_Weights": enum}}, name="acme"
    )


def assert_same(ours, theirs):
    assert list(differences(ours, theirs)) == []


# -- The architectures that the short cuts are for


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


# -- Whatever a checkpoint looks like

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


# -- Whatever an architecture does


class Base(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 8, 8)
        self.fc = nn.Linear(16, num_classes)
        self.more()

    def more(self):
        pass


class Plain(Base):
    pass


class Tied(Base):
    def more(self):
        self.enc, self.dec = nn.Linear(16, 16, bias=False), nn.Linear(16, 16, bias=False)
        self.dec.weight = self.enc.weight


class SharedModule(Base):
    def more(self):
        self.once = nn.Linear(16, 16)
        self.again = self.once


class Flagged(Base):
    def more(self):
        self.a_log = nn.Parameter(torch.zeros(16))
        self.a_log._no_weight_decay = True
        self.fc.weight.register_hook(lambda grad: grad * 0)
        self.fc.bias.register_post_accumulate_grad_hook(lambda p: None)


class Half(Base):
    def more(self):
        self.fc = self.fc.half()
        self.register_buffer("grid", torch.rand(4, dtype=torch.float64))
        self.register_buffer("mask", torch.rand(4) > 0.5)
        self.register_buffer("index", torch.arange(4, dtype=torch.int32))


class Listed(Base):
    def more(self):
        self.decay = [self.fc.weight]
        self.groups = {"slow": [self.stem.weight], "fast": (self.fc.bias,)}


class Derived(Base):
    def more(self):
        start = self.fc.weight.detach().clone()
        self.register_buffer("start", start, persistent=False)
        self.largest = start.abs().max().item()


class Alias(Base):
    def more(self):
        self.register_buffer("view", self.fc.weight.detach()[0])


class Flat(Base):
    """Parameters that are parts of one memory."""

    def more(self):
        flat = torch.zeros(40)
        self.first, self.second = nn.Parameter(flat[:20]), nn.Parameter(flat[20:])


class Strided(Base):
    def more(self):
        self.to(memory_format=torch.channels_last)
        self.turned = nn.Parameter(torch.rand(3, 5).t())


class Frozen(Base):
    def more(self):
        self.stem.requires_grad_(False)


class Random(Base):
    def more(self):
        self.register_buffer("noise", torch.rand(8), persistent=False)


class Own(nn.Parameter):
    pass


class Subclassed(Base):
    def more(self):
        self.fc.weight = Own(self.fc.weight.data)


class Normed(Base):
    def more(self):
        self.fc = nn.utils.parametrizations.weight_norm(self.fc)


class Hooked(Base):
    """It renames what older checkpoints have."""

    def more(self):
        self.register_load_state_dict_pre_hook(
            lambda module, state, *_: state.update(
                {k.replace("old_fc", "fc"): state.pop(k) for k in list(state) if "old_fc" in k}
            )
        )


class Extra(Base):
    def more(self):
        self.step = 3

    def get_extra_state(self):
        return torch.tensor(self.step)

    def set_extra_state(self, state):
        self.step = int(state)


ARCHITECTURES = [
    Plain, Tied, SharedModule, Flagged, Half, Listed, Derived, Alias, Flat, Strided, Frozen, Random,
    Subclassed, Normed, Hooked, Extra,
]  # fmt: skip


@pytest.mark.parametrize("cls", ARCHITECTURES)
def test_a_third_partys_model_is_as_torch_makes_it(cls, tmp_path):
    """The random state after it too."""
    torch.manual_seed(0)
    torch.save(cls().state_dict(), tmp_path / "w.pth")
    torch.manual_seed(1)
    expected = cls()
    expected.load_state_dict(torch.load(tmp_path / "w.pth"))
    state = torch.get_rng_state()
    with offer(tmp_path / "w.pth", f"{__name__}:{cls.__name__}"):
        torch.manual_seed(1)
        ours = hubcore.get_model("acme", weights="DEFAULT")
        assert torch.equal(torch.get_rng_state(), state)
        assert_same(ours, expected)


@pytest.mark.parametrize("cls", [Tied, Flagged, Half, Listed, Derived, Strided])
def test_a_third_partys_model_with_a_new_head_is_as_torch_makes_it(cls, tmp_path):
    torch.manual_seed(0)
    tensors = cls().state_dict()
    torch.save(tensors, tmp_path / "w.pth")
    torch.manual_seed(1)
    expected = cls(num_classes=4)
    body = {key: value for key, value in tensors.items() if not key.startswith("fc.")}
    expected.load_state_dict(body, strict=False)
    with offer(tmp_path / "w.pth", f"{__name__}:{cls.__name__}"):
        torch.manual_seed(1)
        ours = hubcore.get_model("acme", weights="DEFAULT", num_classes=4)
    assert_same(ours, expected)
    assert hubcore.load_report(ours).new == ("fc.weight", "fc.bias")


def build(*, weights=None, progress=True, num_classes=10):
    """A third party's multi-weight builder."""
    model = Derived(num_classes)
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model


def test_a_third_partys_multi_weight_builder_is_left_as_it_is(tmp_path):
    torch.save(Derived().state_dict(), tmp_path / "w.pth")
    torch.manual_seed(1)
    expected = Derived()
    expected.load_state_dict(torch.load(tmp_path / "w.pth"))
    with offer(tmp_path / "w.pth", f"{__name__}:build", loads_weights=True):
        torch.manual_seed(1)
        assert_same(hubcore.get_model("acme", weights="DEFAULT"), expected)
        new = hubcore.get_model("acme", weights="DEFAULT", num_classes=3)
    assert torch.equal(new.stem.weight, expected.stem.weight)
    assert 0 < new.start.abs().max() <= 0.25


# -- What hub check says of a declaration


def faults_of(cls, path, **model):
    torch.save(cls().state_dict(), path)
    with offer(path, f"{__name__}:{cls.__name__}", **model):
        found = CHECKS["faithful"](Subject.of_plugin("acme"))
        return [str(finding) for finding in found if isinstance(finding, Fault)]


@pytest.mark.parametrize("cls", ARCHITECTURES)
def test_hub_check_finds_every_architecture_faithful(cls, tmp_path):
    assert faults_of(cls, tmp_path / "w.pth") == []


@pytest.mark.parametrize("cls", [Plain, Tied, Flagged, Listed, Normed, Alias])
def test_a_declaration_is_found_true(cls, tmp_path):
    """The initialisation is skipped indeed, and the tensors are copied."""
    assert faults_of(cls, tmp_path / "w.pth", can_skip_initialisation=True) == []
    with offer(tmp_path / "w.pth", f"{__name__}:{cls.__name__}", can_skip_initialisation=True):
        before = torch.get_rng_state()
        ours = hubcore.get_model("acme", weights="DEFAULT")
    assert torch.equal(torch.get_rng_state(), before)
    expected = cls()
    expected.load_state_dict(torch.load(tmp_path / "w.pth"))
    assert_same(ours, expected)


@pytest.mark.parametrize(
    ("cls", "problem"),
    [(Derived, "start has other values"), (Random, "noise has other values"),
     (Half, "draws random numbers"), (Strided, "draws random numbers")],
)  # fmt: skip
def test_a_declaration_is_found_false(cls, problem, tmp_path):
    faults = "\n".join(faults_of(cls, tmp_path / "w.pth", can_skip_initialisation=True))
    assert problem in faults
    assert 'remove "can_skip_initialisation"' in faults


# -- Wherever the model is built


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


# -- The random state


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


# -- Generated architectures and checkpoints


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


# -- What an architecture reads of the meta-data


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


def test_a_file_is_read_alike_in_any_context(tmp_path):
    torch.save({"a": torch.ones(3)}, tmp_path / "w.pth")
    with torch.device("meta"):
        assert read_state_dict(tmp_path / "w.pth")["a"].device.type == "cpu"
