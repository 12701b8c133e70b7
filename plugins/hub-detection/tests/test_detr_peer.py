"""DETR against an independent implementation, the one of the package `transformers`.

Both get the same random tensors, with frozen batch-norm statistics and biases that matter.
"""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (the field's name for it)
from torch import Tensor, nn

from hub_detection import detr
from hub_detection.detr_criterion import Prediction, SetCriterion, encode_targets

transformers = pytest.importorskip("transformers")
pytest.importorskip("timm")  # whose ResNets it takes; only they can be dilated

# Ours, in the order of their replacement, and theirs.
RENAMED = {
    "backbone.0.body.": "model.backbone.model.",
    "input_proj.": "model.input_projection.",
    "query_embed.": "model.query_position_embeddings.",
    "class_embed.": "class_labels_classifier.",
    "bbox_embed.": "bbox_predictor.",
    "transformer.decoder.norm.": "model.decoder.layernorm.",
    "transformer.": "model.",
    ".multihead_attn.": ".encoder_attn.",
    ".out_proj.": ".o_proj.",
    ".linear1.": ".mlp.fc1.",
    ".linear2.": ".mlp.fc2.",
    ".norm1.": ".self_attn_layer_norm.",
}


def their_state_dict(state_dict: dict[str, Tensor]) -> dict[str, Tensor]:
    renamed = {}
    for key, value in state_dict.items():
        if "encoder.layers" in key:
            key = key.replace(".norm2.", ".final_layer_norm.")
        if "decoder.layers" in key:
            key = key.replace(".norm2.", ".encoder_attn_layer_norm.")
            key = key.replace(".norm3.", ".final_layer_norm.")
        for ours, theirs in RENAMED.items():
            key = key.replace(ours, theirs)
        if ".in_proj_" in key:  # they keep the three projections apart
            for name, part in zip("qkv", value.chunk(3), strict=True):
                renamed[key.replace(".in_proj_", f".{name}_proj.")] = part
        else:
            renamed[key] = value
    return renamed


def randomise(model: nn.Module) -> None:
    """Random tensors under which all parts matter.

    As initialised, biases and norms do nothing, attention averages over everything, and all
    queries end up the same.
    """
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif tensor.dim() == 1 and name.endswith("weight"):
                tensor.uniform_(0.5, 1) if "backbone" in name else tensor.uniform_(0.8, 1.2)
            elif tensor.dim() == 1:
                tensor.normal_(0, 0.1)
            elif name.endswith("in_proj_weight"):
                tensor[: 2 * tensor.shape[1]] *= 8  # queries and keys: attention that chooses
            elif name.endswith("self_attn.out_proj.weight"):
                tensor *= 0.3
            elif name.startswith("input_proj"):
                tensor *= 20
            elif "_embed." in name:
                tensor *= 2


def ours_and_theirs(name: str) -> tuple[detr.DETR, nn.Module]:
    torch.manual_seed(0)
    ours = getattr(detr, name)(weights_backbone=None).eval()
    randomise(ours)
    config = transformers.DetrConfig(
        use_timm_backbone=True,
        backbone="resnet101" if "101" in name else "resnet50",
        backbone_config=None,
        use_pretrained_backbone=False,
        dilation=name.endswith("dc5"),
        num_labels=91,
        # With True they feed each layer the normalised output of the one before, which the
        # published models do not.
        auxiliary_loss=False,
    )
    theirs = transformers.DetrForObjectDetection(config).eval()
    theirs.load_state_dict(their_state_dict(ours.state_dict()))
    return ours, theirs


@pytest.mark.parametrize(
    "name", ["detr_resnet50", "detr_resnet50_dc5", "detr_resnet101", "detr_resnet101_dc5"]
)
def test_same_tensors_give_the_same_logits_and_boxes(name: str) -> None:
    """Also where part of the batch is padding."""
    ours, theirs = ours_and_theirs(name)
    stride = 16 if name.endswith("dc5") else 32
    images = torch.randn(2, 3, 128, 160) + F.interpolate(2 * torch.randn(2, 3, 4, 5), (128, 160))
    mask = torch.zeros(2, 128, 160)
    mask[0] = mask[1, :96, :64] = 1
    images *= mask[:, None]

    with torch.no_grad():
        padding = mask[:, ::stride, ::stride] == 0
        (mine,) = ours.predict_sets(ours.backbone(images), padding)
        (unmasked,) = ours.predict_sets(ours.backbone(images), torch.zeros_like(padding))
        other = theirs(pixel_values=images, pixel_mask=mask)

    torch.testing.assert_close(mine.logits, other.logits, atol=1e-4, rtol=0)
    torch.testing.assert_close(mine.boxes, other.pred_boxes, atol=1e-4, rtol=0)
    # There was something to compare: queries, images and the mask all make a difference.
    assert mine.boxes.std(dim=1).mean() > 0.01
    assert (mine.logits[0] - mine.logits[1]).abs().mean() > 0.01
    assert (mine.logits[1] - unmasked.logits[1]).abs().mean() > 0.01


def test_detections_are_the_same_from_images_to_pixels() -> None:
    """The whole way: one image in, boxes in its pixels out, as their post-processing gives."""
    ours, theirs = ours_and_theirs("detr_resnet50")
    ours.transform.min_size = (96,)
    image = torch.rand(3, 96, 128)
    mean, std = (
        torch.tensor(v)[:, None, None] for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    )

    with torch.no_grad():
        (mine,) = ours([image])
        outputs = theirs(pixel_values=((image - mean) / std)[None])

    scores, labels = outputs.logits[0].softmax(-1)[:, :-1].max(-1)
    order = scores.argsort(descending=True)
    x, y, w, h = (outputs.pred_boxes[0] * torch.tensor([128, 96, 128, 96])).unbind(1)
    boxes = torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], dim=1)
    boxes = boxes.clamp(torch.zeros(4), torch.tensor([128.0, 96, 128, 96]))
    torch.testing.assert_close(mine["scores"], scores[order], atol=1e-5, rtol=0)
    torch.testing.assert_close(mine["boxes"], boxes[order], atol=1e-2, rtol=0)
    assert mine["labels"].equal(labels[order])


