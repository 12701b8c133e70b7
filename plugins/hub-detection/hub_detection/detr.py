"""DETR, the detection transformer, with a ResNet backbone.

Source: Carion et al., "End-to-End Object Detection with Transformers", 2020
(https://arxiv.org/abs/2005.12872). The names of the parameters are those of the authors'
checkpoints (https://github.com/facebookresearch/detr), so these load unchanged. Inputs and outputs
are those of torchvision's detectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch._jit_internal import is_scripting
from torchvision.models import ResNet, resnet50, resnet101
from torchvision.models.detection.backbone_utils import _validate_trainable_layers
from torchvision.ops import FrozenBatchNorm2d, box_convert, clip_boxes_to_image

from hubcore import WeightsLike, get_weight

from .detr_criterion import Prediction, SetCriterion, at_least_float32, encode_targets
from .detr_features import DetrTransform, ResNetBackbone, pad_features
from .detr_transformer import Transformer, sine_position_embedding

__all__ = [
    "DETR",
    "detr_resnet50",
    "detr_resnet50_dc5",
    "detr_resnet101",
    "detr_resnet101_dc5",
    "published_state_dict",
]


class BoxHead(nn.Module):
    """A three-layer perceptron that predicts boxes.

    Args:
        dim: the number of input features, and the width of the hidden layers.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, 4)])

    def forward(self, x: Tensor) -> Tensor:
        """Features (..., dim) to boxes (..., 4) with values in (0, 1)."""
        hidden = self.layers[1](self.layers[0](x).relu()).relu()
        out: Tensor = self.layers[2](hidden)
        return out.sigmoid()


