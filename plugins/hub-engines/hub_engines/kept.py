"""Files that engines run, made from models of the hub: exported once, and kept in the store.

Each is kept beside the file of its weights, as a copy in another format is: with a record of its
own digest, listed and verified with the weights, and removed with them. Its name tells what it was
made from, so what changes one of these makes another file: the weights' files, the model, the
preprocessing, and hub-export. Where that is not installed, a file of any of its versions serves.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copyfile
from typing import Any

from hubcore.catalogs.catalog import ModelEntry
from hubcore.catalogs.names import find_model
from hubcore.digests import is_digest
from hubcore.download.hashing import sha256_of
from hubcore.embedding.heads import declared_heads
from hubcore.errors import MissingDependencyError
from hubcore.packages.references import Reference
from hubcore.packages.versions import installed_version
from hubcore.prediction.choice import chosen_weights, with_those_here
from hubcore.prediction.engines.base import Request, Vectors
from hubcore.prediction.errors import PredictionError
from hubcore.prediction.tasks import require_task
from hubcore.store import default_store
from hubcore.weights.enums import WeightsEnum
from hubcore.weights.traces import first_digest

__all__ = ["BARE", "kept_file"]

BARE = ("image-classification", "semantic-segmentation")
"""The tasks whose bare models are run, with preprocessing and result in numpy: photos are prepared
by several threads, share batches, and get the very pixels that torch gets."""
SMALL = 1024  # bytes; smaller tensors stay in the graph, where shapes are computed from them
NO_MAPS = "Exported files give vectors, and no maps"
_REVISION = 2  # raised when what is exported for engines changes


def kept_file(request: Request, engine: str) -> tuple[Path, WeightsEnum]:
    """The file to run for a model of the hub; exported now if it was not yet.

    Args:
        request: its model is a name.
        engine: the engine's name, for messages.

    Returns:
        The file, and the weights that are in it.

    Raises:
        PredictionError: there can be no such file.
        MissingDependencyError: it must be exported, and hub-export is not installed.
        HubError: there is no such model, its weights are refused or cannot be downloaded, or it
            cannot be exported.
    """
    if not isinstance(request.model, str):
        raise PredictionError(
            f"The engine '{engine}' runs models of the hub by name, and exported files. To run a "
            f"module with it, write a file with hub_export.export."
        )
    entry = find_model(request.model)
    require_task(request.task or entry.task)
    weights, _ = chosen_weights(entry, request.weights)
    if not isinstance(weights, WeightsEnum):
        raise PredictionError(
            f"{weights} is of no catalogue, so no file that was made from it can be found again. "
            f"Write one with hub_export.export, and give that."
        )
    bare = (weights.value.task or entry.task) in BARE
    vectors = request.vectors
    if vectors is not None:
        _check_vectors(request.model, vectors, bare, engine)
    digest = first_digest(weights) or _downloaded(weights, request.progress)
    kind = f"onnx-{_key(entry, weights, bare, vectors)}-"
    exporter = _installed()
    found = _find(digest, kind if exporter is None else f"{kind}{exporter}-")
    if found is None and exporter is None:
        raise MissingDependencyError(
            f"The engine '{engine}' runs a file that is exported from '{request.model}' at the "
            f"first use, and there is none yet. On a machine with torch: pip install "
            f"'hub-engines[export]'. Or give a file that 'hub export' wrote elsewhere.",
            "hub_export",
        )
    if found is None:
        _downloaded(weights, request.progress)
        # What is run bare gets prepared images, which are of one size wherever they are cropped.
        what: dict[str, Any] = {"raw": bare, "one_size": bare, "progress": request.progress}
        if vectors is not None:
            what |= {"vectors": True, "layer": vectors.layer}
        found = _make(entry, weights, digest, f"{kind}{exporter}-", what)
    return found, weights


def _find(digest: str, kind: str) -> Path | None:
    """The graph that is kept, if it and its tensors are undamaged."""
    paths = default_store().made_from(digest, kind)
    graphs = (path for path in reversed(paths) if path.suffix == ".onnx")
    return next((path for path in graphs if path.with_suffix(".data") in paths), None)


def _check_vectors(model: str, vectors: Vectors, bare: bool, engine: str) -> None:
    """Refuses what no file can give, before anything is downloaded."""
    if not bare:
        raise PredictionError(
            f"The engine '{engine}' gives vectors of models for {' and '.join(BARE)} only. Leave "
            f"out engine: torch gives those of '{model}'."
        )
    if vectors.spatial:
        raise PredictionError(f"{NO_MAPS}: leave out engine or spatial.")
    if vectors.layer is None:
        declared_heads(model, None)


def _make(
    entry: ModelEntry, weights: WeightsEnum, digest: str, kind: str, what: Mapping[str, Any]
) -> Path:
    """Exports a model with torch, compares it with the hub's own prediction, and keeps it.

    `what` are the options of `hub_export.export` that say what of it.

    The tensors are a file beside the graph, since engines map such a file, and read what is inside
    the graph twice. Both are named by the digest of the tensors, so neither fits another's.
    """
    import warnings

    from hub_export import export

    store = default_store()
    with tempfile.TemporaryDirectory(prefix="hub-engines-") as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch and its exporter, for programmers
            made = export(
                entry.canonical,
                Path(folder, "model.onnx"),
                weights=weights,
                format="onnx",
                **what,
            )
        graph, tensors = Path(folder, "split.onnx"), Path(folder, "split.data")
        named = Path(folder, "named.onnx")
        try:
            _split(made.path, graph, tensors.name)
            tensors.touch()  # there is none where all tensors are small
            kind += sha256_of(tensors)[:12]
            _split(made.path, named, f"{digest}-{kind}.data")
        except OSError as error:
            raise PredictionError(
                f"Cannot write to {folder}, where '{entry.name}' is exported: "
                f"{error.strerror or error}. TMPDIR names another folder."
            ) from error

        def copy(source: Path) -> Callable[[Path], Any]:
            return lambda target: copyfile(source, target)

        exporter = installed_version("hub-export")
        made_by = exporter and f"hub-export=={exporter}"
        store.derived(digest, f"{kind}.data", copy(tensors), made_by)
        return store.derived(digest, f"{kind}.onnx", copy(named), made_by)


def _split(source: Path, graph: Path, tensors: str) -> None:
    """Writes an ONNX file with its tensors in another file of that name beside it."""
    import onnx

    onnx.save(
        onnx.load(source),
        graph,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=tensors,
        size_threshold=SMALL,
    )


def _key(
    entry: ModelEntry, weights: WeightsEnum, bare: bool, vectors: Vectors | None = None
) -> str:
    """What a file is made from, beside its weights' first file, in 16 digits."""
    made_by = weights.transforms
    facts: dict[str, Any] = {
        "revision": _REVISION,
        "model": entry.canonical,
        "architecture": entry.data.get("architecture"),
        "files": [file.digest for file in weights.value.files],
        "preprocessing": made_by.to_json() if isinstance(made_by, Reference) else repr(made_by),
        "bare": bare,
    }
    if vectors is not None:
        facts["vectors"] = vectors.layer or [*declared_heads(entry.canonical, weights)]
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _installed() -> str | None:
    """The version of hub-export, as names have it; None if it is not installed."""
    try:
        from hub_export import __version__  # which imports no torch
    except ImportError:
        return None
    return re.sub(r"[^a-z0-9]+", "-", __version__.lower())


def _downloaded(weights: WeightsEnum, progress: bool) -> str:
    """Downloads the weights if need be. Returns the digest of their (first) file."""
    from hubcore.errors import DownloadError

    try:
        path = weights.download(progress=progress)
    except DownloadError as error:
        raise with_those_here(error, weights) from error
    return path.name if is_digest(path.name) else sha256_of(path)
