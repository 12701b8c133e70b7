"""Checks of a plugin that build its models and call its preprocessing.

Each check takes a `Subject` and yields `Fault` and `Skipped` findings.
"""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Callable, Container, Iterator
from typing import Any

from ..building.builders import builder_of
from ..building.load_report import load_report
from ..catalogs.catalog import ModelEntry
from ..catalogs.tasks import task_facts
from ..errors import HubError
from ..prediction.bands import channels_of
from ..prediction.tasks import ImageTask, task_class
from ..prediction.tasks.containers import image_in, logits_in
from ..store import default_store
from .subject import Fault, Finding, Member, Skipped, Subject
from .task_checks import predicted

__all__ = ["check_head", "check_loading", "check_parameters", "check_preprocessing"]


def check_preprocessing(subject: Subject) -> Iterator[Finding]:
    """Preprocessing can be made and compiled, and gives tensors that its model takes."""
    seen = set()
    for member in subject.buildable_members:
        facts = [member.data.get(key) for key in ("transforms", "transforms_lack")]
        text = json.dumps([facts, member.weights.value.task], sort_keys=True)
        if text not in seen:
            seen.add(text)
            yield from _preprocessing(member)


def check_parameters(subject: Subject) -> Iterator[Finding]:
    """Models can be built, and have as many parameters as the catalogue states."""
    for model in subject.models:
        if lacks := model.lacks:
            yield Skipped(f"models.{model.name}", f"it needs {lacks}")
        elif not any(member.model is model for member in subject.buildable_members):
            yield from _buildable(model)
    for member in subject.buildable_members:
        fits = member.model
        if fits is None:
            continue  # check_names reports it
        if _is_quantized(member):
            yield Skipped(member.where, "quantized weights are checked by loading them")
        else:
            yield from _parameters(member, fits)


def check_head(subject: Subject) -> Iterator[Finding]:
    """Another number of classes gives a new head and keeps all other tensors; 0 gives no head."""
    done: set[object] = set()
    for member in subject.buildable_members:
        model = member.model
        if model is None or model in done or _is_quantized(member):
            continue
        task = task_facts(model.task)
        if task is not None and not task.classes:
            continue  # there is no head that could be replaced
        if not model.head and ("head" in model.data or model.features):
            continue  # the catalogue says that the architecture has none
        done.add(model)
        yield from _head(member, model, done)


def check_loading(subject: Subject) -> Iterator[Finding]:
    """Weights whose files are present load strictly, and predict finite numbers.

    Nothing is downloaded. Predictions are checked for tasks that take images.
    """
    import torch

    store = default_store()
    for member in subject.buildable_members:
        fits = member.model
        if fits is None:
            yield Skipped(member.where, f"the model '{member.entry.builder}' is not installed")
            continue
        files = member.weights.value.files
        packaged = all(file.urls[0].startswith("package:") for file in files)
        try:
            if not packaged and None in map(store.find, member.weights.value.files):
                yield Skipped(member.where, "its file is not in the store; get it: hub download")
                continue
            built = builder_of(fits)(weights=member.weights, progress=False).eval()
            if fits.task != "image-classification":
                if task_facts(fits.task) is not None:
                    yield from predicted(built, member, fits.task)
                continue
            image = torch.randint(0, 256, (3, 320, 400), dtype=torch.uint8)
            if channels_of(member.weights.meta) != 3:
                image = _bands(member)
            with torch.no_grad():
                prepared = image_in(member.weights.transforms()(image))
                scores = logits_in(built(prepared.unsqueeze(0)))
        except HubError as error:
            yield Fault(member.where, str(error), 'correct "url", "sha256", "convert" or "builder"')
            continue
        except Exception as error:
            yield Fault(
                member.where, f"loading fails with {_summary(error)}", "fix what the message names"
            )
            continue
        count = len(member.weights.meta.get("categories") or ())
        if not bool(torch.isfinite(scores).all()):
            yield Fault(member.where, "predicts NaN or infinity", "check the file and its dtype")
        elif count and tuple(scores.shape) != (1, count):
            yield Fault(
                member.where,
                f"gives scores of shape {tuple(scores.shape)} for {count} categories",
                "list one category for each output of the model, in the same order",
            )


def _preprocessing(member: Member) -> Iterator[Finding]:
    import torch

    where = f"{member.where}.transforms"
    try:
        preprocess = member.weights.transforms()
    except Exception as error:
        yield Fault(
            where, f"cannot be made: {_summary(error)}", "correct the name or the arguments"
        )
        return
    lacks = member.data.get("transforms_lack", ())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch.jit is deprecated, but phones still use it
            if "script" not in lacks:
                torch.jit.script(preprocess)
    except Exception as error:
        yield Fault(
            where,
            f"cannot be compiled with torch.jit.script: {_summary(error)}",
            "make it an nn.Module whose forward is annotated, as hubcore.transforms does; or say "
            'so, with "transforms_lack": ["script"]',
        )
    if not _takes_images(member.weights.value.task):
        return
    from PIL import Image

    inputs: dict[str, Any] = {
        "a PIL image": Image.new("RGB", (400, 320), (200, 100, 50)),
        "a tensor": torch.randint(0, 256, (3, 320, 400), dtype=torch.uint8),
    }
    if channels_of(member.weights.meta) != 3:
        inputs = {"a tensor of its bands": _bands(member)}
    elif "tensors" in lacks:
        del inputs["a tensor"]
    smallest = member.data.get("meta", {}).get("min_size", [1, 1])
    for name, value in inputs.items():
        try:
            result = image_in(preprocess(value))
        except Exception as error:
            yield Fault(
                where,
                f"fails on {name}: {_summary(error)}",
                "accept PIL images and tensors"
                + ('; or say so, with "transforms_lack": ["tensors"]' if "tensor" in name else ""),
            )
            continue
        shape = tuple(getattr(result, "shape", ()))
        if len(shape) != 3 or result.dtype != torch.float32:
            yield Fault(
                where,
                f"turns {name} into {getattr(result, 'dtype', type(result).__name__)} {shape}",
                "return a float32 tensor (C, H, W), or a dict with it as 'image'",
            )
        elif any(size < least for size, least in zip(shape[1:], smallest, strict=True)):
            yield Fault(
                where,
                f"gives {shape[1]} x {shape[2]} pixels, less than min_size {smallest}",
                'correct "crop_size" or "min_size"',
            )


