"""DETR's set criterion: matching, losses, and what it says of bad targets."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torchvision.ops import box_convert, generalized_box_iou

from hub_detection.detr_criterion import (
    EncodedTarget,
    Prediction,
    SetCriterion,
    encode_targets,
)

NUM_CLASSES = 4


def random_boxes(*shape: int) -> Tensor:
    return torch.rand(*shape, 4) * 0.4 + 0.2


def random_prediction(images: int, queries: int) -> Prediction:
    return Prediction(
        torch.randn(images, queries, NUM_CLASSES + 1).requires_grad_(),
        random_boxes(images, queries).requires_grad_(),
    )


def random_target(objects: int) -> EncodedTarget:
    return EncodedTarget(torch.randint(NUM_CLASSES, (objects,)), random_boxes(objects))


def cost_of_pair(
    prediction: Prediction, image: int, query: int, target: EncodedTarget, i: int
) -> Tensor:
    box, wanted = prediction.boxes[image, query], target.boxes[i]
    corners = box_convert(torch.stack([box, wanted]), "cxcywh", "xyxy")
    return (
        -prediction.logits[image, query].softmax(0)[target.labels[i]]
        + 5 * (box - wanted).abs().sum()
        - 2 * generalized_box_iou(corners[:1], corners[1:])[0, 0]
    )


@pytest.mark.parametrize("objects", [0, 1, 3, 5, 6])
@pytest.mark.parametrize("seed", range(3))
def test_matching_is_the_cheapest_of_all_assignments(objects: int, seed: int) -> None:
    """Found by trying all; with more objects than queries (5), the queries are shared out."""
    torch.manual_seed(seed)
    prediction, targets = random_prediction(2, 5), [random_target(objects), random_target(2)]
    (queries, found), _ = SetCriterion().match(prediction, targets)
    cost = torch.tensor(
        [
            [cost_of_pair(prediction, 0, query, targets[0], i).item() for i in range(objects)]
            for query in range(5)
        ]
    ).reshape(5, objects)

    # Which object each query gets; numbers past the last object stand for none.
    assignments = permutations(range(max(5, objects)), 5)
    best = min(
        sum(cost[query, i].item() for query, i in enumerate(chosen) if i < objects)
        for chosen in assignments
    )

    assert len(queries) == len(found) == min(5, objects)
    assert len(set(queries.tolist())) == len(set(found.tolist())) == len(queries)
    assert cost[queries, found].sum().item() == pytest.approx(best, abs=1e-5)


def test_perfect_predictions_cost_nothing() -> None:
    """In any order of the queries."""
    target = EncodedTarget(torch.tensor([2, 0]), random_boxes(2))
    logits = torch.zeros(1, 3, NUM_CLASSES + 1)
    for query, label in enumerate([0, NUM_CLASSES, 2]):
        logits[0, query, label] = 50
    boxes = torch.stack([target.boxes[1], torch.full((4,), 0.5), target.boxes[0]])[None]
    losses = SetCriterion()([Prediction(logits, boxes)], [target])
    assert sum(losses.values()).item() == pytest.approx(0, abs=1e-5)


def test_every_decoder_layer_has_its_losses() -> None:
    """The final layer's without suffix, whatever their number."""
    layers = [random_prediction(2, 5) for _ in range(3)]
    targets = [random_target(2), random_target(1)]
    losses = SetCriterion()(layers, targets)
    names = ["loss_ce", "loss_bbox", "loss_giou"]
    assert list(losses) == names + [f"{name}_{i}" for i in range(2) for name in names]
    alone = SetCriterion()(layers[-1:], targets)
    for name in names:
        assert losses[name].equal(alone[name])


def test_weights_scale_the_losses() -> None:
    """Without changing the match, when all are scaled alike."""
    layers, targets = [random_prediction(2, 5)], [random_target(2), random_target(1)]
    once = SetCriterion()(layers, targets)
    twice = SetCriterion(class_weight=2, box_weight=10, giou_weight=4)(layers, targets)
    for name, loss in once.items():
        torch.testing.assert_close(twice[name], 2 * loss)