class DETR(nn.Module):
    """DETR: predicts a fixed-size set of boxes, without anchors or non-maximum suppression.

    It is called like torchvision's detectors: with a list of float images (3, H, W) in [0, 1], of
    any sizes, and in training mode with a list of targets, each with ``boxes`` (N, 4) in pixels
    (x1, y1, x2, y2) and ``labels`` (N,) int64 (N may be 0). It returns

    - in training mode a dict of weighted losses, whose sum is to be minimised
      (see `detr_criterion.SetCriterion`);
    - in evaluation mode a dict for each image: ``boxes`` (K, 4), (x1, y1, x2, y2) in the image's
      own pixels and clipped to it, ``labels`` (K,) int64, and ``scores`` (K,) in [0, 1], in
      descending order. Boxes and scores are float32, or float64 if the model is. K is
      `num_queries`, minus the boxes that `score_thresh` drops.

    An image's result does not depend on its batch: the backbone sees each image at its own size,
    and the padding of feature maps is masked. (The authors' code pads the images. They report a
    significant drop in AP for their DC5 models in batches.)

    Args:
        backbone: maps (B, 3, H, W) to (B, C, h, w). Its attribute `out_channels` is C.
        num_classes: the number of classes, counted as in torchvision's detectors: label 0 is the
            background, objects are 1 to num_classes - 1. (DETR's own "no object" is one more
            output of the class head.)
        num_queries: the number of boxes predicted per image.
        hidden_dim: the width of the transformer, a multiple of 4 and of `num_heads`.
        num_heads: the number of attention heads.
        num_encoder_layers: the number of layers of the transformer's encoder.
        num_decoder_layers: the number of layers of the transformer's decoder.
        dim_feedforward: the width of the transformer's feed-forward networks.
        dropout: the dropout probability in the transformer.
        min_size: the shorter side of images is resized to this many pixels. In training, one of
            several sizes is chosen at random.
        max_size: the longer side of images has at most this many pixels after resizing.
        image_mean: the mean of each colour channel, for the normalisation. Default: ImageNet's.
        image_std: the standard deviation of each channel, for the normalisation. Default:
            ImageNet's.
        score_thresh: detections with a lower score are dropped.
        criterion: computes the losses. Default: `SetCriterion` with the weights of the paper.

    Raises:
        ValueError: `hidden_dim` or `num_classes` is out of range.
    """

    def __init__(
        self,
        backbone: nn.Module,
        num_classes: int,
        *,
        num_queries: int = 100,
        hidden_dim: int = 256,
        num_heads: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        min_size: int | Sequence[int] = 800,
        max_size: int = 1333,
        image_mean: Sequence[float] = (0.485, 0.456, 0.406),
        image_std: Sequence[float] = (0.229, 0.224, 0.225),
        score_thresh: float = 0.0,
        criterion: SetCriterion | None = None,
    ) -> None:
        super().__init__()
        if hidden_dim % 4 or hidden_dim % num_heads:
            raise ValueError(
                f"hidden_dim must be a multiple of 4 and of num_heads ({num_heads}), "
                f"got {hidden_dim}"
            )
        if num_classes < 1:
            raise ValueError(f"num_classes must be at least 1, got {num_classes}")
        self.num_classes = num_classes
        self.hidden_dim = hidden_dim
        self.score_thresh = score_thresh
        self.criterion = criterion or SetCriterion()
        self.transform = DetrTransform(
            min_size, max_size, list(image_mean), list(image_std), size_divisible=1
        )
        # The wrappers, here and in the backbone, give parameters the names in published weights.
        self.backbone = nn.Sequential(backbone)
        self.input_proj = nn.Conv2d(backbone.out_channels, hidden_dim, kernel_size=1)  # type: ignore[arg-type]  # an int
        self.query_embed = nn.Embedding(num_queries, hidden_dim)
        self.transformer = Transformer(
            hidden_dim, num_heads, num_encoder_layers, num_decoder_layers, dim_feedforward, dropout
        )
        self.class_embed = nn.Linear(hidden_dim, num_classes + 1)
        self.bbox_embed = BoxHead(hidden_dim)

    def forward(
        self, images: list[Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> tuple[dict[str, Tensor], list[dict[str, Tensor]]]:
        """Predicts, or computes the losses in training mode, as the class describes.

        A scripted model, like torchvision's, always returns both the losses, which are empty, and
        the detections. It does not train.

        Raises:
            AssertionError: in training mode: there are no targets.
            ValueError: in training mode: the targets are malformed, or the model's predictions are
                not finite.
        """
        if self.training and targets is None:
            torch._assert(False, "targets should not be none when in training mode")
        if is_scripting():
            no_losses: dict[str, Tensor] = {}
            return no_losses, self.detect(images)
        either: tuple[dict[str, Tensor], list[dict[str, Tensor]]] = self._eager(images, targets)
        return either

    @torch.jit.unused
    def _eager(self, images: list[Tensor], targets: list[dict[str, Tensor]] | None) -> Any:
        if not self.training:
            return self.detect(images)
        assert targets is not None  # `forward` checks it
        sizes = [(image.shape[-2], image.shape[-1]) for image in images]
        encoded = encode_targets(targets, sizes, self.num_classes)
        return self.criterion(self._predict(images), encoded)

    def detect(self, images: list[Tensor]) -> list[dict[str, Tensor]]:
        """The detections in each image, as the class describes."""
        sizes = [(image.shape[-2], image.shape[-1]) for image in images]
        return self.postprocess(self._predict(images)[-1], sizes)

    def _predict(self, images: list[Tensor]) -> list[Prediction]:
        batch, _ = self.transform(images)
        resized: list[Tensor] = []
        for image, size in zip(batch.tensors, batch.image_sizes):  # noqa: B905  # TorchScript has no strict
            resized.append(image[:, : size[0], : size[1]])
        features, padding = pad_features(self.extract_features(resized))
        return self.predict_sets(features, padding)

    def extract_features(self, images: list[Tensor]) -> list[Tensor]:
        """The feature maps (C, h, w) of normalised images (3, H, W), one per image.

        Images of equal size go through the backbone together.
        """
        features: dict[int, Tensor] = {}
        for first, image in enumerate(images):
            if first in features:
                continue
            same: list[int] = []
            for index in range(first, len(images)):
                if images[index].shape == image.shape:
                    same.append(index)
            maps = self.backbone(torch.stack([images[index] for index in same]))
            for place, index in enumerate(same):
                features[index] = maps[place]
        return [features[index] for index in range(len(images))]

    def predict_sets(self, features: Tensor, padding: Tensor | None) -> list[Prediction]:
        """Runs the transformer and the heads.

        Args:
            features: the features of the backbone, (B, C, H, W).
            padding: bool, (B, H, W), True where a position is outside its image; None if none is.

        Returns:
            The predictions of the decoder layers, the final one last. In evaluation mode, only
            those of the final layer.
        """
        exact = torch.float64 if features.dtype == torch.float64 else torch.float32
        masked: Tensor | None = None
        if padding is None:
            padding = torch.zeros_like(features[:, 0], dtype=torch.bool)
        elif bool(padding.any()):
            masked = padding.flatten(1)
        position = sine_position_embedding(padding, self.hidden_dim, exact)
        outputs = self.transformer(
            self.input_proj(features).flatten(2).transpose(1, 2),
            position.to(features.dtype).flatten(2).transpose(1, 2),
            masked,
            self.query_embed.weight,
        )
        if not self.training:
            outputs = outputs[-1:]
        return [Prediction(self.class_embed(x), self.bbox_embed(x)) for x in outputs]

    def postprocess(
        self, prediction: Prediction, image_sizes: list[tuple[int, int]]
    ) -> list[dict[str, Tensor]]:
        """Turns predictions into detections.

        Args:
            prediction: the prediction of the final decoder layer for B images.
            image_sizes: (height, width) of each image, in pixels.

        Returns:
            For each image ``boxes``, ``labels`` and ``scores``, as the class describes.
        """
        # The last class is "no object". Each query predicts the most likely of the others.
        scores, labels = at_least_float32(prediction.logits).softmax(-1)[..., :-1].max(-1)
        boxes = box_convert(at_least_float32(prediction.boxes), "cxcywh", "xyxy")
        detections: list[dict[str, Tensor]] = []
        for index, size in enumerate(image_sizes):
            height, width = size
            order = scores[index].argsort(descending=True, stable=True)
            order = order[scores[index][order] >= self.score_thresh]
            scale = torch.tensor(
                [width, height, width, height], dtype=boxes.dtype, device=boxes.device
            )
            detections.append(
                {
                    "boxes": clip_boxes_to_image(boxes[index][order] * scale, size),
                    "labels": labels[index][order],
                    "scores": scores[index][order],
                }
            )
        return detections


def published_state_dict(checkpoint: Mapping[str, Any]) -> Mapping[str, Tensor]:
    """The state dict in one of the authors' checkpoints.

    Args:
        checkpoint: ``{"model": state_dict}``, or the state dict itself.

    Raises:
        ValueError: the checkpoint is not a mapping.
    """
    if not isinstance(checkpoint, Mapping):
        raise ValueError(f"expected a DETR checkpoint, a mapping, got {type(checkpoint).__name__}")
    state_dict: Mapping[str, Tensor] = checkpoint.get("model", checkpoint)
    return state_dict


def _builder(
    name: str, resnet: Callable[..., ResNet], backbone_default: str, *, dilation: bool
) -> Callable[..., DETR]:
    def build(
        *,
        weights: WeightsLike | None = None,
        progress: bool = True,
        num_classes: int | None = None,
        weights_backbone: WeightsLike | str | None = backbone_default,
        trainable_backbone_layers: int | None = None,
        **kwargs: Any,
    ) -> DETR:
        if weights is not None:
            weights_backbone = None
            num_classes = _classes_of(weights, num_classes)
        trainable_layers = _validate_trainable_layers(
            weights is not None or weights_backbone is not None,
            trainable_backbone_layers,
            max_value=5,
            default_value=3,
        )
        if isinstance(weights_backbone, str):
            weights_backbone = get_weight(weights_backbone)
        trunk = resnet(
            norm_layer=FrozenBatchNorm2d, replace_stride_with_dilation=[False, False, dilation]
        )
        if weights_backbone is not None:
            state_dict = weights_backbone.get_state_dict(progress=progress, check_hash=True)
            trunk.load_state_dict(state_dict)
        backbone = ResNetBackbone(trunk, trainable_layers)
        model = DETR(backbone, 91 if num_classes is None else num_classes, **kwargs)
        if weights is not None:
            state_dict = weights.get_state_dict(progress=progress, check_hash=True)
            model.load_state_dict(published_state_dict(state_dict))
        return model

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"""DETR with a {resnet.__name__} backbone{", dilated (DC5)" * dilation}.

    Args:
        weights: pre-trained weights of the whole detector; `weights_backbone` is then ignored.
        progress: show a progress bar on stderr while downloading.
        num_classes: the number of classes, including the background. Default: the weights', or 91
            (COCO).
        weights_backbone: pre-trained weights of the backbone as a classifier, or their full
            name. Default: {backbone_default}.
        trainable_backbone_layers: the number of the backbone's 5 stages to train, counted from
            the last. Default: 3, or all of them without pre-trained weights.
        **kwargs: passed on to `DETR`.

    Returns:
        The model, in training mode.

    Raises:
        ValueError: `num_classes` contradicts the weights, or a value is out of range.
    """
    return build


def _classes_of(weights: WeightsLike, num_classes: int | None) -> int | None:
    """The number of classes of the weights, or ``num_classes`` if they do not state it."""
    categories = weights.meta.get("categories")
    if categories is None:
        return num_classes
    if num_classes not in (None, len(categories)):
        raise ValueError(
            f"num_classes is {num_classes}, but the weights are for {len(categories)} classes"
        )
    return len(categories)


_RESNET50 = (resnet50, "ResNet50_Weights.IMAGENET1K_V1")
_RESNET101 = (resnet101, "ResNet101_Weights.IMAGENET1K_V1")

detr_resnet50 = _builder("detr_resnet50", *_RESNET50, dilation=False)
detr_resnet50_dc5 = _builder("detr_resnet50_dc5", *_RESNET50, dilation=True)
detr_resnet101 = _builder("detr_resnet101", *_RESNET101, dilation=False)
detr_resnet101_dc5 = _builder("detr_resnet101_dc5", *_RESNET101, dilation=True)
