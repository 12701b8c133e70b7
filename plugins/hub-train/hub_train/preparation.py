"""What is there before the first step: the model with its new head, and its loop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn
from torchvision.models.detection import FCOS, RetinaNet
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.ssd import SSD

from hubcore.building.builders import get_model
from hubcore.packages.references import Reference

from .choice import OBJECTS, Chosen
from .data import TrainingData
from .errors import TrainingError
from .frozen import Features, FeatureTask, body_features
from .loop import Loop
from .recipes import Recipe
from .sampling import seed_of
from .tasks import Images, Task
from .validation import Candidate, measured

__all__ = ["Setting", "make_loop", "new_model"]

DETECTORS = (GeneralizedRCNN, RetinaNet, FCOS, SSD)


@dataclass(frozen=True)
class Setting:
    """All that a training is made of.

    Attributes:
        fabric: where it runs.
        chosen: the model and where it starts.
        recipe: the recipe, with all its sizes.
        data: the data.
        reference: the preprocessing that the weights will have.
        task: how images become a loss.
        folder: for what is written.
        identity: what tells it from other trainings.
        seed: of all that is random.
    """

    fabric: Fabric
    chosen: Chosen
    recipe: Recipe
    data: TrainingData
    reference: Reference
    task: Task
    folder: Path
    identity: dict[str, str]
    seed: int


def make_loop(
    setting: Setting, *, workers: int, threads: int, checkpoint_every: float, progress: bool
) -> tuple[Loop, nn.Module]:
    """The loop, and the whole model, of which the loop may train a part.

    Args:
        setting: the training.
        workers: processes that decode and augment.
        threads: threads that decode.
        checkpoint_every: seconds between checkpoints within an epoch.
        progress: show progress bars.

    Raises:
        TrainingError: the model and the recipe do not fit together.
        HubError: the weights cannot be had.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(setting.seed))
        module = new_model(setting.chosen, setting.data)
    options: dict[str, Any] = {
        "identity": setting.identity,
        "seed": setting.seed,
        "checkpoint_every": checkpoint_every,
        "progress": progress,
    }
    if setting.recipe.trains == "head":
        return _of_head(setting, module, threads, options), module
    if setting.chosen.task == "image-classification":
        _probe(module, setting.recipe)
    elif setting.chosen.task in OBJECTS and not isinstance(module, DETECTORS):
        raise TrainingError(
            f"'{setting.chosen.entry.name}' is none of torchvision's detectors, which return their "
            f"losses themselves, and how others are trained is not known here. Choose one such as "
            f"fasterrcnn_resnet50_fpn."
        )
    names = {"categories": list(setting.data.categories)}
    candidate = Candidate("the model in training", setting.reference, names, {})

    def validate(trained: nn.Module) -> dict[str, float]:
        held = setting.data.validation.samples
        return measured(trained, candidate, setting.chosen.task, held,
                        device=str(setting.fabric.device))  # fmt: skip

    images = Images(setting.data.train, setting.task)
    head = setting.chosen.entry.head
    loop = Loop(setting.fabric, module, head, images, setting.recipe, validate, setting.folder,
                workers=workers, **options)  # fmt: skip
    return loop, module


def _of_head(setting: Setting, module: nn.Module, threads: int, options: dict[str, Any]) -> Loop:
    """The loop of the head alone, on what the body makes of each image."""
    fabric, data = setting.fabric, setting.data
    module.to(fabric.device)
    path = setting.chosen.entry.head[-1]
    shown = options["progress"] and fabric.is_global_zero
    features, held = (
        body_features(module, path, part, setting.reference(), device=fabric.device,
                      workers=threads, progress=shown)
        for part in (data.train, data.validation)
    )  # fmt: skip
    targets = torch.tensor([one.target for one in data.validation.samples])

    def accuracy(head: nn.Module) -> dict[str, float]:
        with torch.inference_mode():
            found = head(held.to(fabric.device)).argmax(dim=1).cpu()
        return {"acc@1": 100 * float((found == targets).double().mean())}

    images = Features(data.train, features, FeatureTask(setting.recipe.loss.label_smoothing))
    head = module.get_submodule(path)
    return Loop(fabric, head, [], images, setting.recipe, accuracy, setting.folder, **options)


def new_model(chosen: Chosen, data: TrainingData) -> nn.Module:
    """The model with the body of its weights and a new head for the data's classes.

    Raises:
        HubError: the weights cannot be had, or do not fit.
    """
    count = len(data.categories)
    options: dict[str, Any] = {"num_classes": count}
    if chosen.weights is None and "backbone" in chosen.entry.data and not chosen.backbone:
        options["weights_backbone"] = None
    module = get_model(chosen.entry.canonical, weights=chosen.weights, **options)
    known = () if chosen.weights is None else chosen.weights.meta.get("categories") or ()
    if len(known) == count and list(known) != list(data.categories):
        for path in chosen.entry.head:  # as many classes, but other ones
            module.get_submodule(path).reset_parameters()  # type: ignore[operator]  # of a layer
    return module


def _probe(module: nn.Module, recipe: Recipe) -> None:
    """Whether the model takes images of the recipe's sizes, before anything is trained."""
    sizes = {recipe.images.train_size, recipe.images.test_size}
    for side in sorted(sizes):
        try:
            with torch.inference_mode():
                module.eval()(torch.zeros(1, 3, side, side))
        except (RuntimeError, AssertionError, ValueError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise TrainingError(
                f"The model does not take images of {side} pixels, as the recipe '{recipe.name}' "
                f"has them (train_size, test_size): {reason}"
            ) from error
