"""Tasks: what kinds of models there are. Ours, and those that installed packages add::

    [project.entry-points."hubcore.tasks"]
    image-similarity = "acme_similarity.task:Similarity"

What must be known of a task before its code is imported stands in a JSON file beside its module,
under its name (``task.json``: ``{"image-similarity": {"help": "...", "input": "pair"}}``), for ours
as for all. The class is imported when a model is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..errors import HubError, PluginError, UnknownNameError
from ..packages.entry_points import EntryPoint, entry_points, is_disabled, summary
from ..packages.side_files import side_file
from . import added

__all__ = [
    "GROUP",
    "INPUTS",
    "OURS",
    "TaskEntry",
    "all_tasks",
    "find_task",
    "task_facts",
    "tasks_of",
]

GROUP = "hubcore.tasks"

INPUTS = {
    "image": "an image",
    "pair": "two images",
    "video": "a video",
    "images": "several images as a set",
    "prompted": "an image with a prompt",
    "text": "a text",
    "points": "points",
}
"""The kinds of inputs that a task can take, each with its words for people."""

_HOME = "hubcore.prediction.tasks"
# By name, as an entry point's value. Not our own entry points: a clone that is not installed has
# none.
OURS = {
    "image-classification": f"{_HOME}.classification:ImageClassification",
    "object-detection": f"{_HOME}.detection:ObjectDetection",
    "instance-segmentation": f"{_HOME}.detection:ObjectDetection",
    "keypoint-detection": f"{_HOME}.detection:ObjectDetection",
    "semantic-segmentation": f"{_HOME}.segmentation:SemanticSegmentation",
    "video-classification": f"{_HOME}.video:VideoClassification",
    "optical-flow": f"{_HOME}.flow:OpticalFlow",
}


class TaskEntry(NamedTuple):
    """What is known of a task without importing its code.

    Attributes:
        name: the task's name, such as ``object-detection``.
        target: the class that implements it, as ``module:Class``.
        help: a line that says what its models do.
        input: the kind of its inputs: a key of `INPUTS`.
        classes: whether its models have a head with one output per class, so that ``num_classes``
            can be chosen.
        metrics: what is known of each metric by its name, as the JSON file says it: ``better``
            (``higher`` or ``lower``), ``bounds`` (lowest and highest, None for none), ``unit`` and
            ``mean``; nothing for a metric that the hub knows.
        prompt: of a task whose input has a prompt, an example of one; None if it gives none.
        distribution: the distribution that adds the task, normalised; "" for the hub's own.
        status: ``ok``, ``broken``, or ``disabled`` by ``HUBCORE_DISABLE``.
        error: why it is broken; else "".
    """

    name: str
    target: str
    help: str
    input: str = "image"
    classes: bool = True
    metrics: Mapping[str, Mapping[str, Any]] = {}
    prompt: Any = None
    distribution: str = ""
    status: str = "ok"
    error: str = ""

    @property
    def canonical(self) -> str:
        """``distribution/name``, which no other package can take; the bare name if it is ours."""
        return added.canonical(self)

    def load(self) -> Any:
        """The task's class, imported; raises what `added.load` raises."""
        return added.load("task", self)

    def fault(self, what: str) -> PluginError:
        """An error that names the task and the distribution that adds it."""
        return added.fault("task", self, what)


def all_tasks() -> list[TaskEntry]:
    """The hub's own tasks, then those of installed packages by name. Imports none of them."""
    ours = [_entry(EntryPoint(name, target, "", "")) for name, target in OURS.items()]
    return [*ours, *sorted(_added(entry_points(GROUP)), key=lambda one: (one.name, one.canonical))]


def find_task(name: str) -> TaskEntry:
    """Finds a task.

    A bare name means the hub's own task, else that of a built-in family, else that of the only
    package that adds one.

    Args:
        name: the bare name, or ``distribution/name``.

    Raises:
        UnknownNameError: there is no such task. The error suggests similar names.
        AmbiguousNameError: several packages add a task of this name.
        PluginError: the package that adds it is broken, or ``HUBCORE_DISABLE`` disables it.
    """
    if name in OURS:
        return _entry(EntryPoint(name, OURS[name], "", ""))
    bare = name.rpartition("/")[2]
    points = (point for point in entry_points(GROUP) if point.name == bare)
    found = added.the_one("task", name, _added(points))
    if found is None:
        raise _unknown(name)
    return found


def tasks_of(distribution: str) -> list[TaskEntry]:
    """The tasks that a distribution adds, those included whose names mean ours.

    Args:
        distribution: its normalised name.
    """
    return [_entry(one) for one in entry_points(GROUP) if one.distribution == distribution]


def task_facts(name: str | None) -> TaskEntry | None:
    """What is known of a task; None if nothing is, or its package is broken."""
    try:
        return find_task(name) if name else None
    except HubError:
        return None


def _added(entries: Iterable[EntryPoint]) -> list[TaskEntry]:
    """The tasks of packages: a name of ours means ours, whoever else adds one."""
    return [_entry(entry) for entry in entries if entry.name not in OURS]


def _entry(point: EntryPoint) -> TaskEntry:
    task = TaskEntry(point.name, point.value, "", distribution=point.distribution)
    if point.distribution and is_disabled(point.name, point.distribution):
        return task._replace(help=summary(point), status="disabled")
    module, _, attribute = point.value.partition(":")
    try:
        if not module or not attribute:
            raise ValueError(f"'{point.value}' is not of the form 'module:Class'")
        facts = side_file(module).get(point.name, {})
        task = task._replace(**_checked(facts))
    except ValueError as error:
        return task._replace(help=summary(point), status="broken", error=str(error))
    return task if task.help else task._replace(help=summary(point))


def _checked(facts: Any) -> dict[str, Any]:
    """The facts of a JSON file that are known; others are ignored, for later versions.

    Raises:
        ValueError: one has a wrong type or value.
    """
    if not isinstance(facts, dict):
        raise ValueError("what its JSON file says of it is no object")
    kinds: dict[str, type] = {"help": str, "input": str, "classes": bool, "metrics": dict}
    kinds["prompt"] = object  # whatever the task understands
    known = {key: facts[key] for key in kinds if key in facts}
    for key, value in known.items():
        if not isinstance(value, kinds[key]):
            raise ValueError(f'"{key}" in its JSON file is {value!r}, not a {kinds[key].__name__}')
    if known.get("input", "image") not in INPUTS:
        raise ValueError(
            f'"input" in its JSON file is {known["input"]!r}: it can be {", ".join(INPUTS)}'
        )
    for name, metric in known.get("metrics", {}).items():
        if not isinstance(metric, dict):
            raise ValueError(f'the metric "{name}" in its JSON file is no object')
    return known


def _unknown(name: str) -> UnknownNameError:
    import difflib

    names = [task.name for task in all_tasks() if task.status == "ok"]
    close = difflib.get_close_matches(name.lower(), names, n=3)
    hint = None if close else f"Tasks: {', '.join(names)}."
    return UnknownNameError("task", name, close, hint=hint)
