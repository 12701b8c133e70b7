"""Parameters in groups, each with its learning rate and weight decay, and their optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from .recipes import Optimizer

__all__ = ["make_optimizer", "parameter_groups", "parts"]

NORMS = (
    nn.modules.batchnorm._BatchNorm,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.modules.instancenorm._InstanceNorm,
    nn.LocalResponseNorm,
)
EMBEDDINGS = {"class_token", "position_embedding", "pos_embedding", "relative_position_bias_table"}


def parts(model: nn.Module, head: Sequence[str]) -> list[list[str]]:
    """The parameters of a model's body by part, in the order in which the model has them.

    A part is a member of the model's outermost sequence of layers, such as a block of a ResNet; or
    what stands beside such a sequence.

    Args:
        model: the model.
        head: the paths of the head's modules, which belong to no part.

    Returns:
        For each part the names of its parameters, from the input to the head.
    """
    prefixes = tuple(f"{path}." for path in head)
    found: dict[str, list[str]] = {}
    for name, _ in model.named_parameters():
        if not name.startswith(prefixes):
            found.setdefault(_part_of(model, name), []).append(name)
    return list(found.values())


def _part_of(model: nn.Module, name: str) -> str:
    taken: list[str] = []
    module = model
    for token in name.split(".")[:-1]:
        inside = isinstance(module, nn.Sequential | nn.ModuleList)
        taken.append(token)
        module = getattr(module, token)
        if inside:
            break
    return ".".join(taken)


def parameter_groups(
    model: nn.Module, settings: Optimizer, head: Sequence[str]
) -> list[dict[str, Any]]:
    """The groups of an optimizer: parameters, ``lr`` and ``weight_decay``.

    Weight decay is told apart as torchvision's reference does it: biases and embeddings first, then
    the parameters of normalisation layers, then all others.

    Args:
        model: the model.
        settings: the recipe's optimizer.
        head: the paths of the head's modules.
    """
    body = parts(model, head)
    rates = {
        name: settings.lr * settings.layer_decay ** (len(body) - 1 - number)
        for number, names in enumerate(body)
        for name in names
    }
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter, module in _parameters(model):
        rate = rates.get(name, settings.lr * settings.head_lr)
        if name.startswith("aux_classifier."):
            rate *= settings.auxiliary_lr
        decay = _decay(name.rpartition(".")[2], module, settings)
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "initial_lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def _parameters(model: nn.Module) -> Iterator[tuple[str, nn.Parameter, nn.Module]]:
    seen: set[nn.Parameter] = set()  # a parameter that is shared counts once
    for path, module in model.named_modules():
        for name, parameter in module.named_parameters(prefix=path, recurse=False):
            if parameter not in seen and parameter.requires_grad:
                seen.add(parameter)
                yield name, parameter, module


def _decay(name: str, module: nn.Module, settings: Optimizer) -> float:
    if name == "bias" and settings.bias_weight_decay >= 0:
        return settings.bias_weight_decay
    if name in EMBEDDINGS and settings.embedding_weight_decay >= 0:
        return settings.embedding_weight_decay
    if isinstance(module, NORMS) and settings.norm_weight_decay >= 0:
        return settings.norm_weight_decay
    return settings.weight_decay


def make_optimizer(groups: list[dict[str, Any]], settings: Optimizer) -> torch.optim.Optimizer:
    """The optimizer of a recipe. What a recipe does not say is as in torchvision's reference."""
    if settings.name == "sgd":
        return torch.optim.SGD(
            groups, lr=settings.lr, momentum=settings.momentum, nesterov=settings.nesterov
        )
    if settings.name == "rmsprop":
        return torch.optim.RMSprop(
            groups, lr=settings.lr, momentum=settings.momentum, eps=0.0316, alpha=0.9
        )
    return torch.optim.AdamW(groups, lr=settings.lr)
