"""Every model builder and every weights enum in one module, as in `torchvision.models`.

A program written for torchvision changes its import and nothing else::

    from hubcore.models import ResNet50_Weights, resnet50  # was: from torchvision.models import

Names mean the same as in `get_model` and `get_weight`. Builders and enums are made on first access.
"""

from typing import Any

from .building.builders import builder_of, get_model, get_model_builder, get_model_weights
from .catalogs.names import find_model, find_weights
from .catalogs.queries import list_models, list_weights
from .errors import HubError
from .weights.enums import WeightsEnum
from .weights.lookup import get_weight, weights_enum
from .weights.value import Weights

__all__ = [
    "Weights",
    "WeightsEnum",
    "get_model",
    "get_model_builder",
    "get_model_weights",
    "get_weight",
    "list_models",
]


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        for find in (_builder, _enum):
            try:
                return find(name)
            except HubError as error:
                reason = error
        raise AttributeError(f"module 'hubcore.models' has no attribute '{name}'. {reason}")
    raise AttributeError(f"module 'hubcore.models' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *list_models(), *_enum_names()})


def _builder(name: str) -> Any:
    return builder_of(find_model(name))


def _enum(name: str) -> Any:
    return weights_enum(find_weights(name))


def _enum_names() -> set[str]:
    return {name.partition(".")[0] for name in list_weights() if "/" not in name}
