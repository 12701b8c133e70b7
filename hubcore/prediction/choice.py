"""What the arguments of a prediction mean, told before torch is imported."""

from __future__ import annotations

import re
from typing import Any

from ..building.weights_argument import resolve_weights
from ..catalogs.catalog import ModelEntry
from ..errors import DownloadError, OfflineError
from ..protocols import WeightsLike
from ..store import default_store
from ..weights.enums import WeightsEnum
from .errors import PredictionError

__all__ = ["check_device", "chosen_weights", "with_those_here"]

# The devices that torch knows by name, those of its extensions included.
_DEVICES = (
    *("cpu", "cuda", "mps", "xpu", "hpu", "mtia", "xla", "maia", "ipu", "ve", "hip", "vulkan"),
    *("meta", "privateuseone", "npu", "mkldnn", "opengl", "opencl", "ideep", "fpga", "lazy"),
)
_DEVICE = re.compile(r"([a-z]+)(:\d{1,3})?", re.ASCII)


def check_device(name: str) -> None:
    """Checks the name of a device. Whether it is there, only torch knows.

    Raises:
        PredictionError: no device has such a name.
    """
    import difflib

    match = _DEVICE.fullmatch(name)
    if match and match[1] in _DEVICES and match[1] != "meta":
        return
    if match and match[1] == "meta":
        raise PredictionError("The device 'meta' holds no values, so nothing can be predicted.")
    close = difflib.get_close_matches(name.partition(":")[0].lower(), _DEVICES[:4], n=1)
    meant = f" Did you mean '{close[0]}'?" if close else " Devices are cpu, cuda, cuda:1, mps, xpu."
    raise PredictionError(f"'{name}' is not a device.{meant}")


def chosen_weights(entry: ModelEntry, weights: Any) -> tuple[WeightsLike, dict[str, Any]]:
    """The weights to predict with, and the arguments that they need the builder to have.

    Raises:
        WeightsError, UnknownNameError: there are no such weights, or they are for another model.
        PredictionError: there are none.
    """
    quantizes = "quantize" in entry.parameters
    found = resolve_weights(entry, weights, {"quantize": True} if quantizes else {})
    if found is None:
        raise PredictionError(
            f"Prediction needs weights, but '{entry.name}' was given none. Use weights='DEFAULT', "
            f"say."
        )
    # Quantized weights name their engine.
    return found, {"quantize": "backend" in found.meta} if quantizes else {}


def with_those_here(error: DownloadError, weights: WeightsLike) -> DownloadError:
    """The error of a download that failed, with the model's other weights that are in the store."""
    if type(error) not in (DownloadError, OfflineError) or not isinstance(weights, WeightsEnum):
        return error
    store = default_store()
    here = [
        one.name
        for one in type(weights)
        if one is not weights and all(store.find(file) for file in one.value.files)
    ]
    if not here:
        return error
    hint = f"{' and '.join(here)} of this model {'are' if len(here) > 1 else 'is'} in the store:"
    return type(error)(f"{error}\n{hint} use --weights {here[0]}.", error.attempts)
