"""What is trained: the model, the weights it starts from, and its preprocessing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from .recipes import Recipe

__all__ = ["TASKS", "Chosen", "choose", "with_sizes"]

TASKS = ("image-classification",)
"""The tasks that can be trained."""

PRESETS = ("hubcore.transforms:ImageClassification",)


@dataclass(frozen=True)
class Chosen:
    """A model and where its training starts.

    Attributes:
        entry: the model's entry in its catalogue.
        task: its task.
        weights: the weights that it starts from, or None.
    """

    entry: ModelEntry
    task: str
    weights: WeightsEnum | None


def choose(model: str, weights: Any, recipe: Recipe) -> Chosen:
    """Finds a model and its weights. Nothing is downloaded.

    Args:
        model: a model's name, or the full name of weights.
        weights: what the model's builder takes; None or ``"none"`` for none.
        recipe: the recipe, which must be for the model's task.

    Raises:
        UnknownNameError: there is no such model, or no such weights.
        WeightsError: the weights are for another model.
        TrainingError: the model cannot be trained, or not by this recipe.
    """
    if isinstance(weights, str) and weights.lower() == "none":
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
    return Chosen(entry, entry.task, resolved)


def with_sizes(chosen: Chosen, recipe: Recipe) -> tuple[Recipe, Reference, dict[str, Any]]:
    """The recipe with all its sizes, and the preprocessing that the trained weights will have.

    Returns:
        The recipe; the preprocessing; and the arguments of it that `hub pack` is given.

    Raises:
        TrainingError: the preprocessing is of a kind of its own, and the recipe changes it.
    """
    base = _reference(chosen, recipe)
    images = recipe.images
    if base.target not in PRESETS:
        if images.test_size or images.test_resize:
            raise TrainingError(
                f"The recipe '{recipe.name}' has sizes of its own, but images are prepared by "
                f"{base.target}, which the hub does not know: leave out test_size and test_resize."
            )
        raise TrainingError(f"Images are prepared by {base.target}, which cannot be trained with.")
    preset: Any = base()
    crop, resize = preset.crop_size[0], preset.resize_size[0]
    size = images.test_size or crop
    resize = images.test_resize or round(resize * size / crop)
    changes = {
        "crop_size": size,
        "resize_size": resize,
        "mean": list(preset.mean),
        "std": list(preset.std),
        "interpolation": preset.interpolation.value,
    }
    sized = replace(
        images, test_size=size, test_resize=resize, train_size=images.train_size or size
    )
    return (
        replace(recipe, images=sized),
        base_transforms(chosen.entry, changes),
        changes,
    )


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
