"""From a trained checkpoint to the wheel of a weights pack.

The tensors are tried on the model as a user would load them; digest, size, parameters and
operations are computed; the catalogue is written and the wheel built, without a network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalogs.catalog import ModelEntry
from ..catalogs.names import find_model, short_name
from ..errors import HubError, MissingDependencyError, WeightsError
from ..packages.references import Reference
from .export import dumps
from .scaffold import names_for, write_project

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "PackError",
    "Recipe",
    "base_transforms",
    "build_wheel",
    "count_ops",
    "make_project",
    "pack",
    "read_categories",
]

_OPS_TASKS = ("image-classification", "semantic-segmentation")


class PackError(HubError, ValueError):
    """A checkpoint cannot be packed as asked."""


@dataclass(frozen=True)
class Recipe:
    """What is to be packed.

    Attributes:
        checkpoint: a state dict, in a file that `torch.load` reads or a safetensors file.
        model: the model that the tensors fit, by name.
        categories: the names of the classes, in the order of the model's outputs.
        name: the distribution's name.
        version: the distribution's version.
        member: the name of the weights in their enum.
        metrics: results by name, such as ``{"acc@1": 97.1}``; in percent where the field does so.
        dataset: what the metrics were measured on.
        license: an SPDX identifier, an address, or "unknown".
        url: where the checkpoint will be found; None puts it into the wheel.
        training: where it is described how the weights were trained.
        preprocessing: changes to the arguments of the preprocessing that the model's own weights
            have, such as ``{"crop_size": 96}``.
    """

    checkpoint: Path
    model: str
    categories: Sequence[str]
    name: str
    version: str = "0.1.0"
    member: str = "V1"
    metrics: Mapping[str, float] = field(default_factory=dict)
    dataset: str = "own"
    license: str = "unknown"
    url: str | None = None
    training: str | None = None
    preprocessing: Mapping[str, Any] = field(default_factory=dict)


def pack(recipe: Recipe, output: Path) -> Path:
    """Checks a checkpoint and builds the wheel that offers it.

    Args:
        recipe: what to pack.
        output: the folder for the wheel.

    Returns:
        The wheel.

    Raises:
        PackError, WeightsError: the checkpoint does not fit the model or the categories.
        MissingDependencyError: the build backend is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        make_project(recipe, project)
        return build_wheel(project, output)


def make_project(recipe: Recipe, folder: Path) -> None:
    """Writes the source of the package that `pack` builds."""
    from ..download.hashing import sha256_of

    _require_tools()
    values = names_for(recipe.name)
    model = find_model(recipe.model)
    transforms = base_transforms(model, recipe.preprocessing)
    if not recipe.checkpoint.is_file():
        raise PackError(f"There is no file {recipe.checkpoint}.")
    digest = sha256_of(recipe.checkpoint)
    file = f"{values['package']}-{digest[:8]}{recipe.checkpoint.suffix}"
    size = recipe.checkpoint.stat().st_size
    meta: dict[str, Any] = {
        **_measured(model, recipe, transforms),
        "categories": f"@{values['entry']}",
        **_inherited(model),
        "recipe": recipe.training,
        "_metrics": {recipe.dataset: dict(recipe.metrics)} if recipe.metrics else {},
        "_file_size": round(size / 2**20, 3),
    }
    member = {
        "url": recipe.url or f"package:{values['name']}/{values['package']}/{file}",
        "sha256": digest,
        "size": size,
        "license": recipe.license,
        "transforms": transforms.to_json(),
        "meta": {key: value for key, value in meta.items() if value is not None},
    }
    catalog = {
        "schema": 1,
        "lists": {values["entry"]: "categories.json"},
        "weights": {
            values["enum"]: {
                "builder": model.canonical,
                "default": recipe.member,
                "members": {recipe.member: member},
            }
        },
    }
    values |= {
        "version": recipe.version,
        "member": recipe.member,
        "model": short_name(model),
        "builder": model.canonical,
        "requires": model.catalog.distribution,
        "description": f"{model.name} for {len(recipe.categories)} categories",
        "license_line": _license_line(recipe.license),
        "transforms": "null",  # the whole catalogue is written below
    }
    write_project("weights", folder, values)
    package = folder / values["package"]
    _write_json(package / "catalog.json", catalog)
    _write_json(package / "categories.json", list(recipe.categories))
    if recipe.url is None:
        copyfile(recipe.checkpoint, package / file)


def build_wheel(project: Path, output: Path) -> Path:
    """Builds a project's wheel with hatchling, which the project declares as its backend.

    Raises:
        MissingDependencyError: a tool is not installed.
        PackError: it refused the project.
    """
    _require_tools()
    output.mkdir(parents=True, exist_ok=True)
    # PEP 517's hook, which works on the current folder and so gets a process of its own.
    hook = "import sys, hatchling.build as backend; print(backend.build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", hook, str(output.absolute())]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackError(f"The wheel could not be built. {(done.stderr or done.stdout).strip()}")
    return output / Path(done.stdout.strip().splitlines()[-1]).name


