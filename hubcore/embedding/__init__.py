"""Embeddings and feature maps: what a model of the hub sees, in place of what it says::

    import hubcore

    [found] = hubcore.embed("mobilenet_v2", "photo.jpg")
    found.vector                                    # float32, (1280,)
    maps = hubcore.features("resnet50")(batch)      # {"layer1": (B, 256, H / 4, W / 4), ...}

docs/embeddings.md says for each model what its vector is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import EmbeddingError

if TYPE_CHECKING:
    from torch import nn

    from .embedder import Embedder
    from .extractor import FeatureExtractor, FeatureInfo
    from .result import Embedding

__all__ = [
    "Embedder",
    "Embedding",
    "EmbeddingError",
    "FeatureExtractor",
    "FeatureInfo",
    "embed",
    "features",
]


def embed(
    model: str | nn.Module,
    inputs: Any,
    *,
    weights: Any = "DEFAULT",
    layer: str | None = None,
    spatial: bool = False,
    on_error: str = "raise",
    **options: Any,
) -> list[Any]:
    """Embeds inputs: the input of the model's declared head, as one vector an input.

    To embed repeatedly with one model, make an `Embedder` once.

    Args:
        model, inputs, weights, on_error: as for `hubcore.predict`.
        layer: the name of a module, as `named_modules` gives it, whose output to take in place of
            the head's input.
        spatial: keep the map, (C, H, W), in place of its mean over all places.
        **options: ``engine``, ``device``, ``batch_size``, ``workers``, ``dtype`` and the other
            options of `hubcore.prediction.Predictor`.

    Returns:
        One `Embedding` per input, in order; with ``on_error="return"`` a `Failure` in the place of
        each that cannot be made.

    Raises:
        EmbeddingError: the model has no such layer, or its catalogue declares no head.
        InputError: an input cannot be used, and ``on_error`` is ``"raise"``.
        HubError: as for `hubcore.predict`.
    """
    from .embedder import Embedder

    made = Embedder(model, weights, layer=layer, spatial=spatial, **options)
    return made(inputs, on_error=on_error)


def features(
    model: str | nn.Module,
    layers: Sequence[str] | Mapping[str, str] | None = None,
    *,
    weights: Any = "DEFAULT",
    size: int | None = None,
    **config: Any,
) -> FeatureExtractor:
    """A module that returns intermediate maps of a model by name.

    Args:
        model: a model's name, bare or canonical; or a module.
        layers: names of modules, as `named_modules` gives them; or these with the names that their
            maps are to have. Default: for each resolution the last map of the model, or of its
            backbone, if it has one.
        weights: for a name, what its builder takes; None for random weights.
        size: the height and width of the image, in pixels, with which channels and strides are
            found out. Default: what the weights were evaluated with, or 224.
        **config: passed on to the model's builder.

    Returns:
        A module in evaluation mode. It takes what the model takes, preprocessed: (B, 3, H, W), or
        (B, 3, T, H, W) for videos, and returns a dict of tensors (B, C, H, W).

    Raises:
        EmbeddingError: the model has no such layer, or it gives no map.
        HubError: as for `hubcore.get_model`.
    """
    from .extractor import FeatureExtractor

    return FeatureExtractor(model, layers, weights=weights, size=size, **config)


def __getattr__(name: str) -> Any:
    homes = {"Embedder": "embedder", "Embedding": "result"}
    homes |= {"FeatureExtractor": "extractor", "FeatureInfo": "extractor"}
    if name in homes:
        from importlib import import_module

        return getattr(import_module(f".{homes[name]}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
