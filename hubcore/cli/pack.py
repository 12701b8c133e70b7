"""``hub pack``: make an installable package from a trained checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .arguments import path

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub pack best.pth --model resnet50 --categories flowers.txt --name acme-flowers \\
      --metric acc@1=97.1 --dataset "Oxford Flowers" --license MIT
  hub pack best.pth --model resnet50 --categories flowers.txt --name acme-flowers \\
      --url https://files.acme.org/best-1a2b3c4d.pth
  hub pack better.pth --model resnet50 --categories flowers.txt --name acme-flowers \\
      --project acme-flowers/ --member V2 --version 0.2.0     # V1 stays
  hub pack best.pth --model resnet50 --categories flowers.txt --name acme-flowers \\
      --record flowers.json                     # what 'hub evaluate' measured and recorded

The checkpoint is a state dict: torch.save(model.state_dict(), "best.pth"). It goes into the wheel,
unless --url gives an address from which users will download it. Images are preprocessed as for the
model's own default weights; --crop-size, --resize-size, --mean, --std and --interpolation change
this.
"""

_PREPROCESSING = ("crop_size", "resize_size", "mean", "std", "interpolation")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "pack",
        description=__doc__,
        epilog=EXAMPLES,
    )
    add = parser.add_argument
    add("checkpoint", type=path, help="the file of the trained model's state dict")
    add("--model", required=True, help="the model that the checkpoint fits, such as resnet50")
    add(
        "--categories",
        type=path,
        help="a file with the names of the classes: one per line, or a JSON array; needed for all "
        "models that have classes",
    )
    add("--name", required=True, help="the name of the package, such as acme-flowers")
    add("--version", default="0.1.0", help="the version of the package (default: %(default)s)")
    add("--member", default="V1", help="the name of these weights (default: %(default)s)")
    add(
        "--metric",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a result, such as acc@1=97.1; can be repeated",
    )
    add("--dataset", help="the data set that the metrics were measured on (default: own)")
    add(
        "--record",
        type=path,
        metavar="FILE",
        help="take the metrics from what 'hub evaluate --record' wrote, and ship it as evidence",
    )
    add("--license", default="unknown", help="an SPDX identifier such as MIT, or an address")
    add(
        "--parent",
        metavar="WEIGHTS",
        help="the weights that it was tuned from, whose digest and terms the package carries",
    )
    add("--recipe", help="the address of a description of the training")
    add("--url", help="the address of the checkpoint, which then does not go into the wheel")
    add("--crop-size", type=int, help="in pixels")
    add("--resize-size", type=int, help="in pixels")
    add("--mean", type=float, nargs=3, metavar=("R", "G", "B"), help="for images in [0, 1]")
    add("--std", type=float, nargs=3, metavar=("R", "G", "B"), help="for images in [0, 1]")
    add("--interpolation", choices=["nearest", "bilinear", "bicubic"], help="for resizing")
    add("--output", type=path, default=Path("dist"), help="folder for the wheel (default: dist)")
    add(
        "--project",
        type=path,
        help="also keep the package's source in this folder; the source of an earlier version gets "
        "these weights as a further --member",
    )


def run(args: argparse.Namespace) -> int:
    from ..authoring.packing import Recipe, make_project, pack, read_categories, writable_folder
    from ..authoring.wheels import build_wheel
    from ..download.progress import Steps

    changes = {key: getattr(args, key) for key in _PREPROCESSING}
    recipe = Recipe(
        checkpoint=args.checkpoint,
        model=args.model,
        categories=read_categories(args.categories) if args.categories else [],
        name=args.name,
        version=args.version,
        member=args.member,
        metrics=dict(_metric(text) for text in args.metric),
        dataset=args.dataset,
        record=args.record,
        license=args.license,
        parent=args.parent,
        url=args.url,
        training=args.recipe,
        preprocessing={key: value for key, value in changes.items() if value is not None},
    )
    with Steps() as step:
        if args.project:
            writable_folder(args.output)
            make_project(recipe, args.project, step)
            step("building the wheel")
            wheel = build_wheel(args.project, args.output)
        else:
            wheel = pack(recipe, args.output, step)
    print(f"Built {wheel}. Next:")
    print(f"  pip install {wheel}")
    print(f"  hub check {args.name}")
    return 0


def _metric(text: str) -> tuple[str, float]:
    from ..authoring.packing import PackError

    name, _, number = text.partition("=")
    name = name.strip()
    try:
        value = float(number)
    except ValueError:
        raise PackError(
            f"'{text}' is not a metric with its value: write --metric acc@1=97.1"
        ) from None
    return name, value
