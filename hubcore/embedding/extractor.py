"""`FeatureExtractor`: a model that returns intermediate maps by name."""

from __future__ import annotations

import contextlib
import inspect
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..building.builders import get_model
from ..building.weights_argument import resolve_weights
from ..catalogs.names import find_model
from ..errors import HubError
from ..info import preprocessing_of
from .capture import Capture, module_named, tensors_in
from .errors import EmbeddingError
from .shapes import as_map

__all__ = ["FeatureExtractor", "FeatureInfo"]


_USUAL = 224


class FeatureInfo(NamedTuple):
    """What is known of a map.

    Attributes:
        name: its key in what the module returns.
        module: the module that gives it.
        channels: the number of its channels.
        stride: the pixels of the input, in height and width, for each of its places: a power of 2,
            but 14 of vision transformers with patches of 14 pixels. For detectors of the image as
            they resize it.
    """

    name: str
    module: str
    channels: int
    stride: int


class _Enough(Exception):  # noqa: N818  # no error: it ends a forward that has given all maps
    pass


class FeatureExtractor(nn.Module):
    """A model that returns intermediate maps by name; see `hubcore.features`.

    Where torchvision's `create_feature_extractor` can trace the model, it runs only what the maps
    need. Elsewhere (detectors, models of other packages) hooks take the maps from the model, which
    ends as soon as it has given them.

    Attributes:
        info: a `FeatureInfo` for each map, in the order in which the model computes them.
        is_traced: whether the model was traced.
    """

    def __init__(
        self,
        model: str | nn.Module,
        layers: Sequence[str] | Mapping[str, str] | None = None,
        *,
        weights: Any = "DEFAULT",
        size: int | None = None,
        **config: Any,
    ) -> None:
        super().__init__()
        usual: Any = _USUAL
        if isinstance(model, str):
            chosen = resolve_weights(find_model(model), weights, config)
            if chosen is not None:
                settings = preprocessing_of(chosen.transforms).settings
                usual = settings.get("crop_size") or settings.get("resize_size") or usual
            model = get_model(model, weights=chosen, **config)
        model = model.eval()
        if isinstance(layers, str):
            raise EmbeddingError(f"layers must be a list of names, not the text {layers!r}.")
        wanted = dict(layers) if isinstance(layers, Mapping) else {n: n for n in layers or ()}
        for name in wanted:
            module_named(model, name)
        probe = _Probe(model, size or (max(usual) if isinstance(usual, list) else usual))
        wanted = wanted or {name: name for name in probe.last_of_each_stride()}
        missing = [name for name in wanted if name not in probe.found]
        if missing:
            raise EmbeddingError(
                f"'{missing[0]}' gives no map (B, C, H, W) for an image of {probe.size} x "
                f"{probe.size} pixels."
            )
        order = [name for name in probe.found if name in wanted]
        self.info = tuple(FeatureInfo(wanted[n], n, *probe.found[n]) for n in order)
        self.model = model
        traced = None if probe.takes_list else _traced(model, order)
        self.is_traced = traced is not None
        if traced is not None:
            self.model = traced
        else:
            self._capture = Capture(model, order, inputs=False)
            self._end = module_named(model, order[-1])
            self._calls = probe.calls[order[-1]]

    def forward(self, *inputs: Any) -> dict[str, Tensor]:
        """The maps of a batch.

        Args:
            *inputs: what the model takes, preprocessed: float32, (B, 3, H, W), or (B, 3, T, H, W)
                for videos; two of them for optical flow; for detectors also a list of images
                (3, H, W), in [0, 1].

        Returns:
            By name float tensors, (B, C, H, W), or (B, C, T, H, W) for videos.
        """
        rows, image = len(inputs[0]), tuple(inputs[0][0].shape)[-2:]
        if self.is_traced:
            seen = self.model(*inputs)
        else:
            seen = {name: calls[-1] for name, calls in self._seen(inputs).items()}
        made = {}
        for name, module, *_ in self.info:
            found = as_map(seen[module], rows, image)
            if found is None:
                shape = tuple(seen[module].shape)
                raise EmbeddingError(f"'{module}' gave a tensor {shape}, which is no map.")
            made[name] = found
        return made

    def _seen(self, inputs: tuple[Any, ...]) -> dict[str, list[Tensor]]:
        calls = 0

        def stop(*_: Any) -> None:
            nonlocal calls
            calls += 1
            if calls == self._calls:
                raise _Enough

        with self._capture.watching() as seen:
            handle = self._end.register_forward_hook(stop)
            try:
                self.model(*([list(one) for one in inputs] if _takes_list(self.model) else inputs))
            except _Enough:
                pass
            finally:
                handle.remove()
        return seen


