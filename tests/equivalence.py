"""Ours against torchvision's, given the same tensors.

`FamilyTests` holds every check; a family's test file derives from it and says which family it is.
Cheap checks cover every weight and model. Those that build models cover the small ones and those
that a family names, and all with ``pytest -m sweep``.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from seeding import SeededHub, as_of_old, blank_config, no_backbone, seeded_hub, seeded_tensors
from torch import Tensor, nn

import hubcore
from hubcore.catalogs.names import find_model, find_weights

SMALL = 8_000_000
"""Models of up to so many parameters are always built."""

_FEW = {"detections_per_img": 4, "topk_candidates": 20, "score_thresh": 0.0}
LESS_WORK: dict[str, dict[str, Any]] = {
    "": _FEW,
    "roi_heads": _FEW,
    "rpn": {"_post_nms_top_n": {"testing": 40}, "score_thresh": 0.0},
    "transform": {"min_size": (96,), "max_size": 128},
}
"""Run-time settings of detectors, by part: else they enlarge what they get and look at many
regions of it. Those that were built have been compared before."""


# -- Comparing


def same(ours: Any, theirs: Any) -> bool:
    """Equality of nested values, bit for bit in tensors."""
    if isinstance(theirs, Tensor):
        if not isinstance(ours, Tensor) or ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            return False
        if theirs.is_quantized:
            return torch.equal(ours.dequantize(), theirs.dequantize())
        return torch.equal(ours, theirs)
    if isinstance(theirs, Mapping):
        return list(ours) == list(theirs) and all(same(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, float) and math.isnan(theirs):
        return math.isnan(ours)
    return bool(ours == theirs)


def settings(module: nn.Module) -> dict[str, Any]:
    """A module's plain attributes: what its layers do, beyond their tensors."""
    plain = (bool, int, float, str, tuple, list, NoneType)
    return {key: value for key, value in vars(module).items() if isinstance(value, plain)}


def assert_same_model(ours: nn.Module, theirs: nn.Module) -> None:
    our_modules, their_modules = dict(ours.named_modules()), dict(theirs.named_modules())
    assert list(our_modules) == list(their_modules)
    for name, module in their_modules.items():
        assert type(our_modules[name]) is type(module), name
        assert same(settings(our_modules[name]), settings(module)), name
    our_state, their_state = ours.state_dict(), theirs.state_dict()
    assert list(our_state) == list(their_state)
    assert [key for key in their_state if not same(our_state[key], their_state[key])] == []
    assert {name: (p.requires_grad, p.dtype) for name, p in ours.named_parameters()} == {
        name: (p.requires_grad, p.dtype) for name, p in theirs.named_parameters()
    }


