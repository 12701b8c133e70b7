"""Detectors that return what their queries found, as DETR and its kin: read by what meta says."""

from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from third_parties import offer
from torch import nn

import hubcore
from hubcore.testing import CHECKS, Subject

pytestmark = pytest.mark.usefixtures("one_thread")

PICTURE = Image.new("RGB", (80, 40), (200, 100, 50))
# Two queries, three classes. By sigmoids the first is of two classes at once.
LOGITS = torch.tensor([[2.0, -3.0, 1.0], [-4.0, 3.0, -4.0]])
BOXES = torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.1, 0.25, 0.4, 0.5]])
PIXELS = {0: (20, 10, 60, 30), 1: (0, 0, 24, 20)}  # of 80 x 40, cut off at the edge


class Queries(nn.Module):
    """Gives the same of each image, which it takes in batches."""

    def __init__(self, kind="dict", masks=False):
        super().__init__()
        self.logits = nn.Parameter(LOGITS.clone())
        self.kind, self.masks = kind, masks

    def forward(self, images):
        if isinstance(images, list):
            images = torch.stack([nn.functional.interpolate(x[None], 32)[0] for x in images])
        count = len(images)
        assert images.shape == (count, 3, 32, 32)
        found = {
            "pred_logits": self.logits.expand(count, -1, -1),
            "pred_boxes": BOXES.expand(count, -1, -1),
        }
        if self.masks:
            left = torch.full((2, 4, 8), -9.0)
            left[:, :, :4] = 9.0
            found["pred_masks"] = left.expand(count, -1, -1, -1)
        if self.kind == "other":
            return {"boxes": found["pred_boxes"]}
        if self.kind == "object":  # as of Transformers
            return SimpleNamespace(logits=found["pred_logits"], pred_boxes=found["pred_boxes"])
        return found


def offered(tmp_path, meta, task="object-detection", **config):
    torch.save(Queries().state_dict(), tmp_path / "w.pth")
    facts = {"meta": {"categories": ["a", "b", "c"], **meta}, "config": config}
    return offer(tmp_path / "w.pth", f"{__name__}:Queries", facts, task=task, head=[])


@pytest.mark.parametrize("kind", ["dict", "object"])
@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ("sigmoid", [("b", 1, 3.0), ("a", 0, 2.0), ("c", 0, 1.0)]),
        ("softmax", [("b", 1, None), ("a", 0, None)]),
    ],
)
def test_boxes_are_in_pixels_and_scores_as_declared(kind, scores, expected, tmp_path):
    with offered(tmp_path, {"scores": scores}, kind=kind):
        [one, two] = hubcore.predict("acme", [PICTURE, PICTURE])
    assert [found.label for found in one.detections] == [label for label, _, _ in expected]
    for found, again, (label, query, logit) in zip(
        one.detections, two.detections, expected, strict=True
    ):
        assert found.box == pytest.approx(PIXELS[query], abs=1e-4)
        of_softmax = LOGITS[query].softmax(-1)["abc".index(label)]
        score = of_softmax if logit is None else torch.tensor(logit).sigmoid()
        assert found.score == pytest.approx(score.item(), abs=1e-6)
        assert (again.box, again.score) == (found.box, found.score)


def test_masks_cover_the_picture(tmp_path):
    with offered(tmp_path, {"scores": "sigmoid"}, "instance-segmentation", masks=True):
        [result] = hubcore.predict("acme", PICTURE)
    for found in result.detections:
        assert found.mask.shape == (40, 80)
        assert bool(found.mask[:, :38].all())
        assert not bool(found.mask[:, 42:].any())


def test_such_a_package_passes_hub_check(tmp_path):
    with offered(tmp_path, {"scores": "sigmoid"}):
        hubcore.get_weight("acme/Acme_Weights.V1").download(progress=False)
        checked = [
            str(f) for n in ("keys", "loading") for f in CHECKS[n](Subject.of_plugin("acme"))
        ]
    assert checked == []


@pytest.mark.parametrize(
    ("meta", "kind", "said"),
    [
        ({}, "dict", '"scores": "sigmoid" or "softmax"'),
        ({"scores": "sigmoid"}, "other", 'does not return "pred_boxes"'),
    ],
)
def test_what_does_not_go_together_is_said(meta, kind, said, tmp_path):
    with (
        offered(tmp_path, meta, kind=kind),
        pytest.raises(hubcore.HubError, match=said),
    ):
        hubcore.predict("acme", PICTURE)


def test_scores_are_of_two_kinds(tmp_path):
    with pytest.raises(hubcore.HubError, match='"sigmoid" or "softmax"'):
        offered(tmp_path, {"scores": "logits"})