def base_transforms(model: ModelEntry, changes: Mapping[str, Any] | None = None) -> Reference:
    """The preprocessing of a model's default weights, with changed arguments.

    Raises:
        PackError: the model has no weights of its own to take it from.
    """
    entry = model.catalog.weights.get(model.weights or "")
    if entry is None:
        if not changes or "crop_size" not in changes:
            raise PackError(
                f"The model '{model.name}' has no weights whose preprocessing could be taken over: "
                f"say how the images were prepared, --crop-size and --resize-size at least."
            )
        return Reference("hubcore.transforms:ImageClassification", changes)
    default = entry.default or next(iter(entry.members))
    known = Reference.from_json(entry.members[default]["transforms"])
    return Reference(known.target, {**known.keywords, **(changes or {})})


def read_categories(path: Path) -> list[str]:
    """Names of classes from a JSON array, or from a text file with one a line.

    Raises:
        PackError: the file cannot be read, or holds anything else.
    """
    try:
        text = path.read_text("utf-8")
        names = json.loads(text) if path.suffix == ".json" else text.splitlines()
    except (OSError, ValueError) as error:
        raise PackError(f"The categories cannot be read from {path}: {error}") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PackError(f"{path} must hold the names of the classes: an array, or one a line.")
    names = [name.strip() for name in names if name.strip()]
    if not names:
        raise PackError(f"{path} holds no names of classes.")
    return names


def count_ops(model: nn.Module, image: Any) -> float:
    """Billions of multiply-accumulate operations of one forward pass, as torchvision counts them.

    Args:
        model: in evaluation mode.
        image: one prepared image, ``(C, H, W)``.
    """
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    # The CPU's fused attention is not counted, its parts are.
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
            model(image.unsqueeze(0))
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    # The counter has a multiplication and an addition as two.
    return float(counter.get_total_flops()) / 2 / 1e9


class _Candidate(NamedTuple):
    """A checkpoint in the guise of weights: what `hubcore.weights.WeightsLike` asks for."""

    url: str
    transforms: Reference
    meta: dict[str, Any]
    tensors: Mapping[str, Any]

    def get_state_dict(self, **_: Any) -> Mapping[str, Any]:
        return self.tensors

    def __repr__(self) -> str:
        return self.url


def _measured(model: ModelEntry, recipe: Recipe, transforms: Reference) -> dict[str, Any]:
    """Loads the checkpoint as users will; gives the number of parameters and of operations."""
    from ..building.builders import builder_of
    from ..checkpoints.reading import read_state_dict

    try:
        tensors = read_state_dict(recipe.checkpoint)
    except WeightsError as error:
        raise PackError(
            f"{recipe.checkpoint} cannot be packed as it is. Save the model's tensors alone, "
            f"torch.save(model.state_dict(), path). ({error})"
        ) from error
    _check_tensors(model, recipe, tensors)
    meta = {"categories": list(recipe.categories)}
    candidate = _Candidate(str(recipe.checkpoint), transforms, meta, tensors)
    built = builder_of(model)(weights=candidate).eval()
    preprocess = transforms()
    found: dict[str, Any] = {"num_params": sum(p.numel() for p in built.parameters())}
    if model.task in _OPS_TASKS:
        from PIL import Image

        found["_ops"] = round(count_ops(built, preprocess(Image.new("RGB", (512, 512)))), 3)
    return found


def _check_tensors(model: ModelEntry, recipe: Recipe, tensors: Mapping[str, Any]) -> None:
    """The usual mistakes, in the author's terms; loading finds the others."""
    nested = [key for key, value in tensors.items() if not hasattr(value, "shape")]
    if nested:
        raise PackError(
            f"{recipe.checkpoint} holds more than tensors ({', '.join(nested[:4])}). Save the "
            f"model's state dict alone: torch.save(model.state_dict(), path)."
        )
    if tensors and all(key.startswith("module.") for key in tensors):
        raise PackError(
            f"The tensors of {recipe.checkpoint} are named 'module.…', as DataParallel names them. "
            f"Save those of the model inside: torch.save(model.module.state_dict(), path)."
        )
    for path in model.head:
        head = tensors.get(f"{path}.weight")
        if model.task == "image-classification" and head is not None:
            outputs = len(head)
            if outputs != len(recipe.categories):
                raise PackError(
                    f"The checkpoint has {outputs} outputs ('{path}.weight'), but "
                    f"{len(recipe.categories)} categories are named."
                )


def _inherited(model: ModelEntry) -> dict[str, Any]:
    """What is true of all weights of a model."""
    entry = model.catalog.weights.get(model.weights or "")
    if entry is None:
        return {}
    meta = entry.members[entry.default or next(iter(entry.members))].get("meta", {})
    return {key: meta[key] for key in ("min_size", "min_temporal_size") if key in meta}


def _require_tools() -> None:
    from importlib.util import find_spec

    for module in ("hatchling", "packaging", "PIL", "torch"):
        if module not in sys.modules and find_spec(module) is None:
            raise MissingDependencyError(
                f"Packing needs '{module}': pip install 'hubcore[authors]' and the family that "
                f"has the model",
                module,
            )


def _license_line(license: str) -> str:
    """The line of pyproject.toml: only for an SPDX expression, nothing else is allowed there."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return f'license = "{canonicalize_license_expression(license)}"\n'
    except InvalidLicenseExpression:
        return ""


def _write_json(path: Path, value: Any) -> None:
    path.write_text(dumps(value) + "\n", "utf-8")
