"""How to use an entry: the code and the commands that its page shows."""

from __future__ import annotations

from keyword import iskeyword
from typing import Any

from hubcore.packages.references import Reference

from .entries import Model, Package, Weights

__all__ = ["hub_code", "model_code", "shell_of_model", "shell_of_weights", "transforms_code"]
__all__ += ["weights_code"]

_REPOSITORY = 'repo = "path/to/hubcore"  # a clone, or "OWNER/NAME" on GitHub, source="github"'


def weights_code(weights: Weights, model: str | None) -> str:
    """Python that loads weights.

    Args:
        weights: the weights.
        model: the name of the model that they fit, or None.
    """
    lines = ["import hubcore", "", f'weights = hubcore.get_weight("{weights.name}")']
    if model is not None:
        lines.append(f'model = hubcore.get_model("{model}", weights=weights).eval()')
    lines.append("preprocess = weights.transforms()")
    return "\n".join(lines)


def model_code(model: Model) -> str:
    """Python that builds a model."""
    weights = '"DEFAULT"' if model.default else "None"
    return f'import hubcore\n\nmodel = hubcore.get_model("{model.name}", weights={weights}).eval()'


def hub_code(package: Package | None, model: str | None, member: str | None) -> str | None:
    """Python for torch.hub, which has the models of the built-in families only; or None."""
    if package is None or not package.is_ours or model is None:
        return None
    weights = f'"{member}"' if member else "None"
    load = f'torch.hub.load(\n    repo, "{model}", weights={weights}, source="local"\n)'
    return f"import torch\n\n{_REPOSITORY}\nmodel = {load}\nmodel.eval()"


def shell_of_weights(weights: Weights, model: str | None, package: Package | None) -> str:
    """Commands for weights."""
    lines = [package.install] if package else []
    lines += [f"hub show {weights.name}", f"hub download {weights.name}"]
    if model is not None:
        lines.append(f"hub predict {model} photo.jpg --weights {weights.name}")
    lines.append(f"hub lock --add {weights.name}")
    return "\n".join(lines)


def shell_of_model(model: Model, package: Package | None) -> str:
    """Commands for a model."""
    lines = [package.install] if package else []
    lines.append(f"hub show {model.name}")
    if model.default:
        lines += [f"hub predict {model.name} photo.jpg", f"hub lock --add {model.name}"]
    return "\n".join(lines)


def transforms_code(reference: Reference) -> str:
    """Python that makes the preprocessing without the weights."""
    module, _, name = reference.target.partition(":")
    keywords = {key: _literal(value) for key, value in reference.keywords.items()}
    if all(key.isidentifier() and not iskeyword(key) for key in keywords):
        arguments = ", ".join(f"{key}={value}" for key, value in keywords.items())
    else:  # somebody else wrote it
        arguments = f"**{dict(reference.keywords)!r}"
    root = name.partition(".")[0]
    return f"from {module} import {root}\n\npreprocess = {name}({arguments})"


def _literal(value: Any) -> str:
    return repr(tuple(value)) if isinstance(value, list) else repr(value)
