"""Packs a trained checkpoint into the wheel of a weights package.

This loads the tensors into the model as a user would, computes the digest, the size and the numbers
of parameters and operations, writes the catalogue and builds the wheel. It needs no network.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copyfile
from typing import Any, NamedTuple

from ..catalogs.catalog import ModelEntry
from ..catalogs.checking import check
from ..catalogs.licenses import Evidence, evidence_of_license, parent_json
from ..catalogs.names import find_model, short_name
from ..devices import refuse_device
from ..errors import WeightsError
from ..packages.references import Reference
from ..weights.lookup import get_weight
from ..weights.parents import as_parent
from .evidence import measured
from .export import dumps
from .needs import PACKED, Needs, needs
from .operations import count_ops
from .recipe import PackError, Recipe, check_recipe, writable_folder
from .scaffold import names_for, write_project
from .second import add_to_project, is_project, require_nothing_lost
from .wheels import build_wheel, require_tools

__all__ = [
    "PackError",
    "Recipe",
    "base_transforms",
    "make_project",
    "pack",
    "read_categories",
    "writable_folder",
]

Step = Callable[[str], object]
"""What is called with what begins."""


def _silent(text: str) -> None:
    pass


_OPS_TASKS = ("image-classification", "semantic-segmentation")


def pack(recipe: Recipe, output: Path, on_step: Step = _silent) -> Path:
    """Checks a checkpoint, and builds a wheel that offers it.

    Args:
        recipe: what to pack.
        output: the folder for the wheel. It is created if it does not exist.
        on_step: called with what begins, such as ``building the wheel``.

    Returns:
        The path of the wheel.

    Raises:
        PackError: the checkpoint is missing, is not a state dict or does not fit the categories, or
            the wheel cannot be built.
        WeightsError: the checkpoint does not fit the model.
        UnknownNameError: there is no such model.
        ScaffoldError: the distribution cannot have this name.
        LicenseError: the user's rules for licences refuse the weights, or their parent.
        MissingDependencyError: a package that packing needs is not installed.
    """
    writable_folder(output)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        make_project(recipe, project, on_step)
        on_step("building the wheel")
        return build_wheel(project, output)


def make_project(recipe: Recipe, folder: Path, on_step: Step = _silent) -> None:
    """Writes the source of the package that `pack` builds.

    Args:
        recipe: what to pack.
        folder: the folder for the source. It must be empty or not exist, or hold the source of an
            earlier version, to which the weights are added.
        on_step: called with what begins, such as ``reading best.pth``.

    Raises:
        PackError, WeightsError, UnknownNameError, ScaffoldError, MissingDependencyError: as `pack`.
        ScaffoldError: the folder is not empty, or cannot be written.
    """
    from ..download.hashing import sha256_of

    require_tools()
    values = names_for(recipe.name)
    check_recipe(recipe)
    if not is_project(folder):
        require_nothing_lost(recipe, values)
    model = find_model(recipe.model)
    if model.head and not recipe.categories:
        raise PackError(
            f"The model '{model.name}' has classes, so their names are needed, in the order of its "
            f"outputs: --categories FILE."
        )
    transforms = base_transforms(model, recipe.preprocessing)
    if not os.path.isfile(recipe.checkpoint):  # noqa: PTH113  # false for a path that is none
        raise PackError(f"There is no file {recipe.checkpoint}.")
    parent = as_parent(get_weight(recipe.parent)) if recipe.parent else None
    on_step(f"reading {recipe.checkpoint.name}")
    digest = sha256_of(recipe.checkpoint)
    file = f"{values['package']}-{digest[:8]}{recipe.checkpoint.suffix}"
    size = recipe.checkpoint.stat().st_size
    tensors = _tensors(model, recipe)
    needed = needs(model, tensors, transforms)
    transforms = _fitting(transforms, needed, recipe)
    dataset, metrics = recipe.dataset or "own", dict(recipe.metrics)
    if recipe.record is not None:
        dataset, metrics = measured(recipe, recipe.record, digest, transforms.to_json())
    evidence = evidence_of_license(recipe.license, f"the recipe of {recipe.name}")
    name = f"{values['name']}/{values['enum']}.{recipe.member}"
    candidate = _Candidate(
        str(recipe.checkpoint), transforms, {}, tensors, name, evidence._replace(parent=parent)
    )
    on_step(f"loading it into {model.name}, and counting operations")
    meta: dict[str, Any] = {
        **_measured(model, recipe, candidate, needed),
        "categories": f"@{values['entry']}" if recipe.categories else None,
        **needed.meta,
        "recipe": recipe.training,
        "_metrics": {dataset: metrics} if metrics else {},
        "_file_size": round(size / 2**20, 3),
    }
    member = {
        "url": recipe.url or f"package:{values['name']}/{values['package']}/{file}",
        "sha256": digest,
        "size": size,
        "license": recipe.license,
        **({"parent": parent_json(parent)} if parent else {}),
        "transforms": transforms.to_json(),
        **({"config": needed.config} if needed.config else {}),
        "meta": {key: value for key, value in meta.items() if value is not None},
    }
    catalog = {
        "schema": 1,
        "lists": {values["entry"]: "categories.json"},
        **({"records": {f"records/{recipe.member}.json": digest}} if recipe.record else {}),
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
    files = {file: recipe.checkpoint} if recipe.url is None else {}
    if recipe.record is not None:
        files[f"records/{recipe.member}.json"] = recipe.record
    check(catalog, "the catalogue of the new package")
    if is_project(folder):
        add_to_project(folder, recipe, catalog, files)
        return
    write_project("weights", folder, values)
    package = folder / values["package"]
    _write_json(package / "catalog.json", catalog)
    _write_json(package / "categories.json", list(recipe.categories))
    for name, source in files.items():
        (package / name).parent.mkdir(exist_ok=True)
        copyfile(source, package / name)


def base_transforms(model: ModelEntry, changes: Mapping[str, Any] | None = None) -> Reference:
    """The preprocessing of a model's default weights, with changed arguments.

    Args:
        model: the model.
        changes: the arguments to change. If the model has no weights of its own, they are all the
            arguments of `hubcore.transforms.ImageClassification`, and must include ``crop_size``.

    Raises:
        PackError: the model has no weights of its own, and ``crop_size`` is missing.
    """
    entry = model.catalog.weights.get(model.weights or "")
    if entry is None:
        if not changes or "crop_size" not in changes:
            raise PackError(
                f"The model '{model.name}' has no weights to take the preprocessing from: give at "
                f"least --crop-size and --resize-size, as the images were prepared in training."
            )
        return Reference("hubcore.transforms:ImageClassification", changes)
    default = entry.default or next(iter(entry.members))
    known = entry.catalog.reference(entry.members[default]["transforms"])
    known.keywords.update(changes or {})
    return known


def read_categories(path: Path) -> list[str]:
    """Reads the names of classes from a JSON array (``.json``) or a text file, one per line.

    Raises:
        PackError: the file cannot be read, or holds anything else or no names.
    """
    try:
        refuse_device(path)
        text = path.read_text("utf-8")
        names = json.loads(text) if path.suffix == ".json" else text.splitlines()
    except OSError as error:
        raise PackError(f"Cannot read the categories: {path}: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise PackError(f"Cannot read the categories: {path} is not UTF-8 text.") from None
    except (ValueError, RecursionError) as error:
        raise PackError(f"Cannot read the categories: {path} is not JSON ({error}).") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PackError(
            f"{path} must hold the names of the classes: a JSON array of strings, or a text file "
            f"with one name per line."
        )
    names = [name.strip() for name in names if name.strip()]
    if not names:
        raise PackError(f"{path} holds no names of classes: write one per line.")
    return names


class _Candidate(NamedTuple):
    """A checkpoint as weights: it satisfies `hubcore.WeightsLike`."""

    url: str
    transforms: Reference
    meta: dict[str, Any]
    tensors: Mapping[str, Any]
    name: str
    evidence: Evidence

    def get_state_dict(self, **_: Any) -> Mapping[str, Any]:
        return self.tensors

    def __repr__(self) -> str:
        return self.url


def _tensors(model: ModelEntry, recipe: Recipe) -> Mapping[str, Any]:
    """Reads the checkpoint, which must be a state dict that looks like the model's."""
    from ..checkpoints.reading import read_state_dict

    try:
        tensors = read_state_dict(recipe.checkpoint)
    except WeightsError as error:
        raise PackError(
            f"{recipe.checkpoint} cannot be packed as it is. Save only the model's tensors: "
            f"torch.save(model.state_dict(), path). ({error})"
        ) from error
    _check_tensors(model, recipe, tensors)
    return tensors


