"""How fast a model predicts on this machine, and how much memory that takes."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hubcore.prediction import Failure, Predictor
from hubcore.prediction.engines import usual_engine

from .data import Data
from .engines import check_engine, engine_options
from .errors import EvaluationError

__all__ = ["measure_speed"]

RUNS = 7


def measure_speed(
    model: str | Path | nn.Module,
    data: Data,
    *,
    weights: Any = "DEFAULT",
    task: str | None = None,
    device: str = "cpu",
    engine: str | None = None,
    batch_size: int | None = None,
) -> dict[str, Any]:
    """Measures latency, throughput and memory, on inputs of these data.

    Decoding and preprocessing are part of both times, as they are of `hubcore.predict`.

    Args:
        model: the model's name, the path of an exported file, or a module.
        data: what `open_data` returned.
        weights: as for `evaluate`.
        task: the task, needed only if neither the model nor the weights name it.
        device: such as ``"cpu"`` or ``"cuda"``.
        engine: what runs the model: see `evaluate`.
        batch_size: the number of inputs per batch, for the throughput.

    Returns:
        ``latency_ms``: the median time of one input alone; ``throughput``: inputs per second, the
        median of several runs; ``peak_memory_mb``: of the process, or of the GPU; and the engine,
        device, threads, batch size and number of runs.

    Raises:
        EvaluationError: no input can be read.
        HubError: as for `evaluate`.
    """
    engine = usual_engine(model).name if engine is None else engine
    check_engine(engine)
    options: dict[str, Any] = {
        "task": task,
        "device": device,
        "progress": False,
        **engine_options(engine),
    }
    predictor = Predictor(model, weights, batch_size=batch_size, **options)
    count = min(len(data.samples), 8 * predictor.batch_size)
    inputs = [sample.input for sample in data.samples[:count]]
    usable = [
        one
        for one, result in zip(inputs, predictor.stream(inputs), strict=True)  # warms up as well
        if not isinstance(result, Failure)
    ]
    if not usable:
        raise EvaluationError(f"{data.root}: none of the first {count} inputs can be read.")
    one = [usable[0]]
    return {
        "latency_ms": round(1000 * statistics.median(_times(predictor, one, 3 * RUNS)), 3),
        "throughput": round(len(usable) / statistics.median(_times(predictor, usable, RUNS)), 3),
        "peak_memory_mb": _peak_memory(torch.device(predictor.device)),
        "engine": engine,
        "device": device,
        "threads": torch.get_num_threads(),
        "batch_size": predictor.batch_size,
        "runs": RUNS,
    }


def _times(predictor: Predictor, inputs: list[Any], runs: int) -> list[float]:
    times = []
    device = torch.device(predictor.device)
    for _ in range(runs):
        begun = time.perf_counter()
        for _ in predictor.stream(inputs):
            pass
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - begun)
    return times


def _peak_memory(device: torch.device) -> float | None:
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**20 if sys.platform == "darwin" else 2**10), 1)
