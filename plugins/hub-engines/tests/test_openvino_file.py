"""OpenVINO's own files, written by hub-export, predict without torch."""

import json

import pytest
from photos import CHELSEA, COFFEE
from small_models import Colours, Weights, exported
from without_torch import hub_without_torch

from hubcore.cli import main
from hubcore.prediction import Predictor

pytest.importorskip("openvino")


def test_a_file_predicts_without_torch(tmp_path):
    """Its preprocessing is outside, since OpenVINO resizes otherwise: the pixels are torch's."""
    file = exported(tmp_path / "colours.xml").path
    done = hub_without_torch("predict", file, CHELSEA, COFFEE, "--json")
    assert done.returncode == 0, done.stderr
    found = [one["score"] for one in json.loads(done.stdout)["annotations"]]
    torchs = Predictor(Colours(), Weights(), task="image-classification")([CHELSEA, COFFEE])
    expected = [one.probability for result in torchs for one in result.classes]
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<net><layers/></net>", "does not say"),
        ("<svg/>", "another kind"),
        ("<net", "is not an OpenVINO file"),
    ],
)
def test_what_is_no_such_file_is_refused_in_a_sentence(content, message, tmp_path, capsys):
    file = tmp_path / "colours.xml"
    file.write_text(content)
    assert main(["predict", str(file), str(CHELSEA)]) == 1
    assert message in capsys.readouterr().err