class _Probe:
    """What maps a model gives for an empty image.

    Attributes:
        size: the height and width of the image.
        found: by the name of a module the channels and the stride of its map, in their order.
        calls: how often each was called.
        takes_list: whether the model takes a list of images.
    """

    def __init__(self, model: nn.Module, size: int) -> None:
        self.size, self.takes_list = size, _takes_list(model)
        names = [name for name, _ in model.named_modules() if name]
        capture = Capture(model, names, inputs=False)
        # Two, so that no table of a model's own, of which there is one, is taken for a map.
        images: Any = torch.zeros(2, 3, size, size)
        if _takes_video(model):
            images = torch.zeros(2, 3, 16, size, size)
        error: Exception | None = None
        resized, handle = [size], None
        if self.takes_list:
            resized.clear()
            handle = model.backbone.register_forward_pre_hook(  # type: ignore[union-attr]  # it is a module
                lambda _, given: resized.append(tensors_in(given)[0].shape[-2])
            )
        with torch.inference_mode(), capture.watching() as seen:
            try:
                model(*self._inputs(model, images))
            except Exception as raised:  # its maps before that count
                error = raised
            finally:
                if handle is not None:
                    handle.remove()
        self.calls = {name: len(calls) for name, calls in seen.items()}
        self.found: dict[str, tuple[int, int]] = {}
        for name, calls in seen.items():
            made = as_map(calls[-1], 2, (size, size)) if calls else None
            if made is not None and min(made.shape[-2:]) > 1:
                self.found[name] = made.shape[1], _stride(resized[0], made.shape[-2])
        if not self.found:
            reason = f": {error}" if error else ""
            raise EmbeddingError(
                f"{type(model).__name__} gave no maps for an image of {size} x {size} "
                f"pixels{reason}. Give the size of its images."
            ) from error

    def _inputs(self, model: nn.Module, images: Tensor) -> list[Any]:
        if self.takes_list:
            return [list(images)]
        two = "image2" in inspect.signature(model.forward).parameters  # optical flow
        return [images] * (2 if two else 1)

    def last_of_each_stride(self) -> list[str]:
        """The last map of each resolution, of the outermost modules that give one.

        Of models with a backbone those of the backbone.
        """
        wide = [name for name, (channels, _) in self.found.items() if channels > 3]
        inside = [name for name in wide if name.split(".")[0] == "backbone"]
        inside = [name for name in inside if name.startswith("backbone.body")] or inside
        chosen: dict[int, str] = {}
        for name in inside or wide:
            stride = self.found[name][1]
            if chosen and stride < max(chosen):
                continue
            if stride not in chosen or name.count(".") <= chosen[stride].count("."):
                chosen[stride] = name
        return list(chosen.values())


def _stride(size: int, places: int) -> int:
    """The nearest power of 2, since convolutions round sizes; if none can be, what divides."""
    power: int = 2 ** round(math.log2(size / places))
    is_power = size // power <= places <= math.ceil(size / power)
    return power if is_power or size % places else size // places


def _takes_list(model: nn.Module) -> bool:
    """Whether a model takes a list of images of any sizes, as torchvision's detectors do."""
    return hasattr(model, "backbone") and hasattr(model, "transform")


def _takes_video(model: nn.Module) -> bool:
    return any(isinstance(one, nn.Conv3d) for one in model.modules())


def _traced(model: nn.Module, names: list[str]) -> nn.Module | None:
    """The model as torchvision's extractor traces it; None where it cannot."""
    from torchvision.models.feature_extraction import create_feature_extractor

    with contextlib.suppress(HubError, Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made: nn.Module = create_feature_extractor(
            model, train_return_nodes=None, eval_return_nodes=None, return_nodes=names
        )
        return made.eval()
    return None
