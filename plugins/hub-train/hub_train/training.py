"""`train`: from a model and a folder of images to a package."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from lightning_fabric import Fabric
from torch import nn

from hub_evaluate.identity import machine, versions
from hub_evaluate.records import write_json
from hubcore.building.builders import get_model
from hubcore.weights.traces import trace

from .choice import Chosen, choose, with_sizes
from .curves import draw, write_csv, write_tables
from .data import TrainingData, check_images, open_training_data
from .errors import TrainingError
from .frozen import Features, FeatureTask, body_features
from .loop import Loop, Progress
from .packaging import MEMBER, Package, measure, name_for, write_package, write_weights
from .recipes import Recipe, changed, read_recipe
from .sampling import seed_of
from .tasks.base import Images
from .tasks.classification import ClassificationTask
from .validation import Candidate, measured

__all__ = ["Training", "train"]


@dataclass(frozen=True)
class Training:
    """What a training made.

    Attributes:
        folder: the folder that holds all of it.
        weights: the file of the trained state dict.
        categories: the names of the classes, in the order of the model's outputs.
        metrics: what was measured on the images held back, by name.
        epoch: the epoch whose weights these are, counted from 1.
        epochs: the loss and the metrics of each epoch.
        losses: the loss of each step.
        wheel: the package, or None.
    """

    folder: Path
    weights: Path
    categories: Sequence[str]
    metrics: Mapping[str, float]
    epoch: int
    epochs: Sequence[Mapping[str, float]] = field(repr=False)
    losses: Sequence[float] = field(repr=False)
    wheel: Path | None


def train(
    model: str,
    data: str | Path,
    *,
    weights: Any = "DEFAULT",
    recipe: str | Path | Recipe = "finetune",
    epochs: int | None = None,
    output: str | Path = "training",
    validation: str | Path | float | None = None,
    labels: str | Path | Mapping[str, str] | None = None,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    workers: int | None = None,
    name: str | None = None,
    license: str = "unknown",
    dataset: str | None = None,
    package: bool = True,
    checkpoint_every: float = 60.0,
    progress: bool = False,
) -> Training:
    """Trains a model on labelled images, and makes a package of it.

    Called again after an interruption, with the same arguments, it goes on where it was and ends
    with the same bits.

    Args:
        model: a model's name, or the full name of weights to start from.
        data: a folder of labelled images, see `hub_train.data.open_training_data`.
        weights: the weights to start from, as for the model's builder; None for none.
        recipe: the name of a recipe, the path of one, or a `Recipe`.
        epochs: passes over the images, in place of the recipe's.
        output: the folder for everything that is written.
        validation: data to measure on, or the part of the images that is held back for it. Default:
            the folder beside ``train``, or a fifth.
        labels, split, limit: as for `open_training_data`.
        seed: of all that is random: the same one gives the same curve on one machine.
        device: such as ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        workers: processes that decode and augment; threads where images are only decoded. Default:
            none and one for each processor.
        name: the package's name. Default: the data's and the model's.
        license: the package's licence: an SPDX identifier, an address, or "unknown".
        dataset: what the data are called where the metrics are published. Default: the folder's
            name.
        package: whether to build the package.
        checkpoint_every: seconds between checkpoints within an epoch.
        progress: show progress bars with the remaining time on stderr.

    Raises:
        RecipeError: the recipe cannot be used.
        DataError, TrainingError: the data cannot be used, or something cannot be written.
        NotFiniteError: the loss became NaN or infinite.
        HubError: the model or its weights cannot be found or used.
    """
    chosen_recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    chosen_recipe = changed(chosen_recipe, epochs=epochs)
    chosen = choose(model, weights, chosen_recipe)
    sized, reference, preprocessing = with_sizes(chosen, chosen_recipe)
    folder = Path(output)
    packed = Package(
        name or name_for(chosen.entry.name.rpartition("/")[2], Path(data)),
        license,
        dataset or Path(data).resolve().name,
        folder / "model.pth",
    )
    _check_package(packed)
    fabric = _fabric(device, sized.precision)
    first = fabric.is_global_zero
    threads = os.cpu_count() or 1 if workers is None else workers
    with _own(folder, first):
        read = open_training_data(
            data,
            chosen.task,
            validation=validation,
            labels=labels,
            split=split,
            limit=limit,
            seed=seed,
        )
        identity = _identity(chosen, sized, read, seed)
        if not (folder / "checkpoint.pt").exists():
            check_images([*read.train.samples, *read.validation.samples], threads,
                         progress and first)  # fmt: skip
        if first:
            _write_split(folder, read, seed)
        loop, module = _loop(
            fabric, chosen, sized, read, reference, folder,
            identity=identity, seed=seed, workers=workers or 0, threads=threads,
            checkpoint_every=checkpoint_every, progress=progress,
        )  # fmt: skip
        steps = loop.steps
        state = loop.run()
        metrics: dict[str, float] = {}
        wheel = None
        if first:
            _finish_model(module, loop, chosen, sized)
            write_weights(packed.checkpoint, module.state_dict())
            write_tables(folder, state, steps)
            title = f"{chosen.entry.name}, {sized.name}, {len(read.train.samples)} images"
            draw(folder / "curve.png", state, steps, loop.score, title)
            evaluation = measure(
                chosen, packed, reference, read, device=device, workers=workers, progress=progress
            )
            record = folder / "record.json"
            write_json(record, evaluation.record())
            metrics = {key: one.value for key, one in evaluation.metrics.items()}
            lineage = _lineage(identity, chosen, sized, read, state, loop.kept, seed)
            write_json(folder / "training.json", lineage)
            if package:
                wheel = write_package(
                    chosen, packed, read, sized, record, preprocessing, lineage, folder / "dist"
                )
        metrics, wheel = fabric.broadcast((metrics, wheel))
    return Training(
        folder, packed.checkpoint, read.categories, metrics, loop.kept + 1, state.epochs,
        state.losses, wheel,
    )  # fmt: skip


def _check_package(package: Package) -> None:
    """What would otherwise fail after hours of training."""
    from hubcore.authoring.recipe import Recipe as PackRecipe
    from hubcore.authoring.recipe import check_recipe
    from hubcore.authoring.scaffold import names_for

    names_for(package.name)
    check_recipe(
        PackRecipe(package.checkpoint, "model", ["a"], package.name, member=MEMBER,
                   license=package.license)
    )  # fmt: skip


def _fabric(device: str, precision: str) -> Fabric:
    """One process; or those that ``torchrun`` started."""
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    from hubcore.prediction.choice import check_device

    check_device(device)
    kind, _, number = device.partition(":")
    world = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", str(world)))
    settings: dict[str, Any] = {"devices": [int(number)] if number else 1}
    if world > 1:
        settings = {"devices": local, "num_nodes": world // local, "strategy": "ddp"}
    fabric = Fabric(accelerator=kind, precision=precision, **settings)  # type: ignore[arg-type]  # its own words
    fabric.launch()
    return fabric


class _own:  # a context manager, used as a function
    """Makes the folder, and keeps other processes from training into it."""

    def __init__(self, folder: Path, first: bool) -> None:
        self._folder, self._first = folder, first
        self._lock = FileLock(folder / ".lock", timeout=0)

    def __enter__(self) -> None:
        if not self._first:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise TrainingError(
                f"Another process is training into {self._folder}. Wait for it, or choose another "
                f"--output."
            ) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise TrainingError(f"{self._folder}: cannot be written to: {reason}") from error

    def __exit__(self, *exc: object) -> None:
        if self._first:
            self._lock.release()


def _identity(chosen: Chosen, recipe: Recipe, data: TrainingData, seed: int) -> dict[str, str]:
    """What a training is of: a checkpoint goes on only with the same."""
    settings = dataclasses.asdict(recipe) | {"text": ""}
    parts = {"train": [one.id for one in data.train.samples],
             "validation": [one.id for one in data.validation.samples]}  # fmt: skip
    return {
        "the model": chosen.entry.canonical,
        "the weights": "none" if chosen.weights is None else str(trace(chosen.weights)),
        "the recipe": _digest(settings),
        "the data": data.fingerprint,
        "the split": _digest(parts),
        "the seed": str(seed),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _loop(
    fabric: Fabric, chosen: Chosen, recipe: Recipe, data: TrainingData, reference: Any,
    folder: Path, *, identity: dict[str, str], seed: int, workers: int, threads: int,
    checkpoint_every: float, progress: bool,
) -> tuple[Loop, nn.Module]:  # fmt: skip
    """The loop, and the whole model: the loop may train a part of it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(seed))
        module = _new_model(chosen, data)
    candidate = Candidate(
        "the model in training", reference, {"categories": list(data.categories)}, {}
    )
    options: dict[str, Any] = {
        "identity": identity, "seed": seed, "checkpoint_every": checkpoint_every,
        "progress": progress,
    }  # fmt: skip
    if recipe.trains == "head":
        module.to(fabric.device)
        path = chosen.entry.head[-1]
        shown = progress and fabric.is_global_zero
        features, held = (
            body_features(module, path, part.samples, reference(), device=fabric.device,
                          workers=threads, progress=shown)
            for part in (data.train, data.validation)
        )  # fmt: skip
        targets = torch.tensor([one.target for one in data.validation.samples])

        def accuracy(head: nn.Module) -> dict[str, float]:
            with torch.inference_mode():
                found = head(held.to(fabric.device)).argmax(dim=1).cpu()
            return {"acc@1": 100 * float((found == targets).double().mean())}

        images: Images = Features(
            data.train.samples, features, FeatureTask(recipe.loss.label_smoothing)
        )
        head = module.get_submodule(path)
        return Loop(fabric, head, [], images, recipe, accuracy, folder, **options), module
    preset: Any = reference()
    task = ClassificationTask(
        recipe, data.categories,
        {"mean": preset.mean, "std": preset.std, "interpolation": preset.interpolation},
    )  # fmt: skip

    def validate(trained: nn.Module) -> dict[str, float]:
        return measured(trained, candidate, chosen.task, data.validation.samples,
                        device=str(fabric.device))  # fmt: skip

    images = Images(data.train.samples, task)
    _probe(module, images, recipe)
    loop = Loop(fabric, module, chosen.entry.head, images, recipe, validate, folder,
                workers=workers, **options)  # fmt: skip
    return loop, module


