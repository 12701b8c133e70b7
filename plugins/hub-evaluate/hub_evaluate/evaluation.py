"""`evaluate`: measures weights on labelled data."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from hubcore.catalogs.measured import Figure, state_of
from hubcore.prediction import Predictor
from hubcore.prediction.engines import is_exported, usual_engine
from hubcore.protocols import WeightsLike
from hubcore.weights.enums import WeightsEnum, canonical_name
from hubcore.weights.lookup import get_weight

from .choice import chosen_by_name
from .data import Data, open_data, resized
from .engines import check_engine, engine_versions
from .errors import EvaluationError
from .executors import OURS, check_executor, open_executor
from .identity import preprocessing, versions, weights_digest
from .intervals import CONFIDENCE, intervals
from .journal import Journal
from .metrics import Metrics, metrics_of
from .observing import Setup, lines_of, observe_shards, sharded
from .protocol import check_protocol
from .results import Evaluation, Measure

__all__ = ["evaluate"]


def evaluate(
    model: str | Path | nn.Module,
    data: str | Path | Data,
    *,
    weights: Any = "DEFAULT",
    task: str | None = None,
    labels: str | Path | Mapping[str, str] | None = None,
    split: str | None = None,
    only: Sequence[str] | None = None,
    limit: int | None = None,
    dataset: str | None = None,
    device: str = "cpu",
    engine: str | None = None,
    batch_size: int | None = None,
    workers: int | None = None,
    processes: int = 1,
    executor: str = OURS,
    resize: int | None = None,
    flow_updates: int | None = None,
    resamples: int | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Evaluation:
    """Measures weights on labelled data.

    Predictions are made as `hubcore.predict` makes them. What was found is kept on disk as it is
    found: called again after an interruption, the evaluation goes on where it was.

    Args:
        model: a model's name, the full name of weights; the path of an exported file; or a module,
            with ``weights`` that provide its preprocessing and categories.
        data: a folder or file, see `open_data`; or what `open_data` returned.
        weights: as for `hubcore.predict`.
        task: the task, needed only if neither the model nor the weights name it.
        labels: what the data's classes are called in the weights, see `open_data`.
        split: the part of the data, such as ``val`` or ``final``.
        only: measure on the samples of these names only.
        limit: measure on so many samples, chosen at random by ``seed``.
        dataset: the name under which the weights publish their figures for these data, such as
            ``ImageNet-1K``. What is measured is then compared with them. If they publish none, any
            name.
        device: such as ``"cpu"`` or ``"cuda"``.
        engine: what runs the model: a key of `engines.ENGINES`, or the name of an engine that an
            installed package adds. Default: torch; for an exported file one that reads it.
        batch_size: the number of inputs per batch. Default: the task's.
        workers: the number of threads that decode. Default: one per processor, at most 8.
        processes: in how many processes to predict. No digit depends on it. A script that sets it
            must call this under ``if __name__ == "__main__":``.
        executor: what runs these processes: ``"processes"`` on this machine, or the name of one
            that an installed package adds, see `executors`.
        resize: for semantic segmentation, measure at this shorter side in pixels, images and masks;
            figures that torchvision publishes are at 520. Default: each image's own size.
        flow_updates: for RAFT, how often it updates the flow: published figures are with 32 on
            Sintel and 24 on KITTI. Default: 12, as `hubcore.predict`.
        resamples: the number of resamplings for the intervals; 0 for none. Default: 1,000, and 200
            for detection.
        seed: of ``limit`` and of the resampling.
        progress: show a progress bar with the remaining time on stderr.

    Raises:
        DataError: the data cannot be read.
        UnknownClassesError: the weights do not have all classes of the data.
        EvaluationError: an option is wrong, or another process is at the same evaluation.
        HubError: the model or its weights cannot be found or used.
    """
    engine = usual_engine(model).name if engine is None else engine
    check_engine(engine)
    check_executor(executor)
    if processes < 1:
        raise EvaluationError(f"processes must be at least 1, not {processes}.")
    if limit is not None and limit < 1:
        raise EvaluationError(f"limit must be at least 1, not {limit}.")
    # The data are looked at first, so that a wrong folder is reported before a download.
    if is_exported(model):
        model = Path(str(model))
        name, chosen, task = _exported(model, weights, engine, task)
    else:
        name, chosen, task = _chosen(model, weights, task)
    check_protocol(task, engine, resize, flow_updates)
    measuring = metrics_of(task, chosen.meta.get("categories") or ())
    published = _published(chosen, dataset)
    if not isinstance(data, Data):
        data = open_data(data, task, measuring.categories, labels=labels, split=split)
    if only is not None:
        data = data.only(only)
    data = data.limited(limit, seed)
    if resize is not None:
        data = resized(data, resize)
    setup = Setup(
        name if isinstance(model, str) else model,
        weights if isinstance(model, Path) else chosen,  # a file has its weights inside
        *(task, engine, device, batch_size, workers, flow_updates),
    )
    predictor = setup.predictor(progress)
    setup = replace(setup, batch_size=predictor.batch_size, workers=predictor.workers)
    facts = {
        "weights_sha256": weights_digest(chosen, model),
        "preprocessing": preprocessing(chosen),
        "data": {
            "format": data.format,
            "name": data.root.resolve().name,
            "dataset": dataset,
            "sha256": data.fingerprint(),
            "samples": len(data.samples),
            "of": data.total,
            **({} if only is None else {"only": True}),  # the record has their names
            "limit": limit,
            "split": split,
            "labels": _names(labels),
            "left_out": dict(data.left_out),
        },
        "settings": {
            "engine": engine,
            "device": device,
            "batch_size": predictor.batch_size,
            "workers": predictor.workers,
            "resize": resize,
            "flow_updates": flow_updates,
        },
        "versions": {**versions(), **engine_versions(engine)},
        "interval": {"confidence": CONFIDENCE, "seed": seed, "resamples": resamples},
    }
    return _evaluate(
        predictor, setup, name, data, measuring, facts, published, (executor, processes), progress
    )


def _evaluate(
    predictor: Predictor,
    setup: Setup,
    name: str,
    data: Data,
    measuring: Metrics,
    facts: dict[str, Any],
    published: Mapping[str, float],
    processes: tuple[str, int],
    progress: bool,
) -> Evaluation:
    """Measures with a predictor that is ready."""
    identity = json.dumps([name, predictor.task, facts], sort_keys=True, default=repr)
    begun = time.perf_counter()
    with Journal(hashlib.sha256(identity.encode()).hexdigest()[:32]) as journal:
        _observe(predictor, setup, data, measuring, journal, processes, progress)
        lines = journal.lines
        observations = [line["observation"] for line in lines]
        values = measuring.compute(observations)
        interval = facts["interval"]
        resamples = interval["resamples"]
        interval["resamples"] = measuring.resamples if resamples is None else resamples
        ranges = intervals(
            measuring.resampled(observations),
            len(observations),
            interval["resamples"],
            interval["seed"],
        )
    facts["seconds"] = round(time.perf_counter() - begun, 3)
    about = facts["data"]
    return Evaluation(
        model=name,
        weights=_weights_name(predictor.weights),
        task=predictor.task,
        metrics={
            key: _measure(key, value, ranges.get(key), published.get(key), about)
            for key, value in values.items()
        },
        samples=len(lines),
        failures=[(line["id"], line["error"]) for line in lines if line["error"]],
        failures_count=measuring.failures_count,
        facts=facts,
        ids=[line["id"] for line in lines],
        observations=observations,
        measuring=measuring,
    )


def _observe(
    predictor: Predictor,
    setup: Setup,
    data: Data,
    measuring: Metrics,
    journal: Journal,
    processes: tuple[str, int],
    progress: bool,
) -> None:
    from tqdm import tqdm

    samples = data.samples
    # Batches are the same as without the interruption, and so are all digits of the outputs.
    room = predictor.batch_size * max(1, predictor.workers)
    done = min(len(journal.lines), max(0, len(samples) - room))
    journal.keep(done - done % predictor.batch_size)
    start = len(journal.lines)
    left = samples[start:]
    with tqdm(
        total=len(samples),
        initial=start,
        desc=setup.name,
        unit="input",
        disable=None if progress else True,
        leave=False,
    ) as bar:

        def found(line: dict[str, Any]) -> None:
            journal.add(line)
            bar.update()

        executor, number = processes
        if number == 1 and executor == OURS:
            for line in lines_of(predictor, measuring, left):
                found(line)
            return
        shards = sharded(
            journal.key, setup, measuring.categories, left, predictor.batch_size, predictor.workers
        )
        with open_executor(executor, number) as opened:
            observe_shards(opened, number, shards, found)


def _chosen(model: Any, weights: Any, task: str | None) -> tuple[str, WeightsLike, str]:
    """The model's name, the weights, which need not be downloaded yet, and the task."""
    if not isinstance(model, str):
        found = get_weight(weights) if isinstance(weights, str) and "." in weights else weights
        if isinstance(found, str) or not isinstance(found, WeightsLike):
            raise EvaluationError(
                "A module does not define its preprocessing: give the weights that go with it, "
                "such as weights='ResNet50_Weights.IMAGENET1K_V2'."
            )
        task = task or getattr(getattr(found, "value", None), "task", None) or _known_task(found)
        return type(model).__name__, found, task
    return chosen_by_name(model, weights, task)


