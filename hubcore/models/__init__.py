"""All that `torchvision.models` has, with the hub's builders and weights in place of its own.

A program written for torchvision changes its import and nothing else::

    from hubcore import models  # was: from torchvision import models

    models.resnet50(weights=models.ResNet50_Weights.DEFAULT)
    models.detection.fasterrcnn_mobilenet_v3_large_fpn(pretrained=True)

Classes and helpers are torchvision's own objects, so `isinstance` and subclasses work. Names of
installed packages' models and weights mean the same as in `get_model` and `get_weight`. Each name
is looked up on first access: importing this package imports neither torch nor torchvision.
"""

import sys
from collections.abc import Iterable
from types import ModuleType

from ..building.builders import get_model, get_model_builder, get_model_weights
from ..catalogs.queries import list_models as _list_models
from ..weights.enums import WeightsEnum
from ..weights.lookup import get_weight
from ..weights.value import Weights
from . import _mirror

__all__ = [
    "Weights",
    "WeightsEnum",
    "get_model",
    "get_model_builder",
    "get_model_weights",
    "get_weight",
    "list_models",
]


def list_models(
    module: ModuleType | str | Iterable[str] | None = None,
    include: str | Iterable[str] | None = None,
    exclude: str | Iterable[str] | None = None,
    *,
    task: str | None = None,
    plugin: str | None = None,
) -> list[str]:
    """Lists the names of models: torchvision's function, which `hubcore.list_models` extends.

    Args:
        module: only models of this module of torchvision's or of this package, or of a family's
            package. Patterns in its place are taken for `include`, and those after them for
            `exclude`, as in ``list_models("resnet*")``.
        include, exclude: one or several shell-style patterns of names to keep, and to leave out.
        task, plugin: as for `hubcore.list_models`.

    Returns:
        The names, sorted.

    Raises:
        UnknownNameError: there is no such plugin, or `module` is no such module.
    """
    if module is not None and not isinstance(module, ModuleType):
        module, include, exclude = None, module, include if exclude is None else exclude
    return _list_models(include, exclude, task=task, plugin=plugin, module=module)


_mirror.install(sys.modules[__name__])
