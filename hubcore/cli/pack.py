"""``hub pack``: makes an installable package of a trained checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub pack best.pth --model resnet50 --categories flowers.txt --name acme-flowers \\
      --metric acc@1=97.1 --dataset "Oxford Flowers" --license MIT
  hub pack best.pth --model resnet50 --categories flowers.txt --name acme-flowers \\
      --url https://acme.example/best-1a2b3c4d.pth

The checkpoint is a state dict: torch.save(model.state_dict(), "best.pth"). It goes into the wheel,
unless --url says where users will fetch it from. Without --crop-size and the like the images are
prepared as for the model's own default weights.
"""

_PREPROCESSING = ("crop_size", "resize_size", "mean", "std", "interpolation")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "pack",
        description=__doc__,
        epilog=EXAMPLES,
    )
    add = parser.add_argument
    add("checkpoint", type=Path, help="the state dict of the trained model")
    add("--model", required=True, help="the model that it fits, such as resnet50")
    add("--categories", required=True, type=Path, help="names of the classes: one a line, or JSON")
    add("--name", required=True, help="the package's name, such as acme-flowers")
    add("--version", default="0.1.0", help="the package's version (default: %(default)s)")
    add("--member", default="V1", help="the name of these weights (default: %(default)s)")
    add("--metric", action="append", default=[], metavar="NAME=VALUE", help="such as acc@1=97.1")
    add("--dataset", default="own", help="what the metrics were measured on")
    add("--license", default="unknown", help="an SPDX identifier such as MIT, or an address")
    add("--recipe", help="the address of a description of the training")
    add("--url", help="where users will find the checkpoint; it is left out of the wheel then")
    add("--crop-size", type=int, help="in pixels, as all sizes")
    add("--resize-size", type=int)
    add("--mean", type=float, nargs=3, metavar=("R", "G", "B"))
    add("--std", type=float, nargs=3, metavar=("R", "G", "B"))
    add("--interpolation", choices=["nearest", "bilinear", "bicubic"])
    add("--output", type=Path, default=Path("dist"), help="folder for the wheel (default: dist)")
    add("--project", type=Path, help="also keep the package's source in this folder")


def run(args: argparse.Namespace) -> int:
    from ..authoring.packing import Recipe, build_wheel, make_project, pack, read_categories

    changes = {key: getattr(args, key) for key in _PREPROCESSING}
    recipe = Recipe(
        checkpoint=args.checkpoint,
        model=args.model,
        categories=read_categories(args.categories),
        name=args.name,
        version=args.version,
        member=args.member,
        metrics=dict(_metric(text) for text in args.metric),
        dataset=args.dataset,
        license=args.license,
        url=args.url,
        training=args.recipe,
        preprocessing={key: value for key, value in changes.items() if value is not None},
    )
    if args.project:
        make_project(recipe, args.project)
        wheel = build_wheel(args.project, args.output)
    else:
        wheel = pack(recipe, args.output)
    print(f"Built {wheel}. Next:")
    print(f"  pip install {wheel}")
    print(f"  hub check {args.name}")
    return 0


def _metric(text: str) -> tuple[str, float]:
    from ..authoring.packing import PackError

    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise PackError(f"'{text}' is no metric: write --metric acc@1=97.1") from None
