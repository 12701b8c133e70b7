"""The float weights that are to be quantized."""

from __future__ import annotations

from hubcore import WeightsEnum
from hubcore.building.weights_argument import resolve_weights
from hubcore.catalogs.catalog import ModelEntry
from hubcore.errors import WeightsError
from hubcore.packages.references import Reference

__all__ = ["float_weights"]


def float_weights(entry: ModelEntry, weights: str) -> WeightsEnum:
    """Finds the weights of an image classifier.

    Raises:
        UnknownNameError: it has no such weights.
        WeightsError: it is no float image classifier, or the weights are of no catalogue.
    """
    if entry.task != "image-classification":
        raise WeightsError(
            f"'{entry.name}' is a model for {entry.task}: only image classifiers can be quantized."
        )
    if "quantize" in entry.parameters:
        raise WeightsError(
            f"'{entry.name}' is quantized already: give the float model, "
            f"'{entry.name.removeprefix('quantized_')}'."
        )
    member = resolve_weights(entry, weights)
    if not isinstance(member, WeightsEnum) or not isinstance(member.transforms, Reference):
        raise WeightsError(
            f"The weights {weights} are not from a catalogue, so they cannot be quantized."
        )
    if "backend" in member.meta:
        raise WeightsError(f"The weights {member} are quantized already: give float weights.")
    return member