def test_images_without_objects_teach_no_object_only() -> None:
    """A batch of them has finite losses, and gradients on the classes alone."""
    prediction = random_prediction(2, 5)
    losses = SetCriterion()([prediction], [random_target(0), random_target(0)])
    sum(losses.values()).backward()
    assert losses["loss_bbox"] == losses["loss_giou"] == 0
    assert prediction.boxes.grad is not None
    assert prediction.boxes.grad.count_nonzero() == 0
    assert (prediction.logits.grad[..., -1] < 0).all()  # "no object" is to become likelier


def test_targets_become_fractions_of_their_image() -> None:
    """Centre and size, of an image 200 wide and 100 high."""
    target = {"boxes": torch.tensor([[20, 10, 60, 90]]), "labels": torch.tensor([3])}
    (encoded,) = encode_targets([target], [(100, 200)], NUM_CLASSES)
    torch.testing.assert_close(encoded.boxes, torch.tensor([[0.2, 0.5, 0.2, 0.8]]))
    assert encoded.labels.tolist() == [3]


BOX = [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("boxes", "labels", "message"),
    [
        ([BOX, [5, 5, 5, 9]], [1, 1], r"target 0: .*x1 < x2 and y1 < y2, got \[5.0, 5.0, 5.0, 9.0"),
        ([[3, 2, 1, 4]], [1], "x1 < x2"),
        ([[1, 2, float("nan"), 4]], [1], "finite"),
        ([[1, 2, float("inf"), 4]], [1], "finite"),
        ([BOX], [4], r"target 0: labels must be in \[0, 3\], got 4"),
        ([BOX], [-1], r"labels must be in \[0, 3\], got -1"),
        ([BOX], [1, 2], r"1 boxes need labels of the shape \(1,\), got \(2,\)"),
        ([BOX], [1.0], "labels must be integers, got torch.float32"),
        ([BOX[:3]], [1], r"boxes must have the shape \(N, 4\), got \(1, 3\)"),
    ],
)
def test_bad_targets_are_refused(boxes: list, labels: list, message: str) -> None:
    """With the image, and the value that is wrong."""
    target = {"boxes": torch.tensor(boxes), "labels": torch.tensor(labels)}
    with pytest.raises(ValueError, match=message):
        encode_targets([target], [(10, 10)], NUM_CLASSES)


def test_missing_targets_are_refused() -> None:
    """A target too few, and a target without labels."""
    with pytest.raises(ValueError, match="0 targets for 1 images"):
        encode_targets([], [(10, 10)], NUM_CLASSES)
    with pytest.raises(ValueError, match="target 0 needs a tensor 'labels'"):
        encode_targets([{"boxes": torch.tensor([BOX])}], [(10, 10)], NUM_CLASSES)


def test_diverged_predictions_are_named_as_such() -> None:
    """Rather than failing inside the solver."""
    prediction = random_prediction(1, 5)
    prediction.logits.data[0, 0, 0] = torch.nan
    with pytest.raises(ValueError, match="training has diverged"):
        SetCriterion()([prediction], [random_target(1)])


def test_half_precision_predictions_have_single_precision_losses() -> None:
    """As under autocast."""
    prediction = random_prediction(1, 5)
    half = Prediction(prediction.logits.bfloat16(), prediction.boxes.bfloat16())
    for loss in SetCriterion()([half], [random_target(2)]).values():
        assert loss.dtype == torch.float32


PROCESS_OF_TWO = """
import sys
import torch
from hub_detection.detr_criterion import EncodedTarget, Prediction, SetCriterion

rank, rendezvous = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group("gloo", rendezvous, rank=rank, world_size=2)
objects = 1 + 2 * rank
prediction = Prediction(torch.zeros(1, 5, 4), torch.full((1, 5, 4), 0.5))
target = EncodedTarget(torch.zeros(objects, dtype=torch.int64), torch.full((objects, 4), 0.25))
print(SetCriterion()([prediction], [target])["loss_bbox"].item())
torch.distributed.destroy_process_group()
"""


@pytest.mark.sweep
def test_processes_of_a_distributed_run_divide_by_the_same_number(tmp_path: Path) -> None:
    """By the mean of their objects: 1 here and 3 there count as 2 each."""
    rendezvous = (tmp_path / "rendezvous").as_uri()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS_OF_TWO, str(rank), rendezvous],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for rank in range(2)
    ]
    losses = [float(process.communicate(timeout=60)[0]) for process in processes]
    l1 = 5 * 4 * 0.25
    assert losses == pytest.approx([l1 * 1 / 2, l1 * 3 / 2])
