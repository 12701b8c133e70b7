"""torchvision's quantizable models, each on an engine that this machine has."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torchvision
from torch import nn
from torchvision.models import quantization

from .engines import engine_for

# torchvision prepares its models for fbgemm or qnnpack and no other engine. The latter runs
# weights of the former too, with one step per channel, but not the other way round.
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
                weights.meta["backend"] = engine  # the stand-in's own, where the builder looks
        module: nn.Module = build(weights=weights, quantize=quantize, **config)
        return module

    return builder
