"""`hubcore.models` has the module tree of `torchvision.models`, with the hub's builders in it."""

import inspect
import json
import os
import subprocess
import sys
import textwrap
from importlib import import_module
from types import ModuleType

import pytest
import torch
import torchvision
from environments import ROOT, Environment

import hubcore
from hubcore import models

THEIRS = "torchvision.models"


def public_names():
    """Every public name of torchvision.models and of the modules below it."""
    seen = set()

    def walk(module):
        seen.add(module.__name__)
        for name in dir(module):
            if name.startswith("_"):
                continue
            value = getattr(module, name)
            yield module.__name__, name, value
            below = isinstance(value, ModuleType) and value.__name__.startswith(f"{THEIRS}.")
            if below and value.__name__ not in seen:
                yield from walk(value)

    import torchvision.models.feature_extraction

    yield from walk(torchvision.models)


def ours(module):
    return import_module(module.replace(THEIRS, "hubcore.models"))


def test_every_public_name_of_torchvision_is_there():
    """A builder is the hub's, an enum the hub's with the same members, all else torchvision's."""
    builders = {id(builder) for builder in torchvision.models._api.BUILTIN_MODELS.values()}
    count = {"builder": 0, "enum": 0, "module": 0, "other": 0}
    for module, name, theirs in public_names():
        value = getattr(ours(module), name)
        if id(theirs) in builders:
            count["builder"] += 1
            assert value.__hub_model__, (module, name)
            assert value.__name__ == theirs.__name__
        elif isinstance(theirs, ModuleType) and theirs.__name__.startswith(f"{THEIRS}."):
            count["module"] += 1
            assert value.__name__ == theirs.__name__.replace(THEIRS, "hubcore.models")
        elif inspect.isclass(theirs) and issubclass(theirs, torchvision.models.WeightsEnum):
            count["enum"] += 1
            assert issubclass(value, hubcore.WeightsEnum)
            assert set(theirs.__members__) <= set(value.__members__)
        elif getattr(theirs, "__module__", "") != f"{THEIRS}._api":
            count["other"] += 1
            assert value is theirs, (module, name)
    assert min(count.values()) > 50, count


def test_importing_all_gives_what_torchvisions_gives():
    ours, theirs = {}, {}
    exec("from hubcore.models import *", ours)
    exec("from torchvision.models import *", theirs)
    assert theirs.keys() <= ours.keys()
    assert "Iterable" not in ours  # what the module itself imports


def test_classes_are_classes():
    assert isinstance(models.alexnet(), models.AlexNet)
    assert models.GoogLeNet is torchvision.models.GoogLeNet

    class Mine(models.AlexNet):
        pass

    assert issubclass(Mine, torchvision.models.AlexNet)


LINES = """
from hubcore.models.detection.faster_rcnn import FastRCNNPredictor, fasterrcnn_resnet50_fpn
from hubcore.models.detection import *
from hubcore.models.feature_extraction import create_feature_extractor, get_graph_node_names
from hubcore.models.quantization.googlenet import QuantizableGoogLeNet
from hubcore.models._utils import IntermediateLayerGetter
import hubcore.models.googlenet
import hubcore.models.detection.rpn as rpn
import hubcore.models as models

assert callable(models.googlenet), models.googlenet  # not hidden by the module of this name
assert models.googlenet.__hub_model__ == "hub-classification/googlenet"
assert models.quantization.resnet50.__hub_model__ == "hub-quantization/quantized_resnet50"
assert models.resnet50.__hub_model__ == "hub-classification/resnet50"
assert models.quantization.ResNet50_QuantizedWeights.DEFAULT.meta["backend"] == "fbgemm"
assert fasterrcnn_resnet50_fpn is models.detection.fasterrcnn_resnet50_fpn
assert maskrcnn_resnet50_fpn is models.detection.maskrcnn_resnet50_fpn
model = models.detection.fasterrcnn_mobilenet_v3_large_fpn(
    weights=None, weights_backbone=None, num_classes=3
)
assert isinstance(model.roi_heads.box_predictor, FastRCNNPredictor)
nodes = get_graph_node_names(models.resnet18())[0]
assert "layer1.0.conv1" in nodes
assert issubclass(QuantizableGoogLeNet, models.GoogLeNet)
"""


def test_lines_of_torchvisions_users_work_with_another_import():
    subprocess.run([sys.executable, "-c", LINES], check=True)


def test_import_and_families_names_need_no_torch():
    code = """
    import sys
    from hubcore import models
    from hubcore.models.detection import fasterrcnn_resnet50_fpn, FasterRCNN_ResNet50_FPN_Weights
    models.resnet50, models.ResNet50_Weights.DEFAULT.meta, models.video.r3d_18
    models.quantization.resnet50, models.optical_flow, models.segmentation, models.resnet
    print(sorted({"torch", "torchvision", "numpy"} & set(sys.modules)))
    """
    run = [sys.executable, "-c", textwrap.dedent(code)]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_family_that_is_not_installed_is_named(tmp_path, wheels):
    environment = Environment(tmp_path / "environment")
    environment.install(wheels("hubcore"), wheels("hub-quantization"))
    code = """
    from hubcore import models
    print(models.detection.FasterRCNN.__name__)
    for module, name in (
        (models.detection, "fasterrcnn_resnet50_fpn"),
        (models.detection, "FasterRCNN_ResNet50_FPN_Weights"),
        (models.detection.faster_rcnn, "fasterrcnn_resnet50_fpn"),
        (models, "resnet50"),
    ):
        try:
            getattr(module, name)
        except AttributeError as error:
            print(str(error).rpartition(": ")[2])
    """
    found = environment.run(textwrap.dedent(code))
    assert found.stdout.splitlines() == [
        "FasterRCNN",
        *["pip install hub-detection"] * 3,
        "pip install hub-classification",
    ], found.stderr


