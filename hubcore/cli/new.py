"""``hub new``: start the project of a plugin."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from .arguments import path

__all__ = ["add_parser", "run"]

EXAMPLES = """\
examples:
  hub new acme-flowers --model resnet50      weights for an existing model, without Python code
  hub new acme-net --kind model              a model of your own
  hub pack best.pth --model resnet50 ...     from trained weights straight to a wheel
"""

_NEXT = """
## To do

- In `{package}/catalog.json`: the address of your checkpoint, its SHA-256 (the first digits in the
  file's name are enough), its licence and its metrics.
- In `{package}/categories.json`: the names of your classes, in the order of the model's outputs.
- Or once the project is installed (`pip install -e .`), let `hub pack` write all of this:

      hub pack best.pth --model {fits} --categories classes.txt --name {name} \\
          --license MIT --crop-size 224 --resize-size 256 --project .

- Run `hub check {name}` (or `pytest`): it shows what is wrong, and how to fix it.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "new",
        description=__doc__,
        epilog=EXAMPLES,
    )
    parser.add_argument("name", help="the name of the package, such as acme-flowers")
    parser.add_argument(
        "--kind",
        choices=["weights", "model"],
        default="weights",
        help="weights for an existing model, or a model of your own (default: %(default)s)",
    )
    parser.add_argument("--model", help="the model that the weights are for, such as resnet50")
    parser.add_argument("--dir", type=path, help="the folder for the project (default: ./NAME)")


def run(args: argparse.Namespace) -> int:
    from ..authoring.packing import PackError, base_transforms
    from ..authoring.scaffold import ScaffoldError, names_for, write_project
    from ..catalogs.names import find_model, short_name
    from ..packages.references import Reference

    values = names_for(args.name)
    if args.kind == "weights":
        if not args.model:
            raise ScaffoldError("Weights need a model that they fit: give one, as --model resnet50")
        model = find_model(args.model)
        try:
            transforms = base_transforms(model)
        except PackError:  # the model has no weights to take the preprocessing from
            transforms = Reference("hubcore.transforms:ImageClassification", {"crop_size": 224})
        values |= {
            "model": short_name(model),
            "builder": model.canonical,
            "requires": model.catalog.distribution,
            "description": f"Weights for {model.name}",
            "transforms": json.dumps(transforms.to_json()),
        }
    elif args.model:
        raise ScaffoldError(
            "--model is only for weights. For a model of your own, give --kind model without it."
        )
    else:
        values["description"] = "A model and its weights"
    values["todo"] = _NEXT.format(**values, fits=values.get("model", values["function"]))
    folder = args.dir or Path(values["name"])
    write_project(args.kind, folder, values)
    print(f"Wrote {folder}. Next:")
    print(f"  pip install -e {folder}")
    print(f"  hub check {values['name']}")
    return 0
