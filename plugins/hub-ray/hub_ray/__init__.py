"""Predictions, embeddings and evaluations on a Ray cluster::

    import hub_ray

    found = hub_ray.predict("s3://acme/photos", "mobilenet_v2")    # a ray.data.Dataset

On the command line: ``hub predict``, ``hub embed`` and ``hub evaluate`` with ``--executor ray``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import RayError

if TYPE_CHECKING:
    from ray.data import Dataset

__all__ = ["RayError", "embed", "predict"]


def predict(
    inputs: Any,
    model: str | Path,
    *,
    weights: Any = "DEFAULT",
    output: str | Path | None = None,
    format: str = "parquet",
    processes: int | None = None,
    cpus: int = 1,
    gpus: float | None = None,
    column: str | None = None,
    **options: Any,
) -> Dataset:
    """Predicts with a model of the hub on a Ray cluster.

    The cluster is the one that this process is in, or that ``RAY_ADDRESS`` names; else Ray is
    started on this machine, and stays.

    Args:
        inputs: the paths of files, folders and globs; for tasks that take images also addresses
            (``s3://``, ``gs://`` and all that fsspec knows), and Parquet files and tar files
            (WebDataset) of encoded images; or a `ray.data.Dataset` with a column of such images.
        model: a model's name, bare or canonical; or the path of a file that `hub export` wrote.
        weights: as for `hubcore.predict`.
        output: a folder that all nodes see at this path, for the results as files. A job that was
            interrupted goes on where it was.
        format: of these files: ``"parquet"`` or ``"jsonl"``.
        processes: the number of actors, each with the model; None: what there is room for. With a
            Dataset one processor stays free, which reads it.
        cpus, gpus: the processors and GPUs of each. None: one GPU if the device is one, else none.
        column: the column of images, where several could be it; in a Dataset also one of addresses.
        **options: ``batch_size``, ``top``, ``score``, ``device`` and the other options of
            `hubcore.Predictor`.

    Returns:
        A Dataset with a row for each input: ``input``, its name; ``width`` and ``height``, int32,
        in pixels; ``annotations``, as ``hub predict --json`` prints them; and ``error``, why there
        are none, or null. It is lazy, and its order is that of the inputs if Ray's context asks for
        ``preserve_order``; with ``output`` it is read from the files, when all is done. Of a
        Dataset all columns but the images' stay, and there is no ``input``.

    Raises:
        RayError: the cluster, the inputs or the output cannot be used.
        HubError: as for `hubcore.predict`.
    """
    from .datasets import dataset_of

    return dataset_of(
        inputs,
        model,
        False,
        weights=weights,
        output=output,
        format=format,
        processes=processes,
        cpus=cpus,
        gpus=gpus,
        column=column,
        **options,
    )


def embed(inputs: Any, model: str | Path, **arguments: Any) -> Dataset:
    """Embeds with a model of the hub on a Ray cluster.

    Args:
        inputs, model: as for `predict`; a model's name.
        **arguments: those of `predict`, with the options of `hubcore.embed`, such as ``layer``.

    Returns:
        A Dataset as that of `predict`, with ``vector``, a list of float32, in place of
        ``annotations``. Folders of Parquet files can be read by `hub_embed.EmbeddingFile`.

    Raises:
        RayError, HubError: as for `predict` and `hubcore.embed`.
    """
    from .datasets import dataset_of

    return dataset_of(inputs, model, True, **arguments)