def _new_model(chosen: Chosen, data: TrainingData) -> nn.Module:
    """The model with the body of its weights and a new head for these classes."""
    count = len(data.categories)
    module = get_model(chosen.entry.canonical, weights=chosen.weights, num_classes=count)
    known = () if chosen.weights is None else chosen.weights.meta.get("categories") or ()
    if len(known) == count and list(known) != list(data.categories):
        for path in chosen.entry.head:  # as many classes, but other ones
            module.get_submodule(path).reset_parameters()  # type: ignore[operator]  # of a layer
    return module


def _probe(module: nn.Module, images: Images, recipe: Recipe) -> None:
    """Whether the model takes images of the recipe's sizes, before anything is trained."""
    size = recipe.images
    try:
        with torch.inference_mode():
            for side in {size.train_size, size.test_size}:
                module.eval()(torch.zeros(1, 3, side, side))
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TrainingError(
            f"The model does not take images of {side} pixels, as the recipe '{recipe.name}' has "
            f"them (train_size, test_size): {reason}"
        ) from error


def _finish_model(module: nn.Module, loop: Loop, chosen: Chosen, recipe: Recipe) -> None:
    target = module.get_submodule(chosen.entry.head[-1]) if recipe.trains == "head" else module
    target.load_state_dict(loop.result())


