"""torchvision's quantizable models, for an engine that this machine has.

The module has the names of `torchvision.models.quantization`'s builders. They choose the engine and
otherwise do the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torchvision
from torch import nn
from torchvision.models import quantization

from .engines import engine_for

# torchvision prepares models only for fbgemm and qnnpack. qnnpack also runs weights for fbgemm,
# which are quantized per channel; fbgemm does not run weights for qnnpack.
_SUBSTITUTES = ("qnnpack",)


def __getattr__(name: str) -> Callable[..., nn.Module]:
    builder = getattr(quantization, name, None)
    if f"quantized_{name}" not in torchvision.models.list_models(quantization):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return _on_this_machine(builder, f"quantized_{name}")


@functools.cache
def _on_this_machine(build: Any, name: str) -> Callable[..., nn.Module]:
    @functools.wraps(build)
    def builder(*, weights: Any = None, quantize: bool = False, **config: Any) -> nn.Module:
        if quantize:
            published = torchvision.models.get_model_weights(name).DEFAULT
            backend = (weights or published).meta["backend"]
            asked = config.get("backend")
            engine = engine_for(asked, ()) if asked else engine_for(backend, _SUBSTITUTES)
            config["backend"] = engine
            if weights is not None and engine != backend:
                weights.meta["backend"] = engine  # the stand-in's own meta, which the builder reads
        module: nn.Module = build(weights=weights, quantize=quantize, **config)
        return module

    return builder
