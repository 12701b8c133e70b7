"""Trains and tunes models of the hub on your data, by recipes that are data::

    from hub_train import train

    made = train("mobilenet_v2", "flowers", recipe="frozen", output="flowers-1")
    print(made.metrics["acc@1"], made.wheel)

The command is ``hub train``. `SimpleCopyPaste`, `FixedSizeCrop` and `RepeatedAugmentationSampler`
are usable on their own, with torchvision's transforms v2 and torch's `DataLoader`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import NotFiniteError, RecipeError, TrainingError

if TYPE_CHECKING:
    from .recipes import Recipe, read_recipe, recipe_names
    from .sampling import RepeatedAugmentationSampler
    from .training import Training, train
    from .transforms import FixedSizeCrop, SimpleCopyPaste

__all__ = [
    "FixedSizeCrop",
    "NotFiniteError",
    "Recipe",
    "RecipeError",
    "RepeatedAugmentationSampler",
    "SimpleCopyPaste",
    "Training",
    "TrainingError",
    "read_recipe",
    "recipe_names",
    "train",
]

__version__ = "0.1.0"

_HOMES = {
    "FixedSizeCrop": "transforms",
    "Recipe": "recipes",
    "RepeatedAugmentationSampler": "sampling",
    "SimpleCopyPaste": "transforms",
    "Training": "training",
    "read_recipe": "recipes",
    "recipe_names": "recipes",
    "train": "training",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:  # imported when it is asked for: the command's help needs no torch
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
