"""The conformance kit makes up weights of a model's forms, and keeps no memory of their sizes."""

import pytest
import torch
from third_parties import Base, Plain, Tied, offer, path_of
from torch import nn

from hubcore.testing import Subject
from hubcore.testing.builds import build_with, shapes_for, without_data


class Computing(Base):
    """Reads its tensors while it is built, so it needs memory."""

    def more(self):
        self.mean = float(self.fc.weight.detach().mean())
        self.register_buffer("order", torch.tensor([2, 0, 1]))


class Initialised(Base):
    def more(self):
        nn.init.trunc_normal_(self.fc.weight)
        with torch.no_grad():
            self.fc.bias.fill_(1).mul_(2).clamp_(0, 1)
            self.stem.weight[0] = 0


@pytest.fixture
def made_up(tmp_path):
    def make(architecture):
        torch.save(architecture().state_dict(), tmp_path / "w.pth")
        with offer(tmp_path / "w.pth", path_of(architecture)):
            [member] = Subject.of_plugin("acme").members
            return member.model, shapes_for(member.model, member.weights)

    return make


@pytest.mark.parametrize("architecture", [Plain, Tied, Initialised, Computing])
def test_they_have_the_forms_of_the_models_tensors(architecture, made_up):
    own = architecture()
    _, weights = made_up(architecture)
    tensors = weights.get_state_dict()
    assert {key: (t.shape, t.stride(), t.dtype) for key, t in tensors.items()} == {
        key: (t.shape, t.stride(), t.dtype) for key, t in own.state_dict().items()
    }
    assert weights.size == sum(tensor.numel() for tensor in own.state_dict().values())
    assert weights.parameters == sum(p.numel() for p in own.parameters())


@pytest.mark.parametrize("architecture", [Plain, Tied, Initialised, Computing])
def test_they_load_and_take_another_head(architecture, made_up):
    model, weights = made_up(architecture)
    assert build_with(model, weights, num_classes=3).fc.out_features == 3


def test_tensors_have_no_memory_but_where_a_model_needs_it(made_up):
    _, plain = made_up(Plain)
    assert all(tensor.is_meta for tensor in plain.get_state_dict().values())
    _, computing = made_up(Computing)
    tensors = computing.get_state_dict()
    assert not any(tensor.is_meta for tensor in tensors.values())
    assert tensors["order"].tolist() == [2, 0, 1]  # it may say how to load
    # Each call makes them anew: none is kept.
    assert computing.get_state_dict()["fc.weight"].data_ptr() != tensors["fc.weight"].data_ptr()


def test_tensors_with_data_are_set_all_the_same():
    with_data = torch.zeros(3)

    def build():
        with_data.add_(1)
        return torch.empty(2).fill_(3)

    assert without_data(build).is_meta
    assert with_data.tolist() == [1, 1, 1]
