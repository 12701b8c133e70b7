"""Prediction: any model of the hub on images, pairs of images and videos.

    import hubcore

    [result] = hubcore.predict("mobilenet_v2", "photo.jpg")
    print(result)
    result.draw().save("annotated.png")

(The function is `hubcore.predict`, and so this package is called otherwise.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import MissingDependencyError
from .errors import InputError, PredictionError
from .results import ClassificationResult, DetectionResult, Flow, Result, SemanticMask
from .values import Classification, Detection, Failure, Keypoint, SegmentedClass

if TYPE_CHECKING:
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


def predict(
    model: str | nn.Module,
    inputs: Any,
    *,
    weights: Any = "DEFAULT",
    on_error: str = "raise",
    **options: Any,
) -> list[Any]:
    """Predicts with a model of the hub.

    Args:
        model: a name, bare or canonical; or a module, with the weights that go with it.
        inputs: a path, a folder, a glob, a PIL image, an array (H, W, 3), a tensor (C, H, W), or
            a list of any of these. Video classification takes video files, folders of frames and
            uint8 tensors (T, 3, H, W); optical flow takes images that follow one another,
            folders of them, or tuples of two images.
        weights: ``"DEFAULT"``, a member's name, a full name, or any weights that fit the model.
        on_error: ``"raise"`` the first error, or ``"return"`` a `Failure` in its place.
        **options: ``top``, ``score``, ``device``, ``batch_size`` and whatever else `Predictor`
            takes.

    Returns:
        One result an input, in order: `ClassificationResult`, `DetectionResult`,
        `SemanticMask` or `Flow`, by the task.

    Raises:
        InputError: an input cannot be used.
        HubError: the model or its weights cannot be had, or an option is wrong.

    To predict again and again with one model, make a `Predictor` once.
    """
    return _predictor_class()(model, weights, **options)(inputs, on_error=on_error)


def _predictor_class() -> type[Predictor]:
    try:
        from .predictor import Predictor
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise MissingDependencyError(
            f"Prediction needs '{missing}', which is not installed: pip install 'hubcore[predict]'",
            missing,
        ) from error
    return Predictor


def __getattr__(name: str) -> Any:
    if name == "Predictor":
        return _predictor_class()
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
