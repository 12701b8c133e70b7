"""``hub export``: write a model with its preprocessing as a file that needs no hubcore.

The file takes an image of any size (uint8, RGB) and gives the result: probabilities and classes,
boxes, masks, or flow. It is compared with hub predict before it gets its name.
"""

from __future__ import annotations

import argparse
from typing import Any

from hubcore.cli.arguments import path, positive_integer

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub export mobilenet_v2 --output mobilenet_v2.onnx
  hub export resnet50 --weights IMAGENET1K_V1 --output resnet50.pt2    # torch.export
  hub export fcn_resnet50 --output fcn.onnx --photos streets/*.jpg     # checked on these as well
  hub export resnet50 --output resnet50.xml                            # OpenVINO
  hub export resnet50 --raw --output resnet50-raw.onnx                 # the bare model
  hub export swin_t --raw --one-size --output swin_t-raw.onnx          # traced in seconds
  hub export resnet50 --vectors --output vectors.onnx                  # for hub embed

Each format needs its packages: pip install 'hub-export[onnx]'.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("export", description=__doc__, epilog=EXAMPLES)
    add = parser.add_argument
    add("model", metavar="MODEL", help="the name of a model")
    add("--weights", default="DEFAULT", help="the model's weights (default: %(default)s)")
    add("--output", metavar="FILE", type=path, required=True, help="the file to write")
    add("--format", help="onnx, openvino, torch or executorch (default: by the file's name)")
    add("--raw", action="store_true", help="the bare model, without preprocessing and result")
    add(
        "--one-size",
        action="store_true",
        help="of --raw and --vectors: for images as they are cropped only, traced faster",
    )
    add("--vectors", action="store_true", help="what hub embed gives, in place of predictions")
    add("--layer", metavar="NAME", help="of vectors: a module whose output to take")
    add(
        "--top",
        metavar="N",
        type=positive_integer,
        default=5,
        help="the number of classes in 'labels' and 'scores' (default: %(default)s)",
    )
    add("--photos", metavar="FILE", nargs="+", default=[], help="further images to check it on")
    add("--json", action="store_true", help="print what was written as JSON")


def run(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from hubcore.cli.library_warnings import without_library_warnings
    from hubcore.cli.output import print_fields, print_json

    from .exporting import export

    with without_library_warnings("onnx", "onnxruntime", "onnxscript", "executorch"):
        made = export(
            args.model,
            args.output,
            weights=args.weights,
            format=args.format,
            top=args.top,
            raw=args.raw,
            one_size=args.one_size,
            vectors=args.vectors,
            layer=args.layer,
            photos=args.photos,
            progress=True,
        )
    if args.json:
        print_json(
            {
                "file": made.path,
                "files": list(made.files),
                "size": made.size,
                "metadata": made.metadata,
                "agreement": asdict(made.agreement),
            }
        )
        return 0
    print_fields(
        {
            "file": ", ".join(map(str, made.files)),
            "size": f"{made.size / 1e6:.1f} MB",
            "weights": made.metadata["weights"],
            "license": made.metadata["license"],
            **{"input " + port["name"]: _described(port) for port in made.metadata["inputs"]},
            **{"output " + port["name"]: _described(port) for port in made.metadata["outputs"]},
            "checked on": f"{made.agreement.inputs} inputs, photos and seeded images",
            **{one.name: f"{one.worst:.2g}" for one in made.agreement.measures},
        }
    )
    return 0


def _described(port: dict[str, Any]) -> str:
    return f"{port['dtype']} ({', '.join(map(str, port['shape']))}): {port['description']}"
