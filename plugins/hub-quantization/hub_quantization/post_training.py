"""Post-training quantization: from float weights and some images to weights in 8-bit integers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hubcore import WeightsEnum, plugins, refresh, settings
from hubcore.building.builders import builder_of
from hubcore.building.weights_argument import resolve_weights
from hubcore.catalogs.catalog import ModelEntry
from hubcore.catalogs.names import find_model, find_weights, short_name
from hubcore.checkpoints.reading import read_state_dict
from hubcore.download.hashing import sha256_of
from hubcore.errors import UnknownNameError, WeightsError
from hubcore.packages.entry_points import normalise
from hubcore.packages.references import Reference

from .engines import default_engine, engine_for
from .graph import converted, observed, quantized, quietly

__all__ = ["Quantized", "quantize"]

BATCH = 8

# What builders set from their weights, and models keep under the name of the argument.
_TAKEN_FROM_WEIGHTS = ("transform_input", "aux_logits", "image_size")


@dataclass(frozen=True)
class Quantized:
    """What `quantize` made.

    Attributes:
        model: the name under which it is registered.
        weights: the full name of its weights.
        path: the file.
        catalog: the catalogue that registers it.
        backend: the engine it is for.
        images: how many it was calibrated with.
        size: of the file, in bytes.
        float_size: of the float weights' tensors, in bytes.
    """

    model: str
    weights: str
    path: Path
    catalog: Path
    backend: str
    images: int
    size: int
    float_size: int


def quantize(
    model: str,
    images: Iterable[Any],
    output: Path,
    *,
    weights: str = "DEFAULT",
    backend: str | None = None,
    name: str | None = None,
) -> Quantized:
    """Quantizes an image classifier, saves its state dict, and registers it for this user.

    Weights and activations become 8-bit integers. The ranges of the activations are those that
    the images, and the images mirrored, give rise to. (Jacob et al., Quantization and Training of
    Neural Networks for Efficient Integer-Arithmetic-Only Inference, 2018.)

    Args:
        model: a float model's name.
        images: PIL images like those that the model will see; 20 do, some hundred are better.
        output: where the state dict goes, for ``torch.load(..., weights_only=True)``.
        weights: which of the model's weights.
        backend: the engine it is for: ``x86``, ``fbgemm``, ``onednn`` or ``qnnpack``. Default:
            this machine's. Other engines run the result too.
        name: the name to register it under. Default: the model's and the engine's.

    Raises:
        WeightsError: the model cannot be quantized, there are no images, or the name is taken.
        EngineError: this machine has not the engine.
    """
    entry = find_model(model)
    member = _float_weights(entry, weights)
    backend = backend or default_engine()
    engine_for(backend, ())
    if output.is_dir():
        raise WeightsError(f"{output} is a folder: name the file to write.")
    output.parent.mkdir(parents=True, exist_ok=True)
    name = name or re.sub(r"\W", "_", f"{entry.name}_{backend}")
    catalog_path = _free_place(name)

    module = builder_of(entry)(weights=member, progress=True).eval()
    float_size = sum(t.numel() * t.element_size() for t in module.state_dict().values())
    config = _config(entry, member, module)
    observer = observed(module, backend)
    count, batch = 0, torch.empty(0)
    with torch.inference_mode():
        for batch in _batches(images, member.transforms()):
            count += len(batch)
            observer(batch)
            observer(batch.flip(-1))
    if not count:
        raise WeightsError("There is no image to calibrate with.")
    module = converted(observer, backend)

    temporary = output.with_name(f".{output.name}.partial")
    try:
        with quietly():
            torch.save(module.state_dict(), temporary)
        _check_rebuilds(temporary, module, batch, model=entry.canonical, backend=backend, **config)
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)
    enum = _write_catalog(catalog_path, name, entry, member, backend, config, output)
    refresh()
    return Quantized(
        name, f"{enum}.{member.name}", output, catalog_path, backend, count,
        output.stat().st_size, float_size,
    )  # fmt: skip


def _float_weights(entry: ModelEntry, weights: str) -> WeightsEnum:
    if entry.task != "image-classification":
        raise WeightsError(f"'{entry.name}' does {entry.task}; only classifiers can be quantized.")
    if "quantize" in entry.parameters:
        raise WeightsError(
            f"'{entry.name}' is quantized already: name the float model, "
            f"'{entry.name.removeprefix('quantized_')}'."
        )
    try:
        member = resolve_weights(entry, weights)
    except TypeError as error:
        raise WeightsError(str(error)) from error
    if not isinstance(member, WeightsEnum) or not isinstance(member.transforms, Reference):
        raise WeightsError(f"The weights {weights} are not from a catalogue.")
    if "backend" in member.meta:
        raise WeightsError(f"The weights {member} are quantized already.")
    return member


def _config(entry: ModelEntry, member: WeightsEnum, module: nn.Module) -> dict[str, Any]:
    """The arguments that build the model as its weights did."""
    config: dict[str, Any] = dict(member.value.config)
    if entry.head and member.meta.get("categories"):
        config["num_classes"] = len(member.meta["categories"])
    for argument in _TAKEN_FROM_WEIGHTS:
        if hasattr(module, argument):
            config[argument] = getattr(module, argument)
    return config


def _batches(images: Iterable[Any], preprocess: Any) -> Iterator[Tensor]:
    batch: list[Tensor] = []
    for image in images:
        batch.append(preprocess(image))
        if len(batch) == BATCH:
            yield torch.stack(batch)
            batch = []
    if batch:
        yield torch.stack(batch)


def _check_rebuilds(path: Path, module: nn.Module, batch: Tensor, **arguments: Any) -> None:
    """Holds what the file gives, in the architecture that the catalogue will name, against what
    was measured."""
    rebuilt = quantized(**arguments)
    try:
        rebuilt.load_state_dict(read_state_dict(path))
        with torch.inference_mode():
            same = torch.equal(rebuilt(batch), module(batch))
    except RuntimeError as error:
        raise WeightsError(
            f"{arguments['model']} cannot be quantized: its state dict does not fit the model as "
            f"built without weights ({str(error).splitlines()[0]})"
        ) from error
    if not same:
        raise WeightsError(
            f"{arguments['model']} cannot be quantized: built without weights it computes "
            f"something else than with them."
        )


def _free_place(name: str) -> Path:
    """The catalogue's file, unless the name means something else."""
    if not name.isidentifier():
        raise WeightsError(f"'{name}' is no usable name: write letters, digits and underscores.")
    path = settings.home() / "catalogs" / f"{name}.json"
    taken = {plugin.distribution: plugin for plugin in plugins()}.get(normalise(name))
    if taken is not None and not path.exists():
        raise WeightsError(f"The name '{name}' is a package's: choose another with --name.")
    with suppress(UnknownNameError):
        other = find_model(name)
        if other.catalog.path != path:
            raise WeightsError(f"There is a model '{name}' already: choose another with --name.")
    return path


