"""Image classification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL.Image import Image
from torch import Tensor, nn

from ..agreement import Arrays, Measure, difference
from ..heads import Classes
from ..pipeline import Pipeline, example_image, image_port
from ..ports import Port
from ..preprocessing import preprocessing_of

__all__ = ["OUTPUTS", "Classifier", "example", "measures", "outputs", "pipeline"]

PROBABILITY = 0.01
"""The largest difference of a probability: what a pixel that was rounded otherwise may cost."""
TIE = 0.001
"""Classes whose probabilities are closer than this are equally likely."""

OUTPUTS = (
    Port("probabilities", "float32", ("batch", "classes"), "of all classes; their sum is 1"),
    Port("scores", "float32", ("batch", "top"), "of the likeliest classes, highest first"),
    Port("labels", "int64", ("batch", "top"), "their indices in the categories"),
)


class Classifier(nn.Module):
    """From images, or from clips, to classes."""

    def __init__(self, preprocessing: nn.Module, model: nn.Module, top: int) -> None:
        super().__init__()
        self.preprocessing, self.model, self.head = preprocessing, model, Classes(top)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.head(self.model(self.preprocessing(image)))
        return found


def pipeline(model: nn.Module, weights: Any, top: int) -> Pipeline:
    module = Classifier(preprocessing_of(weights), model, top)
    return Pipeline(module, (image_port(),), (example_image(),), OUTPUTS)


def example(image: Image, inputs: Sequence[Port]) -> tuple[Any, Mapping[str, Any]]:
    return image, {"image": np.array(image)[None]}


def outputs(result: Any) -> Arrays:
    found = np.empty((1, len(result.classes)), dtype=np.float32)
    for one in result.classes:
        found[0, one.category_id] = one.probability
    return {"probabilities": found}


def measures(expected: Arrays, found: Arrays) -> list[Measure]:
    ours, theirs = expected["probabilities"], found["probabilities"]
    # How much less likely, by the hub's own numbers, the file's first class is than the first.
    likeliest = np.take_along_axis(ours, theirs.argmax(-1)[..., None], -1)
    lost = float((ours.max(-1, keepdims=True) - likeliest).max())
    chosen = np.take_along_axis(theirs, found["labels"], -1)
    return [
        Measure("first class: lost probability", lost, TIE),
        Measure("probabilities: largest difference", difference(ours, theirs), PROBABILITY),
        Measure("scores: difference", difference(found["scores"], chosen), 0.0),
    ]
