"""The whole of it from wheels: hubcore alone, with a family, and without it again."""

import json

import pytest


@pytest.fixture(scope="module")
def find_links(wheels):
    """The folder with the wheels that `pip install hub-detection` may choose from."""
    return {wheels(name).parent for name in ("hub-detection", "hub-classification")}.pop()


def listed(environment, *arguments):
    result = environment.hub("list", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return {model["name"] for model in json.loads(result.stdout)}


def test_a_family_comes_with_its_wheel_and_goes_with_it(environment, find_links):
    """hubcore lists none of its models and says what to install; pip brings what it needs; its
    models are listed and built; uninstalled, they are gone, and all else works on."""
    assert listed(environment) == set()
    unknown = environment.hub("show", "fasterrcnn_resnet50_fpn")
    assert unknown.returncode == 1
    assert "pip install hub-detection" in unknown.stderr

    environment.pip("install", "-q", "--no-index", "--find-links", find_links, "hub-detection")
    assert {"fasterrcnn_resnet50_fpn", "detr_resnet50", "resnet50"} <= listed(environment)
    assert len(listed(environment, "--plugin", "detection")) == 16
    built = environment.run(
        "import hubcore, torch\n"
        "model = hubcore.get_model('ssdlite320_mobilenet_v3_large', weights_backbone=None).eval()\n"
        "print(sorted(model([torch.rand(3, 64, 64)])[0]))\n"
    )
    assert built.stdout.strip() == "['boxes', 'labels', 'scores']", built.stderr

    environment.uninstall("hub-detection")
    left = listed(environment)
    assert "resnet50" in left
    assert not any("rcnn" in name or "detr" in name for name in left)
