"""The figures of a record, for the package of the checkpoint that was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..catalogs.records import dataset_of, figures_of, read_record
from ..errors import CatalogError
from .recipe import PackError, Recipe

__all__ = ["measured"]


def measured(
    recipe: Recipe, path: Path, digest: str, transforms: Any
) -> tuple[str, dict[str, float]]:
    """The data set of a record and its metrics, rounded to three decimals.

    Args:
        recipe: what is packed.
        path: the record.
        digest: the SHA-256 of the checkpoint.
        transforms: the preprocessing that the package will have, as catalogues write it.

    Raises:
        PackError: it is no record, or one of another checkpoint, preprocessing or data set.
    """
    try:
        record = read_record(path)
    except CatalogError as error:
        raise PackError(f"The record cannot be used: {error}.") from error
    if record["weights_sha256"] != digest:
        raise PackError(
            f"{path} was not measured with {recipe.checkpoint}: its weights have the SHA-256 "
            f"{record['weights_sha256'][:16]}..., the checkpoint {digest[:16]}.... (Of a module in "
            f"memory the tensors are recorded, not the file: pack without figures, install the "
            f"wheel, and evaluate that.)"
        )
    if record["preprocessing"] != transforms:
        raise PackError(
            f"{path} was measured with other preprocessing than the package would have: "
            f"{_difference(record['preprocessing'], transforms)}. Give the options that it was "
            f"measured with, such as --crop-size, or evaluate again."
        )
    dataset = dataset_of(record)
    if recipe.dataset not in (None, dataset):
        raise PackError(
            f"{path} was measured on '{dataset}', not on '{recipe.dataset}': leave out --dataset, "
            f"or evaluate again with --dataset '{recipe.dataset}'."
        )
    figures = figures_of(record).items()
    metrics = {name: round(one.value, 3) for name, one in figures if one.value is not None}
    if not metrics:
        raise PackError(f"{path} holds no figures: nothing in the data counts for its metrics.")
    return dataset, metrics


def _difference(recorded: Any, now: Any) -> str:
    """Where two references differ, in words."""
    if not (isinstance(recorded, list) and isinstance(now, list) and recorded[0] == now[0]):
        return f"{recorded} there, {now} here"
    keys = sorted(key for key in {*recorded[1], *now[1]} if recorded[1].get(key) != now[1].get(key))
    return "; ".join(f"{key} {recorded[1].get(key)} there, {now[1].get(key)} here" for key in keys)
