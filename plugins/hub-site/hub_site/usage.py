"""How to use an entry: the code and the commands that its page shows."""

from __future__ import annotations

import json
from keyword import iskeyword
from shlex import quote
from typing import Any

from hubcore.catalogs.catalog import ModelEntry
from hubcore.catalogs.tasks import task_facts
from hubcore.packages.references import Reference

from .entries import Model, Package, Weights

__all__ = ["hub_code", "model_code", "shell_of_model", "shell_of_weights", "transforms_code"]
__all__ += ["weights_code"]

_INPUTS = {
    "image": "photo.jpg",
    "pair": "first.jpg second.jpg",
    "images": "photos/",
    "prompted": "photo.jpg --prompt 'a cat'",
    "text": "'a text'",
    "points": "points.npy",
    "video": "clip.mp4",
}
"""What stands for an input, by the kind that a task takes."""
_REPOSITORY = 'repo = "path/to/hubcore"  # a clone, or "OWNER/NAME" on GitHub, source="github"'


def weights_code(weights: Weights, model: str | None) -> str:
    """Python that loads weights.

    Args:
        weights: the weights.
        model: the name of the model that they fit, or None.
    """
    lines = ["import hubcore", "", f"weights = hubcore.get_weight({_quoted(weights.name)})"]
    if model is not None:
        lines.append(f"model = hubcore.get_model({_quoted(model)}, weights=weights).eval()")
    lines.append("preprocess = weights.transforms()")
    return "\n".join(lines)


def model_code(model: Model) -> str:
    """Python that builds a model."""
    weights = '"DEFAULT"' if model.default else "None"
    build = f"hubcore.get_model({_quoted(model.name)}, weights={weights})"
    return f"import hubcore\n\nmodel = {build}.eval()"


def hub_code(package: Package | None, model: str | None, member: str | None) -> str | None:
    """Python for torch.hub, which has the models of the built-in families only; or None."""
    if package is None or not package.is_ours or model is None:
        return None
    weights = _quoted(member) if member else "None"
    return "\n".join(
        [
            "import torch",
            "",
            _REPOSITORY,
            "model = torch.hub.load(",
            "    repo,",
            f"    {_quoted(model)},",
            f"    weights={weights},",
            '    source="local",',
            ")",
            "model.eval()",
        ]
    )


def shell_of_weights(weights: Weights, model: str | None, package: Package | None) -> str:
    """Commands for weights."""
    lines = _installs(package, weights.model)
    name = quote(weights.name)
    lines += [f"hub show {name}", f"hub download {name}"]
    if model is not None:
        given = _given(weights.row.get("task"))
        lines.append(f"hub predict {quote(model)} {given} --weights {name}")
    lines.append(f"hub lock --add {name}")
    return "\n".join(lines)


def shell_of_model(model: Model, package: Package | None) -> str:
    """Commands for a model."""
    lines = _installs(package, model.entry)
    name = quote(model.name)
    lines.append(f"hub show {name}")
    if model.default:
        given = _given(model.entry.task)
        lines += [f"hub predict {name} {given}", f"hub lock --add {name}"]
    return "\n".join(lines)


def _installs(package: Package | None, model: ModelEntry | None) -> list[str]:
    """What installs a package, and what a model needs that this does not bring."""
    lines = [package.install] if package else []
    if model is not None and model.requires:
        lines.append(f"pip install {' '.join(map(quote, model.requires))}")
    return lines


def _given(task: str | None) -> str:
    """What stands for the input of a task on the command line."""
    facts = task_facts(task)
    return _INPUTS[facts.input if facts else "image"]


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


def _quoted(name: str) -> str:
    """A name in Python. That of a catalogue in the store's folder may hold quotes."""
    return json.dumps(name)


def _literal(value: Any) -> str:
    return repr(tuple(value)) if isinstance(value, list) else repr(value)
