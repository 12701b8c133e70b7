"""An open hub for PyTorch vision models.

Any installed package can offer models and pre-trained weights; one API finds, fetches, verifies
and loads them::

    import hubcore

    weights = hubcore.get_weight("ResNet50_Weights.IMAGENET1K_V2")
    model = hubcore.get_model("resnet50", weights=weights).eval()
    preprocess = weights.transforms()

Importing `hubcore` is cheap and needs no torch: each name is imported on first use.
"""

from importlib import import_module as _import_module
from os import environ as _environ
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .building.builders import get_model, get_model_builder, get_model_weights
    from .building.load_report import LoadReport, load_report
    from .catalogs.index import refresh
    from .catalogs.licenses import license_evidence
    from .catalogs.queries import list_models, list_weights, plugins
    from .deprecation import handle_legacy_interface, kwonly_to_pos_or_kw
    from .embedding import embed, features
    from .errors import HubError
    from .info import ModelInfo, Preprocessing, WeightsInfo, model_info, weights_info
    from .prediction import predict
    from .protocols import WeightsLike
    from .weights.enums import WeightsEnum
    from .weights.lookup import get_weight
    from .weights.registration import register
    from .weights.value import Weights

__version__ = "0.1.0"

__all__ = [
    "HubError",
    "LoadReport",
    "ModelInfo",
    "Preprocessing",
    "Weights",
    "WeightsEnum",
    "WeightsInfo",
    "WeightsLike",
    "embed",
    "features",
    "get_model",
    "get_model_builder",
    "get_model_weights",
    "get_weight",
    "handle_legacy_interface",
    "kwonly_to_pos_or_kw",
    "license_evidence",
    "list_models",
    "list_weights",
    "load_report",
    "model_info",
    "plugins",
    "predict",
    "refresh",
    "register",
    "weights_info",
]

_HOMES = {
    "building.load_report": ("LoadReport", "load_report"),
    "building.builders": ("get_model", "get_model_builder", "get_model_weights"),
    "catalogs.index": ("refresh",),
    "catalogs.licenses": ("license_evidence",),
    "catalogs.queries": ("list_models", "list_weights", "plugins"),
    "deprecation": ("handle_legacy_interface", "kwonly_to_pos_or_kw"),
    "embedding": ("embed", "features"),
    "errors": ("HubError",),
    "info": ("ModelInfo", "Preprocessing", "WeightsInfo", "model_info", "weights_info"),
    "prediction": ("predict",),
    "protocols": ("WeightsLike",),
    "weights.enums": ("WeightsEnum",),
    "weights.lookup": ("get_weight",),
    "weights.registration": ("register",),
    "weights.value": ("Weights",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


if _environ.get("HUBCORE_LAZY_DYNAMO"):
    from . import settings as _settings

    with _settings.lenient():  # a wrong setting is an error of the first call, not of the import
        if _settings.lazy_dynamo():
            from .lazy_dynamo import defer as _defer

            _defer()


if not TYPE_CHECKING:  # so that a misspelt name is an error for type checkers

    def __getattr__(name: str) -> Any:
        if name not in _HOME_OF:
            raise AttributeError(f"module 'hubcore' has no attribute '{name}'")
        value = getattr(_import_module(f".{_HOME_OF[name]}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
