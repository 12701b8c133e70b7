"""What is trained: the model, the weights it starts from, and its preprocessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hubcore.authoring.packing import base_transforms
from hubcore.building.weights_argument import resolve_weights
from hubcore.catalogs.catalog import ModelEntry
from hubcore.catalogs.names import find_model, find_weights, model_of
from hubcore.errors import UnknownNameError
from hubcore.packages.references import Reference
from hubcore.weights.enums import WeightsEnum, canonical_name
from hubcore.weights.lookup import get_weight

from .errors import TrainingError
from .recipes import Recipe, read_recipe

__all__ = ["TASKS", "Chosen", "choose", "with_sizes"]

OBJECTS = ("object-detection", "instance-segmentation", "keypoint-detection")
TASKS = ("image-classification", *OBJECTS, "semantic-segmentation")
"""The tasks that can be trained."""

USUAL = {
    "image-classification": "finetune",
    **dict.fromkeys(OBJECTS, "finetune-objects"),
    "semantic-segmentation": "finetune-masks",
}
"""The recipe of each task, where none is named."""

PRESETS = {
    "hubcore.transforms:ImageClassification": "image-classification",
    "hubcore.transforms:ObjectDetection": "object-detection",
    "hubcore.transforms:SemanticSegmentation": "semantic-segmentation",
}


@dataclass(frozen=True)
class Chosen:
    """A model and where its training starts.

    Attributes:
        entry: the model's entry in its catalogue.
        task: its task.
        weights: the weights that it starts from, or None.
        recipe: how it is trained.
        backbone: whether it starts from its backbone's weights.
    """

    entry: ModelEntry
    task: str
    weights: WeightsEnum | None
    recipe: Recipe
    backbone: bool = False

    @property
    def keypoints(self) -> tuple[str, ...]:
        """The names of the keypoints that the model finds."""
        if self.task != "keypoint-detection":
            return ()
        own = self.entry.catalog.weights[self.entry.weights or ""]
        source = self.weights or get_weight(f"{own.canonical}.{own.default}")
        return tuple(source.meta["keypoint_names"])


def choose(model: str, weights: Any, recipe: str | Path | Recipe | None = None) -> Chosen:
    """Finds a model and its weights. Nothing is downloaded.

    Args:
        model: a model's name, or the full name of weights.
        weights: what the model's builder takes; None or ``"none"`` for none; ``"backbone"`` for
            those of the backbone alone, where the model has one.
        recipe: the recipe, which must be for the model's task. Default: `USUAL`.

    Raises:
        UnknownNameError: there is no such model, or no such weights.
        WeightsError: the weights are for another model.
        TrainingError: the model cannot be trained, or not by this recipe.
    """
    named = weights.lower() if isinstance(weights, str) else ""
    if named in ("none", "backbone"):
        weights = None
    try:
        entry = find_model(model)
    except UnknownNameError:
        if "." not in model:
            raise
        weights = get_weight(model)
        found = model_of(find_weights(canonical_name(weights).rpartition(".")[0]))
        if found is None:
            raise TrainingError(f"The model that {weights!r} fits is not installed.") from None
        entry = found
    if "quantize" in entry.parameters:
        raise TrainingError(
            f"'{entry.name}' is quantized, and cannot be trained. Train the model that it is made "
            f"of, and quantize the result: hub quantize."
        )
    if entry.task not in TASKS:
        raise TrainingError(
            f"'{entry.name}' is for the task '{entry.task}', which cannot be trained yet. These "
            f"can: {', '.join(TASKS)}."
        )
    if named == "backbone" and "backbone" not in entry.data:
        raise TrainingError(f"'{entry.name}' has no weights of a backbone: --weights none?")
    if not isinstance(recipe, Recipe):
        recipe = read_recipe(recipe or USUAL[entry.task])
    if entry.task not in recipe.tasks:
        raise TrainingError(
            f"The recipe '{recipe.name}' is for {' and '.join(recipe.tasks)}, and "
            f"'{entry.name}' is for {entry.task}. 'hub train --show-recipe' lists the recipes."
        )
    if not entry.head:
        raise TrainingError(f"The catalogue of '{entry.name}' does not say what its head is.")
    resolved = resolve_weights(entry, weights)
    if resolved is not None and not isinstance(resolved, WeightsEnum):
        raise TrainingError("Weights to start from must be those of a catalogue.")
    if resolved is None and recipe.trains == "head":
        raise TrainingError(
            f"The recipe '{recipe.name}' trains the head alone, so the body needs weights: leave "
            f"out --weights none."
        )
    return Chosen(entry, entry.task, resolved, recipe, named == "backbone")


def with_sizes(chosen: Chosen) -> tuple[Recipe, Reference, dict[str, Any]]:
    """The recipe with all its sizes, and the preprocessing that the trained weights will have.

    Returns:
        The recipe; the preprocessing; and the arguments of it that `hub pack` is given.

    Raises:
        TrainingError: the preprocessing is of a kind that the hub does not know.
    """
    recipe = chosen.recipe
    base = _reference(chosen, recipe)
    if base.target not in PRESETS:
        raise TrainingError(f"Images are prepared by {base.target}, which cannot be trained with.")
    if chosen.task in OBJECTS:  # the models resize images themselves
        return recipe, base, {}
    images, preset = recipe.images, base()
    known = _side(preset.resize_size)
    crop = _side(getattr(preset, "crop_size", None)) or known
    if crop is None or known is None:
        raise TrainingError("The preprocessing keeps each image's size: give test_resize.")
    size = images.test_size or crop
    resize = images.test_resize or round(known * size / crop)
    changes = {
        "resize_size": resize,
        "mean": list(preset.mean),
        "std": list(preset.std),
        "interpolation": preset.interpolation.value,
    }
    if chosen.task == "image-classification":
        changes["crop_size"] = size
    else:
        size = resize
    sized = replace(
        images, test_size=size, test_resize=resize, train_size=images.train_size or size
    )
    return replace(recipe, images=sized), base_transforms(chosen.entry, changes), changes


def _side(size: Any) -> int | None:
    """A size in pixels, which presets write as a list."""
    return None if size is None else int(size[0] if isinstance(size, list | tuple) else size)


def _reference(chosen: Chosen, recipe: Recipe) -> Reference:
    if chosen.weights is not None:
        found = getattr(chosen.weights.value, "transforms", None)
        if isinstance(found, Reference):
            return found
    changes: Mapping[str, Any] = {}
    if not chosen.entry.catalog.weights.get(chosen.entry.weights or ""):
        size = recipe.images.test_size or 224
        changes = {"crop_size": size, "resize_size": recipe.images.test_resize or size}
    return base_transforms(chosen.entry, changes)
