"""Models with seeded weights that see differences as trained ones do, without any download.

A model of random weights gives all but the same for every input: its scores lie so near to one
another that rounding decides. So it is calibrated on the photos and seeded images that files are
checked on: batch normalisation gets their statistics, and the last layers are made to tell them
apart. `scripts/export_matrix.py` uses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from embedding_table import random_model
from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d

from hubcore.prediction import Predictor

__all__ = ["SeededWeights", "seeded"]

SHIFT = 3.0
"""Of what batch normalisation gives: most of it then passes the activation after it. Where random
layers cut off half, each differs more than the one before: one level of 255 in one of a thousand
pixels became a tenth of the logits."""
SHARP = 0.25
"""The part that is left of what varies within a kernel."""
SPREAD = 3.0
"""The standard deviation of logits: the likeliest of 1000 classes then has some 0.2."""
MOVED = 0.2
"""How far detectors move their anchors and proposals, in parts of their sizes."""
TENTHS = 10.0
"""Some give that in tenths."""
LEAST = 1e-3
"""The part of outputs by which they must differ, or they are not spread: rounding would decide."""
OBJECTS = 0.4
"""The part of the pixels that are an object's. The others are background."""
DETECTION = ("object-detection", "instance-segmentation", "keypoint-detection")
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class SeededWeights:
    """The preprocessing and meta-data of weights, without their file."""

    url = "file:///seeded.pth"

    def __init__(self, member: Any) -> None:
        self.value, self.meta, self.transforms = member.value, dict(member.meta), member.transforms
        self.meta["license"] = "unknown"

    def get_state_dict(self, **options: Any) -> dict[str, Any]:
        return {}

    def __str__(self) -> str:
        return "seeded weights"


def seeded(name: str, weights: Any, task: str) -> nn.Module:
    """A model with calibrated seeded weights, in evaluation mode.

    Args:
        name: the model's name.
        weights: those whose preprocessing it gets.
        task: its task.
    """
    model, _ = random_model(name)
    _smooth(model)
    predictor = Predictor(model, weights, task=task, score=0.0, workers=0)
    items = [*_items(task, weights)]
    if task in DETECTION:  # each takes seconds: a photo and a seeded image
        items = items[1:4:2]
    with _calibrating(model):
        predictor(items)
    if task in ("image-classification", "video-classification"):
        layer = _last_layer(model)
        with torch.no_grad():
            if not layer.weight.any():  # as vision transformers begin
                nn.init.normal_(layer.weight, std=layer.weight[0].numel() ** -0.5)
            _spread(layer, torch.cat(_seen(predictor, items, layer)))
    elif task == "semantic-segmentation":
        for layer in _pixel_layers(model):
            with torch.no_grad():
                _objects(layer, _seen(predictor, items, layer))
    elif task in DETECTION:
        _decide(model, lambda: predictor(items))
    return model.eval()


def _items(task: str, weights: Any) -> Iterator[Any]:
    from hub_export.checking import inputs
    from hub_export.tasks import require_task

    ports: tuple[Any, ...] = ()
    if task == "video-classification":
        from hub_export.tasks.video import clips

        ports = (clips(weights),)
    for _, image in inputs():
        item = require_task(task).example(image, ports)[0]
        yield from item if isinstance(item, list) else [item]


def _smooth(model: nn.Module) -> None:
    """Takes most of what varies within kernels away, so that they smooth more than they sharpen.

    Photos have little at high frequencies, and random kernels raise the noise there.
    """
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d | nn.Conv3d) and layer.weight[0, 0].numel() > 1:
                axes = tuple(range(2, layer.weight.ndim))
                mean = layer.weight.mean(axes, keepdim=True)
                layer.weight.sub_(mean).mul_(SHARP).add_(mean)


@contextmanager
def _calibrating(model: nn.Module) -> Iterator[None]:
    """Batch normalisation takes the statistics of what passes meanwhile."""
    norms = [one for one in model.modules() if isinstance(one, _NORMS)]
    frozen = [one for one in model.modules() if isinstance(one, FrozenBatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(_not_of_one) for norm in norms]
    means = _Means()
    hooks += [norm.register_forward_pre_hook(means) for norm in frozen]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all
        norm.train()
    for one in (*norms, *frozen):
        if one.bias is not None:
            nn.init.constant_(one.bias, SHIFT)
    yield
    for hook in hooks:
        hook.remove()
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
        norm.eval()


class _Means:
    """Takes the statistics of frozen normalisation, which does not take its own."""

    def __init__(self) -> None:
        self._times: Counter[nn.Module] = Counter()

    def __call__(self, norm: Any, inputs: tuple[Tensor]) -> None:
        self._times[norm] += 1
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3))
        norm.running_mean.lerp_(mean, 1 / self._times[norm])
        norm.running_var.lerp_(variance, 1 / self._times[norm])


def _not_of_one(norm: nn.Module, inputs: tuple[Tensor]) -> None:
    """One value a channel has no variance: a pooled image stays as it is."""
    norm.train(inputs[0].numel() > inputs[0].shape[1])


def _seen(predictor: Predictor, items: list[Any], layer: nn.Module) -> list[Tensor]:
    """What a layer is given, a tensor (positions, channels) for each time it is called."""
    found = []

    def keep(_: nn.Module, inputs: tuple[Tensor]) -> None:
        value = inputs[0]
        if isinstance(layer, nn.Linear):
            found.append(value.reshape(-1, value.shape[-1]))
        else:
            found.append(value.movedim(1, -1).reshape(-1, value.shape[1]))

    hook = layer.register_forward_pre_hook(keep)
    predictor(items)
    hook.remove()
    return [one.clone() for one in found]


