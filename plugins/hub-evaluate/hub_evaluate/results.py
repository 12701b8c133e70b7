"""What was measured, as values, and as a record that anyone can check."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from hubcore.catalogs.records import RECORD_SCHEMA

from .identity import machine
from .metrics import Metrics, Observation

__all__ = ["Evaluation", "Measure"]


@dataclass(frozen=True)
class Measure:
    """A metric of some weights on some data. In percent, but for errors of flow, in pixels.

    Attributes:
        value: what was measured. NaN if nothing in the data counts for it.
        low: the lower end of the interval of 95 %, from resampling the images; or None.
        high: its upper end.
        published: the figure that the weights publish for these data, if they do.
        state: what it says of the published figure, see `hubcore.catalogs.measured`:
            ``reproduced``, ``agrees``, ``differs`` or ``undecided``; None without one.
    """

    value: float
    low: float | None = None
    high: float | None = None
    published: float | None = None
    state: str | None = None

    def __str__(self) -> str:
        text = f"{self.value:.3f}"
        if self.low is not None and self.high is not None:
            text += f" [{self.low:.3f}, {self.high:.3f}]"
        if self.state:
            text += f"; published {self.published:g}: {self.state}"
        return text


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes:
        model: the model's name.
        weights: the weights' name.
        task: the task.
        metrics: what was measured, by the names that catalogues use.
        samples: the number of inputs.
        failures: the inputs that could not be read, as pairs (id, reason).
        failures_count: how these count, in words.
        facts: the evidence: see `record`.
        ids: the inputs' names, in order.
        observations: what the metrics were computed from, one per input.
    """

    model: str
    weights: str
    task: str
    metrics: Mapping[str, Measure]
    samples: int
    failures: Sequence[tuple[str, str]]
    failures_count: str
    facts: Mapping[str, Any] = field(repr=False)
    ids: Sequence[str] = field(repr=False)
    observations: Sequence[Observation] = field(repr=False)
    measuring: Metrics = field(repr=False)

    def record(self) -> dict[str, Any]:
        """The evidence, ready for JSON, as hubcore's ``record.schema.json`` describes it."""
        images = [
            [id, digest(observation), _number(self.measuring.score(observation))]
            for id, observation in zip(self.ids, self.observations, strict=True)
        ]
        return {
            "schema": RECORD_SCHEMA,
            "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "model": self.model,
            "weights": self.weights,
            "task": self.task,
            "metrics": {
                name: {key: _number(value) for key, value in vars(one).items() if key != "state"}
                | {"state": one.state}
                for name, one in self.metrics.items()
            },
            **self.facts,
            "machine": machine(),
            "failures": [{"id": id, "reason": reason} for id, reason in self.failures],
            "failures_count": self.failures_count,
            "outputs": {"sha256": digest(images), "images": images},
        }


def digest(value: Any) -> str:
    """Enough of the SHA-256 of a value to tell it from others: 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
