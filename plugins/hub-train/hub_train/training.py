"""`train`: from a model and a folder of images to a package."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from lightning_fabric import Fabric

from hub_evaluate.records import write_json

from .choice import choose, with_sizes
from .curves import draw, write_tables
from .data import check_images, open_training_data
from .errors import TrainingError
from .lineage import identity_of, lineage_of, write_split
from .loop import CHECKPOINT
from .packaging import MEMBER, Package, measure, name_for, write_package, write_weights
from .preparation import Setting, make_loop
from .recipes import Recipe, changed
from .tasks import task_of
from .tensorboard import FOLDER, Events, check_tensorboard

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
    recipe: str | Path | Recipe | None = None,
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
    tensorboard: bool = False,
    checkpoint_every: float = 60.0,
    progress: bool = False,
) -> Training:
    """Trains a model on labelled images, and makes a package of it.

    Called again after an interruption, with the same arguments, it goes on where it was and ends
    with the same bits.

    Args:
        model: a model's name, or the full name of weights to start from.
        data: a folder of labelled images, see `hub_train.data.open_training_data`.
        weights: the weights to start from, as for the model's builder; None for none;
            ``"backbone"`` for those of the backbone alone.
        recipe: the name of a recipe, the path of one, or a `Recipe`. Default: the task's own
            ``finetune``, ``finetune-objects`` or ``finetune-masks``.
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
        tensorboard: also write the curves for TensorBoard, into ``tensorboard`` in the folder.
        checkpoint_every: seconds between checkpoints within an epoch.
        progress: show progress bars with the remaining time on stderr.

    Raises:
        RecipeError: the recipe cannot be used.
        DataError, TrainingError: the data cannot be used, or something cannot be written.
        NotFiniteError: the loss became NaN or infinite.
        MissingDependencyError: the package tensorboard is asked for and not installed.
        HubError: the model or its weights cannot be found or used.
    """
    if tensorboard:
        check_tensorboard()
    chosen = choose(model, weights, recipe)
    chosen = replace(chosen, recipe=changed(chosen.recipe, epochs=epochs))
    sized, reference, preprocessing = with_sizes(chosen)
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
        if dataset is None and read.divided:
            packed = replace(packed, dataset=f"{packed.dataset}, images held back")
        task = task_of(
            chosen.task, sized, categories=read.categories, preprocessing=vars(reference()),
            keypoints=chosen.keypoints,
        )  # fmt: skip
        if not (folder / CHECKPOINT).exists():
            check_images([read.train, read.validation], task.fault, threads, progress and first)
        identity = identity_of(chosen, sized, read, seed)
        if first:
            write_split(folder, read)
        setting = Setting(fabric, chosen, sized, read, reference, task, folder, identity, seed)
        loop, module = make_loop(
            setting, workers=workers or 0, threads=threads, checkpoint_every=checkpoint_every,
            progress=progress,
        )  # fmt: skip
        steps = loop.steps
        with Events(folder / FOLDER) if tensorboard and first else nullcontext() as events:
            state = loop.run(None if events is None else events.follow)
        metrics: dict[str, float] = {}
        wheel = None
        if first:
            trained = (
                module.get_submodule(chosen.entry.head[-1]) if loop.model is not module else module
            )
            trained.load_state_dict(loop.result())
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
            lineage = lineage_of(identity, chosen, sized, read, state, loop.kept, seed)
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
