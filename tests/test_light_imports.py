"""Listing, searching and showing import no torch, no torchvision, no numpy and no plugin code."""

import pytest
from environments import Environment

PROBE = """
import json, sys
import hubcore
{code}
bad = {{"torch", "torchvision", "numpy", "PIL", "requests", "pluggy"}}
plugins = {{name for name in sys.modules if name.startswith("hub_")}}
print(json.dumps(sorted((bad & set(sys.modules)) | plugins)))
"""


@pytest.fixture(scope="module")
def families(tmp_path_factory, wheels):
    """hubcore and two families, installed from their wheels."""
    made = Environment(tmp_path_factory.mktemp("families"))
    made.install(*map(wheels, ("hubcore", "hub-classification", "hub-detection")))
    return made


@pytest.mark.parametrize(
    "code",
    [
        "",
        "assert len(hubcore.list_models()) > 90",
        "assert hubcore.list_models('*resnet*', exclude='*rcnn*', task='image-classification')",
        "assert hubcore.list_weights('resnet50')",
        "assert hubcore.get_weight('ResNet50_Weights.DEFAULT').meta['categories'][0] == 'tench'",
        "assert hubcore.plugins()[0].status == 'ok'",
        "from hubcore.cli import main; main(['list', '--where', 'acc@1>80'])",
        "from hubcore.cli import main; main(['show', 'resnet50'])",
        "from hubcore.cli import main; main(['show', 'ResNet50_Weights.DEFAULT', '--json'])",
        "from hubcore.cli import main; main(['list', '--weights', '--sort', 'acc@1'])",
        "from hubcore.cli import main; main(['show', 'hub-detection'])",
        "assert hubcore.model_info('resnet50').weights[0].preprocessing.settings['mean']",
        "from hubcore.cli import main; main(['plugins'])",
    ],
)
def test_nothing_heavy_is_imported(families, code):
    result = families.run(PROBE.format(code=code))
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.fixture(scope="module")
def torchless(tmp_path_factory, wheels):
    """A platform team's machine: the hub and a family's catalogue, but no torch."""
    made = Environment(
        tmp_path_factory.mktemp("torchless"), hidden=("torch", "numpy", "pillow", "pil")
    )
    made.install(*map(wheels, ("hubcore", "hub-classification")))
    return made


def test_listing_and_showing_work_without_torch(torchless):
    assert "torch" not in torchless.run("import torch").stdout
    assert torchless.run("import torch").returncode == 1
    assert "80 models" in torchless.hub("list").stdout
    assert torchless.hub("show", "ResNet50_Weights.DEFAULT").returncode == 0
    assert torchless.hub("doctor").returncode == 0


def test_building_without_torch_says_what_to_install(torchless):
    result = torchless.run("import hubcore; hubcore.get_model('resnet50')")
    last = result.stderr.splitlines()[-1]
    assert "MissingDependencyError" in last
    assert "'torch'" in last
    assert "pip install hub-classification" in last
