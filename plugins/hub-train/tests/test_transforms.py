"""`SimpleCopyPaste`, `FixedSizeCrop` and repeated augmentation, against their papers."""

import pytest
import torch
from torchvision import tv_tensors
from torchvision.ops import masks_to_boxes
from torchvision.transforms import v2

from hub_train.sampling import RepeatedAugmentationSampler
from hub_train.transforms import FixedSizeCrop, SimpleCopyPaste

needs_keypoints = pytest.mark.skipif(
    not hasattr(tv_tensors, "KeyPoints"), reason="needs torchvision 0.23"
)


def scene(value, *rectangles, size=(40, 60), keypoints=False):
    """An image of one value, with a rectangle (left, top, right, bottom) of its own each object."""
    image = torch.full((3, *size), value, dtype=torch.uint8)
    masks = torch.zeros(len(rectangles), *size, dtype=torch.uint8)
    for number, (left, top, right, bottom) in enumerate(rectangles):
        masks[number, top:bottom, left:right] = 1
        image[:, top:bottom, left:right] = value + number + 1
    boxes = torch.tensor(rectangles, dtype=torch.float32).reshape(-1, 4)
    target = {
        "boxes": tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=size),
        "masks": tv_tensors.Mask(masks),
        "labels": torch.arange(len(rectangles)) + value,
        "area": masks.sum(dim=(1, 2)).float(),
        "image_id": value,
    }
    if keypoints:
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        points = torch.stack([boxes[:, :2], centres], dim=1)
        target["keypoints"] = tv_tensors.KeyPoints(points, canvas_size=size)
        target["visibility"] = torch.full((len(boxes), 2), 2)
    return tv_tensors.Image(image), target


def pasted(seed, first, second, **options):
    torch.manual_seed(seed)
    images, targets = zip(first, second, strict=True)
    return SimpleCopyPaste(**options)(list(images), list(targets))


def test_pasted_objects_lie_on_top_and_what_remains_of_the_others_is_their_mask():
    below = scene(10, (5, 5, 25, 25))
    above = scene(100, (15, 10, 40, 30), (0, 0, 4, 4))
    for seed in range(8):
        [image, _], [target, _] = pasted(seed, below, above)
        new = [label for label in target["labels"].tolist() if label >= 100]
        union = torch.zeros(40, 60, dtype=torch.bool)
        for label in new:
            union |= above[1]["masks"][label - 100].bool()
        expected = torch.where(union, above[0].as_subclass(torch.Tensor), below[0])
        assert torch.equal(image.as_subclass(torch.Tensor), expected.as_subclass(torch.Tensor))
        own = target["masks"][0].bool()
        assert torch.equal(own, below[1]["masks"][0].bool() & ~union)
        tight = masks_to_boxes(target["masks"]) + torch.tensor([0, 0, 1, 1])
        assert torch.equal(target["boxes"].as_subclass(torch.Tensor), tight)
        assert target["area"].tolist() == target["masks"].sum(dim=(1, 2)).tolist()
        assert isinstance(target["boxes"], tv_tensors.BoundingBoxes)
        assert target["image_id"] == 10


def test_every_subset_of_the_objects_is_as_likely():
    """Two objects: four subsets, a quarter each (6 standard deviations of 400 draws)."""
    torch.manual_seed(0)
    images, targets = zip(scene(10), scene(100, (0, 0, 9, 9), (20, 20, 30, 30)), strict=True)
    seen = {}
    transform = SimpleCopyPaste()
    for _ in range(400):
        _, [target, _] = transform(list(images), list(targets))
        key = tuple(target["labels"].tolist())
        seen[key] = seen.get(key, 0) + 1
    assert set(seen) == {(), (100,), (101,), (100, 101)}
    assert all(abs(number - 100) < 53 for number in seen.values()), seen


def test_an_object_that_is_covered_in_full_is_removed_with_all_its_values():
    below, above = scene(10, (5, 5, 9, 9), (30, 30, 39, 39)), scene(100, (0, 0, 20, 20))
    labels = {tuple(pasted(seed, below, above)[1][0]["labels"].tolist()) for seed in range(8)}
    assert labels == {(10, 11), (11, 100)}


def test_another_size_is_resized_to_the_image_that_takes_it():
    below, above = scene(10), scene(100, (10, 10, 20, 20), size=(80, 120))
    for seed in range(8):
        [image, _], [target, _] = pasted(seed, below, above)
        assert image.shape == (3, 40, 60)
        if len(target["boxes"]):
            assert target["boxes"].tolist() == [[5, 5, 10, 10]]
            assert target["masks"].shape == (1, 40, 60)


def test_nothing_is_changed_in_the_inputs_and_nothing_pasted_with_p_0():
    below, above = scene(10, (5, 5, 25, 25)), scene(100, (15, 10, 40, 30))
    before = below[0].clone()
    images, targets = pasted(1, below, above, p=0)
    assert torch.equal(images[0], below[0])
    assert torch.equal(targets[1]["boxes"], above[1]["boxes"])
    for seed in range(4):
        pasted(seed, below, above)
    assert torch.equal(before, below[0])


def test_blending_softens_edges_and_leaves_the_middle():
    below, above = scene(10), scene(200, (10, 10, 40, 40))
    for seed in range(4):
        [image, _], [target, _] = pasted(seed, below, above, blending=True)
        if len(target["labels"]):
            assert image[0, 25, 25] == 201
            assert 10 < image[0, 25, 10] < 201
            assert image.dtype == torch.uint8


