"""Post-training quantization: turns float weights into 8-bit integers, with some images."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hubcore import WeightsEnum, plugins, refresh, settings
from hubcore.atomic_write import atomic_write, check_writable
from hubcore.building.builders import builder_of
from hubcore.catalogs.allowed import trust
from hubcore.catalogs.catalog import ModelEntry
from hubcore.catalogs.licenses import parent_json, to_json
from hubcore.catalogs.names import find_model, find_weights, short_name
from hubcore.checkpoints.reading import read_state_dict
from hubcore.download.hashing import sha256_of
from hubcore.errors import UnknownNameError, WeightsError
from hubcore.packages.entry_points import normalise
from hubcore.store.ownership import write_private
from hubcore.weights.parents import as_parent

from .engines import default_engine, engine_for
from .float_weights import float_weights
from .graph import converted, observed, quantized, quietly

__all__ = ["Quantized", "quantize"]

BATCH = 8

# Arguments that builders set from the weights. Models keep them in attributes of the same names.
_TAKEN_FROM_WEIGHTS = ("transform_input", "aux_logits", "image_size")


@dataclass(frozen=True)
class Quantized:
    """A model that `quantize` made.

    Attributes:
        model: the name that the model is registered under.
        weights: the full name of its weights.
        path: the file of its state dict.
        catalog: the file of the catalogue that registers it.
        backend: the engine that its weights are prepared for.
        images: the number of images that it was calibrated with.
        size: the size of the file, in bytes.
        float_size: the size of the float model's tensors, in bytes.
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
    on_step: Callable[[str], object] = lambda text: None,
) -> Quantized:
    """Quantizes an image classifier, saves its state dict, and registers it for this user.

    Weights and activations become 8-bit integers. The ranges of the activations are measured on the
    images and their mirror images.

    Source: Jacob et al., "Quantization and Training of Neural Networks for Efficient
    Integer-Arithmetic-Only Inference", 2018 (https://arxiv.org/abs/1712.05877).

    Args:
        model: the name of a float model.
        images: PIL images like the model's later inputs. 20 are enough, some hundred are better.
        output: the file for the state dict, which ``torch.load(..., weights_only=True)`` reads.
        weights: the name of the model's weights to use.
        backend: the engine to prepare the weights for: ``x86``, ``fbgemm``, ``onednn`` or
            ``qnnpack``. Default: this machine's. Other engines can run the result too.
        name: the name to register the model under. Default: the model's and the engine's.
        on_step: called with what begins, such as ``loading mobilenet_v2``.

    Returns:
        The quantized model's names, files and sizes.

    Raises:
        UnknownNameError: there is no such model, or it has no such weights.
        WeightsError: the model cannot be quantized, there are no images, or the name is taken.
        EngineError: this machine does not have the engine.
        OSError: the output file cannot be written.
    """
    entry = find_model(model)
    member = float_weights(entry, weights)
    backend = backend or default_engine()
    engine_for(backend, ())
    check_writable(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    name = name or re.sub(r"\W", "_", f"{entry.name}_{backend}")
    catalog_path = _catalog_path(name)

    on_step(f"loading {entry.name}")
    module = builder_of(entry)(weights=member, progress=True).eval()
    float_size = sum(t.numel() * t.element_size() for t in module.state_dict().values())
    config = _config(entry, member, module)
    on_step("measuring the ranges of activations")
    observer = observed(module, backend)
    count, batch = 0, torch.empty(0)
    with torch.inference_mode():
        for batch in _batches(images, member.transforms()):
            count += len(batch)
            observer(batch)
            observer(batch.flip(-1))
    if not count:
        raise WeightsError("There is no image to calibrate with: give at least one.")
    on_step("converting to 8-bit integers")
    module = converted(observer, backend)

    on_step(f"writing and checking {output.name}")
    with atomic_write(output) as temporary:
        with quietly():
            torch.save(module.state_dict(), temporary)
        _check_rebuilds(temporary, module, batch, model=entry.canonical, backend=backend, **config)
    enum = _write_catalog(catalog_path, name, entry, member, backend, config, output)
    refresh()
    return Quantized(
        name, f"{enum}.{member.name}", output, catalog_path, backend, count,
        output.stat().st_size, float_size,
    )  # fmt: skip


def _config(entry: ModelEntry, member: WeightsEnum, module: nn.Module) -> dict[str, Any]:
    """The arguments that build the same model without its weights."""
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
    """Checks that the file, in the architecture that the catalogue names, gives equal outputs."""
    rebuilt = quantized(**arguments)
    try:
        with quietly():
            rebuilt.load_state_dict(read_state_dict(path))
        with torch.inference_mode():
            same = torch.equal(rebuilt(batch), module(batch))
    except RuntimeError as error:
        raise WeightsError(
            f"{arguments['model']} cannot be quantized: its state dict does not fit the model that "
            f"is built without weights ({str(error).splitlines()[0]})."
        ) from error
    if not same:
        raise WeightsError(
            f"{arguments['model']} cannot be quantized: when it is built without weights and the "
            f"quantized ones are loaded, its outputs differ."
        )


def _catalog_path(name: str) -> Path:
    """The file of the catalogue, after checking that the name is not taken."""
    if not name.isidentifier():
        raise WeightsError(
            f"'{name}' cannot be a model's name: use letters, digits and underscores, and begin "
            f"with a letter."
        )
    path = settings.home() / "catalogs" / f"{name}.json"
    taken = {plugin.distribution: plugin for plugin in plugins()}.get(normalise(name))
    if taken is not None and not path.exists():
        raise WeightsError(
            f"The name '{name}' belongs to an installed package: choose another with --name."
        )
    with suppress(UnknownNameError):
        other = find_model(name)
        if other.catalog.path != path:
            raise WeightsError(
                f"There is a model '{name}' already: choose another name with --name."
            )
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
    parent = as_parent(member)
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
                        "evidence": to_json(parent.evidence),
                        "parent": parent_json(parent),
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
    write_private(path, json.dumps(catalog, indent=1))
    trust(path)  # the user's own, written by this package
    return enum