def sample(task: str, meta: Mapping[str, Any], model: nn.Module) -> tuple[Any, ...]:
    """A small input of a model in evaluation mode: the arguments of its call."""
    generator = torch.Generator().manual_seed(1)

    def noise(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    if task.endswith("detection") or task == "instance-segmentation":
        return ([noise(3, 80, 64), noise(3, 64, 96)],)
    if task == "video-classification":
        side = 224 if type(model).__name__ in ("MViT", "S3D") else 64
        return (noise(1, 3, 16, side, side),)
    if task == "optical-flow":
        return noise(1, 3, 128, 136), noise(1, 3, 128, 136), 2
    side = max(64, *meta["min_size"])
    return (noise(2, 3, side, side),)


def outputs(model: nn.Module, arguments: tuple[Any, ...]) -> Any:
    parts = dict(model.named_modules()) if hasattr(model, "transform") else {}
    for name, values in LESS_WORK.items():
        for attribute, value in values.items():
            if hasattr(parts.get(name), attribute):
                setattr(parts[name], attribute, value)
    model.eval()
    with torch.inference_mode():
        return model(*arguments)


def tensors_of(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from tensors_of(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_of(item)


def assert_worth_comparing(output: Any) -> None:
    """Finite numbers that are not all alike."""
    floats = [t for t in tensors_of(output) if t.is_floating_point() and t.numel() > 1]
    assert floats, "nothing came out"
    assert all(t.isfinite().all() for t in floats)
    assert any(t.std() > 0 for t in floats)


# -- What each family runs


class FamilyTests:
    """Derive from it: ``class TestVideo(FamilyTests)``, with the attributes."""

    distribution: str
    module: Any
    """torchvision's module of the family."""
    always: tuple[str, ...] = ()
    """Models that are checked in full however large they are."""
    old: tuple[str, ...] = ()
    """Models that can load files of older releases."""

    @pytest.fixture
    def seeded(self, tmp_path: Path) -> Iterator[SeededHub]:
        with seeded_hub(tmp_path) as hub:
            yield hub

    @pytest.fixture(autouse=True)
    def one_thread(self) -> Iterator[None]:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # the order of additions is the same in both models then
        yield
        torch.set_num_threads(threads)

    @property
    def names(self) -> list[str]:
        return torchvision.models.list_models(self.module)

    @staticmethod
    def members(name: str) -> list[Any]:
        return list(torchvision.models.get_model_weights(name))

    def ours(self, member: Any) -> Any:
        return hubcore.get_weight(f"{self.distribution}/{member}")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        wanted = metafunc.fixturenames
        sizes = {name: self.members(name)[0].meta["num_params"] for name in self.names}

        def marks(name: str) -> list[pytest.MarkDecorator]:
            return [] if sizes[name] <= SMALL or name in self.always else [pytest.mark.sweep]

        if "newest" in wanted:
            cases = [
                pytest.param(name, member, marks=marks(name) if number == 0 else pytest.mark.sweep)
                for name in self.names
                for number, member in enumerate(reversed(self.members(name)))
            ]
            metafunc.parametrize(("name", "newest"), cases, ids=str)
        elif "any_member" in wanted:
            cases = [(name, member) for name in self.names for member in self.members(name)]
            metafunc.parametrize(("any_name", "any_member"), cases, ids=str)
        elif "member" in wanted:
            cases = [
                pytest.param(name, member, marks=marks(name))
                for name in self.names
                for member in self.members(name)
            ]
            metafunc.parametrize(("name", "member"), cases, ids=str)
        elif "any_name" in wanted:
            metafunc.parametrize("any_name", self.names)
        elif "old_name" in wanted:
            metafunc.parametrize("old_name", self.old)
        elif "backbone_name" in wanted:
            cases = [
                pytest.param(name, marks=marks(name))
                for name in self.names
                if "weights_backbone" in find_model(name).parameters
            ]
            metafunc.parametrize("backbone_name", cases)
        elif "name" in wanted:
            cases = [pytest.param(name, marks=marks(name)) for name in self.names]
            metafunc.parametrize("name", cases)

    def build_both(self, name: str, **config: Any) -> tuple[nn.Module, nn.Module]:
        """Ours and torchvision's, from the same random state. ``weights*`` are torchvision's."""
        mine = {
            key: hubcore.get_weight(str(value)) if key.startswith("weights") and value else value
            for key, value in config.items()
        }
        torch.manual_seed(0)
        theirs = torchvision.models.get_model(name, **config)
        torch.manual_seed(0)
        ours = hubcore.get_model(f"{self.distribution}/{name}", **mine)
        return ours, theirs

    # -- The catalogue

    def test_has_every_model_and_every_weight(self) -> None:
        assert set(self.names) <= set(hubcore.list_models(plugin=self.distribution))
        for name in self.names:
            ours = hubcore.get_model_weights(name)
            theirs = torchvision.models.get_model_weights(name)
            assert ours.__name__ == theirs.__name__
            assert [*ours.__members__] == [*theirs.__members__]
            assert ours.DEFAULT.name == theirs.DEFAULT.name

    def test_meta(self, any_name: str, any_member: Any) -> None:
        ours, theirs = dict(self.ours(any_member).meta), dict(any_member.meta)
        ours.pop("_docs", None), theirs.pop("_docs", None)  # ours are in our own words
        if "unquantized" in theirs:
            assert str(ours.pop("unquantized")) == str(theirs.pop("unquantized"))
        assert ours.keys() == theirs.keys()
        assert same({key: ours[key] for key in theirs}, theirs)
        assert self.ours(any_member).url == any_member.url

    def test_preprocessing(self, any_name: str, any_member: Any) -> None:
        """It gives torchvision's tensors bit for bit, also when compiled."""
        generator = np.random.default_rng(0)
        size = 48, 3, 120, 90
        clip = torch.from_numpy(generator.integers(0, 256, size, dtype=np.uint8))
        images = [Image.fromarray(clip[i].permute(1, 2, 0).numpy()) for i in range(2)]
        task = find_model(any_name).task
        if task == "video-classification":
            inputs = [(clip[:4],), (clip[:8].view(2, 4, *size[1:]),)]
        elif task == "optical-flow":
            inputs = [tuple(clip[:2]), (clip[:4], clip[4:8]), tuple(images)]
        else:
            inputs = [(clip[0],), (clip[:3],), (images[0],)]
        ours, theirs = self.ours(any_member).transforms(), any_member.transforms()
        compiled = torch.jit.script(ours)
        for arguments in inputs:
            expected = theirs(*arguments)
            assert same(ours(*arguments), expected)
            if isinstance(arguments[0], Tensor):
                assert same(compiled(*arguments), expected)

    # -- The legacy interface

    def test_legacy_interface(self, any_name: str, seeded: SeededHub) -> None:
        """``pretrained=True`` and a positional True choose torchvision's members, with a warning
        at the caller's line."""
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [((), {"pretrained": True})]
        calls += [((True,), {}), ((True, False), {})]
        if "quantize" in find_model(any_name).parameters:
            calls += [((), {"pretrained": True, "quantize": True}), ((True, False, True), {})]
        for args, config in calls:
            self._assert_same_warnings(any_name, seeded, *args, **config)

    def test_legacy_backbone(self, backbone_name: str, seeded: SeededHub) -> None:
        for value in (True, False):
            self._assert_same_warnings(
                backbone_name, seeded, pretrained=False, pretrained_backbone=value
            )

    def _assert_same_warnings(
        self, name: str, seeded: SeededHub, *args: Any, **config: Any
    ) -> None:
        builders = hubcore.get_model_builder(name), torchvision.models.get_model_builder(name)
        ours, theirs = (self._warnings(b, seeded, *args, **config) for b in builders)
        assert [_text(w) for w in ours] == [_text(w) for w in theirs]
        assert {w.filename for w in ours} <= {__file__}

    @staticmethod
    def _warnings(builder: Any, seeded: SeededHub, *args: Any, **config: Any) -> list[Any]:
        """The warnings of a call that ends for want of a file: torchvision's finds an empty one,
        or is stopped earlier by a number of classes that contradicts the weights."""
        for name in [builder.__name__, *_backbones(builder.__name__)]:
            for enum in _enums(name):
                for member in enum:
                    (seeded.checkpoints / member.url.rpartition("/")[2]).touch()
        if "raft" not in builder.__name__:
            config["num_classes"] = -1
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with suppress(ValueError, RuntimeError, EOFError, hubcore.HubError):
                builder(*args, **config)
        return [w for w in caught if re.search("deprecated|Argument", str(w.message))]

    # -- Models

    def test_equals_torchvision(self, name: str, member: Any, seeded: SeededHub) -> None:
        """Given the same tensors: tree, settings, tensors, gradients, mode and outputs."""
        seeded.put_seeded(name, member)
        quantize = {"quantize": True} if "backend" in member.meta else {}
        ours, theirs = self.build_both(name, weights=member, **quantize)
        assert_same_model(ours, theirs)
        arguments = sample(find_model(name).task, member.meta, theirs)
        expected = outputs(theirs, arguments)
        assert_worth_comparing(expected)
        assert same(outputs(ours, arguments), expected)
        report = hubcore.load_report(ours)
        assert report is not None
        assert report.new == ()

    def test_loads_files_of_older_releases(self, old_name: str, seeded: SeededHub) -> None:
        member = self.members(old_name)[0]
        seeded.put(member, as_of_old(old_name, seeded_tensors(old_name, member)), old_format=True)
        ours, theirs = self.build_both(old_name, weights=member)
        assert_same_model(ours, theirs)

    def test_initialisation_equals_torchvision(self, name: str) -> None:
        """Without weights, the same seed gives the same numbers."""
        assert_same_model(*self.build_both(name, weights=None, **no_backbone(name)))

    def test_new_number_of_classes(self, name: str, newest: Any, seeded: SeededHub) -> None:
        """The body is the weights', the head is new and of the asked size."""
        entry = find_model(name)
        if not entry.head:
            pytest.skip("it predicts no classes")
        weights = seeded.put_seeded(name, newest)
        quantize = {"quantize": True} if "backend" in newest.meta else {}
        usual = hubcore.get_model(name, weights=weights, **quantize)
        model = hubcore.get_model(name, weights=weights, num_classes=7, **quantize)
        config = {**blank_config(name, newest), **quantize, "num_classes": 7}
        blank = hubcore.get_model(name, weights=None, **config).state_dict()
        report = hubcore.load_report(model)
        assert report is not None
        assert report.new
        loaded = usual.state_dict()
        for key, value in model.state_dict().items():
            if key in report.new:
                assert key.startswith(tuple(f"{path}." for path in entry.head))
                assert _shape(value) == _shape(blank[key])
            else:
                assert same(value, loaded[key]), key
        assert any(_shape(model.state_dict()[key]) != _shape(loaded[key]) for key in report.new)
        assert {k: p.requires_grad for k, p in model.named_parameters()} == {
            k: p.requires_grad for k, p in usual.named_parameters()
        }
        outputs(model, sample(entry.task, newest.meta, model))

    # -- Backbones

    def test_backbone_weights(self, backbone_name: str, seeded: SeededHub) -> None:
        """They come from the store, those of the signature by default, and as many of their layers
        stay frozen as in torchvision's."""
        backbone, member = _default_backbone(backbone_name)
        seeded.put_seeded(backbone, member)
        parameters = find_model(backbone_name).parameters
        config = {} if parameters["weights_backbone"] else {"weights_backbone": member}
        assert_same_model(*self.build_both(backbone_name, weights=None, **config))
        if "trainable_backbone_layers" in parameters:
            config["trainable_backbone_layers"] = 1
            assert_same_model(*self.build_both(backbone_name, weights=None, **config))


def _text(warning: warnings.WarningMessage) -> str:
    return re.sub(r" since [\d.]+", "", str(warning.message))  # when torchvision began to warn


def _shape(value: Any) -> Any:
    return [t.shape for t in tensors_of(value)]


def _enums(name: str) -> Iterator[Any]:
    for prefix in ("", "quantized_"):
        if prefix + name in torchvision.models.list_models():
            yield torchvision.models.get_model_weights(prefix + name)


def _backbones(name: str) -> Iterator[str]:
    if name in torchvision.models.list_models():
        entry = find_model(name)
        if "backbone" in entry.data:
            yield _default_backbone(name)[0]


def _default_backbone(name: str) -> tuple[str, Any]:
    """The name of a model's backbone, and torchvision's member that it begins with."""
    entry = find_model(name)
    default = entry.parameters["weights_backbone"] or f"{entry.data['backbone']['weights']}.DEFAULT"
    member = torchvision.models.get_weight(default)
    return find_weights(type(member).__name__).builder, member
