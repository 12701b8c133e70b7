"""Detectors with heads that can be exported find what torchvision's find, in ONNX too."""

from collections import OrderedDict

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from torch import nn
from torch.export import Dim
from torchvision.models.detection import FCOS, FasterRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.roi_heads import heatmaps_to_keypoints, paste_masks_in_image
from torchvision.models.detection.ssd import SSD, SSDHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import MultiScaleRoIAlign, batched_nms, box_iou

import hub_export
from hub_export.detectors import detection_module
from hub_export.detectors.keypoints import located
from hub_export.detectors.masks import pasted
from hub_export.detectors.resizing import ResizedImage
from hub_export.detectors.suppression import best
from hub_export.formats import onnx_file

SIZES = [(60, 90), (90, 61), (33, 140), (96, 96), (200, 310)]


class Backbone(nn.Module):
    """Two levels, of strides 8 and 16."""

    def __init__(self, channels=8):
        super().__init__()
        self.out_channels = channels
        self.fine = nn.Conv2d(3, channels, 8, stride=8)
        self.coarse = nn.Conv2d(channels, channels, 2, stride=2)

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
    overlaps = box_iou(found["boxes"][0, :count], expected["boxes"]).nan_to_num(1.0)
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
    saved = tmp_path_factory.mktemp("torch") / "tiny.pt2"
    torch.export.save(program, saved)  # which knows fewer operations than tracing
    program = torch.export.load(saved)
    file = saved.with_suffix(".onnx")
    names = ["boxes", "scores", "labels", "count"]
    torch.onnx.export(program, f=file, dynamo=True, output_names=names, verbose=False)
    session = onnxruntime.InferenceSession(str(file))
    (image_input,) = session.get_inputs()

    def in_onnx(image):
        return dict(zip(names, session.run(names, {image_input.name: image.numpy()}), strict=True))

    return model, program.module(), in_onnx


@pytest.mark.sweep
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