def _write_split(folder: Path, data: TrainingData, seed: int) -> None:
    """Writes which image is in which part, as CSV files that `hub evaluate --labels` reads."""
    for name, part in (("train", data.train), ("validation", data.validation)):
        rows = [[one.id, data.categories[one.target]] for one in part.samples]
        write_csv(folder / f"{name}.csv", ["file", "class"], rows)


def _lineage(
    identity: Mapping[str, str], chosen: Chosen, recipe: Recipe, data: TrainingData,
    state: Progress, epoch: int, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """Where the weights come from, for the package."""
    parent = None
    if chosen.weights is not None:
        name, digest = trace(chosen.weights)
        parent = {"weights": name, "sha256": digest}
    return {
        "model": chosen.entry.canonical,
        "parent": parent,
        "recipe": dataclasses.asdict(dataclasses.replace(recipe, text="")),
        "recipe_sha256": hashlib.sha256(recipe.text.encode()).hexdigest(),
        "seed": seed,
        "data": {
            "name": data.train.root.resolve().name,
            "format": data.train.format,
            "sha256": data.fingerprint,
            "train": len(data.train.samples),
            "validation": len(data.validation.samples),
            "split": identity["the split"],
            "divided": data.divided,
            "left_out": dict(data.train.left_out),
        },
        "epoch": epoch + 1,
        "epochs": state.epochs,
        "versions": versions(),
        "machine": machine(),
    }
