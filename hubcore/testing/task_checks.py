"""Checks of the tasks that a plugin's package adds, and of what its models' tasks do with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..catalogs.metrics import described, metric_of
from ..catalogs.tasks import OURS, find_task, tasks_of
from ..errors import HubError, UnknownNameError
from .subject import Fault, Finding, Member, Skipped, Subject

__all__ = ["check_tasks", "predicted"]


def check_tasks(subject: Subject) -> Iterator[Finding]:
    """Tasks that the package adds can be used, and its models' tasks are known."""
    for task in tasks_of(subject.plugin.distribution):
        where = f"tasks.{task.name}"
        if task.name in OURS:
            yield Fault(
                where,
                "is the name of a task of the hub's, which always means that",
                "choose another",
            )
            continue
        if task.status == "broken":
            yield Fault(where, task.error, "correct the entry point, or the JSON file")
            continue
        for metric, facts in task.metrics.items():
            if described(facts) is None and (facts or metric_of(metric) is None):
                yield Fault(
                    f"{where}.metrics.{metric}",
                    f"is no description of a metric: {json.dumps(facts)}",
                    'write {"better": "higher" or "lower", "bounds": [lowest, highest]}',
                )
        try:
            from ..prediction.tasks import task_class

            task_class(task)
        except HubError as error:
            yield Fault(where, str(error), "fix what the message names")
        except ImportError as error:
            yield Skipped(where, f"it needs {error.name}")
    for name in dict.fromkeys(model.task for model in subject.models):
        try:
            find_task(name)
        except UnknownNameError as error:
            where = f"models with the task '{name}'"
            if error.suggestions:
                yield Fault(where, str(error), "correct its name, or install the package adding it")
            else:
                yield Skipped(where, f"no installed package adds its task. {error}")
        except HubError as error:
            yield Fault(f"models with the task '{name}'", str(error), "fix what the message names")


def predicted(built: Any, member: Member, task: str) -> Iterator[Finding]:
    """Whether a built model's prediction of a random picture can be shown in all ways.

    Of a text and of points too; with a prompt if its task gives an example of one.
    """
    import torch

    from ..prediction import Failure, Predictor
    from ..prediction.bands import channels_of

    facts = find_task(task)
    kind = facts.input
    image = torch.randint(0, 256, (3, 320, 400), dtype=torch.uint8)
    if kind == "image" and channels_of(member.weights.meta) != 3:
        return  # there is no picture of it to draw on
    inputs: dict[str, Any] = {
        "image": image,
        "pair": (image, image),
        "images": (image, image, image),
        "text": "a photo of a cat",
        "points": torch.rand(64, 3),
    }
    if facts.prompt is not None:
        inputs["prompted"] = (image, facts.prompt)
    if kind not in inputs:
        if kind == "prompted":
            yield Skipped(member.where, 'not run: the JSON file of its task gives no "prompt"')
        return
    [result] = Predictor(built, member.weights, task=task)(inputs[kind], on_error="return")
    if isinstance(result, Failure):
        yield Fault(
            member.where, f"fails on an image: {result.error.reason}", "fix what the message names"
        )
        return
    try:
        json.dumps(result.annotations(), allow_nan=False)
    except (TypeError, ValueError) as error:
        yield Fault(
            member.where,
            f"predicts what is no JSON: {error}",
            "annotations() must give finite numbers, texts, lists and dicts; check the file too",
        )
    str(result), result.draw()
