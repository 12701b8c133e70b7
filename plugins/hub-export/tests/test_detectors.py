"""Detectors with heads that can be exported find what torchvision's find, in ONNX too."""

from collections import OrderedDict

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from torch import nn
from torch.export import Dim
from torchvision.models.detection import FasterRCNN, retinanet_resnet50_fpn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.ops import MultiScaleRoIAlign, box_iou

import hub_export
from hub_export.detectors import detection_module
from hub_export.detectors.suppression import best

SIZES = [(60, 90), (90, 61), (33, 140), (96, 96), (200, 310)]


class Backbone(nn.Module):
    """Two levels, of strides 8 and 16."""

    out_channels = 8

    def __init__(self):
        super().__init__()
        self.fine = nn.Conv2d(3, 8, 8, stride=8)
        self.coarse = nn.Conv2d(8, 8, 2, stride=2)

    def forward(self, images):
        fine = self.fine(images).relu()
        return OrderedDict([("0", fine), ("1", self.coarse(fine))])


def tiny_detector():
    """A Faster R-CNN of two levels that is sure of many boxes."""
    torch.manual_seed(0)
    model = FasterRCNN(
        Backbone(),
        rpn_anchor_generator=AnchorGenerator(((16,), (32,)), ((0.5, 1.0, 2.0),) * 2),
        box_roi_pool=MultiScaleRoIAlign(["0", "1"], 3, 2, canonical_scale=32),
        box_head=TwoMLPHead(8 * 9, 16),
        min_size=80,
        max_size=160,
        rpn_pre_nms_top_n_test=60,
        rpn_post_nms_top_n_test=50,
        box_detections_per_img=30,
        box_score_thresh=0.05,
        box_predictor=FastRCNNPredictor(16, 5),
    ).eval()
    with torch.no_grad():
        model.rpn.head.cls_logits.weight.mul_(100)
        model.roi_heads.box_head.fc7.bias.zero_()
        model.roi_heads.box_predictor.cls_score.bias.zero_()
        model.roi_heads.box_predictor.cls_score.weight.mul_(3)
        model.roi_heads.box_predictor.bbox_pred.weight.mul_(10)
    return model


def photo(size):
    """A real photo in another size (height, width): uint8 (H, W, 3)."""
    with Image.open(hub_export.__path__[0] + "/photos/coffee.jpg") as image:
        return torch.from_numpy(np.array(image.convert("RGB").resize((size[1], size[0]))))


def in_torchvision(model, image):
    with torch.no_grad():
        return model([image.permute(2, 0, 1).float() / 255])[0]


def assert_same(found, expected):
    """Equal detections in equal order; those whose scores are all but equal may change places."""
    count = len(expected["scores"])
    found = {name: torch.as_tensor(value) for name, value in found.items()}
    assert found["count"].tolist() == [count]
    torch.testing.assert_close(found["scores"][0, :count], expected["scores"], atol=1e-5, rtol=0)
    overlaps = box_iou(found["boxes"][0, :count], expected["boxes"])
    overlaps = overlaps * (found["labels"][0, :count, None] == expected["labels"])
    close = (found["scores"][0, :count, None] - expected["scores"]).abs() < 1e-5
    assert ((overlaps >= 0.999) & close).any(dim=0).all()
    assert ((overlaps >= 0.999) & close).any(dim=1).all()
    for name in ("boxes", "scores", "labels"):
        assert not found[name][0, count:].any()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The tiny detector, and functions that run its exports by torch and by ONNX Runtime."""
    model = tiny_detector()
    sides = {0: Dim("height", min=32, max=2048), 1: Dim("width", min=32, max=2048)}
    program = torch.export.export(
        detection_module(model), (photo((70, 100)),), dynamic_shapes=(sides,)
    )
    file = tmp_path_factory.mktemp("onnx") / "tiny.onnx"
    names = ["boxes", "scores", "labels", "count"]
    torch.onnx.export(program, f=file, dynamo=True, output_names=names, verbose=False)
    session = onnxruntime.InferenceSession(str(file))
    (image_input,) = session.get_inputs()

    def in_onnx(image):
        return dict(zip(names, session.run(names, {image_input.name: image.numpy()}), strict=True))

    return model, program.module(), in_onnx


@pytest.mark.parametrize("size", SIZES)
def test_an_exported_detector_finds_what_torchvision_finds(exported, size):
    model, in_torch, in_onnx = exported
    expected = in_torchvision(model, photo(size))
    assert len(expected["scores"]) > 5
    assert len(expected["labels"].unique()) > 1
    assert_same(in_torch(photo(size)), expected)
    assert_same(in_onnx(photo(size)), expected)


class Best(nn.Module):
    """`best` as a model, without groups."""

    def forward(self, boxes, scores):
        groups = torch.zeros_like(scores, dtype=torch.int64)
        return best(boxes, scores, groups, scores > 0.1, threshold=0.5, count=4)


def test_of_equal_scores_the_first_is_kept(tmp_path):
    """As in torchvision's `nms`, and the same in ONNX."""
    left, right, far = [0.0, 0, 10, 10], [1.0, 0, 11, 10], [50.0, 50, 60, 60]
    boxes = torch.tensor([far, left, right, left, [20.0, 0, 30, 10], far])
    scores = torch.tensor([0.5, 0.7, 0.7, 0.7, 0.5, 0.05])
    program = torch.export.export(Best(), (boxes, scores))
    file = tmp_path / "best.onnx"
    torch.onnx.export(program, f=file, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(str(file))
    feeds = zip(session.get_inputs(), (boxes, scores), strict=True)
    in_onnx = session.run(None, {port.name: value.numpy() for port, value in feeds})
    for order, used in (Best()(boxes, scores), program.module()(boxes, scores), in_onnx):
        assert order.tolist() == [1, 0, 4, 0]
        assert used.tolist() == [True, True, True, False]


def test_nothing_found_is_a_count_of_zero(tmp_path):
    model = tiny_detector()
    model.roi_heads.score_thresh = 2.0
    found = detection_module(model)(photo((60, 90)))
    assert found["count"].tolist() == [0]
    assert found["boxes"].shape == (1, 30, 4)
    assert not any(value.any() for value in found.values())


def test_a_detector_without_such_heads_is_named():
    model = retinanet_resnet50_fpn(weights=None, weights_backbone=None)
    with pytest.raises(TypeError, match="RetinaNet"):
        detection_module(model)