def _fitting(transforms: Reference, needed: Needs, recipe: Recipe) -> Reference:
    """The preprocessing for the only size of images that a model takes, if it takes only one."""
    size, known = needed.image_size, transforms.keywords.get("crop_size")
    if size is None or not isinstance(known, int) or known == size:
        return transforms
    if "crop_size" in recipe.preprocessing:
        raise PackError(
            f"The tensors in {recipe.checkpoint} are for images of {size} pixels, but the images "
            f"are cropped to {known}. Give --crop-size {size}."
        )
    resized = transforms.keywords.get("resize_size", known)
    changed = {"crop_size": size, "resize_size": round(resized * size / known)}
    return Reference(transforms.target, {**transforms.keywords, **changed, **recipe.preprocessing})


def _measured(
    model: ModelEntry, recipe: Recipe, candidate: _Candidate, needed: Needs
) -> dict[str, Any]:
    """Loads the checkpoint as users will. Returns the numbers of parameters and operations."""
    from ..building.builders import builder_of
    from ..weights.lookup import meta_value

    meta = {
        key: meta_value(model.catalog, key, value, get_weight) for key, value in needed.meta.items()
    }
    meta["categories"] = list(recipe.categories)
    built = builder_of(model)(weights=candidate._replace(meta=meta), **needed.config).eval()
    preprocess = candidate.transforms()
    found: dict[str, Any] = {"num_params": sum(p.numel() for p in built.parameters())}
    if model.task in _OPS_TASKS and "backend" not in needed.meta:
        from PIL import Image

        found["_ops"] = round(count_ops(built, preprocess(Image.new("RGB", (512, 512)))), 3)
    return found


