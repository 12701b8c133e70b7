"""``hub quantize``: quantize a classifier to 8-bit integers, calibrated on your images."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from hubcore.cli.arguments import path

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub quantize mobilenet_v2 --calibrate photos/ --output mobilenet_v2_x86.pth
  hub quantize resnet50 --weights IMAGENET1K_V1 --calibrate 'photos/*.jpg' --output r50.pth \\
      --backend onednn --name resnet50_small
  hub quantize mobilenet_v2 --calibrate photos/ --output mobilenet_v2_int8.onnx

The result is registered as a model: use it with 'hub predict mobilenet_v2_x86 photo.jpg'. An ONNX
file needs no name and no torch: 'hub predict mobilenet_v2_int8.onnx photo.jpg'.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "quantize",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("model", metavar="MODEL", help="the name of a float classifier")
    parser.add_argument(
        "--weights", default="DEFAULT", help="the model's weights to use (default: %(default)s)"
    )
    parser.add_argument(
        "--calibrate",
        metavar="IMAGE",
        nargs="+",
        required=True,
        help="images, folders or globs, like the model's later inputs; labels are not needed",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=path,
        required=True,
        help="the file to write: a state dict, or an ONNX file if its name ends in .onnx",
    )
    parser.add_argument(
        "--backend",
        choices=("x86", "fbgemm", "onednn", "qnnpack"),
        help="the engine to prepare the weights for (default: this machine's)",
    )
    parser.add_argument(
        "--name", help="the name of the new model (default: the model's and the engine's)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    from hubcore.atomic_write import check_writable
    from hubcore.catalogs.names import find_model
    from hubcore.cli.output import print_fields, print_json
    from hubcore.cli.streams import say
    from hubcore.download.progress import Steps, bar
    from hubcore.errors import HubError
    from hubcore.prediction import Failure
    from hubcore.prediction.choice import chosen_weights
    from hubcore.prediction.expansion import expand
    from hubcore.prediction.inputs import ImageInput

    as_onnx = args.output.suffix.lower() == ".onnx"
    if as_onnx and (args.backend or args.name):
        raise HubError("--backend and --name are for state dicts: an ONNX file has neither.")
    # Quick checks come first: importing torch and loading the model take a while.
    chosen_weights(find_model(args.model), args.weights)
    items = expand(args.calibrate, "image-classification")
    failed = [item for item in items if isinstance(item, Failure)]
    if len(failed) == len(items):
        raise failed[0].error
    try:
        check_writable(args.output)
    except OSError as error:
        raise HubError(f"Cannot write {args.output}: {error.strerror or error}.") from error
    refused: list[dict[str, str]] = []

    def images() -> Iterator[Any]:
        for item in bar(items, desc="calibrating", unit="image", leave=False):
            try:
                if isinstance(item, Failure):
                    raise item.error
                assert isinstance(item, ImageInput)  # as all inputs of this task
                yield item.open()
            except HubError as error:
                refused.append(
                    {
                        "source": item.name if isinstance(item, ImageInput) else item.source,
                        "error": str(error),
                    }
                )
                say(f"hub: {error}")

    try:
        with Steps() as step:
            options: dict[str, Any] = {"weights": args.weights, "on_step": step}
            if as_onnx:
                from .onnx_file import quantize_file

                made: Any = quantize_file(args.model, images(), args.output, **options)
            else:
                from .post_training import quantize

                options |= {"backend": args.backend, "name": args.name}
                made = quantize(args.model, images(), args.output, **options)
    except OSError as error:
        raise HubError(f"Cannot write {args.output}: {error.strerror or error}") from error
    if args.json:
        print_json({**asdict(made), "failed": refused})
        return 1 if refused else 0
    share = made.size / made.float_size
    fields = {
        "file": made.path,
        "size": f"{made.size / 1e6:.1f} MB, {share:.2f} of the float weights",
        "calibrated on": f"{made.images} images",
    }
    if as_onnx:
        fields["use it"] = f"hub predict {made.path} IMAGE"
    else:
        fields |= {
            "engine": made.backend,
            "registered as": f"{made.model} ({made.catalog})",
            "use it": f"hub predict {made.model} IMAGE",
        }
    print_fields(fields)
    return 1 if refused else 0
