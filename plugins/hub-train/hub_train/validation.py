"""Measures a model in training as `hub evaluate` does, and with the preprocessing of its users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from hub_evaluate.data import Sample
from hub_evaluate.errors import DataError
from hub_evaluate.metrics import metrics_of
from hubcore.packages.references import Reference
from hubcore.prediction import Failure, Predictor

__all__ = ["Candidate", "measured"]


@dataclass(frozen=True)
class Candidate:
    """Weights that are being trained: they satisfy `hubcore.WeightsLike`.

    Attributes:
        url: what they are, in words.
        reference: their preprocessing.
        meta: the meta-data that prediction needs, such as ``categories``.
        tensors: the state dict, if they are trained.
    """

    url: str
    reference: Reference
    meta: dict[str, Any]
    tensors: Mapping[str, Any]

    def transforms(self, **changes: Any) -> Any:
        return self.reference(**changes)

    def get_state_dict(self, **_: Any) -> Mapping[str, Any]:
        return self.tensors

    def __str__(self) -> str:
        return self.url


def measured(
    model: nn.Module,
    candidate: Candidate,
    task: str,
    samples: Sequence[Sample],
    *,
    device: str = "cpu",
    workers: int | None = None,
) -> dict[str, float]:
    """The metrics of a model on samples, by the names that catalogues use.

    Args:
        model: the model; it is left in evaluation mode.
        candidate: its preprocessing and categories.
        task: its task.
        samples: labelled samples.
        device: where it runs.
        workers: threads that decode.

    Raises:
        DataError: a target cannot be read.
    """
    measuring = metrics_of(task, candidate.meta["categories"])
    predictor = Predictor(
        model, candidate, task=task, top=measuring.best, score=0.0, device=device, workers=workers
    )
    observations = []
    results = predictor.stream([sample.input for sample in samples])
    for sample, result in zip(samples, results, strict=True):
        if isinstance(result, Failure):
            raise DataError(str(result.error))
        observations.append(measuring.observe(sample, result))
    return {name: float(value) for name, value in measuring.compute(observations).items()}
