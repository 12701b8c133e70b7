"""From trained tensors to a package: measured, recorded, and packed as `hub pack` does it."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from hub_evaluate import evaluate
from hub_evaluate.results import Evaluation
from hubcore.authoring.packing import Recipe as PackRecipe
from hubcore.authoring.packing import make_project
from hubcore.authoring.scaffold import names_for
from hubcore.authoring.wheels import build_wheel
from hubcore.building.builders import get_model
from hubcore.download.hashing import sha256_of
from hubcore.packages.references import Reference
from hubcore.weights.enums import canonical_name

from .checkpoints import written
from .choice import Chosen
from .data import TrainingData
from .errors import TrainingError
from .recipes import Recipe
from .validation import Candidate

__all__ = ["Package", "name_for", "write_package", "write_weights"]

MEMBER = "V1"


@dataclass(frozen=True)
class Package:
    """What a package of trained weights is made from.

    Attributes:
        name: the distribution's name.
        license: an SPDX identifier, an address, or "unknown".
        dataset: what the data are called where the metrics are published.
        checkpoint: the file of the state dict.
    """

    name: str
    license: str
    dataset: str
    checkpoint: Path


def name_for(model: str, data: Path) -> str:
    """A distribution's name from a model's and a folder's."""
    folder = data.resolve()
    word = folder.stem if folder.is_file() else folder.name
    return re.sub(r"[^a-z0-9]+", "-", f"{word}-{model}".lower()).strip("-")


def write_weights(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Writes a state dict as models are published, completely or not at all.

    Raises:
        TrainingError: it cannot be written.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with written(path) as temporary, temporary.open("wb") as file:
        torch.save(plain, file)


def measure(
    chosen: Chosen, package: Package, reference: Reference, data: TrainingData, *, device: str,
    workers: int | None, progress: bool,
) -> Evaluation:  # fmt: skip
    """Loads the weights as users will, and measures them on the images held back.

    Raises:
        HubError: the weights cannot be loaded, or an image not be read.
    """
    from hubcore.checkpoints.reading import read_state_dict

    candidate = Candidate(
        str(package.checkpoint),
        reference,
        _meta(chosen, data),
        read_state_dict(package.checkpoint),
    )
    model = get_model(chosen.entry.canonical, weights=candidate).eval()
    found = evaluate(
        model,
        data.validation,
        weights=candidate,
        only=[sample.id for sample in data.validation.samples] if data.divided else None,
        task=chosen.task,
        dataset=package.dataset,
        device=device,
        workers=workers,
        progress=progress,
    )
    values = names_for(package.name)
    facts = {
        **found.facts,
        # The tensors were read from this file, and the package will have this preprocessing.
        "weights_sha256": sha256_of(package.checkpoint),
        "preprocessing": reference.to_json(),
    }
    weights = f"{values['name']}/{values['enum']}.{MEMBER}"
    return replace(found, model=chosen.entry.name, weights=weights, facts=facts)


def _meta(chosen: Chosen, data: TrainingData) -> dict[str, Any]:
    """The meta-data that building and prediction need."""
    meta: dict[str, Any] = {"categories": list(data.categories)}
    if chosen.keypoints:
        meta["keypoint_names"] = list(chosen.keypoints)
    return meta


def write_package(
    chosen: Chosen,
    package: Package,
    data: TrainingData,
    recipe: Recipe,
    record: Path,
    preprocessing: Mapping[str, Any],
    lineage: Mapping[str, Any],
    output: Path,
) -> Path:
    """Packs the weights with their record, recipe and lineage.

    Args:
        chosen: the model, and the weights that it was tuned from.
        package: the package.
        data: the data.
        recipe: the recipe, which the package ships as ``recipe.toml``.
        record: the record of `measure`.
        preprocessing: the arguments of the preprocessing.
        lineage: the facts of the training, which the package ships as ``training.json``.
        output: the folder for the wheel.

    Returns:
        The wheel.

    Raises:
        PackError, ScaffoldError: it cannot be packed.
    """
    packed = PackRecipe(
        checkpoint=package.checkpoint,
        model=chosen.entry.canonical,
        categories=list(data.categories),
        name=package.name,
        member=MEMBER,
        record=record,
        license=package.license,
        parent=None if chosen.weights is None else canonical_name(chosen.weights),
        training=f"hub train --recipe {recipe.name}: recipe.toml and training.json in the package",
        preprocessing=dict(preprocessing),
    )
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        make_project(packed, project)
        inside = project / names_for(package.name)["package"]
        try:
            (inside / "recipe.toml").write_text(recipe.text, "utf-8")
            (inside / "training.json").write_text(json.dumps(lineage, indent=1) + "\n", "utf-8")
        except OSError as error:
            raise TrainingError(f"{inside}: cannot be written: {error.strerror}") from error
        return build_wheel(project, output)