def _check_tensors(model: ModelEntry, recipe: Recipe, tensors: Mapping[str, Any]) -> None:
    """Reports common mistakes in the author's terms. Loading finds all others."""
    nested = [
        key
        for key, value in tensors.items()
        if not (hasattr(value, "shape") or PACKED in key or key.endswith("_extra_state"))
    ]
    if nested:
        raise PackError(
            f"{recipe.checkpoint} holds more than tensors ({', '.join(nested[:4])}). Save only the "
            f"model's state dict: torch.save(model.state_dict(), path)."
        )
    if tensors and all(key.startswith("module.") for key in tensors):
        raise PackError(
            f"The tensors in {recipe.checkpoint} are named 'module.…', as DataParallel names them. "
            f"Save those of the model inside: torch.save(model.module.state_dict(), path)."
        )
    for path in model.head:
        head = tensors.get(f"{path}.weight")
        if model.task == "image-classification" and head is not None:
            outputs = len(head)
            if outputs != len(recipe.categories):
                raise PackError(
                    f"The checkpoint has {outputs} outputs ('{path}.weight'), but "
                    f"{len(recipe.categories)} categories were given. Give one for each output."
                )


def _license_line(license: str) -> str:
    """The licence's line in pyproject.toml, where only SPDX expressions are allowed; else empty."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return f'license = "{canonicalize_license_expression(license)}"\n'
    except InvalidLicenseExpression:
        return ""


def _write_json(path: Path, value: Any) -> None:
    path.write_text(dumps(value) + "\n", "utf-8")