@pytest.mark.parametrize("number", [900, 4000])
def test_groups_are_suppressed_as_torchvision_does(number):
    """Few boxes, which it moves apart as it rounds them, and many, which it does not."""
    random = torch.Generator().manual_seed(0)
    places = torch.rand(number // 20, 2, generator=random).repeat(20, 1) * 1300
    corners = places + torch.rand(number, 2, generator=random)
    sides = 1 + torch.rand(number, 2, generator=random)
    boxes = torch.cat([corners, corners + sides], dim=1)
    boxes = (boxes * 512).round() / 512  # what float32 can hold up to 16384
    scores = torch.rand(number, generator=random)
    groups = torch.randint(80, 91, (number,), generator=random)
    order, used = best(boxes, scores, groups, scores > 0, threshold=0.5, count=number)
    assert order[used].tolist() == batched_nms(boxes, scores, groups, 0.5).tolist()


def test_nothing_found_is_a_count_of_zero(tmp_path):
    model = tiny_detector()
    model.roi_heads.score_thresh = 2.0
    found = detection_module(model)(photo((60, 90)))
    assert found["count"].tolist() == [0]
    assert found["boxes"].shape == (1, 30, 4)
    assert not any(value.any() for value in found.values())


def one_stage(kind):
    """A detector of two levels whose scores differ."""
    torch.manual_seed(3)
    options = {"min_size": 80, "max_size": 160, "detections_per_img": 90, "topk_candidates": 40}
    if kind is FCOS:
        anchors = AnchorGenerator(((8,), (16,)), ((1.0,),) * 2)
        model = FCOS(Backbone(32), 5, anchor_generator=anchors, score_thresh=0.05, **options)
    elif kind is RetinaNet:
        anchors = AnchorGenerator(((16,), (32,)), ((0.5, 1.0, 2.0),) * 2)
        model = RetinaNet(Backbone(), 5, anchor_generator=anchors, score_thresh=0.05, **options)
    else:
        boxes = DefaultBoxGenerator([[2], [2]], scales=[0.2, 0.5, 0.9])
        del options["min_size"], options["max_size"]
        head = SSDHead([8, 8], boxes.num_anchors_per_location(), 5)
        model = SSD(Backbone(), boxes, (96, 80), 5, head=head, score_thresh=0.05, **options)
    # Heads begin with weights so small that all scores are equal.
    for layer in model.head.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.constant_(layer.bias, 0.2)
    return model.eval()


KINDS = (FCOS, RetinaNet, SSD)


@pytest.mark.parametrize("kind", KINDS)
def test_detectors_of_one_stage_find_what_torchvisions_find(kind):
    """In images of any size."""
    model = one_stage(kind)
    for size in SIZES[:3]:
        expected = in_torchvision(model, photo(size))
        assert len(expected["scores"]) > 5
        assert len(expected["labels"].unique()) > 1
        assert_same(detection_module(model)(photo(size)), expected)


@pytest.mark.parametrize(
    "kind", [SSD, *(pytest.param(kind, marks=pytest.mark.sweep) for kind in KINDS[:2])]
)
def test_detectors_of_one_stage_can_be_exported(kind, tmp_path):
    """By torch.export and, from there, to ONNX."""
    model = one_stage(kind)
    program = torch.export.export(
        detection_module(model),
        (photo((70, 100)),),
        dynamic_shapes=({0: Dim.AUTO, 1: Dim.AUTO},),
    )
    file = tmp_path / "tiny.onnx"
    torch.onnx.export(program, f=file, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(str(file))
    (image_input,) = session.get_inputs()
    for size in SIZES[:3]:
        expected = in_torchvision(model, photo(size))
        assert_same(program.module()(photo(size)), expected)
        found = session.run(None, {image_input.name: photo(size).numpy()})
        assert_same(dict(zip(expected_names(), found, strict=True)), expected)


def expected_names():
    return ["boxes", "scores", "labels", "count"]


def test_where_an_anchor_has_fewer_classes_than_candidates_nothing_is_invented():
    """A level can have fewer pairs of anchor and class than candidates."""
    model = one_stage(RetinaNet)
    model.topk_candidates = 100_000
    expected = in_torchvision(model, photo((60, 90)))
    assert_same(detection_module(model)(photo((60, 90))), expected)


def test_masks_are_pasted_as_torchvision_pastes_them():
    """Also of boxes that reach over the border, or have no extent."""
    random = torch.Generator().manual_seed(0)
    maps = torch.rand(40, 28, 28, generator=random)
    boxes = torch.rand(40, 4, generator=random) * torch.tensor([90.0, 60, 90, 60])
    boxes = torch.cat([boxes[:, :2] - 5, boxes[:, :2] + boxes[:, 2:]], dim=1)
    boxes[0] = 0
    expected = paste_masks_in_image(maps[:, None], boxes, (57, 83))[:, 0] > 0.5
    found = pasted(maps, boxes, 57, 83)
    assert (found != expected).float().mean() < 1e-4
    assert expected.float().mean() > 0.05


def test_keypoints_stand_where_torchvision_puts_them():
    """In boxes that enlarge the heat maps and in some that reduce them, of as many as wanted."""
    random = torch.Generator().manual_seed(0)
    maps = torch.randn(9, 3, 56, 56, generator=random)
    corners = torch.rand(9, 2, generator=random) * 40
    sides = torch.tensor([[30.0, 41.5], [100, 20], [0.2, 7], [56, 56], [112, 90]])
    boxes = torch.cat([corners, corners + sides.repeat(2, 1)[:9]], dim=1)
    expected, expected_heights = heatmaps_to_keypoints(maps, boxes)
    for count in (0, 6, 9):
        found, heights = located(maps, boxes, torch.tensor(count), 160, 170)
        torch.testing.assert_close(found[:count], expected[:count, :, :2], atol=1e-3, rtol=0)
        torch.testing.assert_close(heights[:count], expected_heights[:count], atol=1e-4, rtol=0)


def with_masks_and_keypoints():
    """A Mask R-CNN that has keypoints as well."""
    model = tiny_detector()
    heads, pool = model.roi_heads, MultiScaleRoIAlign(["0", "1"], 7, 2, canonical_scale=32)
    heads.mask_roi_pool = heads.keypoint_roi_pool = pool
    heads.mask_head = heads.keypoint_head = nn.Conv2d(8, 8, 1)
    heads.mask_predictor = nn.ConvTranspose2d(8, 5, 2, stride=2)
    heads.keypoint_predictor = nn.ConvTranspose2d(8, 3, 2, stride=2)
    return model.eval()


@pytest.mark.parametrize("size", SIZES[:2])
def test_masks_and_keypoints_are_in_pixels_of_the_image(size):
    model = with_masks_and_keypoints()
    expected = in_torchvision(model, photo(size))
    found = detection_module(model)(photo(size))
    count = len(expected["scores"])
    assert found["masks"].shape == (1, 30, *size)
    assert not found["masks"][0, count:].any()
    masks = expected["masks"][:, 0] > 0.5
    assert masks.any()
    assert (found["masks"][0, :count] != masks).float().mean() < 1e-4
    apart = (found["keypoints"][0, :count] - expected["keypoints"][..., :2]).abs().amax(-1)
    assert (apart < 0.01).float().mean() > 0.98
    assert not found["keypoints"][0, count:].any()


def test_sizes_are_computed_as_exactly_as_torchvision_does(tmp_path):
    """In float64: in float32 one size in twenty is a pixel off."""
    transform = GeneralizedRCNNTransform(800, 1333, [0.0] * 3, [1.0] * 3)

    class Sizes(nn.Module):
        def __init__(self):
            super().__init__()
            self.resize = ResizedImage(transform)

        def forward(self, image):
            return torch.stack([image.new_ones(()).long() * side for side in self.size(image)])

        def size(self, image):
            return self.resize.resized(image.shape[0], image.shape[1])

    program = torch.export.export(
        Sizes(), (photo((70, 100)),), dynamic_shapes=({0: Dim.AUTO, 1: Dim.AUTO},)
    )
    onnx_file._converted(program).save(tmp_path / "sizes.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "sizes.onnx"))
    (image_input,) = session.get_inputs()
    for size in [(149, 542), (1264, 24), (1274, 698), (176, 655), (796, 1141), (480, 640)]:
        [batch] = transform([torch.zeros(3, *size)])[0].image_sizes
        image = np.zeros((*size, 3), dtype=np.uint8)
        assert session.run(None, {image_input.name: image})[0].tolist() == list(batch)


def test_layers_after_the_resize_are_traced_with_short_sizes():
    """Tracing a detector takes several times as long if each repeats how its size is computed."""

    class Resized(nn.Module):
        def __init__(self):
            super().__init__()
            self.resize = ResizedImage(GeneralizedRCNNTransform(80, 160, [0.0] * 3, [1.0] * 3))

        def forward(self, image):
            return self.resize(image)[0]

    program = torch.export.export(
        Resized(), (photo((70, 100)),), dynamic_shapes=({0: Dim.AUTO, 1: Dim.AUTO},)
    )
    output = list(program.graph.nodes)[-1].args[0][0].meta["val"]
    assert output.shape[-1].node.expr.count_ops() < 10


def test_a_detector_without_such_heads_is_named():
    with pytest.raises(TypeError, match="Identity"):
        detection_module(nn.Identity())
