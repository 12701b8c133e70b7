"""The learning rate at each step: a pure function, so nothing of it needs to be kept."""

from __future__ import annotations

import math

from .recipes import Schedule

__all__ = ["lr_at"]


def lr_at(schedule: Schedule, base: float, epochs: int, steps: int, epoch: int, step: int) -> float:
    """The learning rate of a step, as torch's schedulers of these names give it.

    Args:
        schedule: the schedule.
        base: the learning rate of the recipe.
        epochs: the epochs of the training.
        steps: the steps of an epoch.
        epoch, step: the place, counted from 0.
    """
    now = epoch + step / steps if schedule.per == "step" else float(epoch)
    warm = schedule.warmup_epochs
    factor = 1.0
    if schedule.warmup_steps:
        done, length = epoch * steps + step, min(schedule.warmup_steps, steps - 1)
        factor = _warming(schedule, done, length)
    if now < warm:
        return base * factor * _warming(schedule, now, warm)
    return factor * _main(schedule, base, now - warm, max(1, epochs - warm))


def _warming(schedule: Schedule, now: float, length: float) -> float:
    if now >= length:
        return 1.0
    if schedule.warmup == "constant":
        return schedule.warmup_factor
    return schedule.warmup_factor + (1 - schedule.warmup_factor) * now / length


def _main(schedule: Schedule, base: float, now: float, length: float) -> float:
    if schedule.name == "cosine":
        half = (1 + math.cos(math.pi * min(now, length) / length)) / 2
        return schedule.min_lr + (base - schedule.min_lr) * half
    if schedule.name == "step":
        return float(base * schedule.gamma ** (int(now) // schedule.step_size))
    if schedule.name == "multistep":
        passed = sum(int(now) >= one for one in schedule.milestones)
        return float(base * schedule.gamma**passed)
    if schedule.name == "exponential":
        return float(base * schedule.gamma**now)
    if schedule.name == "polynomial":
        return float(base * (1 - min(now, length) / length) ** schedule.power)
    return base
