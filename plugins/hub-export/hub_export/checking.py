"""Runs an exported file beside the hub's own prediction, on photos and seeded images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from hubcore.prediction import Predictor

from .agreement import Agreement, Arrays, Measure, bare, joined
from .errors import DifferenceError
from .pipeline import Pipeline, named_outputs
from .tasks import require_task
from .tracing import first_line

if TYPE_CHECKING:
    from .formats import Run

__all__ = ["Checker", "inputs", "photos"]

SEEDED_SIZES = ((64, 96), (333, 250), (480, 640))
"""(height, width) of the seeded images."""
LEVEL = 1 / 255
PHOTOS = Path(__file__).parent / "photos"


def photos() -> list[Path]:
    """The photos that every file is checked on."""
    return sorted(PHOTOS.glob("*.jpg"))


@dataclass(frozen=True)
class _Case:
    """An input to check: how messages call it, and its pixels."""

    name: str
    image: Image.Image


class Checker:
    """The hub's own outputs for a set of inputs, to compare files with.

    Args:
        task: the model's task.
        model: the model that is exported.
        weights: its weights.
        pipeline: what is exported of it.
        raw: whether that is the bare model.
        further: more photos with their names.
    """

    def __init__(
        self,
        task: str,
        model: nn.Module,
        weights: Any,
        pipeline: Pipeline,
        *,
        raw: bool,
        further: Iterable[tuple[str, Image.Image]] = (),
    ) -> None:
        self._name, self._task, self._raw = task, require_task(task), raw
        self._model, self._weights, self._pipeline = model, weights, pipeline
        self._cases = [_Case(name, image) for name, image in (*inputs(), *further)]

    def check(self, run: Run, shown: Callable[[Sequence[Any]], Iterable[Any]]) -> Agreement:
        """Compares a file with the hub's prediction.

        Args:
            run: runs the file.
            shown: shows the progress over a sequence.

        Raises:
            DifferenceError: a difference is above its bound.
        """
        rows: list[Agreement] = []
        for case in shown(self._cases):
            ours = self._ours(case)
            agreement = self._compared(ours, self._run(run, case))
            if not agreement.holds:
                begins = self._begins(case, ours)
                raise DifferenceError(
                    f"The exported file differs from the hub's own prediction for {case.name}: "
                    f"{', '.join(str(one) for one in agreement.measures if not one.holds)}. "
                    f"The difference begins in {begins}. Nothing was written.",
                    begins,
                )
            rows.append(agreement)
        return joined(rows)

    def _compared(self, expected: Arrays, found: Arrays) -> Agreement:
        measures: Sequence[Measure] = (bare if self._raw else self._task.measures)(expected, found)
        return Agreement(1, tuple(measures))

    def _run(self, run: Run, case: _Case) -> Arrays:
        try:
            return run(self._arrays(case))
        except Exception as error:
            raise DifferenceError(
                f"The exported file cannot be run for {case.name}: {first_line(error)}. "
                f"Nothing was written."
            ) from error

    def _example(self, case: _Case) -> tuple[Any, Mapping[str, Any]]:
        return self._task.example(case.image, self._pipeline.inputs)

    def _arrays(self, case: _Case) -> Mapping[str, Any]:
        if self._raw:
            return {"input": self._prepared(case).numpy()}
        return self._example(case)[1]

    def _prepared(self, case: _Case) -> Tensor:
        item = case.image if self._raw else self._example(case)[0]
        prepared: Tensor = self._weights.transforms()(item)
        return prepared[None]

    def _ours(self, case: _Case) -> Arrays:
        if self._raw:
            with torch.inference_mode():
                output = self._model(self._prepared(case))
            return {name: value.numpy() for name, value in named_outputs(output).items()}
        [result] = self._predictor(self._example(case)[0])
        return self._task.outputs(result)

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(
            self._model, self._weights, task=self._name, top=2**31, score=0.0, workers=0
        )

    def _begins(self, case: _Case, ours: Arrays) -> str:
        """The first step whose values differ."""
        if self._raw:
            return "the model"
        module: Any = self._pipeline.module
        arrays = self._arrays(case)
        with torch.inference_mode():
            tensors = [torch.from_numpy(array) for array in arrays.values()]
            if preprocessing := getattr(module, "preprocessing", None):
                prepared = preprocessing(*tensors)[0]
                # In levels of 8 bits: what normalisation made of one level.
                level = LEVEL / float(preprocessing.normalise.std.min())
                if (prepared - self._prepared(case)[0]).abs().max() > 1.5 * level:
                    return "the preprocessing"
            again = {name: value.numpy() for name, value in module(*tensors).items()}
        if not self._compared(ours, again).holds:
            return "the result's last step, or in a model that is not repeatable"
        return "the model, as the format computes it"


def inputs() -> Iterator[tuple[str, Image.Image]]:
    """What every file is checked on: photos and seeded images, with their names."""
    from hubcore.prediction.images import open_image

    for path in photos():
        yield path.name, open_image(path.name, path)
    for number, (height, width) in enumerate(SEEDED_SIZES):
        name = f"the seeded image of {width} x {height} pixels"
        yield name, _seeded(number, width, height)


def _seeded(seed: int, width: int, height: int) -> Image.Image:
    """Smooth shapes with noise on them."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    noisy = smooth + random.integers(-24, 25, smooth.shape, dtype=np.int16)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