def _last_layer(model: nn.Module) -> Any:
    """The layer that gives the logits."""
    layers = [one for one in model.modules() if isinstance(one, nn.Linear | nn.Conv2d | nn.Conv3d)]
    classes = max(
        one.out_features if isinstance(one, nn.Linear) else one.out_channels for one in layers[-1:]
    )
    return next(
        one
        for one in reversed(layers)
        if (one.out_features if isinstance(one, nn.Linear) else one.out_channels) == classes
    )


def _spread(layer: Any, rows: Tensor) -> None:
    """Centres the logits of all inputs together, and scales them."""
    weight = layer.weight.flatten(1)
    mean = rows.mean(dim=0)
    # Only in directions in which the inputs differ.
    directions = torch.linalg.svd(rows - mean, full_matrices=False)[2][: len(rows) - 1]
    weight = weight @ directions.T @ directions
    logits = (rows - mean) @ weight.T
    factor = SPREAD / logits.std().clamp(min=1e-6)
    layer.weight.copy_((weight * factor).view_as(layer.weight))
    if layer.bias is not None:
        layer.bias.copy_(-(weight @ mean) * factor)


def _pixel_layers(model: Any) -> list[Any]:
    head = model.classifier
    if hasattr(head, "high_classifier"):
        head.low_classifier.weight.data.zero_()
        head.low_classifier.bias.data.zero_()
        return [head.high_classifier]
    return [head[-1]]


def _objects(layer: Any, images: list[Tensor]) -> None:
    """One class of objects, and no others but the background, which is the first."""
    within = torch.cat([rows - rows.mean(dim=0) for rows in images])
    mean = torch.cat(images).mean(dim=0)
    # The direction in which pixels of one image differ most, of those in which images do not
    # differ from one another: otherwise a whole image would be an object.
    between = torch.stack([rows.mean(dim=0) - mean for rows in images])
    _, sizes, basis = torch.linalg.svd(between, full_matrices=False)
    basis = basis[sizes > 1e-4 * sizes[0]]
    within = within[:: max(1, len(within) // 4000)]
    within = within - within @ basis.T @ basis
    direction = torch.linalg.svd(within, full_matrices=False)[2][0]
    places = within @ direction
    factor = SPREAD / places.std()
    layer.weight.zero_()
    layer.bias.fill_(-1e3)
    layer.bias[0] = 0
    layer.weight[1] = (direction * factor).view_as(layer.weight[1])
    layer.bias[1] = -factor * (direction @ mean + places.quantile(1 - OBJECTS))


def _decide(model: Any, run: Callable[[], Any]) -> None:
    """Makes the heads of detectors sure of some boxes, and of boxes that differ.

    Stage by stage: the layers of one change what the next is given.
    """
    for stage in _deciding(model):
        outputs = _given(list(stage), run)
        with torch.no_grad():
            for layer, (spread, centre) in stage.items():
                rows = torch.cat(outputs[layer])
                mean = rows.mean(dim=0)
                least = LEAST * (mean - layer.bias).abs().mean()
                factor = spread / (rows - mean).std().clamp(min=float(least))
                layer.weight.mul_(factor)
                layer.bias.copy_(centre - factor * (mean - layer.bias))


def _deciding(model: Any) -> Iterator[dict[Any, tuple[float, float]]]:
    """The last layers of a detector: the standard deviation and the mean that each is to give.

    Of some hundred thousand places the best is some four or five deviations above the mean.
    """
    if heads := getattr(model, "roi_heads", None):
        yield {model.rpn.head.cls_logits: (1, -4), model.rpn.head.bbox_pred: (MOVED, 0)}
        box = heads.box_predictor
        yield {box.cls_score: (2, 0), box.bbox_pred: (TENTHS * MOVED, 0)}
        if heads.has_mask():
            yield {heads.mask_predictor.mask_fcn_logits: (SPREAD, 0)}
    elif head := getattr(model, "head", None):
        classes, boxes = head.classification_head, head.regression_head
        if hasattr(classes, "module_list"):  # SSD
            last = {_last(layer): (2, 0) for layer in classes.module_list}
            yield {**last, **{_last(layer): (TENTHS * MOVED, 0) for layer in boxes.module_list}}
        elif hasattr(boxes, "bbox_ctrness"):  # FCOS: distances to the sides, in strides
            central = {boxes.bbox_reg: (1, 2), boxes.bbox_ctrness: (1, 0)}
            yield {classes.cls_logits: (1, -4), **central}
        else:
            yield {classes.cls_logits: (1, -4), boxes.bbox_reg: (MOVED, 0)}
    else:
        yield {model.class_embed: (SPREAD, 0), model.bbox_embed.layers[-1]: (1, 0)}


def _last(layer: nn.Module) -> nn.Module:
    return [*layer.modules()][-1]


def _given(layers: list[nn.Module], run: Callable[[], Any]) -> dict[nn.Module, list[Tensor]]:
    """What layers give, tensors (positions, channels)."""
    found: dict[nn.Module, list[Tensor]] = {layer: [] for layer in layers}

    def keep(layer: nn.Module, inputs: Any, output: Tensor) -> None:
        channels = output if isinstance(layer, nn.Linear) else output.movedim(1, -1)
        found[layer].append(channels.flatten(0, -2).clone())

    hooks = [layer.register_forward_hook(keep) for layer in layers]
    run()
    for hook in hooks:
        hook.remove()
    return found
