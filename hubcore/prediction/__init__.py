"""Prediction: runs any model of the hub on images, pairs of images and videos::

    import hubcore

    [result] = hubcore.predict("mobilenet_v2", "photo.jpg")
    print(result)
    result.draw().save("annotated.png")

`hubcore.predict` is the function, hence this package's name. Results are values: this layer knows
neither the commands that print them nor how models are packed or checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from ..errors import MissingDependencyError
from .errors import InputError, PredictionError
from .results import ClassificationResult, DetectionResult, Flow, Result, SemanticMask
from .values import Classification, Detection, Failure, Keypoint, SegmentedClass

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from .predictor import Predictor

__all__ = [
    "Classification",
    "ClassificationResult",
    "Detection",
    "DetectionResult",
    "Failure",
    "Flow",
    "InputError",
    "Keypoint",
    "PredictionError",
    "Predictor",
    "Result",
    "SegmentedClass",
    "SemanticMask",
    "predict",
]


# The task decides the type of the results, so they have it where the task is given.
@overload
def predict(
    model: str | Path | nn.Module,
    inputs: Any,
    *,
    task: Literal["image-classification", "video-classification"],
    weights: Any = ...,
    on_error: Literal["raise"] = ...,
    **options: Any,
) -> list[ClassificationResult]: ...


@overload
def predict(
    model: str | Path | nn.Module,
    inputs: Any,
    *,
    task: Literal["object-detection", "instance-segmentation", "keypoint-detection"],
    weights: Any = ...,
    on_error: Literal["raise"] = ...,
    **options: Any,
) -> list[DetectionResult]: ...


@overload
def predict(
    model: str | Path | nn.Module,
    inputs: Any,
    *,
    task: Literal["semantic-segmentation"],
    weights: Any = ...,
    on_error: Literal["raise"] = ...,
    **options: Any,
) -> list[SemanticMask]: ...


@overload
def predict(
    model: str | Path | nn.Module,
    inputs: Any,
    *,
    task: Literal["optical-flow"],
    weights: Any = ...,
    on_error: Literal["raise"] = ...,
    **options: Any,
) -> list[Flow]: ...


@overload
def predict(
    model: str | Path | nn.Module,
    inputs: Any,
    *,
    weights: Any = ...,
    on_error: str = ...,
    **options: Any,
) -> list[Any]: ...


def predict(
    model: str | Path | nn.Module,
    inputs: Any,
    *,
    weights: Any = "DEFAULT",
    on_error: str = "raise",
    **options: Any,
) -> list[Any]:
    """Predicts with a model of the hub.

    To predict repeatedly with one model, make a `Predictor` once.

    Args:
        model: a model's name, bare or canonical; the path of a file that `hub export` wrote; or a
            module, with ``weights`` that go with it.
        inputs: a path, a folder, a glob, a PIL image, an array (H, W, 3), a tensor (3, H, W), or
            a list of any of these. Arrays and tensors are RGB: uint8 in [0, 255], or float in
            [0, 1]. Video classification takes video files, folders of frames and uint8 tensors
            (T, 3, H, W); optical flow takes consecutive images, folders of them, or tuples of two
            images.
        weights: ``"DEFAULT"``, a member's name, a full name, or any weights that fit the model.
        on_error: ``"raise"`` to raise the first error, or ``"return"`` to return a `Failure` in
            the place of each result that cannot be made.
        **options: ``engine``, ``task``, ``top``, ``score``, ``device``, ``batch_size`` and the
            other options of `Predictor`. Where the task is given, type checkers know that of
            the results.

    Returns:
        One result per input, in order. The task decides its type: `ClassificationResult`,
        `DetectionResult`, `SemanticMask` or `Flow`.

    Raises:
        InputError: an input cannot be used, and ``on_error`` is ``"raise"``.
        HubError: the model cannot be found, its weights cannot be downloaded or do not fit, or an
            option is wrong.
    """
    return _predictor_class()(model, weights, **options)(inputs, on_error=on_error)


def _predictor_class() -> type[Predictor]:
    try:
        from .predictor import Predictor
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise MissingDependencyError(
            f"Prediction needs '{missing}', which is not installed. To install it: "
            f"pip install 'hubcore[predict]'",
            missing,
        ) from error
    return Predictor


def __getattr__(name: str) -> Any:
    if name == "Predictor":
        return _predictor_class()
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
