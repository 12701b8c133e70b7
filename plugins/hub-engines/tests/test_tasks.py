"""Every task, exported by torch and run without it: the typed results are those that torch gives.

The models are tiny and of torchvision's own classes, the heads and the preprocessing whole.
"""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from photos import CHELSEA, COFFEE
from PIL import Image
from torch import nn
from torchvision.models.detection import KeypointRCNN, MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.ops import MultiScaleRoIAlign, box_iou

from hub_export import export
from hubcore import transforms
from hubcore.prediction import Predictor

pytestmark = pytest.mark.sweep

ENGINES = ("onnxruntime", "openvino")


class Weights:
    """As `hubcore.WeightsLike` asks for."""

    url = "file:///tiny.pth"
    meta = {  # noqa: RUF012  # as torchvision's
        "categories": [f"class {number}" for number in range(5)],
        "keypoint_names": ["head", "hand", "foot"],
        "min_temporal_size": 4,
    }

    def __init__(self, preset):
        self.preset = preset

    def transforms(self):
        return self.preset

    def get_state_dict(self, **options):
        return {}


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


def detector(kind):
    """A detector that is sure of many boxes, with masks or keypoints."""
    torch.manual_seed(0)
    pool = MultiScaleRoIAlign(["0", "1"], 7, 2, canonical_scale=32)
    further = {
        MaskRCNN: {
            "mask_roi_pool": pool,
            "mask_head": nn.Conv2d(8, 8, 1),
            "mask_predictor": nn.ConvTranspose2d(8, 5, 2, stride=2),
        },
        KeypointRCNN: {
            "keypoint_roi_pool": pool,
            "keypoint_head": nn.Conv2d(8, 8, 1),
            "keypoint_predictor": nn.ConvTranspose2d(8, 3, 2, stride=2),
        },
    }[kind]
    model = kind(
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
        **further,
    )
    with torch.no_grad():
        model.rpn.head.cls_logits.weight.mul_(100)
        model.roi_heads.box_head.fc7.bias.zero_()
        model.roi_heads.box_predictor.cls_score.bias.zero_()
        model.roi_heads.box_predictor.cls_score.weight.mul_(3)
        model.roi_heads.box_predictor.bbox_pred.weight.mul_(10)
    return model.eval()


class Pixels(nn.Module):
    """Logits of five classes for each block of 2 x 2 pixels."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 5, 2, stride=2)

    def forward(self, images):
        return {"out": self.conv(images)}


class Moving(nn.Module):
    """Logits of a clip, (N, 3, T, H, W): its mean colours, the later the more."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 5)

    def forward(self, clips):
        times = torch.arange(clips.shape[2]).float().view(-1, 1, 1)
        return self.linear((clips * times).mean(dim=(2, 3, 4)))


class Shift(nn.Module):
    """A flow that depends on both images."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 2, 3, padding=1)

    def forward(self, first, second):
        return [self.conv(torch.cat([first, second], dim=1))]


TASKS = {
    "instance-segmentation": (lambda: detector(MaskRCNN), transforms.ObjectDetection),
    "keypoint-detection": (lambda: detector(KeypointRCNN), transforms.ObjectDetection),
    "semantic-segmentation": (Pixels, lambda: transforms.SemanticSegmentation(resize_size=None)),
    "video-classification": (
        Moving,
        lambda: transforms.VideoClassification(crop_size=(24, 24), resize_size=(32, 40)),
    ),
    "optical-flow": (Shift, transforms.OpticalFlow),
}


@pytest.fixture(scope="module", params=TASKS)
def exported(request, tmp_path_factory):
    """The task, its file, and what torch gives for two inputs."""
    make, preset = TASKS[request.param]
    model, weights = make().eval(), Weights(preset())
    path = tmp_path_factory.mktemp("tasks") / "tiny.onnx"
    export(model, path, weights=weights, task=request.param)
    images = [Image.open(path).convert("RGB").resize((150, 100)) for path in (CHELSEA, COFFEE)]
    inputs = images
    if request.param == "optical-flow":
        inputs = [(images[0], images[1]), (images[1], images[0])]
    if request.param == "video-classification":
        clips = [np.stack([np.asarray(image)] * 4) for image in images]
        inputs = [torch.from_numpy(clip).permute(0, 3, 1, 2) for clip in clips]
    expected = Predictor(model, weights, task=request.param, score=0.1)(inputs)
    return request.param, path, inputs, expected


@pytest.mark.parametrize("engine", ENGINES)
def test_each_task_gives_the_results_that_torch_gives(exported, engine):
    """Of equal types, within the bounds of docs/export.md; with pictures and JSON."""
    task, path, inputs, expected = exported
    predictor = Predictor(path, engine=engine, score=0.1)
    if engine == "openvino" and task == "semantic-segmentation":
        with pytest.raises(Exception, match=r"Use the engine onnxruntime, or export it with --raw"):
            predictor(inputs)
        return
    for ours, theirs in zip(predictor(inputs), expected, strict=True):
        assert type(ours) is type(theirs)
        assert ours.size == theirs.size
        assert len(ours.annotations()) == len(theirs.annotations())
        assert ours.draw().size == theirs.draw().size
        COMPARE[task](ours, theirs)


def same_classes(ours, theirs):
    assert ours.classes[0].category_id == theirs.classes[0].category_id
    for one, other in zip(ours.classes, theirs.classes, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=0.01)


def same_objects(ours, theirs):
    """Each object has one of the same label at the same place, with the same mask or keypoints."""
    assert len(theirs.detections) > 1
    boxes = [
        torch.tensor([list(one.box) for one in result.detections]) for result in (ours, theirs)
    ]
    overlaps = box_iou(*boxes)
    for number, other in enumerate(theirs.detections):
        same = [
            one
            for one, overlap in zip(ours.detections, overlaps[:, number], strict=True)
            if one.category_id == other.category_id and overlap >= 0.999
        ]
        assert same
        one = min(same, key=lambda found: abs(found.score - other.score))
        assert one.score == pytest.approx(other.score, abs=0.01)
        if other.mask is not None:
            assert (np.asarray(one.mask) == np.asarray(other.mask)).mean() > 0.999
        if other.keypoints:
            found, wanted = (
                np.array([(point.x, point.y) for point in each.keypoints]) for each in (one, other)
            )
            assert (np.abs(found - wanted) < 0.5).mean() > 0.95


def same_mask(ours, theirs):
    assert (np.asarray(ours.mask) == np.asarray(theirs.mask)).mean() > 0.999


def same_flow(ours, theirs):
    assert np.asarray(ours.flow) == pytest.approx(np.asarray(theirs.flow), abs=1e-3)


COMPARE = {
    "instance-segmentation": same_objects,
    "keypoint-detection": same_objects,
    "semantic-segmentation": same_mask,
    "video-classification": same_classes,
    "optical-flow": same_flow,
}
