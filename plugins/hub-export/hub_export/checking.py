"""Runs an exported file beside the hub's own prediction, on photos and seeded images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from hubcore.errors import HubError
from hubcore.prediction import Predictor

from .agreement import RELATIVE, Agreement, Arrays, Measure, bare, joined
from .errors import DifferenceError, ExportError, first_line
from .layers import Layers
from .locating import Shown, computed_otherwise, traced_otherwise, unrepeatable
from .pipeline import Pipeline, named_outputs
from .tasks import require_task
from .values import graph_of
from .vectors import vector_of

if TYPE_CHECKING:
    from torch.export import ExportedProgram

    from hubcore.embedding.taken import Taken

    from .formats import Run, Writer

__all__ = ["Checker", "inputs", "photos"]

SEEDED_SIZES = ((64, 96), (333, 250), (480, 640))
"""(height, width) of the seeded images."""
LEVEL = 1 / 255
PHOTOS = Path(__file__).parent / "photos"

Progress: TypeAlias = "Callable[[Sequence[Any], str], Iterable[Any]]"
"""Shows the progress over a sequence, with what is done."""


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
        layers: the names of its layers.
        raw: whether that is the bare model.
        taken: what is taken of the model, where vectors are exported.
        further: more photos with their names.
    """

    def __init__(
        self,
        task: str,
        model: nn.Module,
        weights: Any,
        pipeline: Pipeline,
        layers: Layers,
        *,
        raw: bool,
        taken: Taken | None = None,
        further: Iterable[tuple[str, Image.Image]] = (),
    ) -> None:
        self._name, self._task, self._raw = task, require_task(task), raw
        self._model, self._weights, self._pipeline = model, weights, pipeline
        self._layers = layers
        self._taken = taken
        self._cases = [_Case(name, image) for name, image in (*inputs(), *further)]

    def check(
        self, writer: Writer, path: Path, program: ExportedProgram, shown: Progress
    ) -> Agreement:
        """Compares a file with the hub's prediction.

        Args:
            writer: the format.
            path: the file.
            program: the graph that is in it.
            shown: shows the progress over a sequence, with what is done.

        Raises:
            DifferenceError: a difference is above its bound. It says where it begins.
            ExportError: the model itself cannot be run.
        """
        with self._layers.named(program.graph):
            run = self._opened(writer, path)
        rows: list[Agreement] = []
        for case in shown(self._cases, "checking"):
            ours = self._ours(case)
            with self._layers.named(program.graph):
                found = self._run(run, case)
            agreement = self._compared(ours, found)
            if not agreement.holds:
                file = _File(writer, path, program, lambda parts: shown(parts, "locating"))
                begins, words = self._begins(case, ours, file)
                raise DifferenceError(
                    f"The exported file differs from the hub's own prediction for {case.name}: "
                    f"{', '.join(str(one) for one in agreement.measures if not one.holds)}. "
                    f"The difference begins {words}. Nothing was written.",
                    begins,
                )
            rows.append(agreement)
        return joined(rows)

    def _compared(self, expected: Arrays, found: Arrays) -> Agreement:
        measures: Sequence[Measure] = (bare if self._raw else self._task.measures)(expected, found)
        return Agreement(1, tuple(measures))

    def _opened(self, writer: Writer, path: Path) -> Run:
        try:
            return writer.open(path)
        except Exception as error:  # of engines, whose exceptions have no common base
            raise ExportError(
                f"The exported file cannot be opened: {first_line(error)}."
            ) from error

    def _run(self, run: Run, case: _Case) -> Arrays:
        try:
            return run(self._arrays(case))
        except Exception as error:
            raise DifferenceError(
                f"The exported file cannot be run for {case.name}: {first_line(error)}."
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
        with self._layers.named():
            try:
                return self._predicted(case)
            except HubError:
                raise
            except Exception as error:
                raise ExportError(
                    f"The model itself cannot be run for {case.name}: {first_line(error)}."
                ) from error

    def _predicted(self, case: _Case) -> Arrays:
        if self._taken is not None:
            return {"vector": vector_of(self._model, self._taken, self._prepared(case)).numpy()}
        if self._raw:
            with torch.inference_mode():
                output = self._model(self._prepared(case))
            return _numpy(named_outputs(output))
        [result] = self._predictor(self._example(case)[0])
        return self._task.outputs(result)

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(
            self._model, self._weights, task=self._name, top=2**31, score=0.0, workers=0
        )

    def _begins(self, case: _Case, ours: Arrays, file: _File) -> tuple[str, str]:
        """The first step or layer whose values differ, and how a message says it."""
        module: Any = self._pipeline.module
        arrays = self._arrays(case)
        tensors = [torch.from_numpy(array) for array in arrays.values()]
        with torch.inference_mode():
            if preprocessing := getattr(module, "preprocessing", None):
                prepared = preprocessing(*tensors)[0]
                # In levels of 8 bits: what normalisation made of one level.
                level = LEVEL / float(preprocessing.normalise.std.min())
                if (prepared - self._prepared(case)[0]).abs().max() > 1.5 * level:
                    return "the preprocessing", "in the preprocessing"
            again, traced = module(*tensors), graph_of(file.program)(*tensors)
        try:
            is_ours = self._compared(ours, _numpy(again)).holds
            is_traced = all(torch.equal(again[name], traced[name]) for name in again)
            found = None
            if not (is_ours and is_traced):
                found = unrepeatable(module, file.program, tensors, self._layers)
            if found:
                return found.layer, f"at {found.layer}, which gives other values each time"
            if not is_ours:
                return "the result's last step", "in the result's last step"
            if not is_traced:
                found = traced_otherwise(module, file.program, tensors, self._layers, file.shown)
                if found:
                    return found.layer, f"at {found}, as torch.export traced it"
            values = file.writer.values(file.path, file.program)
            if values is None:
                return "the model", "in the model, as the format computes it: it shows no layers"
            found = computed_otherwise(file.program, values, arrays, self._layers, file.shown)
        except Exception as error:  # of an engine: that it differs is what matters
            return "the model", f"in the model; where was not found ({first_line(error)})"
        if found is None or found.difference <= RELATIVE:
            largest = f"; the largest of one is at {found}" if found else ""
            return "the model", f"in no single layer, as the format computes them{largest}"
        return found.layer, f"at {found}, as the format computes it"


@dataclass(frozen=True)
class _File:
    """What is checked: a file in a format, and the graph that is in it."""

    writer: Writer
    path: Path
    program: ExportedProgram
    shown: Shown


def _numpy(tensors: Mapping[str, Tensor]) -> Arrays:
    return {name: value.numpy() for name, value in tensors.items()}


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