@needs_keypoints
def test_a_covered_keypoint_loses_its_visibility():
    below, above = scene(10, (5, 5, 25, 25), keypoints=True), scene(100, (10, 10, 20, 20),
                                                                   keypoints=True)  # fmt: skip
    for seed in range(4):
        _, [target, _] = pasted(seed, below, above)
        if len(target["labels"]) == 2:
            assert target["visibility"].tolist() == [[2, 1], [2, 2]]
            assert target["keypoints"].shape == (2, 2, 2)


@pytest.mark.parametrize(("target", "error"), [({}, TypeError), (None, ValueError)])
def test_wrong_targets_are_named(target, error):
    image, right = scene(1, (0, 0, 2, 2))
    with pytest.raises(error):
        SimpleCopyPaste()([image], [target] if target is not None else [right, right])


@pytest.mark.parametrize("size", [(20, 30), (64, 64), (20, 80), (40, 60)])
def test_a_fixed_size_crop_is_a_part_of_the_image_with_padding_right_and_below(size):
    image, target = scene(10, (5, 5, 25, 25), (50, 30, 60, 40))
    number = torch.arange(40 * 60).reshape(1, 40, 60)
    kept = min(40, size[0]), min(60, size[1])
    for seed in range(10):
        torch.manual_seed(seed)
        cropped, moved = FixedSizeCrop(size, fill=7)(image, target)
        torch.manual_seed(seed)
        places = FixedSizeCrop(size, fill=-1)(tv_tensors.Image(number))
        top, left = divmod(int(places[0, 0, 0]), 60)
        part = image[:, top : top + kept[0], left : left + kept[1]]
        assert cropped.shape == (3, *size)
        assert torch.equal(cropped[:, : kept[0], : kept[1]].as_subclass(torch.Tensor),
                           part.as_subclass(torch.Tensor))  # fmt: skip
        padding = torch.ones(size, dtype=torch.bool)
        padding[: kept[0], : kept[1]] = False
        assert (cropped[:, padding] == 7).all()
        assert moved["boxes"].canvas_size == size
        # The box of a rectangle that is cut is the box of what is left of its mask.
        tight = masks_to_boxes(moved["masks"]) + torch.tensor([0, 0, 1, 1])
        assert torch.equal(moved["boxes"].as_subclass(torch.Tensor), tight)
        assert len(moved["labels"]) == len(moved["area"]) == len(moved["boxes"])


def test_every_place_of_a_crop_is_drawn():
    torch.manual_seed(0)
    image = tv_tensors.Image(torch.arange(6).reshape(1, 2, 3))
    places = {int(FixedSizeCrop((1, 2))(image)[0, 0, 0]) for _ in range(200)}
    assert places == {0, 1, 3, 4}


@needs_keypoints
def test_keypoints_move_with_the_crop():
    image, target = scene(10, (5, 5, 25, 25), keypoints=True)
    torch.manual_seed(3)
    _, moved = FixedSizeCrop((30, 50))(image, target)
    if len(moved["boxes"]):
        left, top = moved["boxes"][0, :2].tolist()
        middle = moved["keypoints"][0, 1]
        assert (middle - torch.tensor([left, top])).tolist() == [10, 10] or left == 0 or top == 0


def test_a_mask_of_classes_is_padded_with_the_ignored_value():
    mask = tv_tensors.Mask(torch.ones(4, 4, dtype=torch.uint8))
    _, moved = FixedSizeCrop((6, 6))(tv_tensors.Image(torch.zeros(3, 4, 4)), mask)
    assert moved[5, 5] == 255
    assert (moved[:4, :4] == 1).all()


def test_large_scale_jitter_is_a_pipeline_of_transforms_v2():
    image, target = scene(10, (5, 5, 25, 25), (30, 20, 50, 39))
    pipeline = v2.Compose(
        [v2.ScaleJitter((64, 64)), FixedSizeCrop((64, 64)), v2.RandomHorizontalFlip(1.0)]
    )
    for seed in range(6):
        torch.manual_seed(seed)
        image_, target_ = pipeline(image, target)
        assert image_.shape[-2:] == (64, 64)
        assert target_["masks"].shape[-2:] == (64, 64)
        assert len(target_["masks"]) == len(target_["boxes"]) == len(target_["labels"])


def test_repeated_augmentation_repeats_a_third_of_the_images_in_an_epoch_of_the_same_length():
    sampler = RepeatedAugmentationSampler(90, repeats=3, seed=5)
    order = list(sampler)
    assert len(order) == len(sampler) == 90
    assert all(len(set(order[at : at + 3])) == 1 for at in range(0, 90, 3))
    assert len(set(order)) == 30
    sampler.set_epoch(1)
    assert list(sampler) != order


def test_the_copies_of_an_image_go_to_different_processes():
    parts = [
        list(RepeatedAugmentationSampler(512, repeats=2, rank=rank, world_size=2, multiple_of=256))
        for rank in (0, 1)
    ]
    assert parts[0] == parts[1]
    assert len(parts[0]) == 256


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        RepeatedAugmentationSampler(9, repeats=0)
    with pytest.raises(ValueError, match="at least 1"):
        FixedSizeCrop(0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        SimpleCopyPaste(p=2)