def test_a_package_cannot_take_a_name_of_torchvisions(tmp_path):
    """Nor is a model found in another case than its own."""
    architecture = {"task": "image-classification", "architecture": "torchvision.models:alexnet"}
    names = ("ResNet", "resnet", "detection", "acmenet")
    with hubcore.register({"schema": 1, "models": dict.fromkeys(names, architecture)}, name="acme"):
        assert models.ResNet is torchvision.models.ResNet
        assert isinstance(models.resnet, ModuleType)
        assert isinstance(models.detection, ModuleType)
        assert models.acmenet.__hub_model__ == "acme/acmenet"
        with pytest.raises(AttributeError, match="spelt exactly"):
            models.AcmeNet  # noqa: B018  # the look-up is the test


def test_a_name_that_nobody_has_is_an_error_that_suggests_one():
    with pytest.raises(AttributeError, match=r"no attribute 'resnet51'.*'resnet50'"):
        models.resnet51  # noqa: B018  # the look-up is the test
    with pytest.raises(ModuleNotFoundError, match=r"hubcore\.models\.resnets"):
        import_module("hubcore.models.resnets")


@pytest.mark.parametrize("family", ["detection", "segmentation", "quantization", "video", None])
def test_list_models_takes_torchvisions_arguments(family):
    theirs = getattr(torchvision.models, family) if family else torchvision.models
    mirrored = getattr(models, family) if family else models
    expected = torchvision.models.list_models(theirs)
    for module in (theirs, mirrored):
        listed = models.list_models(module)
        assert set(expected) <= set(listed)
        assert set(listed) - set(expected) <= {n for n in hubcore.list_models() if "detr" in n}
        assert hubcore.list_models(module=module) == listed
    arguments = (theirs, "*resnet*", ["*101*"])
    listed = [name for name in models.list_models(*arguments) if "detr" not in name]
    assert listed == torchvision.models.list_models(*arguments)


def test_list_models_takes_patterns_first_too():
    assert models.list_models("resnet1*") == models.list_models(include="resnet1*")
    timms = "*.*"  # where hub-timm is installed
    assert models.list_models("resnet1*", ["*8", timms]) == ["resnet101", "resnet152"]
    assert models.list_models(["resnet18"], exclude="*8") == []
    assert models.list_models() == hubcore.list_models()


def test_builders_of_the_mirror_pickle():
    import pickle

    for value in (models.detection.ssd300_vgg16, models.quantization.resnet50, models.ResNet):
        assert pickle.loads(pickle.dumps(value)) is value


PROGRAM = """
import hubcore
from hubcore.models import ResNet50_Weights, list_models, resnet50
from hubcore.models.detection import fasterrcnn_resnet50_fpn

reveal_type(resnet50(weights=ResNet50_Weights.DEFAULT))
reveal_type(fasterrcnn_resnet50_fpn)
reveal_type(list_models())
hubcore.lst_models()
"""


def test_type_checkers_know_the_names_and_see_a_misspelt_one(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    # Without torch, reading whose types takes minutes.
    command = [sys.executable, "-m", "mypy", "--ignore-missing-imports", "--no-site-packages"]
    path = os.pathsep.join(map(str, (ROOT, *ROOT.glob("plugins/*"))))
    found = subprocess.run(
        [*command, "program.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": path},
        capture_output=True,
        text=True,
    ).stdout
    assert "def (*, weights: hub_detection.FasterRCNN_ResNet50_FPN_Weights" in found
    assert 'list[str]"' in found.replace("builtins.", "")
    assert 'Module has no attribute "lst_models"' in found
    assert "Found 1 error" in found, found


def test_pyright_knows_the_names_and_types_of_results(tmp_path):
    """What editors use. basedpyright's wheel holds all of it; pyright's would fetch the rest."""
    pytest.importorskip("basedpyright")
    (tmp_path / "program.py").write_text(
        PROGRAM
        + "[found] = hubcore.predict('resnet50', 'a.jpg', task='image-classification')\n"
        + "wrong: int = found.classes[0].label\n"
    )
    paths = [ROOT, *ROOT.glob("plugins/*")]
    config = {"include": ["program.py"], "typeCheckingMode": "standard"}
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({**config, "extraPaths": [str(path) for path in paths]})
    )
    found = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert 'ResNet50_Weights.DEFAULT)" is "ResNet"' in found, found
    assert "weights: FasterRCNN_ResNet50_FPN_Weights" in found
    assert '"lst_models" is not a known attribute' in found
    assert '"str" is not assignable to "int"' in found
    assert "2 errors" in found


def test_a_model_of_the_mirror_is_torchvisions():
    torch.manual_seed(0)
    ours = models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None)
    torch.manual_seed(0)
    theirs = torchvision.models.segmentation.lraspp_mobilenet_v3_large(
        weights=None, weights_backbone=None
    )
    for key, value in theirs.state_dict().items():
        assert ours.state_dict()[key].equal(value)