def _write_catalog(
    path: Path,
    name: str,
    entry: ModelEntry,
    member: WeightsEnum,
    backend: str,
    config: dict[str, Any],
    output: Path,
) -> str:
    enum = f"{name}_Weights"
    transforms: Any = member.transforms
    kept = {
        key: value
        for key, value in member.meta.items()
        if key in ("categories", "min_size", "num_params", "license")
    }
    original = f"{short_name(find_weights(type(member).__name__))}.{member.name}"
    architecture = {"model": entry.canonical, "backend": backend, **config}
    catalog = {
        "schema": 1,
        "models": {
            name: {
                "task": entry.task,
                "architecture": ["hub_quantization.graph:quantized", architecture],
                "weights": enum,
                "doc": f"{entry.name}, quantized after training for the engine {backend}.",
            }
        },
        "weights": {
            enum: {
                "builder": name,
                "default": member.name,
                "members": {
                    member.name: {
                        "url": output.absolute().as_uri(),
                        "sha256": sha256_of(output),
                        "size": output.stat().st_size,
                        "license": member.value.license,
                        "transforms": transforms.to_json(),
                        "meta": {
                            **kept,
                            "backend": backend,
                            "unquantized": f"@{original}",
                            "_docs": f"{original}, quantized after training.",
                        },
                    }
                },
            }
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(catalog, indent=1), "utf-8")
    return enum
