"""Third parties' models, plain PyTorch that knows nothing of the hub, and how to offer them."""

import torch
from torch import nn

import hubcore
from hubcore.download.hashing import sha256_of
from hubcore.testing.comparison import differences

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


def offer(path, architecture, facts=None, **model):
    """Registers a model of a third party's, "acme", with weights in a file."""
    entry = {
        "task": "image-classification",
        "architecture": architecture,
        "head": ["fc"],
        "weights": "Acme_Weights",
        **model,
    }
    enum = {"builder": "acme", "default": "V1", "members": {"V1": member_of(path, **facts or {})}}
    return hubcore.register(
        {"schema": 1, "models": {"acme": entry}, "weights": {"Acme_Weights": enum}}, name="acme"
    )


def assert_same(ours, theirs):
    assert list(differences(ours, theirs)) == []


def path_of(cls):
    """The reference by which a catalogue names a class."""
    return f"{cls.__module__}:{cls.__name__}"


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
