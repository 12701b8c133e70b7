"""timm's configuration holds the tensors that it loads from, and copies none of them."""

import timm
import torch


def test_timms_configuration_has_the_same_tensors():
    from hub_timm.uncopied import Uncopied  # importable in a test, installed or not

    tensors = {"head.weight": torch.rand(3, 4), "more": {"bias": torch.rand(3)}}
    made = timm.models.PretrainedCfg(state_dict=Uncopied(tensors)).to_dict()["state_dict"]
    assert type(made) is dict
    assert made["head.weight"] is tensors["head.weight"]
    assert made["more"] is tensors["more"]
    made["head.weight"] = None  # timm's dict is its own
    assert tensors["head.weight"] is not None


def test_one_is_a_dict_of_its_tensors():
    from hub_timm.uncopied import Uncopied

    tensors = {"a": torch.rand(2)}
    assert dict(zip(Uncopied(tensors), Uncopied(tensors).values(), strict=True)) == tensors
    assert isinstance(Uncopied(tensors), dict)