def _buildable(model: ModelEntry) -> Iterator[Finding]:
    from .builds import build_with

    try:
        build_with(model, None, **({"weights_backbone": None} if "backbone" in model.data else {}))
    except Exception as error:
        yield Fault(
            f"models.{model.name}.architecture",
            f"cannot be built: {_summary(error)}",
            "correct the name, its arguments, or the package's dependencies",
        )


def _parameters(member: Member, model: ModelEntry) -> Iterator[Finding]:
    from .builds import shapes_for

    try:
        actual = shapes_for(model, member.weights).parameters
    except Exception as error:
        yield Fault(
            f"models.{model.name}.architecture",
            f"cannot be built for {member.entry.name}.{member.name}: {_summary(error)}",
            'an architecture must take num_classes and the arguments in the weights\' "config"; '
            'with "loads_weights" also weights and progress',
        )
        return
    if model.in_chans:
        yield from _channels(member, model)
    if model.adapts_weights and "weights" not in _parameters_of(model.architecture.func):
        yield Fault(
            f"models.{model.name}.adapts_weights",
            "the architecture takes no argument 'weights'",
            "let it take weights=None and load weights.get_state_dict(), adapted to its arguments; "
            'or leave out "adapts_weights"',
        )
    stated = member.data.get("meta", {}).get("num_params")
    if stated is not None and stated != actual:
        yield Fault(
            f"{member.where}.meta.num_params",
            f"is {stated}, but '{model.name}' has {actual} parameters with these weights",
            f'"num_params": {actual}; or correct "categories" if their number is wrong',
        )


def _channels(member: Member, model: ModelEntry) -> Iterator[Finding]:
    from .builds import build_with, shapes_for

    try:
        build_with(model, shapes_for(model, member.weights), in_chans=5)
    except Exception as error:
        yield Fault(
            f"models.{model.name}.in_chans",
            f"in_chans=5 fails: {_summary(error)}",
            'name in "layers" all convolutions that see the input, and in "argument" what the '
            "architecture calls the number of channels",
        )


def _head(member: Member, model: ModelEntry, done: set[object]) -> Iterator[Finding]:
    from .builds import build_with, shapes_for

    where = f"models.{model.name}.head"
    if not model.head:
        yield Fault(
            where,
            "the model declares no head, so users cannot choose another num_classes",
            '"head": the paths of the modules whose tensors depend on num_classes; or [] if the '
            "architecture has none",
        )
        return
    try:
        candidate = shapes_for(model, member.weights)
    except Exception:  # check_parameters reports it
        return
    if candidate.structure in done:
        return  # built like another model
    done.add(candidate.structure)
    meta = member.weights.meta
    names = meta.get("categories") or range(meta.get("num_classes", 0))
    classes = 7 if len(names) != 7 else 8
    try:
        built = build_with(model, candidate, num_classes=classes)
    except Exception as error:
        yield Fault(
            where,
            f"num_classes={classes} fails: {_summary(error)}",
            "name all modules whose tensors depend on num_classes, by prefixes of state-dict keys",
        )
        return
    report = load_report(built)
    keys = candidate.get_state_dict()
    tensors = built.state_dict()
    new = {*keys, *tensors} if report and report.new else set()
    missing = [path for path in model.head if not any(key.startswith(f"{path}.") for key in new)]
    if missing:
        yield Fault(
            where,
            f"the model has no tensors under {', '.join(missing)}",
            "correct the paths: they are prefixes of state-dict keys",
        )
        return
    if report and all(key in keys and tensors[key].shape == keys[key].shape for key in report.new):
        yield Fault(
            where,
            f"num_classes={classes} changes nothing under {', '.join(model.head)}",
            "make the architecture use num_classes, and name the modules that depend on it",
        )
    if len(names) and model.task == "image-classification":
        try:
            build_with(model, candidate, num_classes=0)
        except Exception as error:
            yield Fault(
                where,
                f"num_classes=0 fails: {_summary(error)}",
                "make the architecture leave its head out, or empty, for no classes",
            )


def _parameters_of(build: Callable[..., Any]) -> Container[str]:
    """The names of the parameters of a callable; none if it tells no signature."""
    try:
        return inspect.signature(build).parameters
    except (TypeError, ValueError):
        return ()


def _bands(member: Member) -> Any:
    """A random image with the channels that the weights take, within their range."""
    import torch

    meta = member.weights.meta
    lowest, highest = meta.get("value_range") or (0.0, 1.0)
    return torch.rand(channels_of(meta), 320, 400) * (highest - lowest) + lowest


def _takes_images(task: str | None) -> bool:
    """Whether preprocessing for a task turns one image into one tensor."""
    known = task_facts(task)
    try:
        return known is not None and task_class(known).load is ImageTask.load
    except HubError:  # check_tasks reports it
        return False


def _is_quantized(member: Member) -> bool:
    """Whether weights are quantized: they have few parameters, so only loading checks them."""
    return "backend" in member.data.get("meta", {})


def _summary(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {' '.join(line.strip() for line in lines[:3])}"
