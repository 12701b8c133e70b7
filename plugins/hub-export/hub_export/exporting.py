"""`export`: writes a model as a file of its own, and checks the file before it is published."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubcore.atomic_write import check_writable, publish
from hubcore.catalogs.catalog import ModelEntry
from hubcore.catalogs.names import find_model, short_name
from hubcore.prediction.choice import chosen_weights
from hubcore.prediction.expansion import expand
from hubcore.prediction.inputs import ImageInput
from hubcore.prediction.values import Failure

from .errors import ExportError
from .formats import About, check_holds, find_format, require
from .tasks import check_task, require_task

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import nn

    from hubcore.embedding.taken import Taken

    from .agreement import Agreement

__all__ = ["VECTORS", "Exported", "export"]

VECTORS = ("image-classification", "semantic-segmentation")
"""The tasks of whose models vectors are exported: those whose images are prepared outside."""


@dataclass(frozen=True)
class Exported:
    """A file that was exported and checked.

    Attributes:
        path: the file.
        files: all files that belong to it, itself included.
        size: of all of them, in bytes.
        metadata: what it says of itself, see `metadata.schema.json`.
        agreement: how it agrees with the hub's own prediction.
    """

    path: Path
    files: tuple[Path, ...]
    size: int
    metadata: dict[str, Any]
    agreement: Agreement


def export(
    model: str | nn.Module,
    output: str | Path,
    *,
    weights: Any = "DEFAULT",
    format: str | None = None,
    task: str | None = None,
    top: int = 5,
    raw: bool = False,
    one_size: bool = False,
    vectors: bool = False,
    layer: str | None = None,
    photos: Iterable[str | Path] = (),
    progress: bool = False,
) -> Exported:
    """Exports a model with its preprocessing and its result inside.

    The file takes uint8 images and gives what the typed result of `hubcore.predict` has: the
    names, dtypes and shapes of inputs and outputs stand in its metadata. It is compared with
    `hubcore.Predictor` on photos and seeded images before it gets its name.

    Args:
        model: a model's name, bare or canonical; or a module with its weights loaded, which needs
            ``weights`` and ``task`` too. It is put in evaluation mode.
        output: the file to write; one that is there is replaced.
        weights: for a name, what the model's builder takes; for a module, the weights that provide
            its preprocessing and categories.
        format: one of `formats.FORMATS`. Default: what the file's name ends in.
        task: the task, needed only for a module.
        top: the number of classes of a classification's ``labels`` and ``scores``.
        raw: export the bare model. Its input is then float32 (N, 3, H, W), preprocessed. Some
            formats always hold that of some tasks (`Format.bare`).
        one_size: of a bare model or vectors: take only images of the size (H, W) that the
            preprocessing crops to, if it does. Some models are traced much faster for one size. A
            model that is bare only because of its format is always exported so.
        vectors: export what `hubcore.embed` gives, for ``hub embed``: a bare model whose one output
            is ``vector``, float32 (N, C). For image classification and semantic segmentation.
        layer: the module whose output the vectors are of; default: the input of the declared head.
        photos: further images to check the file on: files, folders or globs.
        progress: show what is being done on stderr.

    Returns:
        What was written.

    Raises:
        ExportError: the model, its task or its preprocessing cannot be exported, or an option is
            wrong, or the file cannot be written.
        DifferenceError: the file's results differ from the hub's. Nothing was written.
        EmbeddingError: of vectors: the model has no such layer, or declares no head.
        InputError: one of the photos cannot be read.
        MissingDependencyError: the format needs a package that is not installed.
        HubError: there is no such model, or its weights cannot be downloaded or do not fit.
    """
    # What needs no torch is said at once.
    path = Path(output)
    wanted = find_format(format, path)
    if top < 1:
        raise ExportError(f"top must be at least 1, not {top}.")
    entry = find_model(model) if isinstance(model, str) else None
    config: dict[str, Any] = {}
    if entry:
        weights, config = chosen_weights(entry, weights)
        task = task or entry.task
    elif task is None or isinstance(weights, str):
        raise ExportError("To export a module, give its task and the weights that go with it.")
    if task:
        check_task(task)
        check_holds(wanted, task)
    if layer is not None and not vectors:
        raise ExportError("layer is for vectors only.")
    if vectors and task not in VECTORS:
        raise ExportError(
            f"Vectors are exported only of models for {' and '.join(VECTORS)}, and this one is for "
            f"{task}."
        )
    if vectors and wanted.fixed:
        raise ExportError(f"The format '{wanted.name}' holds no vectors: {wanted.fixed}.")
    if one_size and not (raw or vectors or task in wanted.bare):
        raise ExportError(
            "one_size is for bare models (raw) and vectors: with the preprocessing inside, images "
            "may have any size, and the model sees the one that they are cropped to."
        )
    one_size = one_size or not (raw or vectors)
    raw = raw or vectors or task in wanted.bare
    if path.suffix.lower() != wanted.suffix:
        raise ExportError(
            f"{path}: the name of a file in the format '{wanted.name}' must end in "
            f"'{wanted.suffix}'."
        )
    if not path.parent.is_dir():
        raise ExportError(f"{path}: there is no folder '{path.parent}'.")
    with _writing(path):
        check_writable(path)
    further = _opened(photos)
    writer = require(wanted)

    from hubcore.download.progress import Steps

    from .checking import Checker
    from .layers import Layers
    from .metadata import describe
    from .pipeline import bare_pipeline
    from .tracing import refuse_quantized, trace
    from .vectors import vector_pipeline

    name = short_name(entry) if entry else type(model).__name__
    with Steps(4, shown=progress) as step:
        step(f"{name}: building")
        module: Any = _built(entry, weights, config, progress) if entry else model
        module.eval()
        refuse_quantized(module)
        taken = _taken(entry, module, weights, layer) if vectors else None
        with Layers(module, module).named():
            if taken:
                pipeline = vector_pipeline(module, weights, taken, one_size=one_size)
            elif raw:
                pipeline = bare_pipeline(
                    module, weights, one_size=one_size, one_image=bool(wanted.fixed)
                )
            else:
                pipeline = require_task(task).pipeline(module, weights, top)
        layers = Layers(pipeline.module, module)
        step(f"{name}: tracing")
        with layers.named():
            program, inputs, outputs = trace(pipeline)
        metadata = describe(
            wanted,
            task=task,
            model=entry or type(model).__name__,
            weights=weights,
            raw=raw,
            layer=taken.layer if taken else "",
            inputs=inputs,
            outputs=outputs,
        )
        with _folder_beside(path) as folder:
            made = folder / path.name
            step(f"{name}: writing")
            with _writing(path), layers.named():
                text = json.dumps(metadata, ensure_ascii=False)
                program = writer.write(program, made, About(inputs, outputs, text))
            checker = Checker(
                task, module, weights, pipeline, layers, raw=raw, taken=taken, further=further
            )
            step(f"{name}: checking")
            agreement = checker.check(
                writer, made, program, lambda items, what: _each(items, what, progress)
            )
            with _writing(path):
                files = _publish(folder, path)
    size = sum(file.stat().st_size for file in files)
    return Exported(path, files, size, metadata, agreement)


def _opened(photos: Iterable[str | Path]) -> list[tuple[str, Image]]:
    """The photos by name, decoded: one that cannot be read is an error before torch is there."""
    found = []
    for one in expand(list(photos), "image-classification"):
        if isinstance(one, Failure):
            raise one.error
        assert isinstance(one, ImageInput)  # this task has no others
        found.append((one.name, one.open()))
    return found


def _built(entry: ModelEntry, weights: Any, config: dict[str, Any], progress: bool) -> Any:
    from hubcore.building.builders import builder_of
    from hubcore.errors import DownloadError
    from hubcore.prediction.choice import with_those_here

    try:
        return builder_of(entry)(weights=weights, progress=progress, **config)
    except DownloadError as error:
        raise with_those_here(error, weights) from error


def _taken(entry: ModelEntry | None, module: nn.Module, weights: Any, layer: str | None) -> Taken:
    from hubcore.embedding.heads import declared_heads
    from hubcore.embedding.taken import Taken
    from hubcore.prediction.engines.base import Vectors

    model = entry.canonical if entry else module
    heads = declared_heads(model, weights) if layer is None else []
    return Taken(module, heads, Vectors(layer))


def _each(items: Sequence[Any], what: str, shown: bool) -> Iterable[Any]:
    from hubcore.download.progress import bar

    options = {} if shown else {"disable": True}
    found: Iterable[Any] = bar(items, desc=what, unit="input", leave=False, **options)
    return found


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(f"Cannot write {path}: {error.strerror or error}.") from error


@contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    """A hidden folder on the same disk, where files can have their final names already.

    Files of a format that refer to one another then need no change when they are published.
    """
    with _writing(path):
        folder = Path(tempfile.mkdtemp(prefix=".hub-export-", dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(folder: Path, path: Path) -> tuple[Path, ...]:
    """Moves the files to their places, the one that the others belong to last."""
    made = sorted(folder.iterdir(), key=lambda file: (file.name == path.name, file.name))
    for file in made:
        publish(file, path.with_name(file.name))
    return tuple(path.with_name(file.name) for file in reversed(made))
