"""Quantized ONNX files: for engines without torch, with ONNX Runtime's static quantization."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hubcore.atomic_write import atomic_write, check_writable
from hubcore.catalogs.names import find_model
from hubcore.errors import MissingDependencyError, WeightsError

from .float_weights import float_weights

__all__ = ["QuantizedFile", "quantize_file"]

KEY = "hubcore"  # of the text in which an exported file says what it is


@dataclass(frozen=True)
class QuantizedFile:
    """An ONNX file that `quantize_file` made.

    Attributes:
        path: the file.
        weights: the full name of the float weights.
        images: the number of images that it was calibrated with.
        size: the size of the file, in bytes.
        float_size: the size of the file without quantization, in bytes.
    """

    path: Path
    weights: str
    images: int
    size: int
    float_size: int


def quantize_file(
    model: str,
    images: Iterable[Any],
    output: Path,
    *,
    weights: str = "DEFAULT",
    on_step: Callable[[str], object] = lambda text: None,
) -> QuantizedFile:
    """Exports an image classifier as an ONNX file whose weights and activations are 8-bit integers.

    The bare model is exported by hub-export, which compares it with the hub's own prediction. Its
    convolutions and matrix products are then quantized by ONNX Runtime, with a scale for each
    channel of the weights, and the ranges of the activations measured on the images. The file is
    run by the engines of hub-engines: ``hub predict FILE photo.jpg``.

    Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html

    Args:
        model: the name of a float model.
        images: PIL images like the model's later inputs. 20 are enough, some hundred are better.
        output: the file to write, whose name ends in ``.onnx``; one that is there is replaced.
        weights: the name of the model's weights to use.
        on_step: called with what begins, such as ``exporting mobilenet_v2``.

    Returns:
        The file, and its sizes.

    Raises:
        UnknownNameError: there is no such model, or it has no such weights.
        WeightsError: the model cannot be quantized, or there are no images.
        MissingDependencyError: hub-export, onnx or onnxruntime is not installed.
        HubError: the model cannot be exported.
        OSError: the output file cannot be written.
    """
    entry = find_model(model)
    member = float_weights(entry, weights)
    check_writable(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        import onnx
        from onnxruntime import quantization  # type: ignore[import-untyped]  # it ships no types

        from hub_export import export
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        raise MissingDependencyError(
            f"A quantized ONNX file needs '{module}', which is not installed. To install it: "
            f"pip install 'hub-quantization[onnx]'",
            module,
        ) from error

    reader = _reader(quantization.CalibrationDataReader, images, member.transforms())
    with tempfile.TemporaryDirectory(prefix="hub-quantize-") as folder:
        plain, simple, made = (Path(folder, f"{name}.onnx") for name in ("plain", "simple", "made"))
        on_step(f"exporting {entry.name}")
        metadata = export(entry.canonical, plain, weights=member, raw=True).metadata
        on_step("measuring the ranges of activations")
        quantization.shape_inference.quant_pre_process(
            str(plain), str(simple), skip_symbolic_shape=True
        )
        reader.input = onnx.load(simple, load_external_data=False).graph.input[0].name
        if not reader.peek():
            raise WeightsError("There is no image to calibrate with: give at least one.")
        quantization.quantize_static(
            str(simple),
            str(made),
            reader,
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "Add"],
            per_channel=True,
        )
        on_step(f"writing {output.name}")
        quantized = onnx.load(made)
        # These are no longer the weights of that digest, and results are to say so.
        metadata = {
            **metadata,
            "weights": f"{metadata['weights']} (int8)",
            "sha256": None,
            "made_with": {**metadata["made_with"], "hub-quantization": version("hub-quantization")},
        }
        text = json.dumps(metadata, ensure_ascii=False)
        onnx.helper.set_model_props(quantized, {KEY: text})
        with atomic_write(output) as temporary:
            onnx.save(quantized, temporary)
        sizes = output.stat().st_size, plain.stat().st_size
    return QuantizedFile(output, str(member), reader.count, *sizes)


def _reader(base: type, images: Iterable[Any], preprocess: Callable[[Any], Any]) -> Any:
    """What gives ONNX Runtime one preprocessed image after another, and counts them."""

    class Reader(base):  # type: ignore[misc]  # it has no types
        input = ""
        count = 0

        def __init__(self) -> None:
            self._left: Iterator[Any] = iter(images)
            self._first: Any = None

        def peek(self) -> bool:
            """Whether there is an image."""
            self._first = next(self._left, None)
            return self._first is not None

        def get_next(self) -> dict[str, Any] | None:
            image, self._first = self._first, None
            if image is None:
                image = next(self._left, None)
            if image is None:
                return None
            self.count += 1
            return {self.input: preprocess(image)[None].numpy()}

    return Reader()