def _exported(
    path: Path, weights: Any, engine: str, task: str | None
) -> tuple[str, WeightsLike, str]:
    """The name of an exported file, the weights that it states, and its task."""
    predictor = Predictor(path, weights, engine=engine, task=task)
    return path.name, predictor.weights, predictor.task


def _known_task(weights: Any) -> str:
    try:
        task = get_weight(str(weights)).value.task
    except ValueError:
        task = None
    if task is None:
        raise EvaluationError(f"The weights {weights} do not name their task.")
    return str(task)


def _weights_name(weights: Any) -> str:
    if isinstance(weights, WeightsEnum):
        return canonical_name(weights)
    return weights.hub_trace.name if hasattr(weights, "hub_trace") else str(weights)


def _names(labels: Any) -> Any:
    """The labels, for the record: a file's contents rather than its path."""
    if labels is None or isinstance(labels, Mapping):
        return labels
    try:
        return {"sha256": hashlib.sha256(Path(labels).read_bytes()).hexdigest()}
    except OSError:
        return None


def _published(weights: WeightsLike, dataset: str | None) -> Mapping[str, float]:
    if dataset is None:
        return {}
    known: Mapping[str, Mapping[str, float]] = weights.meta.get("_metrics") or {}
    if not known:
        return {}  # the name is recorded: the figures may be published under it
    if dataset not in known:
        names = ", ".join(f"'{name}'" for name in known) or "none"
        raise EvaluationError(
            f"{_weights_name(weights)} publishes nothing for '{dataset}'. It does for: {names}."
        )
    return known[dataset]


def _measure(
    name: str,
    value: float,
    interval: tuple[float, float] | None,
    published: float | None,
    data: Mapping[str, Any],
) -> Measure:
    low, high = interval or (None, None)
    state = None
    if published is not None:
        figure = Figure(value, low, high, data["samples"], data["of"])
        state = state_of(name, figure, published, data["dataset"])
    return Measure(value, low, high, published, state)
