"""The loop: steps, averages, checkpoints. Lightning Fabric does devices, processes and precision.

A step is a function of what the checkpoint holds, the seed and the place in the training, so a
training that was killed anywhere goes on with the same bits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from hubcore.download.progress import bar

from . import checkpoints
from .errors import NotFiniteError, TrainingError
from .optimization import make_optimizer, parameter_groups, parts
from .processes import Shares, synchronised
from .recipes import Recipe
from .sampling import EpochBatches, seed_of
from .schedule import lr_at
from .tasks.base import Images

__all__ = ["BEST", "CHECKPOINT", "Loop", "Progress"]

CHECKPOINT, BEST = "checkpoint.pt", "best.pt"
BATCH_NORMS = (nn.modules.batchnorm._BatchNorm,)


@dataclass
class Progress:
    """How far a training is.

    Attributes:
        epoch, step: the next step, counted from 0.
        losses: the loss of each step so far.
        rates: the highest learning rate of each step so far.
        epochs: for each whole epoch its mean loss, its metrics and its seconds.
        best: the best value of the score, or None.
        best_epoch: the epoch that it was reached after, counted from 0; -1: none.
        finished: whether nothing is left to do.
    """

    epoch: int = 0
    step: int = 0
    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    epochs: list[dict[str, float]] = field(default_factory=list)
    best: float | None = None
    best_epoch: int = -1
    finished: bool = False


class Loop:
    """One training.

    Args:
        fabric: where it runs.
        model: what is trained; it is changed.
        head: the paths of the head's modules in it.
        images: the training images, and their task.
        recipe: the recipe.
        validate: measures a model after each epoch: metrics by name. It runs in the first process
            only.
        folder: for the checkpoints. An existing checkpoint is continued.
        identity: what the training is of; a checkpoint of another one is refused.
        seed: of order and augmentation.
        workers: processes that decode and augment.
        checkpoint_every: seconds between checkpoints within an epoch.
        progress: show a progress bar.

    Raises:
        TrainingError: the numbers do not fit together, or the folder holds another training.
    """

    def __init__(
        self,
        fabric: Fabric,
        model: nn.Module,
        head: Sequence[str],
        images: Images,
        recipe: Recipe,
        validate: Callable[[nn.Module], dict[str, float]],
        folder: Path,
        *,
        identity: dict[str, str],
        seed: int = 0,
        workers: int = 0,
        checkpoint_every: float = 60.0,
        progress: bool = False,
    ) -> None:
        self._fabric, self._recipe, self._images = fabric, recipe, images
        self._validate, self._folder, self._identity = validate, folder, identity
        self._seed, self._workers, self._shown = seed, workers, progress
        self._every = checkpoint_every
        size = min(recipe.batch_size, len(images))
        if size % fabric.world_size:
            raise TrainingError(
                f"A batch of {size} images cannot be shared by {fabric.world_size} processes "
                f"evenly: change batch_size in the recipe."
            )
        if size // fabric.world_size < recipe.accumulate:
            raise TrainingError(
                f"A batch of {size} images, shared by {fabric.world_size} processes, cannot be cut "
                f"into {recipe.accumulate} pieces: lower accumulate in the recipe."
            )
        self._steps = self._batches(0, 0).steps
        self.average = self._averaged(model)
        self._shares = Shares(fabric)
        if fabric.world_size > 1 and recipe.batch_norm == "train":
            model = synchronised(model, fabric.device.type)
        self._body = parts(model, head)
        self._unfreezing(model)
        optimizer = make_optimizer(
            parameter_groups(model, recipe.optimizer, head), recipe.optimizer
        )
        self.model = model
        self._wrapped, self._optimizer = fabric.setup(model, optimizer)
        self.state = Progress()
        self._follow: Callable[[Progress], None] | None = None
        if (folder / CHECKPOINT).exists():
            self._resume()

    @property
    def steps(self) -> int:
        """The steps of an epoch."""
        return self._steps

    @property
    def score(self) -> str:
        """The metric that says which weights are the best."""
        return self._images.task.score

    @property
    def kept(self) -> int:
        """The epoch whose weights are the result, counted from 0."""
        best = self._recipe.keep == "best" and self.state.best_epoch >= 0
        return self.state.best_epoch if best else len(self.state.epochs) - 1

    def run(self, follow: Callable[[Progress], None] | None = None) -> Progress:
        """Trains to the end.

        Args:
            follow: is told how far the training is, in the first process, after each checkpoint.

        Raises:
            NotFiniteError: the loss became NaN or infinite.
            TrainingError: a checkpoint cannot be written, or an image no longer be read.
        """
        state, total = self.state, self._recipe.epochs * self._steps
        self._follow = follow
        with bar(
            total=total,
            initial=state.epoch * self._steps + state.step,
            desc="training",
            unit="step",
            leave=False,
            disable=None if self._shown and self._fabric.is_global_zero else True,
        ) as shown:
            while state.epoch < self._recipe.epochs and not state.finished:
                self._epoch(shown)
        state.finished = True
        self._tell()
        return state

    def result(self) -> dict[str, Tensor]:
        """The tensors of the trained model: the best ones, or the last ones, as the recipe says."""
        if self.kept == self.state.best_epoch and (self._folder / BEST).exists():
            tensors: dict[str, Tensor] = checkpoints.load(self._folder / BEST)["model"]
            return tensors
        return dict(self.trained().state_dict())

    def trained(self) -> nn.Module:
        """The model that counts: the average if there is one."""
        return self.model if self.average is None else self.average.module

    def _batches(self, epoch: int, first: int) -> EpochBatches:
        return EpochBatches(
            len(self._images),
            self._recipe.batch_size,
            pieces=self._recipe.accumulate,
            seed=self._seed,
            epoch=epoch,
            repeats=self._recipe.images.repeats,
            first_step=first,
            rank=self._fabric.global_rank,
            world_size=self._fabric.world_size,
        )

    def _averaged(self, model: nn.Module) -> AveragedModel | None:
        ema = self._recipe.ema
        if not ema.decay:
            return None
        decay = ema.decay
        if ema.adjust:  # as torchvision's reference, so that one decay suits many lengths
            factor = self._recipe.batch_size * ema.every / self._recipe.epochs
            decay = 1 - min(1.0, (1 - decay) * factor)
        update = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]  # torch's
        average = AveragedModel(model, multi_avg_fn=update, use_buffers=True)
        return average.to(self._fabric.device)

    def _unfreezing(self, model: nn.Module) -> None:
        self._frozen_until: dict[str, int] = {}
        each = self._recipe.schedule.unfreeze_epochs
        if not each:
            return
        if self._fabric.world_size > 1:
            raise TrainingError("Gradual unfreezing (unfreeze_epochs) runs in one process only.")
        for number, names in enumerate(reversed(self._body), 1):
            self._frozen_until.update(dict.fromkeys(names, number * each))

    def _epoch(self, shown: Any) -> None:
        state, recipe = self.state, self._recipe
        self._to_training()
        for name, parameter in self.model.named_parameters():
            if name in self._frozen_until:
                parameter.requires_grad_(state.epoch >= self._frozen_until[name])
        batches = self._batches(state.epoch, state.step)
        named = [draw.image for batch in self._whole_batches(state.epoch) for draw in batch]
        loader = iter(
            DataLoader(
                self._images,
                batch_sampler=batches,
                collate_fn=self._images.collate,
                num_workers=self._workers,
                pin_memory=self._fabric.device.type == "cuda" and self._images.task.pinned,
            )
        )
        begun = saved = time.monotonic()
        size = min(recipe.batch_size, len(self._images))
        while state.step < self._steps:
            loaded = [next(loader) for _ in range(recipe.accumulate)]
            pieces = [self._fabric.to_device(piece) for piece, _ in loaded]
            value = self._step(self._images.task.mixed(pieces, loaded[0][1], self._shares))
            if not math.isfinite(value):
                wrong = named[state.step * size : (state.step + 1) * size]
                names = [self._images.data.samples[index].id for index in wrong]
                kept = self._folder / CHECKPOINT
                raise NotFiniteError(
                    value, state.epoch, state.step, names, kept if kept.exists() else None
                )
            state.losses.append(value)
            state.step += 1
            shown.set_postfix(epoch=state.epoch + 1, loss=f"{value:.4f}", refresh=False)
            shown.update()
            if state.step < self._steps and time.monotonic() - saved > self._every:
                self._save()
                saved = time.monotonic()
        self._end_epoch(time.monotonic() - begun)

    def _whole_batches(self, epoch: int) -> EpochBatches:
        return EpochBatches(
            len(self._images),
            self._recipe.batch_size,
            seed=self._seed,
            epoch=epoch,
            repeats=self._recipe.images.repeats,
        )

    def _step(self, pieces: Sequence[Any]) -> float:
        """One step of the optimizer. Returns the loss, the mean over all processes."""
        state, recipe = self.state, self._recipe
        for group in self._optimizer.param_groups:
            group["lr"] = lr_at(
                recipe.schedule,
                group["initial_lr"],
                recipe.epochs,
                self._steps,
                state.epoch,
                state.step,
            )
        self._optimizer.zero_grad()
        total = torch.zeros((), device=self._fabric.device)
        size = min(recipe.batch_size, len(self._images)) // self._fabric.world_size
        for number, piece in enumerate(pieces):
            place = number * self._fabric.world_size + self._fabric.global_rank
            torch.manual_seed(seed_of(self._seed, state.epoch, state.step, place, 1))
            waits = number + 1 < len(pieces)
            share = len(range(number, size, len(pieces))) / size
            with self._fabric.no_backward_sync(self._wrapped, enabled=waits):
                loss = self._images.task.loss(self._wrapped, piece) * share
                self._fabric.backward(loss)
            total += loss.detach()
        value = float(self._fabric.all_reduce(total, reduce_op="mean"))  # type: ignore[arg-type]  # a tensor
        if not math.isfinite(value):
            return value  # before anything is changed
        if recipe.optimizer.clip_gradients:
            self._fabric.clip_gradients(
                self._wrapped,
                self._optimizer,
                max_norm=recipe.optimizer.clip_gradients,
                error_if_nonfinite=False,
            )
        self._optimizer.step()
        state.rates.append(max(group["lr"] for group in self._optimizer.param_groups))
        self._update_average()
        return value

    def _update_average(self) -> None:
        if self.average is None:
            return
        state, recipe = self.state, self._recipe
        if state.step % recipe.ema.every == 0:
            self.average.update_parameters(self.model)
            if state.epoch < recipe.schedule.warmup_epochs:
                self.average.n_averaged.fill_(0)  # during the warm-up it is a copy

    def _to_training(self) -> None:
        self._wrapped.train()
        if self._recipe.batch_norm == "frozen":
            for module in self.model.modules():
                if isinstance(module, BATCH_NORMS):
                    module.eval()

    def _end_epoch(self, seconds: float) -> None:
        state, score = self.state, self._images.task.score
        metrics: dict[str, float] = {}
        if self._fabric.is_global_zero:
            metrics = self._validate(self.trained())
        metrics = self._fabric.broadcast(metrics)
        losses = state.losses[-self._steps :]
        state.epochs.append({"loss": math.fsum(losses) / len(losses), **metrics, "s": seconds})
        value = metrics.get(score)
        if (
            value is not None
            and not math.isnan(value)
            and (state.best is None or value > state.best)
        ):
            state.best, state.best_epoch = value, state.epoch
            if self._fabric.is_global_zero:
                tensors = self.trained().state_dict()
                checkpoints.save(self._folder / BEST, {"model": tensors})
        patience = self._recipe.patience
        since = state.epoch - state.best_epoch
        state.finished = bool(patience) and since >= patience
        state.epoch, state.step = state.epoch + 1, 0
        self._save()

    def _save(self) -> None:
        if self._fabric.is_global_zero:
            content = {
                "identity": self._identity,
                "progress": vars(self.state),
                "model": self.model.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "average": None if self.average is None else self.average.state_dict(),
                "precision": self._fabric.strategy.precision.state_dict(),
            }
            checkpoints.save(self._folder / CHECKPOINT, content)
        self._tell()
        self._fabric.barrier()

    def _tell(self) -> None:
        if self._follow is not None and self._fabric.is_global_zero:
            self._follow(self.state)

    def _resume(self) -> None:
        path = self._folder / CHECKPOINT
        found = checkpoints.load(path)
        different = sorted(
            key
            for key in self._identity.keys() | found["identity"].keys()
            if self._identity.get(key) != found["identity"].get(key)
        )
        if different:
            raise TrainingError(
                f"{self._folder} holds another training: {' and '.join(different)} differ from "
                f"what was asked for now. Choose another --output, or remove the folder."
            )
        self.state = Progress(**found["progress"])
        self.model.load_state_dict(found["model"])
        self._optimizer.load_state_dict(found["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(found["average"])
        self._fabric.strategy.precision.load_state_dict(found["precision"])
