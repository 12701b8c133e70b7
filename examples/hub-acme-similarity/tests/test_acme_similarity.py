"""What hubcore expects of a package, and that similar pictures are told from different ones."""

import json
import subprocess
import sys

import pytest
import skimage.data
import torch
from PIL import Image, ImageOps

import hubcore
from hubcore.testing import PluginTests


class TestPlugin(PluginTests):
    distribution = "acme-similarity"


@pytest.fixture(scope="module")
def cat():
    return Image.fromarray(skimage.data.chelsea())


@pytest.fixture(scope="module")
def cup():
    return Image.fromarray(skimage.data.coffee())


def test_a_mirrored_cat_is_like_the_cat_and_a_cup_is_not(cat, cup):
    same, mirrored, other = hubcore.predict(
        "lite0_similarity", [(cat, cat), (cat, ImageOps.mirror(cat)), (cat, cup)]
    )
    assert same.similarity == pytest.approx(1, abs=1e-5)
    assert 0.8 < mirrored.similarity < 1
    assert other.similarity < mirrored.similarity - 0.3


def test_the_inner_product_of_two_vectors_is_the_similarity(cat, cup):
    vectors = hubcore.predict("lite0_vector", [cat, cup])
    first, second = (torch.tensor(vector.values) for vector in vectors)
    [pair] = hubcore.predict("lite0_similarity", (cat, cup))
    assert float(first @ second) == pytest.approx(pair.similarity, abs=1e-5)


def test_vectors_are_the_classifiers_features(cat):
    """Nothing is put through a softmax, and the tensors are those of the classifier."""
    [found] = hubcore.predict("lite0_vector", cat)
    classifier = hubcore.get_model("efficientnet_lite0", weights="DEFAULT").eval()
    features = {}
    classifier.classifier.register_forward_pre_hook(lambda _, args: features.update(x=args[0]))
    preprocess = hubcore.get_weight("EfficientNet_Lite0_Weights.IMAGENET1K_V1").transforms()
    with torch.inference_mode():
        classifier(preprocess(cat)[None])
    expected = features["x"][0] / features["x"][0].norm()
    assert torch.allclose(torch.tensor(found.values), expected, atol=1e-5)


def hub(*arguments):
    """Runs the command as a user does."""
    command = [sys.executable, "-m", "hubcore", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_pairs_of_the_command_line_are_printed_and_drawn(cat, cup, tmp_path):
    """A picture of a pair shows both, though their sizes differ."""
    cat.save(tmp_path / "cat.png")
    cup.save(tmp_path / "cup.png")
    paths = [str(tmp_path / "cat.png"), str(tmp_path / "cup.png")]
    drawn = str(tmp_path / "drawn")
    done = hub("predict", "lite0_similarity", *paths, "--json", "--output", drawn)
    assert done.returncode == 0, done.stderr
    [found] = json.loads(done.stdout)["annotations"]
    assert -1 <= found["similarity"] <= 0.6
    [picture] = (tmp_path / "drawn").iterdir()
    with Image.open(picture) as image:
        assert image.width >= cat.width + cup.width * cat.height // cup.height
    alone = hub("predict", "lite0_similarity", paths[0])
    assert alone.returncode == 1
    assert "needs a second image" in alone.stderr