def test_same_predictions_give_the_same_losses() -> None:
    """Of all decoder layers, with an image that has no objects."""
    from transformers.loss.loss_for_object_detection import ForObjectDetectionLoss

    torch.manual_seed(0)
    num_classes, num_layers = 7, 3
    layers = [
        Prediction(torch.randn(3, 12, num_classes + 1), torch.rand(3, 12, 4) * 0.5 + 0.2)
        for _ in range(num_layers)
    ]
    corners = torch.tensor([[4.0, 3, 20, 30], [30, 30, 60, 40], [0, 0, 64, 48], [1, 1, 3, 3]])
    targets = [
        {"boxes": corners, "labels": torch.tensor([1, 2, 2, 6])},
        {"boxes": corners[:0], "labels": torch.tensor([], dtype=torch.int64)},
        {"boxes": corners[:1], "labels": torch.tensor([3])},
    ]
    encoded = encode_targets(targets, [(48, 64)] * 3, num_classes)
    config = transformers.DetrConfig(
        num_labels=num_classes, auxiliary_loss=True, decoder_layers=num_layers
    )

    mine = SetCriterion()(layers, encoded)
    total, theirs, _ = ForObjectDetectionLoss(
        layers[-1].logits,
        [{"class_labels": target.labels, "boxes": target.boxes} for target in encoded],
        "cpu",
        layers[-1].boxes,
        config,
        outputs_class=torch.stack([layer.logits for layer in layers]),
        outputs_coord=torch.stack([layer.boxes for layer in layers]),
    )

    weights = {"loss_ce": 1, "loss_bbox": 5, "loss_giou": 2}
    for name, loss in mine.items():
        weight = weights["_".join(name.split("_")[:2])]
        torch.testing.assert_close(loss, weight * theirs[name], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(sum(mine.values()), total, atol=1e-4, rtol=1e-5)
